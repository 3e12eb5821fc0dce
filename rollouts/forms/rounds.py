"""What a person fills in for a round: what they saw and what they do about it."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.forms.metrics import CadenceField
from rollouts.models import Rollout, RoundAction
from warroom.form_parts import WITHOUT_ID, OnceForm
from warroom.rules import lengths, typed

# How each action is offered: word, name, what follows.
CHOICES = (
    (RoundAction.NONE.value, _l("None"), _l("Keep watching.")),
    (
        RoundAction.INVESTIGATE.value,
        _l("Investigate"),
        _l("Opens an item for you and tells the room."),
    ),
    (RoundAction.ROLLBACK.value, _l("Roll back"), _l("Asks for a typed word below.")),
)


class RoundForm(OnceForm):
    """``seen`` is what the page showed; ``confirmed`` the word that a rollback wants."""

    note = forms.CharField(
        required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    action = forms.ChoiceField(
        choices=RoundAction.choices, initial=RoundAction.NONE.value, error_messages={
            "required": _l("Choose what you do about it."),
            "invalid_choice": _l("Choose what you do about it."),
        },
    )  # fmt: skip
    seen = forms.CharField(
        required=False, max_length=16, widget=forms.HiddenInput(attrs=WITHOUT_ID)
    )
    confirmed = forms.CharField(
        required=False,
        max_length=40,
        label=_l("Type ROLLBACK"),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "in in--typed",
            }
        ),
    )


class WatchingForm(OnceForm):
    """How often somebody looks after the stages, and the limits of all rounds."""

    cadence = CadenceField(
        required=False,
        label=_l("Rounds while the release is watched"),
        help_text=_l(
            "One step a line: 5 min until 1h, 30 min until 8h, 2h until 24h. Empty: none."
        ),
    )
    late = forms.CharField(max_length=30, label=_l("Late after"), help_text="2 min")
    missed = forms.IntegerField(
        min_value=1, max_value=100, label=_l("Missed in a row that hold the stage")
    )

    def __init__(self, *args, row: Rollout | None = None, **kwargs) -> None:
        row = row or Rollout()
        kwargs.setdefault("auto_id", "watching-%s")
        kwargs.setdefault(
            "initial",
            {
                "cadence": "\n".join(_step(step) for step in row.cadence),
                "late": lengths.written(row.round_late_s),
                "missed": row.missed_holds,
            },
        )
        super().__init__(*args, **kwargs)
        self.duties = {step["every_s"]: step.get("duties") for step in row.cadence}

    def clean_late(self) -> int:
        length = typed.length_of(self.cleaned_data["late"])
        if length is None:
            raise forms.ValidationError(_("A length: 2 min."))
        return length

    def clean_cadence(self) -> list[dict]:
        """Duties stay with the step that looks as often."""
        return [
            step | ({"duties": duties} if (duties := self.duties.get(step["every_s"])) else {})
            for step in self.cleaned_data["cadence"]
        ]


def _step(step: dict) -> str:
    until = f" until {lengths.written(step['until_s'])}" if step.get("until_s") else ""
    return f"{lengths.written(step['every_s'])}{until}"
