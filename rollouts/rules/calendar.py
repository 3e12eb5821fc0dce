"""The calendar of a rollout: when each stage was planned, is expected, and was. Pure; UTC.

What is expected follows from what is left: a stage that runs ends when its soak is over, if all
stays green; each later one begins as planned, or as soon as the one before it is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from warroom.rules.coverage import Span, gaps
from warroom.rules.wording import duration_text

# In the plan's own zone: whoever is called then was asleep.
NIGHT_FROM, NIGHT_TO = time(22), time(6)


@dataclass(frozen=True)
class Planned:
    """A stage as the calendar needs it. ``left_s``: soak that is left of the one that runs."""

    number: int
    percent: int
    soak_s: int
    planned: datetime | None
    state: str
    started: datetime | None = None
    ended: datetime | None = None
    left_s: float | None = None


@dataclass(frozen=True)
class Entry:
    """One line. ``begins`` and ``ends`` are what was, or else is expected; None: unknown.

    ``late_s``: how much later than planned it begins or began, negative when earlier.
    """

    number: int
    percent: int
    state: str
    planned: datetime | None
    planned_end: datetime | None
    begins: datetime | None
    ends: datetime | None
    soak_s: int

    @property
    def late_s(self) -> float | None:
        if self.planned is None or self.begins is None:
            return None
        return (self.begins - self.planned).total_seconds()


def entries(
    stages: Sequence[Planned], now: datetime, held_until: datetime | None = None
) -> list[Entry]:
    """A line per stage. ``held_until``: until when the rollout is held, where that has an end."""
    found: list[Entry] = []
    free = max(now, held_until) if held_until else now
    for stage in stages:
        begins, ends = _span(stage, now, free)
        if stage.state == "pending" and begins is not None:
            free = ends or begins
        elif stage.state == "running" and ends is not None:
            free = max(free, ends)
        soak = timedelta(seconds=stage.soak_s)
        planned_end = stage.planned + soak if stage.planned and stage.soak_s else None
        found.append(
            Entry(stage.number, stage.percent, stage.state, stage.planned, planned_end,
                  begins, ends, stage.soak_s)
        )  # fmt: skip
    return found


def _span(stage: Planned, now: datetime, free: datetime) -> tuple[datetime | None, datetime | None]:
    if stage.state == "running":
        return stage.started, None if stage.left_s is None else now + timedelta(
            seconds=stage.left_s
        )
    if stage.state != "pending":
        return stage.started, stage.ended
    begins = max(stage.planned, free) if stage.planned else None
    ends = begins + timedelta(seconds=stage.soak_s) if begins and stage.soak_s else None
    return begins, ends


def behind_s(found: Sequence[Entry]) -> float | None:
    """How far behind its plan the rollout is, in seconds; negative when ahead; None unknown.

    By when the next stage can begin, which counts the room that the plan leaves between two; else
    by the end of the stage that runs, else by how the last one began.
    """
    coming = next((one for one in found if one.state == "pending"), None)
    if coming is not None and coming.late_s is not None:
        return coming.late_s
    running = next((one for one in found if one.state == "running"), None)
    if running is not None and running.planned_end is not None and running.ends is not None:
        return (running.ends - running.planned_end).total_seconds()
    begun = [one for one in found if one.state != "pending" and one.late_s is not None]
    return begun[-1].late_s if begun else None


def behind_text(seconds: float | None) -> str:
    """“on plan, 0 min behind”, “42 min behind”, “2 h ahead”; "" where nothing was planned."""
    if seconds is None:
        return ""
    if abs(seconds) < 60:
        return _("on plan, 0 min behind")
    text = _("{span} behind") if seconds > 0 else _("{span} ahead")
    return text.format(span=duration_text(abs(seconds)))


def nights(span: Span, zone: str) -> list[Span]:
    """The parts of a span that are night in a zone, as UTC; at most a month of them."""
    there = ZoneInfo(zone or "UTC")
    day = span.starts.astimezone(there).date() - timedelta(days=1)
    found = []
    for _unused in range(32):
        starts = datetime.combine(day, NIGHT_FROM, there).astimezone(UTC)
        ends = datetime.combine(day + timedelta(days=1), NIGHT_TO, there).astimezone(UTC)
        begins, over = max(starts, span.starts), min(ends, span.ends)
        if begins < over:
            found.append(Span(begins, over))
        if starts >= span.ends:
            break
        day += timedelta(days=1)
    return found


def uncovered(night: Sequence[Span], sittings: Sequence[Span]) -> list[Span]:
    """The parts of nights in which nobody sits."""
    return [gap for span in night for gap in gaps(span, sittings)]
