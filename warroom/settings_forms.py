"""Forms of the release's own settings. Times are typed as UTC text."""

import re
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.actions.plans import PlanFields, fields_of, holds_of
from warroom.actions.refusals import Refused
from warroom.form_parts import InstantField, OnceForm, sample_time
from warroom.models import DeploymentPlan
from warroom.queries.settings import version
from warroom.rules.schedule import has_passed, parse_by
from warroom.rules.typed import date_of, length_of
from warroom.rules.wording import duration_text
from warroom.rules.zones import USUAL

WRITTEN = "%Y-%m-%d %H:%M"
_WORDS = re.compile(r"[\s,;]+")


class LengthField(forms.CharField):
    """A length such as 6 h or 90 min, in minutes."""

    def clean(self, value) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        seconds = length_of(text)
        if seconds is None:
            raise forms.ValidationError(
                _("{text!r} is no length. Write 6 h, 90 min or 1h30m.").format(text=text)
            )
        return seconds // 60


class NamesField(forms.CharField):
    """User names, with commas between them."""

    def clean(self, value) -> tuple[str, ...]:
        text = super().clean(value)
        return tuple(dict.fromkeys(name for name in _WORDS.split(text) if name))


def _instant(label: str, help_text: str = "") -> InstantField:
    return InstantField(
        label=label,
        required=False,
        help_text=help_text,
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "placeholder": _("YYYY-MM-DD HH:MM"),
                "autocomplete": "off",
            }
        ),
    )


class PlanForm(OnceForm):
    """The plan's own fields, with the version of the settings that the reader saw."""

    name = forms.CharField(max_length=200)
    version = forms.CharField(max_length=60, required=False)
    environment = forms.CharField(
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"list": "environments", "autocomplete": "off"}),
    )
    time_zone = forms.CharField(
        label=_l("Plan time zone"),
        max_length=60,
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
    )
    language = forms.ChoiceField(
        label=_l("Language of the room"),
        choices=settings.LANGUAGES,
        required=False,
        help_text=_l("Of its pages, records and letters, whoever looks. What is recorded stays."),
    )
    window_start = _instant(_l("Window opens, UTC"))
    window_end = _instant(_l("Window closes, UTC"))
    protected_until = _instant(
        _l("Protected until, UTC"),
        _l(
            "Users must be on a stable version by then. The latest safe start of a "
            "rollback is counted back from it."
        ),
    )
    hold_minutes = LengthField(label=_l("A yellow holds for"), required=False, max_length=20)
    watch_hours = forms.IntegerField(
        label=_l("Watched before stable, hours"), min_value=0, max_value=1440
    )
    score_max = forms.IntegerField(
        label=_l("Best score of a signature"), required=False, min_value=1, max_value=100,
        help_text=_l("Such as 10. Empty: signatures carry none."),
    )  # fmt: skip
    two_roles = NamesField(
        label=_l("May stand for two roles"), required=False, max_length=400,
        help_text=_l("User names. Everybody else stands for one role at a gate."),
    )  # fmt: skip
    summary = forms.CharField(
        required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    reason = forms.CharField(required=False, max_length=4000)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        kwargs["initial"] = _initial(plan)
        super().__init__(*args, prefix=None, auto_id="plan-%s", **kwargs)
        minutes, odd = holds_of(plan)
        self.odd_hold = odd
        if minutes is None:
            del self.fields["hold_minutes"]
        self.zones = USUAL

    @property
    def wanted(self) -> PlanFields:
        given: dict[str, Any] = dict(self.cleaned_data)
        for name in ("reason", "seen", "request_id"):
            given.pop(name)
        return PlanFields(**given)


def _initial(plan: DeploymentPlan) -> dict[str, Any]:
    own = fields_of(plan)
    values = {name: getattr(own, name) for name in PlanForm.base_fields if hasattr(own, name)}
    for name in ("window_start", "window_end", "protected_until"):
        at: datetime | None = values[name]
        values[name] = f"{at.astimezone(UTC):{WRITTEN}}" if at else ""
    minutes = values["hold_minutes"]
    values["hold_minutes"] = duration_text(minutes * 60) if minutes else ""
    values["two_roles"] = ", ".join(own.two_roles)
    return values | {"seen": version(plan).number}


class ShiftForm(OnceForm):
    """By how much, or to when. ``first`` is what comes next: a time given is meant for it."""

    shift = forms.CharField(max_length=40, widget=forms.TextInput(attrs={"size": 16}))
    reason = forms.CharField(label=_l("Reason, shown to everybody"), max_length=4000)
    basis = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(
        self,
        *args,
        plan: DeploymentPlan,
        now: datetime,
        first: datetime | None = None,
        preview: bool = False,
        **kwargs,
    ) -> None:
        super().__init__(*args, auto_id="shift-%s", **kwargs)
        self.plan, self.now, self.first = plan, now, first
        self.passed = has_passed(plan.t0, now)
        self.sample = sample_time("03:00")
        if preview:  # asked before there is a reason
            self.fields["reason"].required = False

    def clean_shift(self) -> datetime | int:
        text = self.cleaned_data["shift"]
        seconds = parse_by(text)
        if seconds is not None:
            return seconds
        at = date_of(text)
        if at is None:
            raise forms.ValidationError(
                _("{text!r} is neither a length nor a time. Write +6h, −30m or {sample}.").format(
                    text=text, sample=self.sample
                )
            )
        if not self.passed:
            return at
        if self.first is None:
            raise forms.ValidationError(_("Nothing is ahead that could get that time."))
        return round((at - self.first).total_seconds())

    def refuse(self, refused: Refused) -> None:
        field = getattr(refused, "field", "")
        self.add_error({"reason": "reason", "t0": "shift", "by": "shift"}.get(field), str(refused))
