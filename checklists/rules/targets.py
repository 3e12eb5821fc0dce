"""Whether a measured value meets its target, both as people write them. Pure (S14, S125)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from checklists.rules.bands import Bound, parse_bound


class Met(StrEnum):
    MET = "met"
    MISSED = "missed"
    UNKNOWN = "unknown"  # cannot be told: words, another unit, another total


@dataclass(frozen=True)
class Against:
    """How a value stands to its target. ``word``: ``meets target``, ``below target``."""

    met: Met
    word: str = ""


UNKNOWN = Against(Met.UNKNOWN)


@dataclass(frozen=True)
class Reading:
    """One number of a value: ``6.2 s``, ``1,026 of 1,044``. ``edge`` is "<" where it says so."""

    number: float
    unit: str = ""
    total: float | None = None
    edge: str = ""


_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?)"
_READING = re.compile(
    rf"(?P<edge>[<>]=?|[≤≥])?\s*(?P<number>{_NUMBER})(?![\w.,:-]*\d)(?P<scale>[KM](?![A-Za-z]))?"
    rf"\s*(?P<unit>%|[A-Za-zµ]+(?:/[a-z]+)?)?"
)
_RATIO = re.compile(rf"(?P<number>{_NUMBER})\s*(?:/|of|out of)\s*(?P<total>{_NUMBER})(?![\d/])")
_START = re.compile(r"^[~≈\s]*(?:(?:about|approx\.?|ca\.?)\s+)?")

# name in lower case: (what is measured, how many of its smallest unit)
_SIZES = {
    **dict.fromkeys(("us", "µs", "microseconds"), ("time", 1e-6)),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), ("time", 1e-3)),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), ("time", 1)),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), ("time", 60)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), ("time", 3600)),
    **dict.fromkeys(("d", "day", "days"), ("time", 86_400)),
    **dict.fromkeys(("b", "byte", "bytes"), ("size", 1)),
    **{f"{letter}b": ("size", 1000**n) for n, letter in enumerate("kmgt", 1)},
    **{f"{letter}ib": ("size", 1024**n) for n, letter in enumerate("kmgt", 1)},
    **dict.fromkeys(("%", "percent", "pct"), ("share", 1)),
}


def against(value: str, target: str) -> Against:
    """How ``value`` ("98.28% (1,026/1,044)", "6.2 s") stands to ``target`` ("≥ 95 %", "22/22").

    A share may stand as a ratio, a length of time or a size in another unit. What has no number,
    or a number of something else, cannot be told.
    """
    parsed = parse_bound(target) if value.strip() and target.strip() else None
    if parsed is None:
        return _between(value, target)
    bound, unit = parsed
    for reading in readings(value):
        found = _compare(reading, bound, unit)
        if found is not UNKNOWN:
            return found
    return UNKNOWN


def readings(value: str) -> list[Reading]:
    """The numbers that a value begins with, and those in the bracket behind it; ratios whole."""
    plain = unicodedata.normalize("NFKC", value[:200]).replace("−", "-").replace("μ", "µ")
    parts = re.split(r"[();]", _START.sub("", plain))
    found = [_reading(part.strip()) for part in parts[:3]]
    return [one for one in found if one is not None] if found[0] is not None else []


def _reading(text: str) -> Reading | None:
    if ratio := _RATIO.match(text):
        total = _float(ratio["total"])
        return Reading(_float(ratio["number"]), total=total) if total else None
    match = _READING.match(text)
    if match is None:
        return None
    scale = {"K": 1_000, "M": 1_000_000}.get(match["scale"] or "", 1)
    edge = (match["edge"] or "").replace("≤", "<").replace("≥", ">")[:1]
    return Reading(_float(match["number"]) * scale, match["unit"] or "", edge=edge)


def _float(text: str) -> float:
    thousands = re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", text)
    return float(text.replace(",", "" if thousands else "."))


def _compare(reading: Reading, bound: Bound, unit: str) -> Against:
    if unit.startswith("of "):
        return _ratio(reading, bound, float(unit[3:]))
    number = _in_unit(reading, unit)
    return UNKNOWN if number is None else _judge(number, reading.edge, bound, unit)


def _ratio(reading: Reading, bound: Bound, total: float) -> Against:
    """Against ``22/22``: the same total, a share, or the bare count."""
    if reading.total is not None:
        same = reading.total == total
        return _judge(reading.number, "", bound, "") if same else UNKNOWN
    if reading.unit == "%" and total:
        share = Bound(bound.op, bound.value / total * 100)
        return _judge(reading.number, reading.edge, share, "%")
    return _judge(reading.number, reading.edge, bound, "") if not reading.unit else UNKNOWN


def _in_unit(reading: Reading, unit: str) -> float | None:
    """The reading's number in the target's unit; None when it is a number of something else."""
    kind, size = _SIZES.get(unit.lower(), (unit.lower(), 1))
    if reading.total is not None:
        if kind == "share":
            return reading.number / reading.total * 100
        return reading.number if not unit else None
    if not reading.unit or reading.unit.lower() == unit.lower():
        return reading.number
    other, factor = _SIZES.get(reading.unit.lower(), (reading.unit.lower(), 1))
    if other == kind:
        return reading.number * factor / size
    # "82 tests" against "70+": the target names no unit, the value says what was counted.
    return reading.number if not unit and other not in ("time", "size", "share") else None


def _judge(number: float, edge: str, bound: Bound, unit: str) -> Against:
    if edge and edge != bound.op[0]:
        return UNKNOWN
    if bound.op == "=":
        return _exactly(number, bound, unit)
    inclusive = Bound(f"{bound.op[0]}=", bound.value)
    if (inclusive if edge else bound).holds(number):
        return Against(Met.MET, _("meets target"))
    if edge:
        return UNKNOWN  # "< 1 s" may still lie under a target of 500 ms
    return Against(Met.MISSED, _("below target") if bound.op[0] == ">" else _("above target"))


def _exactly(number: float, bound: Bound, unit: str) -> Against:
    """A bare number says no direction: only what can go one way alone can miss it."""
    if bound.holds(number):
        return Against(Met.MET, _("meets target"))
    if bound.value == 0 and number > 0:
        return Against(Met.MISSED, _("above target"))
    if bound.value == 100 and unit == "%" and number < 100:
        return Against(Met.MISSED, _("below target"))
    return UNKNOWN


_RANGE = re.compile(rf"^\s*({_NUMBER})\s*([^\d\s–-]*)\s*(?:-|–|to)\s*({_NUMBER})\s*([^\d\s]*)\s*$")


def _between(value: str, target: str) -> Against:
    """Against a span: ``200-500 ms``."""
    match = _RANGE.match(unicodedata.normalize("NFKC", target[:120]))
    if match is None:
        return UNKNOWN
    unit = match[4] or match[2]
    low, high = Bound(">=", _float(match[1])), Bound("<=", _float(match[3]))
    for reading in readings(value):
        number = _in_unit(reading, unit)
        if number is not None and not reading.edge:
            under = _judge(number, "", low, unit)
            return under if under.met is Met.MISSED else _judge(number, "", high, unit)
    return UNKNOWN
