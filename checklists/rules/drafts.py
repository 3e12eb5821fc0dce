"""What a changed criterion means: its bounds as people type them, and whether it asks for less."""

import math
from dataclasses import dataclass

from checklists.rules.bands import Band, Bands, Bound, parse_bound

AS_TYPED, LOWER, HIGHER, EXACTLY = "", "lower", "higher", "exactly"
# How a bare number is meant: (target, fail).
_OPS = {LOWER: ("<", ">"), HIGHER: (">=", "<"), EXACTLY: ("=", "")}
_RANK = {Band.GREEN: 0, Band.YELLOW: 1, Band.NO_DATA: 1, Band.RED: 2}


class WrongBound(ValueError):
    """A typed bound cannot be understood. ``field``: target, fail or unit."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


@dataclass(frozen=True)
class Bounds:
    """Bounds as understood. ``green`` is None where the target is words: a person judges."""

    green: Bound | None = None
    red: Bound | None = None
    unit: str = ""

    @property
    def bands(self) -> Bands | None:
        return Bands(self.green, self.red) if self.green else None


def read_bounds(
    target: str, fail: str, direction: str = AS_TYPED, unit: str = "", *, words: bool = False
) -> Bounds:
    """Read "< 0.1 %" and "> 1 %", or bare numbers with a direction.

    A target that holds no number is words, for a person to judge; with ``words`` whatever cannot be
    understood is. Raises WrongBound where a number is there and cannot be understood, units differ,
    or there is a fail without a target.
    """
    green = _read("target", target, direction, words)
    red = _read("fail", fail, direction, words)
    if green is None and words:
        return Bounds(unit=unit)
    if green is None:
        if red is not None:
            raise WrongBound("target", "Say what is green as well: the target as a number.")
        return Bounds(unit=unit)
    units = {one[1] for one in (green, red) if one and one[1]}
    if len(units) > 1:
        raise WrongBound("fail", f"The target is in {green[1]}, the fail in {red[1]}: one unit.")
    named = next(iter(units), "")
    if unit and named and unit != named:
        raise WrongBound(
            "unit", f"The bounds are in {named}. Leave the unit empty, or use {named}."
        )
    return Bounds(_share(*green), red[0] if red else None, (named or unit)[:20])


def _read(field: str, text: str, direction: str, words: bool) -> tuple[Bound, str] | None:
    text = text.strip()
    if not text:
        return None
    op = _OPS[direction][field == "fail"] if direction else ""
    found = parse_bound(text)
    if found is None:
        if words or not any(letter.isdigit() for letter in text):
            return None
        raise WrongBound(
            field, f"“{text[:40]}” is no bound. Write one such as < 0.1 %, >= 98 % or 5/5."
        )
    bound, unit = found
    if words and bound.op == "=" and " " in unit:
        return None  # "22 of them are signed"
    if not math.isfinite(bound.value):
        raise WrongBound(field, "Give a finite number.")
    bare = text[0].isdigit() or text[0] in "+-−."
    return (Bound(op, bound.value), unit) if op and bare else (bound, unit)


def _share(bound: Bound, unit: str) -> Bound:
    """A share alone, such as a target of "90 %", means at least that much."""
    return Bound(">=", bound.value) if bound.op == "=" and unit == "%" else bound


@dataclass(frozen=True)
class Stand:
    """How a criterion stands at one moment, before or after a change."""

    band: Band
    counts: bool = True  # it is asked, and not for the report only
    alone: bool = True  # it is a veto: its band alone decides


def loosened(before: Stand, after: Stand | None) -> bool:
    """Whether a target that is missed now would be missed less, or not be asked any more."""
    if not before.counts or before.band is Band.GREEN:
        return False
    if after is None or not after.counts or (before.alone and not after.alone):
        return True
    return _RANK[after.band] < _RANK[before.band]
