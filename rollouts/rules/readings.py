"""From one probe's answer to a band and a reason; from a kept reading to what it counts now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from checklists.rules.bands import Band, Bands, against, judge
from warroom.rules.wording import duration_text

# The evidence key under which a health page's own count ("5 of 5") is kept.
HEALTH_CHECKS = "health-checks"
# Compared, so the same in every language; ``reason_text`` is what people read.
NOT_JUDGED = gettext_noop("it has no bands, so it is shown and not judged")


@dataclass(frozen=True)
class Judged:
    band: Band
    reason: str = ""


def reason_text(reason: str) -> str:
    """The reason of a reading in the language that is spoken."""
    return _(NOT_JUDGED) if reason == NOT_JUDGED else reason


def judged(value: float | None, bands: Bands | None, unit: str, *, failed: bool = False,
           reason: str = "") -> Judged:  # fmt: skip
    """The band of an answer; `reason` is the probe's own, kept where there is no value."""
    if failed:
        return Judged(Band.RED, reason)
    if value is None:
        return Judged(Band.NO_DATA, reason or _("no value"))
    if bands is None:
        return Judged(Band.NO_DATA, NOT_JUDGED)
    band = judge(bands, value)
    if band is Band.NO_DATA:
        return Judged(band, reason or _("the value is no number that can be judged"))
    return Judged(band, against(bands, value, unit))


def counted(said: Judged, bad: int, red_after: int) -> tuple[Judged, int]:
    """The same when `red_after` bad answers in a row make it red, and how many there are now.

    `bad` were there before. Fewer make it yellow; no data neither ends the row nor adds to it.
    """
    if said.band is Band.NO_DATA:
        return said, bad
    if said.band is not Band.RED:
        return said, 0
    bad += 1
    if bad >= red_after:
        return said, bad
    return Judged(
        Band.YELLOW,
        _("{reason} (bad answer {bad}, red at {red_after})").format(
            reason=said.reason, bad=bad, red_after=red_after
        ),
    ), bad


def interval_at(cadence: Sequence[Mapping], interval_s: float, age_s: float | None) -> float:
    """How often to ask, in seconds, `age_s` after T0 (None: without T0); S68.

    The first line of the cadence whose `until_s` is not reached holds, one without it for good.
    Before T0 the first line holds; past the last one, what held last.
    """
    lines = [line for line in cadence if line.get("every_s")]
    if not lines or age_s is None:
        return interval_s
    for line in lines:
        if line.get("until_s") is None or age_s < line["until_s"]:
            return line["every_s"]
    return lines[-1]["every_s"]


def valid_until(read_at: datetime, interval_s: float) -> datetime:
    """When a reading becomes too old to count: two intervals after it was made (law 5)."""
    return read_at + timedelta(seconds=2 * interval_s)


def as_read(band: str, reason: str, read_at: datetime | None, interval_s: float,
            now: datetime) -> Judged:  # fmt: skip
    """What a kept reading counts at `now`: its own band, or no data once it has grown old."""
    if read_at is None:
        return Judged(Band.NO_DATA, reason or _("not read yet"))
    if now > valid_until(read_at, interval_s):
        return Judged(
            Band.NO_DATA, _("not read for {now}").format(now=duration_text(now - read_at))
        )
    return Judged(Band(band), reason)


def missed(due_at: datetime, interval_s: float, asked_at: datetime) -> int:
    """How many slots of a cadence passed unasked between when it was due and when it was asked."""
    return max(0, int((asked_at - due_at).total_seconds() // max(1.0, interval_s)))


def next_due(due_at: datetime, interval_s: float, now: datetime) -> datetime:
    """The next slot of the fixed cadence after `now`; slots that were missed are left out."""
    step = timedelta(seconds=max(1.0, interval_s))
    if due_at > now:
        return due_at
    return due_at + ((now - due_at) // step + 1) * step
