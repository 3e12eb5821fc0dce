"""Times as people type them into forms. Pure; no clock, no locale.

``2025-10-24 09:00`` is UTC unless it names an offset from it, ``21:00`` is the next 21:00 in UTC,
``T-2h`` and ``T+11:46`` count from T0, ``1h30m`` and ``90 min`` are lengths. Nothing is guessed.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

from warroom.rules.moments import YEARS, can_be_kept
from warroom.rules.offsets import LONGEST_S, parse_length

_INSTANT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})[ T](\d{1,2}):(\d{2})(?::(\d{2}))?"
    r"\s*(?:UTC|Z|([+-])(\d{2}):(\d{2}))?",
    re.I,
)
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?:\s?(?:UTC|Z))?", re.I)
_OFFSET = re.compile(r"T\s*(?:0|([-+−–])\s*(\S.*))", re.I)
_HOURS = re.compile(r"(?:(\d{1,5})\s*d\s+)?(\d{1,6}):([0-5]\d)(?::([0-5]\d))?", re.I)
_STEPS = re.compile(r"(?:\d{1,9}\s*(?:d|h|min|m|s)\s*)+", re.I)
_STEP = re.compile(r"(\d{1,9})\s*(d|h|min|m|s)", re.I)
_SECONDS = {"d": 86_400, "h": 3600, "m": 60, "min": 60, "s": 1}


def is_offset(text: str) -> bool:
    """Whether a text is meant as an offset from T0, be it right or wrong."""
    return _OFFSET.fullmatch(text.strip()) is not None


def offset_of(text: str) -> int | None:
    """Seconds after T0: ``T-2h``, ``T+1h30m``, ``T+11:46``, ``T+0``; None for anything else."""
    match = _OFFSET.fullmatch(text.strip())
    if match is None:
        return None
    if match[1] is None or match[2] == "0":
        return 0
    size = _size(match[2])
    if size is None or size > LONGEST_S:
        return None
    return size if match[1] == "+" else -size


def length_of(text: str) -> int | None:
    """Seconds of a length above 0: ``24h``, ``1h30m``, ``90 min``; None for anything else."""
    size = None if ":" in text else _size(text.strip())
    return size if size and size <= LONGEST_S else None


def instant_of(text: str, now: datetime, t0: datetime | None) -> datetime | None:
    """An instant (UTC): a date with a time, the next time of a clock, or an offset from ``t0``."""
    text = text.strip()
    if clock := clock_of(text):
        return next_clock(*clock, now)
    offset = offset_of(text)
    try:
        if t0 is not None and offset is not None:
            at = t0 + timedelta(seconds=offset)
            return at if can_be_kept(at) else None
    except OverflowError:
        return None
    return date_of(text)


def date_of(text: str) -> datetime | None:
    """The instant (UTC) of a date with its time, in a year that can be meant; else None."""
    match = _INSTANT.fullmatch(text.strip())
    if match is None:
        return None
    *parts, sign, hours, minutes = match.groups()
    east = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        zone = timezone(-east if sign == "-" else east)
        at = datetime(*(int(part or 0) for part in parts), tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if at.year in YEARS else None


def clock_of(text: str) -> tuple[int, int] | None:
    """Hour and minute of a clock alone, such as ``20:55``; None for anything else."""
    match = _CLOCK.fullmatch(text.strip())
    return (int(match[1]), int(match[2])) if match else None


def next_clock(hour: int, minute: int, now: datetime) -> datetime:
    """When a clock in UTC shows that time next."""
    at = now.astimezone(UTC).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return at if at > now else at + timedelta(days=1)


def _size(text: str) -> int | None:
    if match := _HOURS.fullmatch(text):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return days * 86_400 + hours * 3600 + minutes * 60 + seconds
    if _STEPS.fullmatch(text):
        return sum(int(n) * _SECONDS[unit.lower()] for n, unit in _STEP.findall(text))
    return parse_length(text)
