"""T0 is moved, or after it what is still ahead. What moves is shown first; fixed dates stay."""

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from warroom.actions.again import carried_out_again
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import DeploymentPlan, Role, User
from warroom.queries.people import seated
from warroom.rules import schedule as rules
from warroom.rules.moments import YEARS
from warroom.rules.schedule import Row, Shift, Thing
from warroom.rules.wording import instant_text

# What else is written with a shift: gives a sentence and data for its one event.
Along = Callable[[Change, Shift], tuple[str, dict[str, Any]]]
NAMED = 3  # things that the event's sentence names


class Source:
    """What one floor knows of a plan's times. Keys of its things begin with ``prefix``."""

    prefix = ""

    def things(self, plan: DeploymentPlan, now: datetime) -> Iterable[Thing]:
        """Everything with a time that somebody plans by."""
        return ()

    def move(self, plan: DeploymentPlan, keys: Collection[str], seconds: int) -> None:
        """Add seconds to the offsets of those of its things that are named, under the lock."""


_sources: list[Source] = []


def register_schedule(source: Source) -> None:
    if all(type(one) is not type(source) for one in _sources):
        _sources.append(source)


def ahead(plan: DeploymentPlan, now: datetime) -> list[tuple[datetime, Thing]]:
    """What has a time after ``now`` (UTC) and has not happened, soonest first, each group once.

    T0 stands among it as ``rules.GO_LIVE``. A fixed number of SQL statements.
    """
    if plan.t0 is None:
        return []
    things = [Thing(rules.GO_LIVE, "", 0)]
    things += [thing for source in _sources for thing in source.things(plan, now)]
    found: dict[str, tuple[datetime, Thing]] = {}
    for thing in things:
        at = thing.at or (plan.t0 + timedelta(seconds=thing.offset_s or 0))
        if at > now and not thing.over and not thing.hidden:
            found.setdefault(f"{thing.group}{at}" if thing.group else thing.key, (at, thing))
    return sorted(found.values(), key=lambda pair: pair[0])


def preview_shift(
    plan: DeploymentPlan,
    to: datetime | int,
    now: datetime,
    *,
    window_too: bool = False,
    anew: Thing | None = None,
) -> Shift:
    """What a shift would do; nothing is written. ``to``: a new T0 (aware), or seconds.

    ``anew``: what is set anew by it; after T0 nothing before it moves.

    Raises Invalid for a T0 that cannot be meant, or for seconds while there is no T0.
    """
    if isinstance(to, datetime):
        # Sums in a zone with summer time are sums of clock faces; in UTC they are of time.
        to = to.astimezone(UTC)
    _check(plan, to, now)
    things = [thing for source in _sources for thing in source.things(plan, now)]
    known = rules.Plan(plan.t0, plan.window_start, plan.window_end)
    return rules.shift(known, things, to, now, window_too, anew)


def next_ahead(plan: DeploymentPlan, now: datetime, anew: Thing | None = None) -> Row | None:
    """The gate or stage that comes next, or else what does; None before T0 or with nothing ahead.

    A new time that somebody types after T0 is meant for it: for ``anew`` where something is set
    anew.
    """
    if not rules.has_passed(plan.t0, now):
        return None
    rows = preview_shift(plan, 1, now, anew=anew).rows
    if anew is not None:
        return next(row for row in rows if row.thing == anew)
    return next((row for row in rows if row.thing.over is False), rows[0] if rows else None)


@carried_out_again
def shift_t0(
    plan: DeploymentPlan,
    to: datetime | int,
    *,
    by: User | str,
    reason: str,
    window_too: bool = False,
    basis: str = "",
    request_id: str | None = None,
    along: Along | None = None,
    anew: Thing | None = None,
) -> DeploymentPlan:
    """Move T0, or what is ahead when T0 has passed; return the plan as it then is.

    ``basis`` is that of the preview which the person saw; ``along`` writes what belongs to the
    same change; ``anew`` as in ``preview_shift``. Raises Invalid without a reason,
    NotAllowed without the right to edit, Refused when something would lie outside the window or
    in the past, or when the schedule is not the previewed one any more.
    """
    reason = _checked(reason)
    with change(plan, by=by, right="edit", request_id=request_id) as moving:
        plan = moving.plan
        if moving.repeated or _is_there(plan, to):
            return plan
        shift = preview_shift(plan, to, moving.at, window_too=window_too, anew=anew)
        if basis and basis != shift.basis:
            raise Refused(_("The schedule changed since the preview. Look at it again."))
        if shift.against:
            raise Refused(refusal(shift))
        if not shift.rows and shift.ahead:
            raise Refused(_("Nothing is ahead that could move."))
        before = rules.Plan(plan.t0, plan.window_start, plan.window_end)
        _move(moving, shift)
        said, data = along(moving, shift) if along else ("", {})
        _record(moving, shift, before, f"{reason} {said}".strip(), data | {"reason": reason})
    return plan


