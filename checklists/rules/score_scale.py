"""The readiness score drawn to scale: positions in percent. Pure; a dot as decimal sign always."""

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from checklists.rules.readiness import Readiness, short

NEAR = 18  # percent: labels closer than this would run into each other
EDGE = 12


@dataclass(frozen=True)
class Mark:
    """A place on the scale: ``x`` in percent as text, and how its label is anchored."""

    at: Fraction

    @property
    def x(self) -> str:
        return f"{float(self.at):.3f}"

    @property
    def anchor(self) -> str:
        return "start" if self.at < EDGE else "end" if self.at > 100 - EDGE else "middle"


@dataclass(frozen=True)
class Scale:
    """From ``low`` to ``high``; ``more`` is how wide the rest up to ``possible`` is, in percent."""

    low: str
    high: str
    now: Mark
    bar: Mark | None
    possible: Mark
    more: str

    @property
    def filled(self) -> str:
        """How wide the part from the bar, or from the start, to the score is."""
        above = self.bar is not None and self.bar.at < self.now.at
        return f"{float(self.now.at - (self.bar.at if above else 0)):.3f}"

    @property
    def labels_possible(self) -> bool:
        """Whether there is room to write what is possible beside the bar's label."""
        apart = self.bar is None or abs(self.possible.at - self.bar.at) >= NEAR
        return apart and self.possible.at > self.now.at

    @property
    def labels_low(self) -> bool:
        return self.now.at >= NEAR

    @property
    def labels_high(self) -> bool:
        return self.now.at <= 100 - NEAR


def scale_of(score: Readiness) -> Scale | None:
    """The part of the scale in which score and bar lie; None without a total."""
    if score.total is None or score.best <= 0:
        return None
    step = score.best / 10
    least = min(score.total, score.bar) if score.bar is not None else score.total
    low = max(Fraction(), (Fraction(floor(least / step)) - (least % step == 0)) * step)

    def at(value: Fraction) -> Mark:
        share = (value - low) * 100 / (score.best - low)
        return Mark(min(Fraction(100), max(Fraction(), share)))

    now, possible = at(score.total), at(score.possible)
    bar = at(score.bar) if score.bar is not None else None
    more = f"{float(possible.at - now.at):.3f}"
    return Scale(short(low), short(score.best), now, bar, possible, more)
