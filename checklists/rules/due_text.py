"""When something is due and how long it runs, as people type it. Pure; no clock, no locale.

As in ``warroom/rules/typed.py``, but that ``20:55`` alone is on the day of T0 while that lies
ahead, else the next one from now on.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.rules import lengths, typed

WOULD_BE_RIGHT = _l("Write 20:55, T+11:55, T-2h or 2025-10-23 21:15; times are UTC.")
LENGTH_WOULD_BE_RIGHT = _l("Write 24h, 30m, 1h30m or 2d; at most ten years.")


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
    if typed.is_offset(text):
        return Due(offset_s=_offset(text))
    clock = typed.clock_of(text)
    at = _on_its_day(*clock, t0, now) if clock else typed.date_of(text)
    if at is None:
        raise NotUnderstood(
            _("{text!r} is no time. {would_be_right}").format(
                text=text[:40], would_be_right=WOULD_BE_RIGHT
            )
        )
    return Due(at=at)


def _offset(text: str) -> int:
    seconds = typed.offset_of(text)
    if seconds is None:
        what = _("no offset from T0, or one of more than ten years")
        raise NotUnderstood(
            _("{text!r} is {what}. {would_be_right}").format(
                text=text[:40], what=what, would_be_right=WOULD_BE_RIGHT
            )
        )
    return seconds


def _on_its_day(hour: int, minute: int, t0: datetime | None, now: datetime) -> datetime:
    if t0 is None or t0 <= now:
        return typed.next_clock(hour, minute, now)
    return t0.astimezone(UTC).replace(hour=hour, minute=minute, second=0, microsecond=0)


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
    if not text.strip():
        return None
    seconds = typed.length_of(text)
    if seconds is None:
        raise NotUnderstood(
            _("{text!r} is no length of time. {length_would_be_right}").format(
                text=text[:40], length_would_be_right=LENGTH_WOULD_BE_RIGHT
            )
        )
    return seconds


def length_text(seconds: int | None) -> str:
    """``24h``, ``1h30m``, ``3d``: what ``parse_length`` reads back."""
    return lengths.written(seconds) if seconds else ""
