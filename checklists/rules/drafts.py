"""What a changed criterion means: its bounds as people type them, and whether it asks for less."""

import math
import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from checklists.rules.bands import Band, Bands, Bound, parse_bound
from warroom.rules.wording import listed

AS_TYPED, LOWER, HIGHER, EXACTLY = "", "lower", "higher", "exactly"
# How a bare number is meant: (target, fail).
_OPS = {LOWER: ("<", ">"), HIGHER: (">=", "<"), EXACTLY: ("=", "")}
_RANK = {Band.GREEN: 0, Band.YELLOW: 1, Band.NO_DATA: 1, Band.RED: 2}


# "< NaN" is meant as a bound, and would be taken for words.
_NO_NUMBER = re.compile(r"[<>=≤≥]+\s*[+-]?\s*(?:nan|inf(?:inity)?|∞)(?:\W|$)", re.I)


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
            raise WrongBound("target", _("Say what is green as well: the target as a number."))
        return Bounds(unit=unit)
    units = {one[1] for one in (green, red) if one and one[1]}
    if len(units) > 1:
        raise WrongBound(
            "fail",
            _("The target is in {green}, the fail in {red}: one unit.").format(
                green=green[1], red=red[1]
            ),
        )
    named = next(iter(units), "")
    if unit and named and unit != named:
        raise WrongBound(
            "unit",
            _("The bounds are in {named}. Leave the unit empty, or use {named}.").format(
                named=named
            ),
        )
    return Bounds(_share(*green), red[0] if red else None, (named or unit)[:20])


def change_bounds(
    stands: Bounds,
    texts: tuple[str, str],
    *,
    target: str | None,
    fail: str | None,
    unit: str | None,
    words: bool = False,
) -> Bounds:
    """``stands`` with what is said of it; None stays as it is, whatever ``texts`` look like.

    ``texts``: target and fail as they are written now. A bare number is meant as the target is.
    Raises WrongBound as ``read_bounds`` does.
    """
    lean = _lean(stands.green)
    green, green_in = _changed("target", target, (stands.green, texts[0]), lean, words)
    red, red_in = _changed("fail", fail, (stands.red, texts[1]), lean, words)
    if red is not None and green is None:
        raise WrongBound("target", _("Say what is green as well: the target as a number."))
    stays = target is None or fail is None  # a bound that stays is in the unit that it had
    had = {stands.unit} if stays and unit is None and (stands.green or stands.red) else set()
    units = {one for one in (green_in, red_in, *had) if one}
    if unit:
        units.add(unit)
    if len(units) > 1:
        field = "unit" if unit else "fail" if fail is not None else "target"
        raise WrongBound(
            field,
            _("This would be in {units}: one unit.").format(units=listed(sorted(units))),
        )
    kept = stands.unit if unit is None else unit
    return Bounds(green, red, next(iter(units), kept)[:20])


def _changed(
    field: str, said: str | None, stands: tuple[Bound | None, str], lean: str, words: bool
) -> tuple[Bound | None, str]:
    """A bound as it is said, or as it stands, and the unit that its text names."""
    bound, text = stands
    if said is None:
        named = parse_bound(text) if bound else None
        return bound, named[1] if named else ""
    found = _read(field, said, lean, words)
    if found is None:
        return None, ""
    return (_share(*found) if field == "target" else found[0]), found[1]


def _lean(green: Bound | None) -> str:
    if green is None:
        return AS_TYPED
    return {"<": LOWER, ">": HIGHER}.get(green.op[:1], AS_TYPED)


def _read(field: str, text: str, direction: str, words: bool) -> tuple[Bound, str] | None:
    text = text.strip()
    if not text:
        return None
    op = _OPS[direction][field == "fail"] if direction else ""
    found = parse_bound(text)
    if found is None:
        if _NO_NUMBER.match(text):
            raise WrongBound(field, _("Give a finite number."))
        if words or not any(letter.isdigit() for letter in text):
            return None
        raise WrongBound(
            field,
            _("“{text}” is no bound. Write one such as < 0.1 %, >= 98 % or 5/5.").format(
                text=text[:40]
            ),
        )
    bound, unit = found
    if words and bound.op == "=" and " " in unit:
        return None  # "22 of them are signed"
    if not math.isfinite(bound.value):
        raise WrongBound(field, _("Give a finite number."))
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
