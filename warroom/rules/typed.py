"""Times as people type them into forms: UTC text or a T-offset. Pure; no clock, no locale.

``2025-10-24 09:00`` is taken as it stands, ``21:00`` is the next 21:00; nothing is guessed.
"""

import re
from datetime import UTC, datetime, timedelta

LONGEST_S = 10 * 365 * 86_400
_INSTANT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})[ T](\d{1,2}):(\d{2})(?::\d{2})? ?(?:UTC|Z)?", re.I
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2}) ?(?:UTC|Z)?", re.I)
_OFFSET = re.compile(r"T ?([-−–+]) ?(?:0|(\d+):(\d{2})|((?:\d+ ?(?:d|h|min|m|s) ?)+))", re.I)
_PART = re.compile(r"(\d+) ?(d|h|min|m|s)", re.I)
_SECONDS = {"d": 86_400, "h": 3600, "min": 60, "m": 60, "s": 1}


def offset_of(text: str) -> int | None:
    """Seconds after T0: ``T-2h``, ``T+1h30m``, ``T+11:46``, ``T+0``; None for anything else."""
    match = _OFFSET.fullmatch(text.strip())
    if match is None:
        return None
    sign, hours, minutes, parts = match.groups()
    if hours is not None:
        size = int(hours[:9]) * 3600 + int(minutes) * 60
    else:
        found = _PART.findall(parts or "")
        size = sum(int(number[:12]) * _SECONDS[unit.lower()] for number, unit in found)
    return None if size > LONGEST_S else size if sign == "+" else -size


def offset_text(seconds: int | None) -> str:
    """``T-2h``, ``T+1h30m``, ``T+2d``, ``T+0``: what ``offset_of`` reads; empty for None."""
    if seconds is None:
        return ""
    rest, words = abs(seconds), ""
    for unit in ("d", "h", "m", "s"):
        size, rest = divmod(rest, _SECONDS[unit])
        words += f"{size}{unit}" if size else ""
    return f"T{'-' if seconds < 0 else '+'}{words or '0'}"


def instant_of(text: str, now: datetime, t0: datetime | None) -> datetime | None:
    """An instant (UTC): a date with a time, the next time of a clock, or an offset from ``t0``."""
    text = text.strip()
    try:
        if found := _INSTANT.fullmatch(text):
            return datetime(*(int(part) for part in found.groups()), tzinfo=UTC)
        if found := _CLOCK.fullmatch(text):
            return _next(now, int(found[1]), int(found[2]))
        offset = offset_of(text)
        return None if t0 is None or offset is None else t0 + timedelta(seconds=offset)
    except (ValueError, OverflowError):
        return None


def _next(now: datetime, hour: int, minute: int) -> datetime:
    now = now.astimezone(UTC)
    today = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)
