"""A run against the clock: legs that add up to the whole, whatever order steps were closed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

DECIDE, EXECUTE, VERIFY = "decide", "execute", "verify"
# Keys, as the names of segments are; ``segment_text`` is how people read them.
TOTAL, DOWNTIME = "Total", "Downtime"
# A step of a metric or check counts as shown only where readings are no further apart than this.
GAP_INTERVALS = 2.5


@dataclass(frozen=True)
class PlannedStep:
    """A step as a run copies it. ``kind`` is a value of StepKind, ``target_s`` seconds."""

    segment: str
    title: str
    kind: str
    target_s: int | None = None
    hold_s: int = 0


# What a plan without a procedure does: 5 + 10 + 5 minutes.
USUAL = (
    PlannedStep(DECIDE, _l("Decide to roll back"), "person", 300),
    PlannedStep(EXECUTE, _l("Take the traffic to {to} %"), "execute", 600),
    PlannedStep(VERIFY, _l("See that {to} % holds and that users are served"), "person", 300),
)


_WORDS = {
    DECIDE: _l("Decide"),
    EXECUTE: _l("Execute"),
    VERIFY: _l("Verify"),
    TOTAL: _l("Total"),
    DOWNTIME: _l("Downtime"),
}


def segment_text(name: str) -> str:
    """A segment as people read it; names of their own stay as they are written."""
    return str(_WORDS.get(name) or name[:1].upper() + name[1:])


def decide_from(started_at: datetime, breach_at: datetime | None, window_s: float = 0) -> datetime:
    """Since when somebody could have decided (UTC).

    A guardrail may not decide before its window is full, so its decision counts from there and
    not from the first red reading.
    """
    if breach_at is None:
        return started_at
    return min(started_at, breach_at + timedelta(seconds=window_s))


@dataclass(frozen=True)
class Timed:
    """A step as the stopwatch sees it. ``closed_at``: done or left out (UTC); None: open."""

    segment: str
    target_s: int | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True)
class Leg:
    """A segment of the run. ``begins`` None: not yet; ``ends`` None: under way or not begun."""

    segment: str
    target_s: int | None
    begins: datetime | None
    ends: datetime | None
    closed: int
    steps: int

    @property
    def is_now(self) -> bool:
        return self.begins is not None and self.ends is None

    def seconds(self, now: datetime) -> float | None:
        """How long it took, or has taken up to ``now`` (UTC); None before it began."""
        if self.begins is None:
            return None
        return max(0.0, ((self.ends or now) - self.begins).total_seconds())

    def missed(self, now: datetime) -> bool:
        """Whether it took longer than its target; never without a target."""
        taken = self.seconds(now)
        return taken is not None and self.target_s is not None and taken > self.target_s


def legs(steps: Sequence[Timed], start: datetime, ended: datetime | None = None) -> list[Leg]:
    """The segments in the order of their first steps; together they last as long as the run.

    A leg begins when the one before is over, and is over when all its steps are closed. With
    ``ended`` (UTC) the run is over, and with it the leg that was under way.
    """
    found, begins = [], start
    now_open = False
    for segment in dict.fromkeys(step.segment for step in steps):
        rows = [step for step in steps if step.segment == segment]
        closed = [row.closed_at for row in rows if row.closed_at is not None]
        ends = None
        if not now_open and len(closed) == len(rows):
            ends = max([begins, *closed])
        elif not now_open and ended is not None:
            ends = max(begins, ended)
        found.append(
            Leg(
                segment, target_of(rows), None if now_open else begins, ends, len(closed), len(rows)
            )
        )
        now_open = now_open or ends is None or len(closed) < len(rows)
        begins = ends or begins
    return found


def target_of(steps: Iterable[Timed | PlannedStep]) -> int | None:
    """The sum of what is aimed at, seconds; None where no step says anything."""
    said = [step.target_s for step in steps if step.target_s is not None]
    return sum(said) if said else None


@dataclass(frozen=True)
class Measure:
    """What was promised and what was measured, seconds; ``taken`` None: not measured."""

    name: str
    target_s: int | None
    taken: float | None

    @property
    def text(self) -> str:
        return segment_text(self.name)

    @property
    def word(self) -> str:
        """met, missed, or "" where nothing was promised or measured."""
        if self.target_s is None or self.taken is None:
            return ""
        return "missed" if self.taken > self.target_s else "met"


def measures(
    found: Sequence[Leg],
    now: datetime,
    *,
    total: tuple[int | None, float],
    downtime: tuple[int | None, float | None] = (None, None),
) -> list[Measure]:
    """Total, legs and downtime, each as (target, measured). The same promise counts once:

    a total that is the sum of its legs has no word of its own.
    """
    parts = [Measure(leg.segment, leg.target_s, leg.seconds(now)) for leg in found]
    same = total[0] is not None and total[0] == target_of_legs(found)
    whole = Measure(TOTAL, None if same else total[0], total[1])
    down = [Measure(DOWNTIME, *downtime)] if downtime[0] is not None or downtime[1] else []
    return [whole, *parts, *down]


def target_of_legs(found: Iterable[Leg]) -> int | None:
    said = [leg.target_s for leg in found if leg.target_s is not None]
    return sum(said) if said else None


def result(found: Iterable[Measure]) -> tuple[str, str]:
    """``("missed", "1 of 5 missed")``, ``("met", "All 3 met")``; ("", "no targets") for none."""
    words = [one.word for one in found if one.word]
    if not words:
        return "", _("no targets")
    missed = words.count("missed")
    if missed:
        return "missed", _("{missed} of {count} missed").format(missed=missed, count=len(words))
    return "met", _("All {count} met").format(count=len(words)) if len(words) > 1 else _("Met")


# --- steps that close by themselves ---------------------------------------------------------


def held_s(
    points: Sequence[tuple[datetime, str]], since: datetime, interval_s: float, good: str = "green"
) -> float:
    """How long the newest readings were ``good`` without a break, seconds; newest last.

    Counted between readings that were made: time that nobody observed is not green (law 12).
    """
    seen = [(at, band) for at, band in points if at >= since]
    if not seen or seen[-1][1] != good:
        return 0.0
    first = newest = seen[-1][0]
    for at, band in reversed(seen[:-1]):
        if band != good or (first - at).total_seconds() > GAP_INTERVALS * interval_s:
            break
        first = at
    return (newest - first).total_seconds()


def red_seconds(
    points: Sequence[tuple[datetime, str]], start: datetime, end: datetime, interval_s: float
) -> float:
    """How long a check failed between two instants, seconds: each red reading up to the next.

    Where none follows in time it counts for one interval.
    """
    total = 0.0
    for place, (at, band) in enumerate(points):
        if band != "red":
            continue
        following = points[place + 1][0] if place + 1 < len(points) else end
        until = min(following, at + timedelta(seconds=GAP_INTERVALS * interval_s), end)
        total += max(0.0, (until - max(at, start)).total_seconds())
    return total
