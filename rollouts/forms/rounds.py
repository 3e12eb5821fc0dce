"""What a person fills in for a round: what they saw and what they do about it."""

from django import forms

from rollouts.models import RoundAction
from warroom.form_parts import WITHOUT_ID, OnceForm

# How each action is offered: word, name, what follows.
CHOICES = (
    (RoundAction.NONE.value, "None", "Keep watching."),
    (RoundAction.INVESTIGATE.value, "Investigate", "Opens an item for you and tells the room."),
    (RoundAction.ROLLBACK.value, "Roll back", "Asks for a typed word below."),
)


class RoundForm(OnceForm):
    """``seen`` is what the page showed; ``confirmed`` the word that a rollback wants."""

    note = forms.CharField(
        required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    action = forms.ChoiceField(
        choices=RoundAction.choices, initial=RoundAction.NONE.value, error_messages={
            "required": "Choose what you do about it.",
            "invalid_choice": "Choose what you do about it.",
        },
    )  # fmt: skip
    seen = forms.CharField(
        required=False, max_length=16, widget=forms.HiddenInput(attrs=WITHOUT_ID)
    )
    confirmed = forms.CharField(
        required=False,
        max_length=40,
        label="Type ROLLBACK",
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "in in--typed",
            }
        ),
    )
