"""T-offsets: what a heading says about when, in seconds from T0. Pure; no clock."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

_UNITS = (
    (1, ("s", "sec", "secs", "second", "seconds")),
    (60, ("m", "min", "mins", "minute", "minutes", "minuten", "分鐘", "分钟")),
    (
        3600,
        ("h", "hr", "hrs", "hour", "hours", "std", "stunden", "heure", "heures", "小時", "小时"),
    ),
    (86400, ("d", "day", "days", "tag", "tage", "jour", "jours", "día", "días", "天")),
    (604800, ("w", "week", "weeks", "woche", "wochen")),
)
_SECONDS = {name: seconds for seconds, names in _UNITS for name in names}
_UNIT = "|".join(sorted(map(re.escape, _SECONDS), key=len, reverse=True))
_WORDS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}

LONGEST_S = 10 * 365 * 86_400

_T = re.compile(
    r"(?<![A-Za-z0-9])T\s?(?P<sign>[-–−+]|minus |-minus |plus )\s?(?P<n>\d+(?:[.,]\d+)?)"
    rf"(?:\s?(?P<unit>(?:working |business )?(?:{_UNIT}))(?![A-Za-z]))?",
    re.I,
)
_TO = re.compile(r"^\s*(?:to|until|through|\.\.\.?|…|→|–|—|-)\s*$", re.I)
_RELATIVE = re.compile(
    rf"\b(?P<n>\d+(?:[.,]\d+)?|{'|'.join(_WORDS)})[\s-](?P<unit>(?:working |business )?(?:{_UNIT}))"
    r"\s+(?P<side>before|prior to|ahead of|after|post)(?![A-Za-z])",
    re.I,
)
_PLUS = re.compile(rf"^\W*\+\s?(?P<n>\d+(?:[.,]\d+)?)\s?(?P<unit>{_UNIT})(?![A-Za-z])", re.I)
_THE_DAY = re.compile(r"^\W*(?:release|launch|go-?live) day\W*$", re.I)
_AFTERWARDS = re.compile(
    rf"\b(?:post|after|review|stability)\b.*\((?P<n>\d+(?:[.,]\d+)?)[\s-]?(?P<unit>{_UNIT})\)", re.I
)


@dataclass(frozen=True, slots=True)
class Offset:
    """Seconds from T0, negative before it. ``end_s`` is when the work is due.

    ``doubt`` names what was guessed or could not be fixed; an offset in working days or without
    a unit has no seconds at all (``end_s`` is None).
    """

    start_s: int | None
    end_s: int | None
    text: str
    doubt: str = ""


def parse_offset(text: str) -> Offset | None:
    """The offset that a heading or line names: "T-2 hours", "T-0 to T+1h", "24 hours before"."""
    if _THE_DAY.match(text):
        return Offset(0, 0, text.strip())
    found = [*_T.finditer(text)]
    if found:
        return _from_t(text, found)
    relative = _RELATIVE.search(text)
    if relative:
        side = -1 if relative["side"].lower() in ("before", "prior to", "ahead of") else 1
        return _single(relative, side)
    plus = _PLUS.search(text)
    if plus:
        return _single(plus, 1)
    after = _AFTERWARDS.search(text)
    if after:
        offset = _single(after, 1)
        return Offset(offset.start_s, offset.end_s, f"({offset.text})", _("read as after T-0"))
    return None


def _from_t(text: str, found: list[re.Match]) -> Offset:
    first = _single(found[0], _sign(found[0]))
    if len(found) < 2 or not _TO.match(text[found[0].end() : found[1].start()]):
        return first
    last = _single(found[1], _sign(found[1]))
    doubt = first.doubt or last.doubt
    return Offset(first.start_s, last.end_s, text[found[0].start() : found[1].end()], doubt)


def _sign(match: re.Match) -> int:
    return 1 if match["sign"].strip().lower() in ("+", "plus") else -1


def _single(match: re.Match, sign: int) -> Offset:
    number = _number(match["n"])
    unit = (match["unit"] or "").lower()
    if unit.startswith(("working ", "business ")):
        return Offset(
            None, None, match[0].strip(), _("counts working days, which have no fixed hour")
        )
    if not unit and number:
        return Offset(None, None, match[0].strip(), _("has no unit: hours or days?"))
    seconds = sign * round(min(number, 1e12) * _SECONDS.get(unit, 0))
    if abs(seconds) > LONGEST_S:
        return Offset(None, None, match[0].strip()[:60], _("lies more than ten years away"))
    return Offset(seconds, seconds, match[0].strip())


def _number(text: str) -> float:
    word = _WORDS.get(text.lower())
    return float(word) if word else float(text.replace(",", "."))


def format_offset(seconds: int | None) -> str:
    """T−2:00, T+1:00, T−3 d, T+0; empty for None."""
    if seconds is None:
        return ""
    sign = "−" if seconds < 0 else "+"
    size = abs(seconds)
    if size == 0:
        return "T+0"
    if size >= 172_800 and size % 86_400 == 0:
        return f"T{sign}{size // 86_400} d"
    hours, rest = divmod(size, 3600)
    minutes, secs = divmod(rest, 60)
    return f"T{sign}{hours}:{minutes:02}" + (f":{secs:02}" if secs else "")


def format_span(seconds: float) -> str:
    """A length of time in words: 18 h, 90 min, 3 d."""
    size = abs(round(seconds))
    if size >= 172_800:
        return f"{size / 86_400:.3g} d"
    if size >= 7_200:
        return f"{size / 3_600:.3g} h"
    return _("{size:.3g} min").format(size=size / 60)


_LENGTH = re.compile(rf"^\s*(?P<n>\d+(?:[.,]\d+)?)[\s-]*(?P<unit>{_UNIT})\s*$", re.I)


def parse_length(text: str) -> int | None:
    """A length of time in seconds: "5 minutes", "12-hour", "90s"; None for anything else."""
    match = _LENGTH.match(text)
    if match is None:
        return None
    seconds = round(min(_number(match["n"]), 1e12) * _SECONDS[match["unit"].lower()])
    return seconds if seconds <= LONGEST_S else None
