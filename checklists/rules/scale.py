"""Bands drawn to scale: where green, yellow and red lie on a line, in percent of its length. Pure.

The line reaches a little beyond every number that is to be seen on it: both bounds, the value as it
is now, and the bounds that a draft would replace.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from django.utils.translation import gettext as _

from checklists.rules.bands import Band, Bands, band_word, exact, judge, show
from warroom.rules.wording import number_text

_BEYOND = 0.2
_STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True)
class Piece:
    """A stretch of one band. ``at`` and ``width`` in percent of the line."""

    band: Band
    at: float
    width: float

    @property
    def middle(self) -> float:
        return self.at + self.width / 2

    @property
    def word(self) -> str:
        """Its name, where there is room for it."""
        return self.band.value.capitalize() if self.width >= 9 else ""


@dataclass(frozen=True)
class Mark:
    """A number on the line. ``end``: its text stands to the left, so that it stays on the page."""

    at: float
    text: str

    @property
    def anchor(self) -> str:
        return "start" if self.at < 8 else "end" if self.at > 72 else "middle"


@dataclass(frozen=True)
class Scale:
    bands: Bands
    unit: str
    value: float | None = None
    was: Bands | None = None

    @cached_property
    def ends(self) -> tuple[float, float]:
        """The numbers at both ends of the line."""
        seen = [bound.value for bound in _bounds(self.bands)]
        seen += [bound.value for bound in _bounds(self.was)] if self.was else []
        if self.value is not None and math.isfinite(self.value):
            seen.append(self.value)
        low, high = min(seen), max(seen)
        span = (high - low) or abs(high) or 1.0
        if self.unit == "%" and low >= 50 and high <= 100:
            return max(0.0, _floor(low - span * _BEYOND, span)), 100.0
        if low >= 0:
            low = 0.0 if low <= 0.6 * high or high == 0 else _floor(low - span * _BEYOND, span)
            return max(0.0, low), _nice(high * (1 + _BEYOND)) if low == 0 else _top(high, span)
        return low - span * _BEYOND, high + span * _BEYOND

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The bands from left to right; no two neighbours are alike."""
        low, high = self.ends
        inner = {bound.value for bound in _bounds(self.bands) if low < bound.value < high}
        edges = sorted({low, high, *inner})
        found: list[Piece] = []
        for left, right in pairwise(edges):
            band = judge(self.bands, (left + right) / 2)
            at, width = self.place(left), self.place(right) - self.place(left)
            if found and found[-1].band is band:
                at, width = found[-1].at, found[-1].width + width
                found.pop()
            found.append(Piece(band, round(at, 3), round(width, 3)))
        return tuple(found)

    @property
    def edges(self) -> tuple[Mark, ...]:
        low, high = self.ends
        values = sorted({b.value for b in _bounds(self.bands) if low < b.value < high})
        return tuple(Mark(self.place(value), exact(value)) for value in values)

    @property
    def old(self) -> tuple[Mark, ...]:
        """The bounds that the draft moves."""
        now = {bound.value for bound in _bounds(self.bands)}
        gone = sorted({b.value for b in _bounds(self.was)} - now) if self.was else []
        return tuple(
            Mark(self.place(value), _("was {exact}").format(exact=exact(value))) for value in gone
        )

    @property
    def told(self) -> tuple[Mark, ...]:
        """Those of the old bounds whose words have room beside the value's."""
        return tuple(one for one in self.old if self.now is None or abs(one.at - self.now.at) > 14)

    @property
    def now(self) -> Mark | None:
        if self.value is None or not math.isfinite(self.value):
            return None
        return Mark(
            self.place(self.value),
            _("now {number}").format(number=number_text(self.value, self.unit)),
        )

    @property
    def low_text(self) -> str:
        return _short(self.ends[0])

    @property
    def high_text(self) -> str:
        return f"{_short(self.ends[1])} {self.unit}".rstrip()

    @property
    def label(self) -> str:
        """The drawing in words."""
        said = [_("green {show}").format(show=show(self.bands.green, self.unit))]
        said += (
            [_("red {show}").format(show=show(self.bands.red, self.unit))] if self.bands.red else []
        )
        text = _("Bands on a scale from {low_text} to {high_text}: {said}.").format(
            low_text=self.low_text, high_text=self.high_text, said=", ".join(said)
        )
        if self.now:
            band = judge(self.bands, self.value)
            text += _(" {now}, which is {band}.").format(
                now=self.now.text.capitalize(), band=band_word(band)
            )
        return text

    def place(self, value: float) -> float:
        low, high = self.ends
        return round(100 * min(1.0, max(0.0, (value - low) / (high - low))), 3)


def scale_of(
    bands: Bands, unit: str = "", value: float | None = None, was: Bands | None = None
) -> Scale | None:
    """The drawing of ``bands``; None where a bound is no number, or one number alone is green.

    ``value`` is the reading, ``was`` the bands before.
    """
    finite = all(math.isfinite(bound.value) for bound in _bounds(bands))
    exactly = bands.green.op == "=" and bands.red is None
    if not finite or exactly:
        return None
    same = was is not None and all(math.isfinite(bound.value) for bound in _bounds(was))
    return Scale(bands, unit, value, was if same else None)


def _bounds(bands: Bands) -> Sequence:
    return [bound for bound in (bands.green, bands.red) if bound is not None]


def _nice(value: float) -> float:
    """The next round number that is not below."""
    if value <= 0:
        return 1.0
    size = 10 ** math.floor(math.log10(value))
    step = next((step for step in _STEPS if step * size >= value * (1 - 1e-9)), 10)
    return step * size


def _floor(value: float, span: float) -> float:
    step = 10 ** math.floor(math.log10(span))
    return math.floor(value / step) * step


def _top(value: float, span: float) -> float:
    step = 10 ** math.floor(math.log10(span))
    return math.ceil((value + span * _BEYOND) / step) * step


def _short(value: float) -> str:
    return exact(round(value, 4))
