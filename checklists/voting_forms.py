"""What people fill in about who votes: a gate's settings, tries, delegations, deputies."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.actions.conditions import LIMIT, TEXT_LIMIT, Wanted
from checklists.actions.gate_editing import settings_seen
from checklists.forms import CONDITIONS_HELP, ConditionsField, ReasonField, RoleForm, due_time
from checklists.models import Gate, Quorum
from checklists.queries.absence import Missing
from checklists.rules.gate_settings import GateWanted
from warroom.form_parts import WITHOUT_ID, OnceForm, sample_time
from warroom.models import DeploymentPlan, Right
from warroom.rules.lengths import offset, written
from warroom.rules.typed import instant_of, length_of, offset_of

LINES, MORE = 1, 5  # lines for conditions that a vote begins with, and those behind "more"


class ConditionLine(forms.Form):
    """A condition of a vote; a line without a text is none."""

    text = forms.CharField(
        required=False,
        max_length=TEXT_LIMIT,
        label=_l("Condition"),
        widget=forms.TextInput(attrs={"placeholder": _l("Limits are read again")}),
    )
    owner = forms.CharField(required=False, max_length=120)
    due = forms.CharField(required=False, max_length=40, label=_l("Due, UTC"))
    blocking = forms.BooleanField(required=False, initial=True, label=_l("Blocks until it is met"))
    t0: datetime | None = None

    def clean_due(self) -> datetime | None:
        text = self.cleaned_data["due"]
        return due_time(text, self.t0) if text else None

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if not said.get("text") and (said.get("owner") or said.get("due")):
            self.add_error("text", _("Say what the condition is, or empty the line."))
        return said

    def wanted(self) -> Wanted | None:
        said = self.cleaned_data
        if not said.get("text"):
            return None
        return Wanted(said["text"], said["owner"], said.get("due"), said["blocking"])


class VoteForm(RoleForm):
    """A vote with its conditions: as lines of fields, or as lines of text (``conditions``)."""

    vote = forms.ChoiceField(
        choices=[
            ("go", _l("Go")),
            ("conditional", _l("Go with conditions")),
            ("no-go", "No-go"),
            ("abstain", _l("Abstain")),
        ]
    )
    reason = ReasonField(
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_l("Wanted for a no-go: what must change before it can go."),
    )
    conditions = ConditionsField(required=False, help_text=CONDITIONS_HELP)
    # The gate's version that was read.
    seen = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, t0: datetime | None = None, **kwargs) -> None:
        self.given = kwargs.pop("given", ())
        super().__init__(data, **kwargs)
        many = max(LINES, len(self.given) + 1) + MORE
        lines = forms.formset_factory(ConditionLine, extra=many, max_num=LIMIT, absolute_max=40)
        said = data if data is not None and "c-TOTAL_FORMS" in data else None
        self.lines = lines(said, prefix="c")
        for line, one in zip(self.lines, () if said else self.given, strict=False):
            line.initial = one
        for line in self.lines:
            line.t0 = t0

    @property
    def first_lines(self) -> list[ConditionLine]:
        """The lines that are shown at once: those that say something, and one more."""
        return list(self.lines)[:-MORE]

    @property
    def more_lines(self) -> list[ConditionLine]:
        return list(self.lines)[-MORE:]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.lines.is_bound:
            self._take_lines(cleaned)
        if cleaned.get("vote") == "conditional":
            if "conditions" in cleaned and not cleaned["conditions"]:
                self.add_error("conditions", _("Name at least one condition, or vote a plain go."))
            cleaned["vote"] = "go"
        return cleaned

    def _take_lines(self, cleaned: dict[str, Any]) -> None:
        if not self.lines.is_valid():
            self.add_error("conditions", _("A condition is not right yet; see its line."))
            return
        found = [wanted for line in self.lines if (wanted := line.wanted())]
        cleaned["conditions"] = [*cleaned.get("conditions", ()), *found]


OPENS_HELP = lazy(
    lambda: _("T+12h or {sample_time} in UTC. Empty: open from the start.").format(
        sample_time=sample_time("21:00")
    ),
    str,
)()


class OpensField(forms.CharField):
    """When a gate opens; gives seconds after T0, or None for a gate without a time."""

    def __init__(self, **kwargs) -> None:
        super().__init__(required=False, max_length=40, help_text=OPENS_HELP, **kwargs)
        self.widget.attrs.update(placeholder="T+12h", autocomplete="off")
        self.t0: datetime | None = None

    def clean(self, value) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        if (seconds := offset_of(text)) is not None:
            return seconds
        at = instant_of(text, timezone.now(), self.t0)
        if at is None:
            raise forms.ValidationError(
                _("{text!r} is no time. Write {opens_help}").format(
                    text=text, opens_help=OPENS_HELP
                )
            )
        if self.t0 is None:
            raise forms.ValidationError(
                _("This release has no T0 yet, so a time of the clock says nothing. Write T+12h.")
            )
        return round((at - self.t0).total_seconds())


class HoldField(forms.CharField):
    """How long a HOLD lasts, as 6h or 90 min; gives minutes."""

    def __init__(self, **kwargs) -> None:
        super().__init__(max_length=30, help_text=_("As 6h, 90 min or 1h30m."), **kwargs)

    def clean(self, value) -> int:
        text = super().clean(value)
        seconds = length_of(text)
        if seconds is None or seconds < 60:
            raise forms.ValidationError(
                _("{text!r} is no length of time. Write 6h or 90 min.").format(text=text)
            )
        return seconds // 60


class GateForm(OnceForm):
    """The settings of a gate. ``seen`` is what the form showed."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    title = forms.CharField(max_length=200)
    opens = OpensField(label=_l("Opens"))
    decider = forms.ChoiceField(required=False, label=_l("Who decides"))
    hold_minutes = HoldField(label=_l("A hold lasts"))
    voters = forms.MultipleChoiceField(required=False, label=_l("Who votes"))
    veto_roles = forms.MultipleChoiceField(required=False, label=_l("Veto"))
    quorum = forms.ChoiceField(choices=Quorum.choices)
    quorum_count = forms.IntegerField(
        required=False, min_value=1, max_value=1000, label=_l("How many have to say go")
    )
    delegate_minutes = forms.IntegerField(
        min_value=0,
        max_value=10_080,
        label=_l("A missing vote can be delegated after, minutes"),
        help_text=_l("Counted from the opening. The holder may at any time."),
    )
    silence_minutes = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=10_080,
        label=_l("Silence holds the gate after, minutes"),
        help_text=_l("Counted from the opening. Empty: never by itself."),
    )
    reason = ReasonField(required=False, max_length=4000, label=_l("Why"))

    def __init__(self, *args, plan: DeploymentPlan, gate: Gate | None = None, **kwargs) -> None:
        if gate is not None and not args:
            kwargs.setdefault("initial", _initial(gate))
        super().__init__(*args, **kwargs)
        if gate is None and not args:
            self.initial |= {"hold_minutes": "6h", "delegate_minutes": 10, "silence_minutes": 60}
            self.initial |= {"quorum": Quorum.ALL}
        roles = list(plan.roles.all())
        voting = [(role.key, role.name) for role in roles if role.may(Right.VOTE)]
        self.fields["voters"].choices = _with_kept(voting, gate.voters if gate else [])
        self.fields["veto_roles"].choices = _with_kept(voting, gate.veto_roles if gate else [])
        deciding = [(role.key, role.name) for role in roles if role.may(Right.DECIDE)]
        kept = [gate.decider.key] if gate and gate.decider else []
        anyone = ("", _("Any role with the right to decide"))
        self.fields["decider"].choices = [anyone, *_with_kept(deciding, kept)]
        self.fields["opens"].t0 = plan.t0

    def wanted(self) -> GateWanted:
        said = self.cleaned_data
        return GateWanted(
            title=said["title"],
            offset_s=said["opens"],
            decider=said["decider"],
            hold_minutes=said["hold_minutes"],
            voters=tuple(said["voters"]),
            veto_roles=tuple(said["veto_roles"]),
            quorum=said["quorum"],
            quorum_count=said["quorum_count"],
            delegate_minutes=said["delegate_minutes"],
            silence_minutes=said["silence_minutes"],
        )


