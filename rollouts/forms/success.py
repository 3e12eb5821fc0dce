"""What people fill in about success criteria."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.models import HealthCheck, PrometheusQuery, Since, SuccessCriterion
from rollouts.rules.success import COUNTS, bound_text
from warroom.form_parts import OnceForm
from warroom.models import DeploymentPlan
from warroom.rules import lengths, typed


class SuccessForm(OnceForm):
    """One criterion: what must hold, when it is looked at, and what measures it."""

    text = forms.CharField(max_length=300, label=_l("What must hold"))
    group = forms.CharField(max_length=120, required=False, label=_l("Heading"))
    due = forms.CharField(
        max_length=30, required=False, label=_l("Looked at"), help_text=_l("T+1h, T+24h or T+48h.")
    )
    since = forms.ChoiceField(choices=Since.choices, required=False, label=_l("Counted from"))
    query = forms.ChoiceField(required=False, label=_l("Metric"))
    check = forms.ChoiceField(required=False, label=_l("Health check"))
    counts = forms.ChoiceField(
        choices=[("", _l("nothing is counted")), *COUNTS.items()],
        required=False,
        label=_l("Counted"),
    )
    bound = forms.CharField(
        max_length=40, required=False, label=_l("Bound"), help_text="< 0.1 %, >= 99.9, = 0"
    )
    over = forms.CharField(
        max_length=30, required=False, label=_l("All the way over the last"),
        help_text=_l("48h. Empty: at that time only."),
    )  # fmt: skip

    def __init__(
        self, *args, plan: DeploymentPlan, row: SuccessCriterion | None = None, **kwargs
    ) -> None:
        if row is not None:
            kwargs.setdefault("initial", _initial(row))
        kwargs.setdefault("auto_id", f"success-{row.key if row else 'new'}-%s")
        super().__init__(*args, **kwargs)
        self.row = row
        metrics = PrometheusQuery.objects.filter(plan=plan).values_list("key", "name")
        checks = HealthCheck.objects.filter(plan=plan).values_list("key", "name")
        self.fields["query"].choices = [("", _("no metric")), *metrics]
        self.fields["check"].choices = [("", _("no check")), *checks]

    def clean_due(self) -> int | None:
        text = self.cleaned_data["due"].strip()
        offset = typed.offset_of(text) if text else None
        if text and offset is None:
            raise forms.ValidationError(_("An offset: T+24h."))
        return offset

    def clean_over(self) -> int:
        text = self.cleaned_data["over"].strip()
        length = typed.length_of(text) if text else 0
        if length is None:
            raise forms.ValidationError(_("A length: 48h, 90 min."))
        return length

    def wanted(self) -> dict[str, Any]:
        """The fields as ``actions/success.py`` takes them."""
        said = self.cleaned_data
        names = ("text", "group", "since", "query", "check", "counts", "bound")
        return {name: said[name] for name in names} | {
            "due_offset_s": said["due"],
            "over_s": said["over"],
        }


def _initial(row: SuccessCriterion) -> dict[str, Any]:
    return {
        "text": row.text,
        "group": row.group,
        "due": lengths.offset(row.due_offset_s) if row.due_offset_s is not None else "",
        "since": row.since,
        "query": row.query.key if row.query else "",
        "check": row.health_check.key if row.health_check else "",
        "counts": row.counts,
        "bound": bound_text(row.op, row.value),
        "over": lengths.written(row.over_s) if row.over_s else "",
    }


class JudgeForm(OnceForm):
    """Whether it was met, and what that rests on."""

    met = forms.ChoiceField(choices=[("yes", _l("Met")), ("no", _l("Missed"))])
    reason = forms.CharField(max_length=500, label=_l("What it rests on"))
