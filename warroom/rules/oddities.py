"""What does not add up about a plan's dates and its levels of escalation. Pure; times are UTC."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from warroom.rules import availability
from warroom.rules.offsets import format_span
from warroom.rules.wording import full_instant


@dataclass(frozen=True)
class Odd:
    """``code`` for machines, ``title`` in short with its figure, ``text`` what follows from it."""

    code: str
    title: str
    text: str


@dataclass(frozen=True)
class Dates:
    """What a plan says about when. ``begun``: it is live or was; then the past is no finding."""

    t0: datetime | None
    opens: datetime | None
    closes: datetime | None
    protected: datetime | None
    begun: bool
    now: datetime


def of_dates(dates: Dates) -> list[Odd]:
    """Dates out of order, or past before anything has begun."""
    return [odd for odd in (*_of_window(dates), _of_t0(dates)) if odd is not None]


def _of_window(dates: Dates) -> list[Odd | None]:
    opens, closes, protected, t0 = dates.opens, dates.closes, dates.protected, dates.t0
    found: list[Odd | None] = []
    if opens and closes and closes <= opens:
        text = f"Opens {full_instant(opens)}, closes {full_instant(closes)}: nothing fits in."
        found.append(Odd("window-order", "The window closes before it opens", text))
    elif t0 and ((opens and t0 < opens) or (closes and t0 >= closes)):
        side = "before the window opens" if opens and t0 < opens else "after the window closes"
        text = f"T0 is {full_instant(t0)}. Move T0, or move the window."
        found.append(Odd("t0-outside-window", f"T0 lies {side}", text))
    if protected and closes and protected < closes:
        text = (
            f"Users must be on a stable version by {full_instant(protected)}, but the window is "
            f"open until {full_instant(closes)}."
        )
        found.append(Odd("protected-order", "Protected until ends before the window", text))
    elif protected and t0 and protected <= t0:
        text = f"T0 is {full_instant(t0)}, protected until {full_instant(protected)}."
        found.append(Odd("protected-order", "Protected until lies before T0", text))
    return found


def _of_t0(dates: Dates) -> Odd | None:
    if dates.begun or dates.t0 is None or dates.t0 >= dates.now:
        return None
    ago = format_span((dates.now - dates.t0).total_seconds())
    text = f"It was {full_instant(dates.t0)} and the release has not gone live. Go live or move T0."
    return Odd("t0-past", f"T0 passed {ago} ago", text)


@dataclass(frozen=True)
class Level:
    """A level of escalation; ``contacts``: name, availability and how many ways to reach."""

    number: int
    name: str
    from_minute: int
    to_minute: int | None
    contacts: tuple[tuple[str, str, int], ...]


def of_levels(levels: Sequence[Level]) -> list[Odd]:
    """Levels with nobody to call, at all or at some hours, and minutes that do not join."""
    found = [odd for level in levels for odd in _of_level(level)]
    for before, after in pairwise(levels):
        odd = _of_minutes(before, after)
        if odd is not None:
            found.append(odd)
    return found


def _of_level(level: Level) -> list[Odd]:
    name = f"Level {level.number}"
    if not level.contacts:
        text = f"{level.name or name} is called from minute {level.from_minute}, and nobody is it."
        return [Odd("level-empty", f"{name} has nobody to call", text)]
    found = []
    mute = [who for who, _, ways in level.contacts if not ways]
    if len(mute) == len(level.contacts):
        text = f"{', '.join(mute)}: no phone, mail or chat is given."
        found.append(Odd("level-unreachable", f"{name} has nobody who can be reached", text))
    free = availability.gaps(hours for _, hours, ways in level.contacts if ways)
    if free and len(mute) < len(level.contacts):
        when = " and ".join(map(availability.show, free))
        people = "; ".join(f"{who}: {hours}" for who, hours, _ in level.contacts)
        title = f"{name} has nobody to call from {when}"
        found.append(Odd("level-hours", title, f"{people} (UTC)."))
    return found


def _of_minutes(before: Level, after: Level) -> Odd | None:
    names = f"level {before.number} and level {after.number}"
    if before.to_minute is None:
        text = f"Level {before.number} has no end, so level {after.number} is never due."
        return Odd("level-minutes", f"No minute lies between {names}", text)
    if after.from_minute > before.to_minute:
        text = f"From minute {before.to_minute} to {after.from_minute} nobody new is called."
        return Odd("level-minutes", f"A gap lies between {names}", text)
    if after.from_minute < before.to_minute:
        text = f"Both are called from minute {after.from_minute} to {before.to_minute}."
        return Odd("level-minutes", f"{names.capitalize()} overlap", text)
    return None
