"""What does not add up about a plan's dates and its levels of escalation. Pure; times are UTC."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.utils.translation import gettext as _

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
        text = _("Opens {opens}, closes {closes}: nothing fits in.").format(
            opens=full_instant(opens), closes=full_instant(closes)
        )
        found.append(Odd("window-order", _("The window closes before it opens"), text))
    elif t0 and ((opens and t0 < opens) or (closes and t0 >= closes)):
        side = (
            _("before the window opens") if opens and t0 < opens else _("after the window closes")
        )
        text = _("T0 is {t0}. Move T0, or move the window.").format(t0=full_instant(t0))
        found.append(Odd("t0-outside-window", _("T0 lies {side}").format(side=side), text))
    if protected and closes and protected < closes:
        text = _(
            "Users must be on a stable version by {protected}, but the window is "
            "open until {closes}."
        ).format(protected=full_instant(protected), closes=full_instant(closes))
        found.append(Odd("protected-order", _("Protected until ends before the window"), text))
    elif protected and t0 and protected <= t0:
        text = _("T0 is {t0}, protected until {protected}.").format(
            t0=full_instant(t0), protected=full_instant(protected)
        )
        found.append(Odd("protected-order", _("Protected until lies before T0"), text))
    return found


def _of_t0(dates: Dates) -> Odd | None:
    if dates.begun or dates.t0 is None or dates.t0 >= dates.now:
        return None
    ago = format_span((dates.now - dates.t0).total_seconds())
    text = _("It was {t0} and the release has not gone live. Go live or move T0.").format(
        t0=full_instant(dates.t0)
    )
    return Odd("t0-past", _("T0 passed {ago} ago").format(ago=ago), text)


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
    name = _("Level {level}").format(level=level.number)
    if not level.contacts:
        text = _("{level} is called from minute {from_minute}, and nobody is it.").format(
            level=level.name or name, from_minute=level.from_minute
        )
        return [Odd("level-empty", _("{name} has nobody to call").format(name=name), text)]
    found = []
    mute = [who for who, _unused, ways in level.contacts if not ways]
    if len(mute) == len(level.contacts):
        text = _("{mute}: no phone, mail or chat is given.").format(mute=", ".join(mute))
        found.append(
            Odd(
                "level-unreachable",
                _("{name} has nobody who can be reached").format(name=name),
                text,
            )
        )
    free = availability.gaps(hours for _unused, hours, ways in level.contacts if ways)
    if free and len(mute) < len(level.contacts):
        when = " and ".join(map(availability.show, free))
        people = "; ".join(f"{who}: {hours}" for who, hours, _unused in level.contacts)
        title = _("{name} has nobody to call from {when}").format(name=name, when=when)
        found.append(Odd("level-hours", title, _("{people} (UTC).").format(people=people)))
    return found


def _of_minutes(before: Level, after: Level) -> Odd | None:
    names = _("level {before} and level {after}").format(before=before.number, after=after.number)
    if before.to_minute is None:
        text = _("Level {before} has no end, so level {after} is never due.").format(
            before=before.number, after=after.number
        )
        return Odd("level-minutes", _("No minute lies between {names}").format(names=names), text)
    if after.from_minute > before.to_minute:
        text = _("From minute {to_minute} to {from_minute} nobody new is called.").format(
            to_minute=before.to_minute, from_minute=after.from_minute
        )
        return Odd("level-minutes", _("A gap lies between {names}").format(names=names), text)
    if after.from_minute < before.to_minute:
        text = _("Both are called from minute {from_minute} to {to_minute}.").format(
            from_minute=after.from_minute, to_minute=before.to_minute
        )
        return Odd("level-minutes", _("{names} overlap").format(names=names.capitalize()), text)
    return None
