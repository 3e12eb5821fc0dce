"""What people fill in about alerts: hooks, drills, and why one is over or was false."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _l

from rollouts.actions.hooks import KINDS, NAME
from rollouts.forms.metrics import SpanField
from rollouts.models import AlertHook
from rollouts.rules.alerts import CRITICAL
from warroom.form_parts import OnceForm
from warroom.models import DeploymentPlan
from warroom.rules.lengths import written


class HookForm(OnceForm):
    name = forms.CharField(max_length=NAME, help_text=_l("Alertmanager of production"))
    kind = forms.ChoiceField(choices=list(KINDS.items()), label=_l("Who posts"))
    expect_every_s = SpanField(
        label=_l("Heard at least every"),
        help_text=_l(
            "5m, where an alert that always fires is routed here: silence for longer is "
            "no data then. Empty: silence is calm, once it was heard."
        ),
    )
    manager_url = forms.CharField(
        required=False,
        max_length=300,
        label=_l("Address of its manager"),
        help_text=_l("http://alertmanager:9093; test alerts are posted there. Empty: by hand."),
    )


def hook_initial(hook: AlertHook) -> dict[str, str]:
    """What the form of a hook begins with."""
    every = hook.expect_every_s
    return {
        "name": hook.name,
        "kind": hook.kind,
        "expect_every_s": written(every) if every else "",
        "manager_url": hook.manager_url,
    }


class DrillForm(OnceForm):
    hook = forms.ModelChoiceField(
        AlertHook.objects.none(), required=False, empty_label=_l("by hand, with a command")
    )
    severity = forms.CharField(max_length=40, initial=CRITICAL)
    name = forms.CharField(
        max_length=120,
        required=False,
        label=_l("What it tests"),
        help_text=_l("Night route to on-call"),
    )

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hook"].queryset = AlertHook.objects.filter(
            plan=plan, retired_at=None, kind="alertmanager"
        ).exclude(manager_url="")


class NoteForm(OnceForm):
    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
