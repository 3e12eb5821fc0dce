"""A script that reports by itself: on time, late, or gone. Pure; times are UTC, lengths seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from checklists.rules.bands import Band
from warroom.rules.wording import duration_text


@dataclass(frozen=True)
class Beat:
    """What a heartbeat said last: `pinged_at` its end, and how long its run took, where it told.

    `started_at` is set while a run goes on. It is due `interval_s` after its last word and late
    `grace_s` after that; once `red_after` further intervals have passed in silence, it is red.
    `longest_s`: a longer run is yellow.
    """

    interval_s: float
    grace_s: float = 60
    red_after: int = 1
    pinged_at: datetime | None = None
    started_at: datetime | None = None
    exit_status: int | None = None
    output: str = ""
    run_s: float | None = None
    longest_s: float | None = None


@dataclass(frozen=True)
class Heard:
    """`missed` counts the words that did not come."""

    band: Band
    reason: str = ""
    missed: int = 0


def late_at(beat: Beat) -> datetime | None:
    """When it is late unless it says something; None before its first word."""
    if beat.pinged_at is None:
        return None
    return beat.pinged_at + timedelta(seconds=beat.interval_s + beat.grace_s)


def judge(beat: Beat, now: datetime) -> Heard:
    """How it stands at `now`. Before its first word it is no data: silence says nothing (law 5).

    A script that ended with another status than 0 is red whatever else is true; silence is never
    green for it.
    """
    late = late_at(beat)
    if late is None or beat.pinged_at is None:
        return Heard(Band.NO_DATA, _not_yet(beat, now))
    if beat.exit_status:
        return Heard(Band.RED, _failed(beat), _missed(beat, now))
    if now > late:
        return _silent(beat, late, now)
    if beat.longest_s is not None and (beat.run_s or 0) > beat.longest_s:
        took = duration_text(timedelta(seconds=beat.run_s or 0))
        allowed = duration_text(timedelta(seconds=beat.longest_s))
        return Heard(
            Band.YELLOW,
            _("its run took {took}, longer than {allowed}").format(took=took, allowed=allowed),
        )
    return Heard(Band.GREEN)


def _not_yet(beat: Beat, now: datetime) -> str:
    if beat.started_at is not None:
        return _("it began {now} ago and has not ended yet").format(
            now=duration_text(now - beat.started_at)
        )
    return _("it has not reported yet")


def _failed(beat: Beat) -> str:
    lines = [line.strip() for line in beat.output.splitlines() if line.strip()]
    said = f": {lines[-1][:200]}" if lines else ""
    return _("exit status {exit_status}{said}").format(exit_status=beat.exit_status, said=said)


def _missed(beat: Beat, now: datetime) -> int:
    late = late_at(beat)
    if late is None or now <= late:
        return 0
    return 1 + int((now - late).total_seconds() // max(1.0, beat.interval_s))


def _silent(beat: Beat, late: datetime, now: datetime) -> Heard:
    missed = _missed(beat, now)
    if missed > beat.red_after:
        return Heard(Band.RED, _("silent, {missed} reports missed").format(missed=missed), missed)
    word = _("no report") if beat.started_at is None else _("its run has not ended")
    return Heard(
        Band.YELLOW,
        _("late by {now}: {word}").format(now=duration_text(now - late), word=word),
        missed,
    )
