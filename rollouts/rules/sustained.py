"""Is red here to stay, or only passing? Kept as two instants per watched thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from checklists.rules.bands import Band


@dataclass(frozen=True)
class RedMemory:
    """Start of the unbroken red run (None when there is none) and the last red seen; aware."""

    since: datetime | None = None
    last: datetime | None = None


def remember(memory: RedMemory, at: datetime, band: Band, interval: timedelta) -> RedMemory:
    """The memory after one more sample at `at`.

    A missing sample neither breaks nor feeds a red run, but time nobody observed is not counted
    as red: two reds further apart than two intervals (and the slack of a busy worker) are two runs.
    """
    if band is Band.RED:
        unbroken = memory.since and memory.last and at - memory.last <= 2.5 * interval
        return RedMemory(memory.since if unbroken else at, at)
    if band is Band.NO_DATA:
        return memory
    return RedMemory(None, memory.last)


def is_sustained(memory: RedMemory, band: Band, window: timedelta) -> bool:
    """Whether it is red now and was seen red for the whole window."""
    if band is not Band.RED or memory.since is None or memory.last is None:
        return False
    return memory.last - memory.since >= window


def is_settled(
    memory: RedMemory, band: Band, at: datetime, window: timedelta, interval: timedelta
) -> bool:
    """False while something that is not red at `at` was red within the look-back.

    Such a thing holds however green it looks at this moment, so that flapping neither rolls back
    nor advances (scenario 35).
    """
    if band is Band.RED or memory.last is None:
        return True
    return at - memory.last >= look_back(window, interval)


def look_back(window: timedelta, interval: timedelta) -> timedelta:
    """How long after the last red a thing is not trusted.

    Its window, but four intervals at least and eight at most: a single red sample does not hold
    a stage for the ten minutes that another would have to last to roll it back.
    """
    return min(max(window, 4 * interval), 8 * interval)
