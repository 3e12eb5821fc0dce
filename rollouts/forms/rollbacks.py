"""What people fill in to roll back, to declare a trigger, and to take an alarm back."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.models import RollbackProcedure, RollbackTrigger
from rollouts.queries.rollback_offer import Offer
from rollouts.rules.rollbacks import WORD
from warroom.form_parts import OnceForm

TYPED = {
    "autocomplete": "off",
    "autocapitalize": "characters",
    "spellcheck": "false",
    # Any case, so that a phone's keyboard is no obstacle.
    "pattern": r"\s*" + "".join(f"[{one}{one.lower()}]" for one in WORD) + r"\s*",
    "title": WORD,
    "class": "in in--typed",
}


def trigger_text(one: RollbackTrigger) -> str:
    """A declared trigger with its priority: ``Data is lost (P0)``."""
    return f"{one.text} ({one.priority})" if one.priority else one.text


class RollbackForm(OnceForm):
    """Why, by which way, and the typed word. The action asks for a reason that is missing."""

    reason = forms.CharField(required=False, max_length=4000)
    trigger = forms.ModelChoiceField(
        RollbackTrigger.objects.none(), label=_l("Why"), required=False
    )
    procedure = forms.ModelChoiceField(RollbackProcedure.objects.none(), required=False)
    confirmed = forms.CharField(
        label=format_lazy(_l("Type {word}"), word=WORD),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs=TYPED),
    )

    def __init__(self, offer: Offer, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        triggers = [one.pk for one in offer.triggers]
        ways = [one.procedure.pk for one in offer.ways]
        self.fields["trigger"].queryset = RollbackTrigger.objects.filter(pk__in=triggers)
        # They were read with the offer: the select asks for them no second time.
        named = [(one.pk, trigger_text(one)) for one in offer.triggers]
        self.fields["trigger"].choices = [("", _("Something else: say it below")), *named]
        self.fields["procedure"].queryset = RollbackProcedure.objects.filter(pk__in=ways)
        self.fields["reason"].wanted_at_times = True
        self.fields["confirmed"].wanted_at_times = True

    @property
    def said(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "reason": given["reason"],
            "trigger": given["trigger"],
            "cause": "trigger" if given["trigger"] else "person",
            "procedure": given["procedure"],
            "confirmed": given["confirmed"],
        }


class TriggerForm(OnceForm):
    """Something that people would see and that calls for a rollback."""

    text = forms.CharField(label=_l("What people would see"), max_length=500)
    priority = forms.CharField(required=False, max_length=8, initial="P0")
