"""When something is due and how long it runs, as people type it. Pure; no clock, no locale.

One rule: ``T+11:55`` and ``T-2h`` count from T0, ``2025-10-23 21:15`` is an instant in UTC, and
``20:55`` alone is the next one in UTC: on the day of T0 while that lies ahead, else from now on.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from warroom.rules.moments import YEARS
from warroom.rules.offsets import LONGEST_S
from warroom.rules.offsets import parse_length as parse_words

WOULD_BE_RIGHT = "Write 20:55, T+11:55, T-2h or 2025-10-23 21:15; times are UTC."
LENGTH_WOULD_BE_RIGHT = "Write 24h, 30m, 1h30m or 2d."

_SECONDS = {"d": 86_400, "h": 3600, "m": 60, "min": 60, "s": 1}
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?:\s?(?:UTC|Z))?", re.I)
_STEPS = re.compile(r"(?:\d{1,9}\s*(?:d|h|min|m|s)\s*)+", re.I)
_STEP = re.compile(r"(\d{1,9})\s*(d|h|min|m|s)", re.I)
_OFFSET = re.compile(r"T\s*(?:0|([-+−–])\s*(.+))", re.I)
_HOURS = re.compile(r"(?:(\d{1,5})\s*d\s+)?(\d{1,6}):([0-5]\d)(?::([0-5]\d))?", re.I)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[ T]\d{1,2}:\d{2}(?::\d{2})?\s*(?:UTC|Z|[+-]\d{2}:\d{2})?", re.I
)


@dataclass(frozen=True, slots=True)
class Due:
    """Seconds from T0, or a fixed instant (UTC), or neither."""

    offset_s: int | None = None
    at: datetime | None = None


NEVER = Due()


class NotUnderstood(ValueError):
    """What was typed is no time; the text says what would be right."""


def parse_due(text: str, t0: datetime | None, now: datetime) -> Due:
    """What ``text`` means; an empty text means nothing is due. Raises NotUnderstood."""
    text = text.strip()
    if not text:
        return Due()
    if match := _OFFSET.fullmatch(text):
        return Due(offset_s=_offset(text, match))
    if match := _CLOCK.fullmatch(text):
        return Due(at=_next(int(match[1]), int(match[2]), t0, now))
    if _INSTANT.fullmatch(text):
        return Due(at=_instant(text))
    raise NotUnderstood(f"{text[:40]!r} is no time. {WOULD_BE_RIGHT}")


def _offset(text: str, match: re.Match) -> int:
    if match[1] is None or match[2].strip() == "0":
        return 0
    size = _size(match[2].strip())
    if size is None:
        raise NotUnderstood(f"{text[:40]!r} is no offset from T0. {WOULD_BE_RIGHT}")
    if size > LONGEST_S:
        raise NotUnderstood(f"{text[:40]!r} lies more than ten years away from T0.")
    return size if match[1] == "+" else -size


def _size(text: str) -> int | None:
    if match := _HOURS.fullmatch(text):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return days * 86_400 + hours * 3600 + minutes * 60 + seconds
    if _STEPS.fullmatch(text):
        return sum(int(n) * _SECONDS[unit.lower()] for n, unit in _STEP.findall(text))
    return parse_words(text)


def _next(hour: int, minute: int, t0: datetime | None, now: datetime) -> datetime:
    day = t0 if t0 is not None and t0 > now else now
    at = day.astimezone(UTC).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return at if day is t0 or at > now else at + timedelta(days=1)


def _instant(text: str) -> datetime:
    plain = re.sub(r"\s*(?:UTC|Z)$", "", text.strip(), flags=re.I).replace("T", " ")
    day, _, clock = plain.partition(" ")
    clock = f"0{clock}" if clock[1:2] == ":" else clock
    try:
        at = datetime.fromisoformat(f"{day} {clock}".replace(" +", "+").replace(" -", "-"))
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotUnderstood(f"{text[:40]!r} is no date. {WOULD_BE_RIGHT}") from None
    if at.year not in YEARS:
        raise NotUnderstood(f"The year {at.year} cannot be meant. {WOULD_BE_RIGHT}")
    return at


def due_text(due: Due) -> str:
    """What to type for it: ``T+11:55``, ``2025-10-23 21:15``, or nothing."""
    if due.at is not None:
        at = due.at.astimezone(UTC)
        return f"{at:%Y-%m-%d %H:%M}" + (f":{at:%S}" if at.second else "")
    if due.offset_s is None:
        return ""
    if due.offset_s == 0:
        return "T+0"
    hours, rest = divmod(abs(due.offset_s), 3600)
    seconds = f":{rest % 60:02}" if rest % 60 else ""
    return f"T{'-' if due.offset_s < 0 else '+'}{hours}:{rest // 60:02}{seconds}"


def parse_length(text: str) -> int | None:
    """Seconds of ``24h``, ``1h30m``, ``2d``; None for an empty text. Raises NotUnderstood."""
    text = text.strip()
    if not text:
        return None
    seconds = None if ":" in text else _size(text)
    if not seconds:
        raise NotUnderstood(f"{text[:40]!r} is no length of time. {LENGTH_WOULD_BE_RIGHT}")
    if seconds > LONGEST_S:
        raise NotUnderstood(f"{text[:40]!r} is more than ten years.")
    return seconds


def length_text(seconds: int | None) -> str:
    """``24h``, ``1h30m``, ``2d``: what ``parse_length`` reads back."""
    if not seconds:
        return ""
    if seconds % 86_400 == 0 and seconds > 86_400:
        return f"{seconds // 86_400}d"
    parts = (seconds // 3600, "h"), (seconds % 3600 // 60, "m"), (seconds % 60, "s")
    return "".join(f"{size}{unit}" for size, unit in parts if size)