def refusal(shift: Shift) -> str:
    """Why a shift is refused, and what would be possible."""
    first, more = shift.against[0].rstrip("."), len(shift.against) - 1
    others = _(", and {more} more").format(more=more) if more else ""
    if "window" not in first:
        less = "more" if "in the past" in first and shift.by_s > 0 else "less"
        return _("Refused: {first}{others}. Shift by {less}.").format(
            first=first, others=others, less=less
        )
    return _("Refused: {first}{others}. Move the window too, or shift by less.").format(
        first=first, others=others
    )


def _check(plan: DeploymentPlan, to: datetime | int, now: datetime) -> None:
    if isinstance(to, datetime):
        if to.year not in YEARS:
            raise Invalid("t0", _("T0 in the year {year} cannot be meant.").format(year=to.year))
        if rules.has_passed(plan.t0, now) and to != plan.t0:
            raise Invalid(
                "t0", _("T0 has passed and stays. Give by how much what is ahead moves: +6h.")
            )
    elif plan.t0 is None:
        raise Invalid("by", _("There is no T0 yet that could move. Give a time for it."))
    elif not to:
        raise Invalid("by", _("A shift by nothing moves nothing."))


def _is_there(plan: DeploymentPlan, to: datetime | int) -> bool:
    return isinstance(to, datetime) and to == plan.t0


def _checked(reason: str) -> str:
    if not (reason := checked_reason(reason)):
        raise Invalid("reason", _("Say why: the reason is shown to everybody."))
    return reason


def _move(moving: Change, shift: Shift) -> None:
    plan = moving.plan
    if shift.ahead:
        for source in _sources:
            keys = {key for key in shift.keys if key.startswith(f"{source.prefix}:")}
            if keys:
                source.move(plan, keys, shift.by_s)
    plan.t0, plan.window_start, plan.window_end = shift.t0, shift.opens, shift.closes
    plan.save(update_fields=["t0", "window_start", "window_end"])


def _record(
    moving: Change, shift: Shift, before: rules.Plan, said: str, more: dict[str, Any]
) -> None:
    data: dict[str, Any] = {
        "from": _iso(before.t0), "to": _iso(shift.t0), "by_s": shift.by_s, "ahead": shift.ahead,
        "moved": shift.moves, "stayed": len(shift.stays), **more,
    }  # fmt: skip
    if (before.opens, before.closes) != (shift.opens, shift.closes):
        data["window"] = {"from": [_iso(before.opens), _iso(before.closes)]}
        data["window"]["to"] = [_iso(shift.opens), _iso(shift.closes)]
    moving.record("plan.shifted", f"{_sentence(moving, shift, before)} {said}", **data)


def _sentence(moving: Change, shift: Shift, before: rules.Plan) -> str:
    things = ngettext("{count} thing", "{count} things", shift.moves).format(count=shift.moves)
    if shift.ahead:
        named = ", ".join(
            _("{thing} to {then}").format(
                thing=row.thing.label, then=instant_text(row.then, moving.at)
            )
            for row in shift.rows[:NAMED]
        )
        said = _("What is ahead moves by {signed}: {things}, {named}.").format(
            signed=rules.signed_text(shift.by_s), things=things, named=named
        )
    elif before.t0 is None:
        said = _("T0 is {t0} UTC: {things} have a time now.").format(
            t0=instant_text(shift.t0, moving.at), things=things
        )
    else:
        there = _("{t0} to {instant} UTC").format(
            t0=instant_text(before.t0, moving.at), instant=instant_text(shift.t0, moving.at)
        )
        said = _("T0 moves from {there}, {signed}: {things} move.").format(
            there=there, signed=rules.signed_text(shift.by_s), things=things
        )
    if shift.closes != before.closes:
        said += _(" The window closes {closes} UTC.").format(
            closes=instant_text(shift.closes, moving.at)
        )
    return said


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


class PeopleTimes(Source):
    """When somebody has to sit in a role, and the plan's own fixed times."""

    prefix = "role"

    def things(self, plan: DeploymentPlan, now: datetime) -> Iterable[Thing]:
        yield Thing(rules.GO_LIVE, "Go-live", 0, over=rules.has_passed(plan.t0, now) or None)
        for role in Role.objects.filter(plan=plan).prefetch_related(seated(now)):
            note = "" if role.seats.all() else _("Nobody seated")
            if role.cover_from_s is not None:
                yield Thing(f"role:{role.pk}:from", role.name, role.cover_from_s, note=note)
            if role.cover_until_s is not None:
                yield Thing(
                    f"role:{role.pk}:until",
                    _("{role}, end").format(role=role.name),
                    role.cover_until_s,
                    hidden=role.cover_from_s is not None,
                )
        if plan.protected_until is not None:
            yield Thing("plan:protected", _("Protected until"), at=plan.protected_until)

    def move(self, plan: DeploymentPlan, keys: Collection[str], seconds: int) -> None:
        for end, field in (("from", "cover_from_s"), ("until", "cover_until_s")):
            pks = [key.split(":")[1] for key in keys if key.endswith(f":{end}")]
            Role.objects.filter(plan=plan, pk__in=pks).update(**{field: F(field) + seconds})


register_schedule(PeopleTimes())
