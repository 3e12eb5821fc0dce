"""Rounds drawn in a row: their states told apart by shape, one path for each kind. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from rollouts.rules import rounds

PITCH, HEIGHT = 10, 16
_SQUARE = "M{x} 6h7v8h-7z"
_TRIANGLE = "M{x} 14l4.5-12l4.5 12z"
_OCTAGON = "M{x} 6l2.3-4h4.4l2.3 4v4l-2.3 4h-4.4l-2.3-4z"
_DIAMOND = "M{x} 8l4.5-6l4.5 6l-4.5 6z"
_BAR = "M{x} 1h7v3h-7z"
# Band of a recorded round: class, shape, and how far in from its place.
_DONE = {
    "green": ("ok", _SQUARE, 1.5),
    "red": ("bad", _OCTAGON, 0.5),
}


@dataclass(frozen=True)
class Mark:
    """One round: its state (rules/rounds.py) and the worst band that was seen."""

    number: int
    state: str
    band: str = ""


def paths(marks: Sequence[Mark]) -> tuple[tuple[str, str], ...]:
    """``(class, d)`` for each kind of mark, in a row of PITCH wide places."""
    drawn: dict[str, list[str]] = {}
    for place, mark in enumerate(marks):
        for kind, shape, inset in _shapes(mark):
            x = f"{place * PITCH + inset:g}"
            drawn.setdefault(kind, []).append(shape.format(x=x))
    return tuple((kind, "".join(shapes)) for kind, shapes in drawn.items())


def _shapes(mark: Mark) -> list[tuple[str, str, float]]:
    if mark.state == rounds.MISSED:
        return [("todo", _SQUARE, 1.5)]
    if mark.state in (rounds.NEXT, rounds.DUE):
        return [("run", _DIAMOND, 0.5)]
    shape = _DONE.get(mark.band, ("warn", _TRIANGLE, 0.5))
    late = [("late", _BAR, 1.5)] if mark.state == rounds.LATE else []
    return [shape, *late]


def in_words(marks: Sequence[Mark], total: int | None = None) -> str:
    """ "46 of 47 rounds done: 43 all green, 3 with a yellow, 1 done late, 0 missed."."""
    done = [mark for mark in marks if mark.state in (rounds.DONE, rounds.LATE)]
    green = sum(mark.band == "green" for mark in done)
    red = sum(mark.band == "red" for mark in done)
    parts = [_("{green} all green").format(green=green)]
    if other := len(done) - green - red:
        parts.append(_("{other} with a yellow or without data").format(other=other))
    if red:
        parts.append(_("{red} with a red").format(red=red))
    late = sum(mark.state == rounds.LATE for mark in done)
    missed = sum(mark.state == rounds.MISSED for mark in marks)
    parts += [_("{late} done late").format(late=late), _("{missed} missed").format(missed=missed)]
    of = _(" of {total}").format(total=total) if total else ""
    coming = next((mark for mark in marks if mark.state in (rounds.NEXT, rounds.DUE)), None)
    then = (
        (
            _(" Round {coming} is next.")
            if coming.state == rounds.NEXT
            else _(" Round {coming} is due.")
        ).format(coming=coming.number)
        if coming
        else ""
    )
    return _("{count}{of} rounds done: {parts}.{then}").format(
        count=len(done), of=of, parts=", ".join(parts), then=then
    )
