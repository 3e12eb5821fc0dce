"""The controls of a rollout: to go on, to hold, to end a hold, to resume after a rollback."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.models import Rollout, Stage
from warroom.form_parts import TIME_HELP, InstantField, OnceForm
from warroom.rules.wording import duration_text, instant_text

OPEN = "open"
TYPED = {"class": "in in--typed", "autocomplete": "off", "inputmode": "numeric"}
DEFAULT_HOLD_S = Stage._meta.get_field("hold_s").default


class ReasonForm(OnceForm):
    """A control that wants a reason."""

    reason = forms.CharField(max_length=4000, strip=True)


class AdvanceForm(OnceForm):
    """To go on to a share: the number is typed. The reason is wanted where something warns."""

    confirmed = forms.CharField(max_length=8, widget=forms.TextInput(attrs=TYPED))
    reason = forms.CharField(
        max_length=4000,
        required=False,
        help_text=_l("Wanted outside the window, and past the latest safe start of a rollback."),
    )

    def __init__(self, *args, percent: int, **kwargs) -> None:
        super().__init__(*args, auto_id="advance-%s", **kwargs)
        self.percent = percent
        self.fields["confirmed"].label = _("Type {percent}").format(percent=percent)


class HoldForm(ReasonForm):
    """How long: one or two hold lengths of the stage, until a time, or until somebody ends it."""

    length = forms.ChoiceField(label=_l("For"), required=False)
    until = InstantField(label=_l("Or until"), required=False, help_text=TIME_HELP)
    field_order = ("length", "until", "reason")

    def __init__(self, *args, hold_s: int, now: datetime, t0: datetime | None, **kwargs) -> None:
        super().__init__(*args, auto_id="hold-%s", **kwargs)
        self.fields["until"].t0 = t0
        self.fields["length"].choices = [
            *((str(s), _length(s, now)) for s in (hold_s or DEFAULT_HOLD_S, 2 * hold_s) if s),
            (OPEN, _("Until somebody ends it")),
        ]

    def ends(self) -> datetime | None:
        """When the hold ends (UTC); None: when somebody ends it. A typed time goes first."""
        said = self.cleaned_data
        if said["until"]:
            return said["until"]
        if said["length"] in ("", OPEN):
            return None
        return timezone.now() + timedelta(seconds=int(said["length"]))


def _length(seconds: int, now: datetime) -> str:
    ends = instant_text(now + timedelta(seconds=seconds), now)
    return _("{seconds}, until {ends} UTC").format(seconds=duration_text(seconds), ends=ends)


class ReleaseForm(ReasonForm):
    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, auto_id="release-%s", **kwargs)


class ResumeForm(ReasonForm):
    """At which share it goes on: those of the stages up to where it was rolled back, or 0 %."""

    to_percent = forms.TypedChoiceField(label=_l("Go on at"), coerce=int)
    confirmed = forms.CharField(
        label=_l("Type the number"), max_length=8, widget=forms.TextInput(attrs=TYPED)
    )
    field_order = ("to_percent", "reason", "confirmed")

    def __init__(self, *args, stages: Iterable[Stage], rollout: Rollout | None, **kwargs) -> None:
        super().__init__(*args, auto_id="resume-%s", **kwargs)
        begun = [stage for stage in stages if stage.started_at is not None]
        shares = [stage.to_percent for stage in begun] or []
        self.fields["to_percent"].choices = [
            *((str(share), f"{share} %") for share in shares),
            ("0", _("0 %: all stages begin anew")),
        ]
