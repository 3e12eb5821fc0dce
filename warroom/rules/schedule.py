"""Moving T0, or what is still ahead of it: what moves, what stays, what stands against it.

Pure. Instants are aware UTC; lengths are seconds of elapsed time, so that a change of summer time
inside them makes nothing longer or shorter.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from warroom.rules.fingerprint import fingerprint
from warroom.rules.typed import length_of
from warroom.rules.windows import outside
from warroom.rules.wording import duration_text

GO_LIVE = "plan:t0"  # the key of T0 itself


@dataclass(frozen=True)
class Thing:
    """Something with a time. ``offset_s`` is in seconds after T0; ``at`` is a fixed instant.

    ``key`` is unique in the plan ("gate:7"). ``over``: it has happened; None leaves that to its
    time. ``hidden``: it moves with another one and is not named for itself. ``group`` sums many of
    a kind in one row; ``count`` is how many things it stands for. ``waits_for`` names what has to
    come before it, ``released`` says that it has.
    """

    key: str
    label: str
    offset_s: int | None = None
    at: datetime | None = None
    over: bool | None = None
    note: str = ""
    hidden: bool = False
    group: str = ""
    waits_for: str = ""
    released: bool = False


@dataclass(frozen=True)
class Row:
    """One line of the preview. ``wrong`` says why it must not go there; '' when it may.

    ``beyond``: how far it lies outside the window, where it lay outside before.
    """

    thing: Thing
    now: datetime | None
    then: datetime
    wrong: str = ""
    count: int = 1
    beyond: str = ""

    @property
    def note(self) -> str:
        """What is worth knowing of it though nothing stands against it; '' for nothing."""
        beyond = _("{beyond}, as it was before").format(beyond=self.beyond) if self.beyond else ""
        return ", ".join(text for text in (self.thing.note, beyond) if text)


@dataclass(frozen=True)
class Plan:
    """What of a plan a shift goes by."""

    t0: datetime | None
    opens: datetime | None
    closes: datetime | None


@dataclass(frozen=True)
class Shift:
    """A shift as it would be: ``by_s`` seconds, of T0 itself or of what is ``ahead`` only."""

    rows: tuple[Row, ...]
    stays: tuple[Thing, ...]
    by_s: int
    ahead: bool
    t0: datetime | None
    opens: datetime | None
    closes: datetime | None
    keys: frozenset[str]
    basis: str

    @property
    def moves(self) -> int:
        return sum(row.count for row in self.rows)

    @property
    def against(self) -> list[str]:
        """Why it is refused, a sentence each; empty when it may be done."""
        return [
            _("{thing} would lie {wrong}.").format(thing=row.thing.label, wrong=row.wrong)
            for row in self.rows
            if row.wrong
        ]


def has_passed(t0: datetime | None, now: datetime) -> bool:
    return t0 is not None and t0 <= now


def when(thing: Thing, t0: datetime | None) -> datetime | None:
    """When a thing is (UTC): fixed, or by T0; None while T0 is not set."""
    if thing.at is not None or t0 is None or thing.offset_s is None:
        return thing.at
    return t0 + timedelta(seconds=thing.offset_s)


def is_ahead(thing: Thing, t0: datetime, now: datetime) -> bool:
    """What has not happened. A gate or stage that is late is still ahead; work that is late is not:
    to move it would hide that it is late."""
    if thing.offset_s is None or thing.at is not None or thing.over:
        return False
    at = when(thing, t0)
    return thing.over is False or (at is not None and at > now)


def shift(
    plan: Plan,
    things: Iterable[Thing],
    by_s: int | datetime,
    now: datetime,
    window_too: bool,
    anew: Thing | None = None,
) -> Shift:
    """The shift of ``plan`` by seconds, or to a new T0 (UTC) where T0 is not set or still ahead.

    After T0 only what is ahead moves, and T0 stays. ``anew``: what is set anew by this shift; it
    is one of the rows, and after T0 what comes before it stays.
    """
    things, ahead = list(things), has_passed(plan.t0, now)
    if isinstance(by_s, datetime):
        t0, seconds = by_s, _seconds(plan.t0, by_s)
    else:
        t0, seconds = plan.t0, by_s
        if plan.t0 is not None and not ahead:
            t0 = plan.t0 + timedelta(seconds=by_s)
    moving = _moving(plan, things, now, ahead, anew)
    keys = frozenset(one.key for one in moving)
    opens, closes = _window(plan, seconds, now, ahead, window_too)
    judged = Plan(plan.t0, opens, closes)
    rows = [_row(one, plan, judged, t0, seconds, ahead, now) for one in moving]
    return Shift(
        rows=tuple(_summed(sorted(rows, key=lambda row: row.then))),
        stays=tuple(one for one in things if one.key not in keys and not one.hidden),
        by_s=seconds,
        ahead=ahead,
        t0=t0,
        opens=opens,
        closes=closes,
        keys=keys,
        basis=_basis(plan, moving, seconds, t0),
    )


def _seconds(before: datetime | None, after: datetime) -> int:
    return round((after - before).total_seconds()) if before else 0


def _moving(
    plan: Plan, things: list[Thing], now: datetime, ahead: bool, anew: Thing | None
) -> list[Thing]:
    found = [one for one in things if _moves(one, plan.t0, now, ahead)]
    if anew is None:
        return found
    return [anew, *(one for one in found if not ahead or _comes_after(one, anew))]


def _comes_after(thing: Thing, anew: Thing) -> bool:
    """Whether it moves with what is set anew: it waits for it, or is later and not released."""
    if thing.waits_for and thing.waits_for == anew.waits_for:
        return True
    return not thing.released and (thing.offset_s or 0) >= (anew.offset_s or 0)


def _moves(thing: Thing, t0: datetime | None, now: datetime, ahead: bool) -> bool:
    if ahead and t0 is not None:
        return is_ahead(thing, t0, now)
    return thing.offset_s is not None and thing.at is None and not thing.over


def _window(
    plan: Plan, seconds: int, now: datetime, ahead: bool, too: bool
) -> tuple[datetime | None, datetime | None]:
    """Both ends when the window moves too; an end that has passed stays."""
    if not too:
        return plan.opens, plan.closes
    opens, closes = (
        at if at is None or (ahead and at <= now) else at + timedelta(seconds=seconds)
        for at in (plan.opens, plan.closes)
    )
    return opens, closes


def _row(
    thing: Thing,
    plan: Plan,
    judged: Plan,
    t0: datetime | None,
    seconds: int,
    ahead: bool,
    now: datetime,
) -> Row:
    before = when(thing, plan.t0)
    then = before + timedelta(seconds=seconds) if before else when(thing, t0)
    wrong = beyond = ""
    inside = (
        thing.key == GO_LIVE if before is None else not outside(before, plan.opens, plan.closes)
    )
    if ahead and then < now:
        wrong = _("{span} in the past").format(span=duration_text(now - then))
    # What lay outside before (preparing, watching) may lie outside; what lay inside must not leave.
    elif inside:
        wrong = outside(then, judged.opens, judged.closes)
    elif before is not None:
        beyond = outside(then, judged.opens, judged.closes)
    return Row(thing, before, then, wrong, beyond=beyond)


def _summed(rows: list[Row]) -> list[Row]:
    """One row per group, which begins with its earliest; hidden ones count nothing."""
    found: dict[str, Row] = {}
    for row in rows:
        if row.thing.hidden:
            continue
        name = row.thing.group or row.thing.key
        first = found.get(name)
        if first is None:
            found[name] = row
        else:
            wrong, beyond = first.wrong or row.wrong, first.beyond or row.beyond
            found[name] = Row(first.thing, first.now, first.then, wrong, first.count + 1, beyond)
    return list(found.values())


def _basis(plan: Plan, moving: list[Thing], seconds: int, t0: datetime | None) -> str:
    """Names what was previewed, so that nothing else is done than what was shown.

    Whether the window moves too is not part of it: the button that is pressed says so.
    """
    said = [
        str(plan.t0), str(plan.opens), str(plan.closes), seconds, str(t0),
        sorted((one.key, one.offset_s) for one in moving),
    ]  # fmt: skip
    return fingerprint(said)


_SIGNED = re.compile(r"^\s*(?P<sign>[+\-−–])\s*(?P<rest>\S.*)$")


def parse_by(text: str) -> int | None:
    """``+6h``, ``−30m``, ``+1h30m`` in seconds; None for anything else."""
    match = _SIGNED.match(text)
    if match is None:
        return None
    size = length_of(match["rest"])
    if size is None:
        return None
    return size if match["sign"] == "+" else -size


def signed_text(seconds: int) -> str:
    """``+6 h``, ``−30 min``."""
    return f"{'−' if seconds < 0 else '+'}{duration_text(abs(seconds))}"
