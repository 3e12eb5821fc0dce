"""The plan's own fields: what it is called, when it may run, how it is judged stable."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import DeploymentPlan, User
from warroom.queries.settings import version
from warroom.rules import languages
from warroom.rules.moments import YEARS
from warroom.rules.wording import duration_text, instant_text
from warroom.rules.zones import known, no_zone

TEXTS = {"name": 200, "version": 60, "environment": 60, "summary": 4000}
IDENTITY = ("version", "environment")  # printed on every signature
MOST_WATCH_H, MOST_SCORE = 24 * 60, 100
HOLD_MINUTES = (1, 60 * 24 * 14)
SHOWN = {
    "window_start": _l("window opens"),
    "window_end": _l("window closes"),
    "protected_until": _l("protected until"),
    "time_zone": _l("time zone"),
    "language": _l("language"),
    "watch_hours": _l("hours of watching"),
    "score_max": _l("best score"),
    "two_roles": _l("two roles"),
    "hold_minutes": _l("a yellow holds for"),
}


@dataclass(frozen=True)
class PlanFields:
    """What the form of the plan holds. Instants are UTC; ``hold_minutes`` None: not asked."""

    name: str
    version: str
    environment: str
    summary: str
    time_zone: str
    window_start: datetime | None
    window_end: datetime | None
    protected_until: datetime | None
    watch_hours: int
    score_max: int | None
    two_roles: tuple[str, ...]
    language: str = ""  # empty: not asked
    hold_minutes: int | None = None


class Identity:
    """What an upper floor does when version or environment change: they stand on signatures."""

    def effect(self, plan: DeploymentPlan) -> str:
        """What a change would do now, a sentence; '' for nothing."""
        return ""

    def apply(self, saving: Change, what: str) -> tuple[str, dict[str, Any]]:
        """Do it inside the open change; a sentence and data for its event."""
        return "", {}


class Holds:
    """The hold length of an upper floor's gates, in minutes; None where they have none or many."""

    def read(self, plan: DeploymentPlan) -> tuple[int | None, str]:
        """The one length, and a sentence when there are several."""
        return None, ""

    def write(self, saving: Change, minutes: int) -> None:
        """Set it, inside the open change."""


_identity: list[Identity] = []
_holds: list[Holds] = []


def register_identity(one: Identity) -> None:
    _identity.append(one)


def register_holds(one: Holds) -> None:
    _holds.append(one)


def identity_effect(plan: DeploymentPlan) -> str:
    return " ".join(said for one in _identity if (said := one.effect(plan)))


def holds_of(plan: DeploymentPlan) -> tuple[int | None, str]:
    """The plan's hold length in minutes, and what is odd about it."""
    return next((one.read(plan) for one in _holds), (None, ""))


def fields_of(plan: DeploymentPlan) -> PlanFields:
    """The plan's fields as they are."""
    own = {one.name: getattr(plan, one.name) for one in fields(PlanFields)[:-1]}
    own["two_roles"] = tuple(plan.two_roles)
    return PlanFields(**own, hold_minutes=holds_of(plan)[0])


def save_plan(
    plan: DeploymentPlan,
    wanted: PlanFields,
    *,
    by: User,
    reason: str = "",
    seen_version: int | None = None,
    request_id: str | None = None,
) -> DeploymentPlan:
    """Save the plan's fields; to save what already is changes nothing.

    A new version or environment revokes what was signed under the old one and wants a reason.
    Raises Invalid naming the field, NotAllowed without the right to edit, Refused when the plan was
    saved by somebody else since ``seen_version``.
    """
    reason, wanted = checked_reason(reason), _checked(wanted)
    with change(plan, by=by, right="edit", request_id=request_id) as saving:
        before = fields_of(saving.plan)
        changed = _changed(before, wanted)
        if saving.repeated or not changed:
            return saving.plan
        _refuse_older(saving, seen_version)
        said, data = _identity_changed(saving, changed, reason)
        _write(saving, wanted, changed)
        shown = {name: [_plain(old), _plain(new)] for name, (old, new) in changed.items()}
        text = " ".join(part for part in (_sentence(changed, saving.at), said, reason) if part)
        saving.record("plan.saved", text, changes=shown, reason=reason, **data)
    return saving.plan


