"""Is red here to stay, or only passing? Computed over the samples of one metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from checklists.rules.bands import Band


@dataclass(frozen=True)
class Sample:
    """One observation: when (aware, UTC) and in which band."""

    at: datetime
    band: Band


@dataclass(frozen=True)
class Standing:
    """What the samples say together.

    `since` is the start of the current run of equal bands. `settled` is False while a metric
    that is not red now was red within the look-back: such a metric holds, however green it
    looks at this moment (scenario 35).
    """

    band: Band
    since: datetime | None
    sustained: bool
    settled: bool


def stand(samples: Sequence[Sample], window: timedelta, interval: timedelta) -> Standing:
    """Judge samples, oldest first, against "red for `window`", asked every `interval`."""
    if not samples:
        return Standing(Band.NO_DATA, None, sustained=False, settled=True)
    last = samples[-1]
    return Standing(
        band=last.band,
        since=_run_start(samples),
        sustained=last.band is Band.RED and last.at - _red_since(samples, interval) >= window,
        settled=not _red_lately(samples, look_back(window, interval)),
    )


def look_back(window: timedelta, interval: timedelta) -> timedelta:
    """How long after the last red a metric is not trusted: the window, four intervals at least."""
    return max(window, 4 * interval)


def _run_start(samples: Sequence[Sample]) -> datetime:
    start = samples[-1].at
    for sample in reversed(samples):
        if sample.band is not samples[-1].band:
            break
        start = sample.at
    return start


def _red_since(samples: Sequence[Sample], interval: timedelta) -> datetime:
    """Start of the unbroken red run at the end.

    A missing sample neither breaks nor feeds the run, but time nobody observed is not counted
    as red: two reds more than two intervals apart are two runs.
    """
    start = samples[-1].at
    for sample in reversed(samples):
        if sample.band is Band.NO_DATA:
            continue
        if sample.band is not Band.RED or start - sample.at > 2 * interval:
            break
        start = sample.at
    return start


def _red_lately(samples: Sequence[Sample], span: timedelta) -> bool:
    last = samples[-1]
    if last.band is Band.RED:
        return False
    return any(s.band is Band.RED and last.at - s.at < span for s in samples)
