"""When somebody looks: rounds by the age of a stage, and what became of each. Pure.

A cadence is a list of bands, ``[{"until_s": 3600, "every_s": 300}, …]``: so often until the stage
has that age. Elapsed time only, in UTC: neither a change of summer time nor a clock that jumps
moves a round. The first look is due at the beginning, so that 09:20 to 21:00 every 15 minutes
makes 47 of them; a band begins where the one before ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from warroom.rules.wording import duration_text

LEAST_EVERY_S = 5
DAY_S = 86_400
# So many due times are looked at in one go; what is left is looked at in the next.
BOUND = 500


@dataclass(frozen=True)
class Band:
    """Every so many seconds until this age in seconds; None: for as long as it is watched."""

    every_s: int
    until_s: int | None = None
    duties: tuple[str, ...] = ()


def read(cadence: Iterable[Mapping[str, Any]] | None) -> tuple[Band, ...]:
    """The bands of a stored cadence in their order; what makes no sense is left out."""
    bands: list[Band] = []
    for one in cadence or ():
        every, until = int(one.get("every_s") or 0), one.get("until_s")
        if every < 1 or (bands and bands[-1].until_s is None):
            continue
        if until is not None and int(until) <= (bands[-1].until_s or 0 if bands else 0):
            continue
        duties = tuple(str(duty) for duty in one.get("duties") or ())
        bands.append(Band(every, None if until is None else int(until), duties))
    return tuple(bands)


def stored(bands: Iterable[Band]) -> list[dict[str, Any]]:
    """Bands as a cadence is kept."""
    return [
        {"every_s": band.every_s}
        | ({} if band.until_s is None else {"until_s": band.until_s})
        | ({"duties": list(band.duties)} if band.duties else {})
        for band in bands
    ]


def divided(cadence: Sequence[Mapping[str, Any]], factor: int) -> list[dict[str, Any]]:
    """A cadence in a rehearsal's time: so many times as fast, but never below LEAST_EVERY_S."""
    return stored(
        Band(
            max(round(band.every_s / factor), min(band.every_s, LEAST_EVERY_S)),
            None if band.until_s is None else max(round(band.until_s / factor), 1),
            band.duties,
        )
        for band in read(cadence)
    )


def offsets(bands: Sequence[Band], after_s: float = -1) -> Iterator[int]:
    """The ages (seconds) at which rounds are due, those after ``after_s``; may never end."""
    start = 0
    for band in bands:
        gone = int((after_s - start) // band.every_s) + 1 if after_s >= start else 0
        age = start + gone * band.every_s
        while band.until_s is None or age < band.until_s:
            yield age
            age += band.every_s
        start = band.until_s


def count(bands: Sequence[Band], age_s: float) -> int:
    """How many rounds are due up to an age, that age included."""
    found, start = 0, 0
    for band in bands:
        if age_s < start:
            break
        due = int((age_s - start) // band.every_s) + 1
        if band.until_s is None:
            return found + due
        found += min(due, -(-(band.until_s - start) // band.every_s))
        start = band.until_s
    return found


def next_due(bands: Sequence[Band], began: datetime, after: datetime | None) -> datetime | None:
    """The first due time after an instant (UTC), or at all; None once the cadence is over."""
    since = -1 if after is None else (after - began).total_seconds()
    age = next(offsets(bands, since), None)
    return None if age is None else began + timedelta(seconds=age)


def opened(
    bands: Sequence[Band], began: datetime, after: datetime | None, now: datetime
) -> list[datetime]:
    """Due times after an instant (None: from the first) of the rounds that can be recorded by
    ``now``, or could; at most BOUND of them. UTC."""
    found: list[datetime] = []
    for age in offsets(bands, -1 if after is None else (after - began).total_seconds()):
        due = began + timedelta(seconds=age)
        if opens(due, every_at(bands, age)) > now or len(found) == BOUND:
            break
        found.append(due)
    return found


def every_at(bands: Sequence[Band], age_s: float) -> int:
    """The seconds that lead up to a round of this age; 0 for the first one, and without bands."""
    start = 0
    for band in bands:
        if age_s <= 0:
            return 0
        if band.until_s is None or age_s <= band.until_s:
            return min(band.every_s, int(age_s - start) or band.every_s)
        start = band.until_s
    return bands[-1].every_s if bands else 0


def band_at(bands: Sequence[Band], age_s: float) -> Band | None:
    """The band that a round of this age belongs to; the last one where the cadence is over."""
    for band in bands:
        if band.until_s is None or age_s < band.until_s:
            return band
    return bands[-1] if bands else None


def said(bands: Iterable[Band]) -> str:
    """ "every 5 min to 1 h, then every 30 min to 8 h"."""
    parts = [
        (_("every {every} to {until}") if band.until_s else _("every {every}")).format(
            every=duration_text(band.every_s), until=duration_text(band.until_s or 0)
        )
        for band in bands
    ]
    return _(", then ").join(parts)


# --- one round -------------------------------------------------------------------------------

NEXT, DUE, DONE, LATE, MISSED = "next", "due", "done", "late", "missed"


def opens(due: datetime, every_s: int) -> datetime:
    """From when a round can be recorded: half an interval before it is due."""
    return due - timedelta(seconds=every_s / 2)


def is_late(due: datetime, at: datetime, late_s: int) -> bool:
    """Whether a round recorded at ``at`` was late: more than ``late_s`` after its due time."""
    return at > due + timedelta(seconds=late_s)


def state(
    due: datetime,
    following: datetime | None,
    now: datetime,
    *,
    done: bool,
    late: bool,
    missed: bool,
) -> str:
    """NEXT, DUE, DONE, LATE or MISSED. Due turns to missed when the ``following`` one is due."""
    if done:
        return LATE if late else DONE
    if missed or (following is not None and now >= following):
        return MISSED
    return DUE if now >= due else NEXT


@dataclass(frozen=True)
class Tally:
    """How many rounds should have been, were, came late, and were not. ``next_due`` is UTC."""

    expected: int = 0
    performed: int = 0
    late: int = 0
    missed: int = 0
    next_due: datetime | None = None

    @property
    def sentence(self) -> str:
        """ "Expected so far 46, performed 46, 1 late, missed 0"."""
        return _(
            "Expected so far {expected}, performed {performed}, {late} late, missed {missed}"
        ).format(
            expected=self.expected, performed=self.performed, late=self.late, missed=self.missed
        )


def in_a_row(missed: Iterable[bool]) -> int:
    """How many of the newest rounds were missed, newest first, until one that was not."""
    found = 0
    for one in missed:
        if not one:
            break
        found += 1
    return found


# --- what a document claims ------------------------------------------------------------------


def claim(claimed: int, computed: int, every: str) -> str:
    """What to say of a number of rounds that a document names; "" where it is right."""
    if claimed == computed:
        return ""
    return ngettext(
        "The document says {claimed} rounds; {every} makes {count} round.",
        "The document says {claimed} rounds; {every} makes {count} rounds.",
        computed,
    ).format(claimed=claimed, every=every, count=computed)