def _with_kept(choices: list[tuple[str, str]], kept: list[str]) -> list[tuple[str, str]]:
    """What a gate is set to can be kept, though its role may do no such thing any more."""
    known = {key for key, _unused in choices}
    return [
        *choices,
        *((key, _("{key} (may not)").format(key=key)) for key in kept if key not in known),
    ]


def _initial(gate: Gate) -> dict[str, Any]:
    return {
        "seen": settings_seen(gate),
        "title": gate.title,
        "opens": offset(gate.offset_s) if gate.offset_s is not None else "",
        "decider": gate.decider.key if gate.decider else "",
        "hold_minutes": written(gate.hold_minutes * 60),
        "voters": gate.voters,
        "veto_roles": gate.veto_roles,
        "quorum": gate.quorum,
        "quorum_count": gate.quorum_count,
        "delegate_minutes": gate.delegate_minutes,
        "silence_minutes": gate.silence_minutes,
    }


class GateRemoveForm(OnceForm):
    seen = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput(attrs=WITHOUT_ID)
    )
    reason = forms.CharField(
        max_length=4000, label=_l("Why it is taken off"), widget=forms.Textarea(attrs={"rows": 2})
    )


class TryForm(OnceForm):
    """What was tried, and what came of it; more words than these come through the API."""

    role = forms.SlugField(max_length=60)
    how = forms.ChoiceField(
        choices=[(word, word) for word in (_l("Call"), _l("Chat"), _l("Mail"), _l("In person"))],
        label=_l("I tried by"),
    )
    result = forms.CharField(max_length=120)


RESULTS = (_l("No answer"), _l("Will vote"), _l("Cannot vote"))


class DelegateForm(OnceForm):
    """Who votes instead, and why; what the holder wrote, where nobody was named beforehand."""

    role = forms.SlugField(max_length=60, widget=forms.HiddenInput)
    to = forms.CharField(max_length=150)
    reason = forms.CharField(
        max_length=4000,
        label=_l("Reason, shown to everybody"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    agreed = ReasonField(
        required=False,
        max_length=4000,
        label=_l("What the holder wrote"),
        help_text=_l("Wanted for whoever is no deputy: their own words, with when and where."),
    )

    @classmethod
    def of(cls, missing: Missing, *, says_why: bool) -> "DelegateForm":
        """The form for one missing vote; its reason says how often somebody tried."""
        tries = len(missing.tries)
        tried = f", {tries} {'try' if tries == 1 else 'tries'}" if tries else ""
        first = _("{at:%H:%M} UTC").format(at=missing.tries[-1].at) if tries else ""
        reason = (
            _("{holder} does not answer since {first}{tried}.").format(
                holder=missing.holder, first=first, tried=tried
            )
            if tries and says_why
            else ""
        )
        initial = {"role": missing.role.key, "to": missing.chosen, "reason": reason}
        return cls(initial=initial)


class DeputyForm(OnceForm):
    role = forms.SlugField(max_length=60)
    person = forms.CharField(max_length=150)
