"""What people fill in. The actions judge it; here it only gets its types and its lengths."""

import re
from datetime import datetime

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.actions.conditions import Wanted
from checklists.models import ItemState
from checklists.rules.items import COUNT_MOST
from warroom.form_parts import OnceForm, sample_time
from warroom.models import Role
from warroom.rules.moments import YEARS
from warroom.rules.typed import instant_of

BLOCKS = {"blocking": True, "not blocking": False}


class ReasonField(forms.CharField):
    """Words that some choices want and others do not; its help text says which."""

    wanted_at_times = True
    widget = forms.Textarea(attrs={"rows": 2})


class ItemStateForm(OnceForm):
    """To what an item is set, and why. The revision is the one that the reader saw."""

    state = forms.ChoiceField(choices=ItemState.choices)
    reason = ReasonField(
        required=False,
        max_length=2000,
        help_text=_l("Wanted for failed, blocked, skipped and not applicable."),
    )
    value = forms.CharField(
        required=False,
        max_length=120,
        label=_l("Measured"),
        help_text=_l("Such as 22/22 or 98.28 %."),
    )
    revision = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)


class ItemCountForm(OnceForm):
    """How far an item that counts has come: the number itself, never one more."""

    count = forms.IntegerField(min_value=0, max_value=COUNT_MOST)
    revision = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)


class ItemNoteForm(OnceForm):
    text = forms.CharField(
        label=_l("Note or evidence link"), max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )


class ConditionsField(forms.CharField):
    """Conditions, one per line: ``text | owner | 21:15 | not blocking``.

    Owner, due time (UTC) and whether it blocks if wanted; an empty part is left out.
    """

    widget = forms.Textarea(attrs={"rows": 2})

    def to_python(self, value) -> list[Wanted]:
        lines = (line.strip() for line in (value or "").replace("\0", "").splitlines())
        return [_wanted(line) for line in lines if line]

    def prepare_value(self, value) -> str:
        return value or ""

    def validate(self, value) -> None:
        if len(value) > 20:
            raise forms.ValidationError(_("At most 20 conditions."))

    def run_validators(self, value) -> None:
        """Lengths are judged by the action, per condition."""


def _wanted(line: str) -> Wanted:
    text, *more = (part.strip() for part in line.split("|"))
    blocks = [word for part in more if (word := " ".join(part.lower().split())) in BLOCKS]
    rest = [part for part in more if " ".join(part.lower().split()) not in BLOCKS]
    if unknown := [part for part in rest[2:] if part] or (blocks[1:]):
        raise forms.ValidationError(
            _(
                "{unknown!r} is not understood. After the text come owner, due time and "
                "'blocking' or 'not blocking': text | owner | 21:15 | not blocking."
            ).format(unknown=unknown[0])
        )
    owner, due = (*rest, "", "")[:2]
    blocking = BLOCKS[blocks[0]] if blocks else True
    return Wanted(text, owner[:120], due_time(due) if due else None, blocking)


def due_time(text: str, t0: datetime | None = None) -> datetime:
    """When a condition is due (UTC). Raises ValidationError for what is no time."""
    at = instant_of(text, timezone.now(), t0)
    if at is not None:
        return at
    year = re.match(r"\d{4}(?=-)", text)
    if year and int(year[0]) not in YEARS:
        raise forms.ValidationError(
            _(
                "It is due in the year {year}. A due time lies in the years {years} to "
                "{years_item}."
            ).format(year=int(year[0]), years=YEARS[0], years_item=YEARS[-1])
        )
    raise forms.ValidationError(
        _("{text!r} is no time. Write 21:15, {sample_time} or T+12h, in UTC.").format(
            text=text, sample_time=sample_time("21:15")
        )
    )


CONDITIONS_HELP = _l(
    "One per line; with owner, due time in UTC and whether it blocks, if wanted: "
    "text | owner | 21:15 | not blocking"
)


class RoleForm(OnceForm):
    """A form in which somebody acts as one of their roles."""

    role = forms.ModelChoiceField(
        Role.objects.none(), to_field_name="key", empty_label=None, label=_l("As")
    )

    def __init__(self, *args, roles, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].queryset = roles


class SignOffForm(RoleForm):
    """``best`` is the plan's best score, None where signatures carry none."""

    scope = forms.CharField(widget=forms.HiddenInput, max_length=64)
    # The newest event when the form was shown: nobody signs a list that they have not seen.
    seen = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    decision = forms.ChoiceField(
        choices=[
            ("approved", _l("Approve")),
            ("conditional", _l("Approve with conditions")),
            ("rejected", _l("Reject")),
        ]
    )
    comment = ReasonField(
        required=False, max_length=4000, help_text=_l("Wanted for a rejection: its reason.")
    )
    score = forms.DecimalField(required=False, max_digits=5, decimal_places=2, min_value=0)
    conditions = ConditionsField(required=False, help_text=CONDITIONS_HELP)

    def __init__(self, *args, best: int | None, **kwargs) -> None:
        # A gate's page has the form of the vote beside it, with fields of the same names.
        super().__init__(*args, **{"auto_id": "sign_%s"} | kwargs)
        self.best = best
        self.fields["score"].label = _("Score, 0 to {best}").format(best=best)
        self.fields["score"].max_value = best


class DecisionForm(OnceForm):
    """``seen``: the rule's word and the gate's version that the decider had before them."""

    decision = forms.ChoiceField(choices=[("go", "GO"), ("hold", "HOLD"), ("no-go", "NO-GO")])
    seen = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    rationale = ReasonField(
        required=False,
        max_length=4000,
        label=_l("Reason"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_l(
            "Wanted for a choice marked Override: 20 characters or more. Shown to everybody."
        ),
    )
    hold_minutes = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=20160,
        label=_l("Hold for, minutes"),
        help_text=_l("Only for HOLD. Empty: as long as this gate holds."),
    )

    def clean(self) -> dict:
        """To hold never waits for anything; GO and NO-GO are said of what was seen."""
        cleaned = super().clean()
        if cleaned.get("decision") in ("go", "no-go") and not cleaned.get("seen"):
            self.add_error(None, _("Decide on the gate's page, which shows what you decide on."))
        return cleaned


class JudgementForm(OnceForm):
    band = forms.ChoiceField(
        required=False,
        choices=[
            ("", _l("by the value")),
            ("green", _l("Green")),
            ("yellow", _l("Yellow")),
            ("red", _l("Red")),
        ],
        label=_l("Judged"),
    )
    value = forms.FloatField(required=False)
    note = forms.CharField(max_length=500, label=_l("What it rests on"))
    seen = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)


class ConditionCloseForm(OnceForm):
    note = forms.CharField(max_length=1000, label=_l("How it was met"))
