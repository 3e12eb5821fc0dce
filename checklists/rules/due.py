"""When an item is due, and whether it is late. Instants are aware UTC."""

from datetime import datetime, timedelta

SOON = timedelta(minutes=5)


def due_at(t0: datetime | None, fixed: datetime | None, offset_s: int | None) -> datetime | None:
    """The instant at which something is due: the fixed one, else T0 and its offset in seconds."""
    if fixed is not None:
        return fixed
    return t0 + timedelta(seconds=offset_s) if t0 is not None and offset_s is not None else None


def lateness(due: datetime | None, closed: bool, now: datetime) -> timedelta | None:
    """By how much something open is late; None when it is not."""
    return now - due if due is not None and not closed and now > due else None


def is_soon(due: datetime | None, closed: bool, now: datetime) -> bool:
    return due is not None and not closed and timedelta() <= due - now <= SOON