def _checked(wanted: PlanFields) -> PlanFields:
    for name, longest in TEXTS.items():
        if len(getattr(wanted, name)) > longest:
            raise Invalid(name, _("At most {longest} characters.").format(longest=longest))
    if not wanted.name.strip():
        raise Invalid("name", _("The release needs a name."))
    if wanted.time_zone not in known():
        raise Invalid("time_zone", no_zone(wanted.time_zone))
    if wanted.language and wanted.language not in languages.known():
        raise Invalid("language", languages.no_language(wanted.language))
    for name in ("window_start", "window_end", "protected_until"):
        at = getattr(wanted, name)
        if at is not None and at.year not in YEARS:
            raise Invalid(name, _("The year {year} cannot be meant.").format(year=at.year))
    opens, closes = wanted.window_start, wanted.window_end
    if opens is not None and closes is not None and closes <= opens:
        raise Invalid("window_end", _("The window closes before it opens."))
    _check_numbers(wanted)
    return wanted


def _check_numbers(wanted: PlanFields) -> None:
    if not 0 <= wanted.watch_hours <= MOST_WATCH_H:
        raise Invalid(
            "watch_hours", _("From 0 to {most_watch_h} hours.").format(most_watch_h=MOST_WATCH_H)
        )
    if wanted.score_max is not None and not 1 <= wanted.score_max <= MOST_SCORE:
        raise Invalid(
            "score_max",
            _("From 1 to {most_score}, or empty for no score.").format(most_score=MOST_SCORE),
        )
    if wanted.hold_minutes is not None:
        demand_hold(wanted.hold_minutes)
    people = set(User.objects.filter(username__in=wanted.two_roles).values_list("username"))
    missing = [name for name in wanted.two_roles if (name,) not in people]
    if missing:
        raise Invalid(
            "two_roles", _("Nobody has the user name {missing!r}.").format(missing=missing[0])
        )


def demand_hold(minutes: int) -> None:
    """Raise Invalid for the field ``hold_minutes`` when a hold cannot last so long."""
    if not HOLD_MINUTES[0] <= minutes <= HOLD_MINUTES[1]:
        raise Invalid("hold_minutes", _("A hold lasts from one minute to 14 days."))


def _changed(before: PlanFields, wanted: PlanFields) -> dict[str, tuple[Any, Any]]:
    found = {}
    for one in fields(PlanFields):
        old, new = getattr(before, one.name), getattr(wanted, one.name)
        unasked = (one.name, new) in (("hold_minutes", None), ("language", ""))
        if old != new and not unasked:
            found[one.name] = (old, new)
    return found


def _refuse_older(saving: Change, seen: int | None) -> None:
    now = version(saving.plan)
    if seen is None or seen == now.number or now.saved is None:
        return
    raise Refused(
        _(
            "{actor_name} saved the plan at {at:%H:%M:%S} UTC while you wrote: {saved} "
            "Look at your fields and save again if they are meant."
        ).format(actor_name=now.saved.actor_name, at=now.saved.at, saved=now.saved.text)
    )


def _identity_changed(
    saving: Change, changed: dict[str, tuple[Any, Any]], reason: str
) -> tuple[str, dict[str, Any]]:
    """What falls with the old version or environment; data for the event."""
    what = _(" and ").join(
        _("{field} to {value}").format(
            field=SHOWN.get(name, name), value=changed[name][1] or _("nothing")
        )
        for name in IDENTITY
        if name in changed
    )
    if not what:
        return "", {}
    said, data = [], {}
    for one in _identity:
        if one.effect(saving.plan) and not reason:
            raise Invalid("reason", _("{effect} Say why.").format(effect=one.effect(saving.plan)))
        sentence, more = one.apply(saving, what)
        said.append(sentence)
        data |= more
    return " ".join(filter(None, said)), data


def _write(saving: Change, wanted: PlanFields, changed: dict[str, tuple[Any, Any]]) -> None:
    plan, own = saving.plan, [name for name in changed if name != "hold_minutes"]
    for name in own:
        value = getattr(wanted, name)
        setattr(plan, name, list(value) if name == "two_roles" else value)
    plan.save(update_fields=own)
    if "hold_minutes" in changed:
        for one in _holds:
            one.write(saving, wanted.hold_minutes)


def _sentence(changed: dict[str, tuple[Any, Any]], now: datetime) -> str:
    parts = [
        _("{field} {new} (was {old})").format(
            field=SHOWN.get(name, name), new=_said(name, new, now), old=_said(name, old, now)
        )
        if name != "summary"
        else _("summary")
        for name, (old, new) in changed.items()
    ]
    return _("Plan saved: {parts}.").format(parts=", ".join(parts))


def _said(name: str, value: Any, now: datetime) -> str:
    if isinstance(value, datetime):
        return _("{instant} UTC").format(instant=instant_text(value, now))
    if isinstance(value, tuple):
        return ", ".join(value) or _("nobody")
    if name == "language":
        return languages.name_of(value)
    if name == "hold_minutes" and value is not None:
        return duration_text(value * 60)
    return _("nothing") if value in (None, "") else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return list(value) if isinstance(value, tuple) else value
