"""PROCEED, HOLD or ROLLBACK from what the machines read, with the reason in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from checklists.rules.bands import Band


class Word(StrEnum):
    NONE = ""
    PROCEED = "proceed"
    HOLD = "hold"
    ROLLBACK = "rollback"


@dataclass(frozen=True)
class Reading:
    """One metric or check as it stands now.

    `value` is text with its unit ("236 ms"); `reason` says what is wrong ("above its 200 ms
    target", "connection refused"); `since` is aware; `settled` is False when it was red a
    moment ago.
    """

    name: str
    band: Band
    value: str = ""
    reason: str = ""
    since: datetime | None = None
    sustained: bool = False
    settled: bool = True


@dataclass(frozen=True)
class Verdict:
    """`leading` names what decided ("P95 latency:yellow"): it stays equal while only numbers
    move, so a timeline event is due when `word` or `leading` changes, not at every sample."""

    word: Word
    sentence: str
    reasons: tuple[str, ...] = ()
    leading: str = ""


def held(verdict: Verdict, said: str) -> Verdict:
    """The verdict while somebody or a rule holds the rollout: PROCEED and no verdict become HOLD.

    ``said`` is the hold in one sentence. What is as bad by its readings keeps their reason.
    """
    if verdict.word in (Word.HOLD, Word.ROLLBACK):
        return verdict
    return Verdict(
        Word.HOLD,
        f"{said} {verdict.sentence}",
        (said.rstrip("."), *verdict.reasons),
        "the hold:held",
    )


_RANK = {Band.RED: 0, Band.YELLOW: 1, Band.NO_DATA: 2, Band.GREEN: 3}
_BANDS = {
    Band.RED: _l("red"),
    Band.YELLOW: _l("yellow"),
    Band.NO_DATA: _l("no data"),
    Band.GREEN: _l("green"),
}
_COUNT = (
    _l("No"),
    _l("One"),
    _l("Two"),
    _l("Three"),
    _l("Four"),
    _l("Five"),
    _l("Six"),
    _l("Seven"),
    _l("Eight"),
    _l("Nine"),
)


def decide(readings: Sequence[Reading]) -> Verdict:
    """Worst wins (law 6). Clock times in the sentence are UTC, as on every page.

    All green: PROCEED. Any yellow, missing or unsettled reading: HOLD. Any red: ROLLBACK once
    it is sustained, HOLD until then. Nothing configured: no verdict at all.
    """
    if not readings:
        return Verdict(Word.NONE, _("Nothing is measured yet."))
    wrong = sorted((r for r in readings if _wrong(r)), key=_order)
    if not wrong:
        return Verdict(Word.PROCEED, _all_green(readings), leading="green")
    word = Word.ROLLBACK if _lasting(wrong[0]) else Word.HOLD
    reasons = tuple(_clause(reading) for reading in wrong)
    sentence = " ".join((reasons[0] + ".", _others(wrong), _consequence(word, wrong)))
    return Verdict(word, " ".join(sentence.split()), reasons, _leading(wrong[0]))


def _wrong(reading: Reading) -> bool:
    return reading.band is not Band.GREEN or not reading.settled


def _order(reading: Reading) -> tuple:
    return (not _lasting(reading), _RANK[reading.band], reading.name)


def _lasting(reading: Reading) -> bool:
    return reading.band is Band.RED and reading.sustained


def _leading(reading: Reading) -> str:
    unsettled = reading.band is Band.GREEN and not reading.settled
    return f"{reading.name}:{'unsettled' if unsettled else reading.band.value}"


def _all_green(readings: Sequence[Reading]) -> str:
    known = [r.since for r in readings if r.since is not None]
    since = _(" since {clock}").format(clock=_clock(max(known))) if known else ""
    if len(readings) == 1:
        return _("{reading} is green{since}.").format(reading=readings[0].name, since=since)
    return _("All {count} readings are green{since}.").format(count=len(readings), since=since)


def _clause(reading: Reading) -> str:
    since = _(" since {clock}").format(clock=_clock(reading.since)) if reading.since else ""
    if reading.band is Band.NO_DATA:
        why = f": {reading.reason}" if reading.reason else ""
        return _("{reading} has no data{since}{why}").format(
            reading=reading.name, since=since, why=why
        )
    value = reading.value or str(_BANDS[reading.band])
    if reading.band is Band.GREEN:
        return _("{reading} is {value}, green only{since} and red shortly before").format(
            reading=reading.name, value=value, since=since
        )
    reason = f", {reading.reason}" if reading.reason else ""
    return _("{reading} is {value}{reason}{since}").format(
        reading=reading.name, value=value, reason=reason, since=since
    )


def _clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M}"


def _others(wrong: Sequence[Reading]) -> str:
    rest = [reading.name for reading in wrong[1:]]
    if not rest:
        return ""
    named = ", ".join(rest[:3]) + (
        _(" and {count} more").format(count=len(rest) - 3) if len(rest) > 3 else ""
    )
    return _("Also not green: {named}.").format(named=named)


def _consequence(word: Word, wrong: Sequence[Reading]) -> str:
    if word is Word.ROLLBACK:
        return _("Red has lasted: roll back.")
    counts = {band: sum(r.band is band for r in wrong) for band in Band}
    if counts[Band.RED]:
        return _("Red holds the stage; it rolls back once it lasts.")
    if counts[Band.YELLOW]:
        many = counts[Band.YELLOW]
        return ngettext(
            "{count} yellow holds the stage; no red, so no rollback.",
            "{count} yellow hold the stage; no red, so no rollback.",
            many,
        ).format(count=_count(many))
    if counts[Band.NO_DATA]:
        return _("No data holds the stage; it is never taken as green.")
    return _("A metric that was red a moment ago holds the stage.")


def _count(number: int) -> str:
    return str(_COUNT[number]) if number < len(_COUNT) else str(number)
