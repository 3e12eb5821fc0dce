"""Read how people rate a risk: severity into P0 to P4, probability into a percentage or a level.

Whatever cannot be read with certainty is "not rated". It is never taken for low: a risk that
nobody rated is one that nobody looked at. Of several readings the worst one counts.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """A row or a column of the matrix."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2


@dataclass(frozen=True)
class Severity:
    """``rank``: 0 (P0, the worst) to 4 (P4)."""

    rank: int

    @property
    def level(self) -> Level:
        return Level.HIGH if self.rank <= 1 else Level.MEDIUM if self.rank == 2 else Level.LOW

    @property
    def shown(self) -> str:
        return f"P{self.rank} {RANKS[self.rank]}"


@dataclass(frozen=True)
class Chance:
    """How likely it is: the level, and the one percentage where one was given."""

    level: Level
    percent: float | None = None

    @property
    def shown(self) -> str:
        return f"{self.percent:g} %" if self.percent is not None else self.level.name.lower()


RANKS = ("critical", "high", "medium", "low", "minor")
OVER, FROM = 40.0, 15.0  # percent: above 40 is high, from 15 on medium
_SEVERITIES = (
    (0, "critical catastrophic blocker blocking showstopper extreme kritisch crítico critique"),
    (1, "high major severe serious significant hoch schwer alto alta grave élevé élevée"),
    (2, "medium moderate med mittel medio media moyen moyenne"),
    (3, "low minor limited niedrig gering bajo baja faible"),
    (4, "negligible trivial insignificant cosmetic vernachlässigbar"),
)
_CHANCES = (
    (Level.HIGH, "high likely probable certain frequent expected hoch wahrscheinlich alta alto"),
    (Level.HIGH, "élevé élevée"),
    (Level.MEDIUM, "medium moderate med possible occasional mittel möglich media medio moyen"),
    (Level.MEDIUM, "moyenne"),
    (Level.LOW, "low rare remote unlikely improbable negligible niedrig gering selten"),
    (Level.LOW, "unwahrscheinlich baja bajo faible"),
)
_WORD = re.compile(r"[^\W\d_]+")
_DENIED = re.compile(r"\b(?:not?|non|none|never|nicht|kein\w*|un(?:known|rated|clear))\b", re.I)
_CODE = re.compile(r"\b(?:(?P<p>P|prio(?:rity)?)|S(?:EV(?:ERITY)?)?)[\s-]?(?P<n>[0-9])\b", re.I)
_SCALE = re.compile(r"^([1-5])(?:\s*(?:/|of|out of)\s*5)?$")
_SPAN = r"(?:-|–|—|to|and|bis|\.\.)"
_PERCENT = re.compile(
    rf"(?:(?P<from>[0-9]+(?:[.,][0-9]+)?)\s*%?\s*{_SPAN}\s*)?"
    r"(?P<most>[0-9]+(?:[.,][0-9]+)?)\s*(?:%|percent\b|per cent\b|prozent\b)",
    re.I,
)
_UP = re.compile(r"(?:[>≥]=?|\b(?:over|above|more than|at least|min(?:imum)?|über))\s*~?$", re.I)
_BELOW = re.compile(r"(?:<(?!=)|\b(?:under|below|less than|unter))\s*~?$", re.I)
_FRACTION = re.compile(r"^(?:0?[.,][0-9]+|[01][.,]0+|0)$")
_ONE_IN = re.compile(r"^(?:about\s+|~\s*)?1\s*(?:in|of|out of|:)\s*([1-9][0-9]{0,6})$", re.I)


def severity_of(text: str) -> Severity | None:
    """``HIGH (P1)``, ``blocker``, ``Sev 2``, ``4`` of five; None for what says no severity.

    A number for itself counts from 1 (least) to 5 (worst); behind P or Sev, 0 and 1 are the worst.
    """
    text = text.strip()
    ranks = [_ranked(match) for match in _CODE.finditer(text)]
    ranks += _named(text, _SEVERITIES)
    if number := _SCALE.match(text):
        ranks.append({1: 4, 2: 3, 3: 2, 4: 1, 5: 0}[int(number[1])])
    return Severity(min(ranks)) if ranks and not _DENIED.search(text) else None


def _ranked(code: re.Match) -> int:
    """The rank of P0 to P4 (9 is 4 as well), and of Sev 1, which is called high."""
    return min(int(code["n"]), len(RANKS) - 1)


def severity_of_impact(text: str) -> Severity | None:
    """The severity that an impact states where it is nothing but a rating: ``High``, ``4``."""
    words = [word.lower() for word in _WORD.findall(text.split("(")[0])]
    known = {name for _, names in _SEVERITIES for name in names.split()} | {"very", "or", "to", "p"}
    return severity_of(text.split("(")[0]) if set(words) <= known else None


def chance_of(text: str) -> Chance | None:
    """``50%``, ``MEDIUM (50%)``, ``10-20 %``, ``0.3``, ``1 in 20``, ``unlikely``, ``4`` of five.

    A percentage goes before a word beside it; of a range its worst end counts, and what is open
    upwards ("over 10 %") has no end. None for what says no probability.
    """
    text = text.strip()
    found = list(_PERCENT.finditer(text))
    if found:
        return _worst_chance(_of_percent(text, match) for match in found)
    if _FRACTION.match(text):
        return _exact(float(text.replace(",", ".")) * 100)
    if odds := _ONE_IN.match(text):
        return _exact(100 / int(odds[1]))
    if number := _SCALE.match(text):
        scale = (Level.LOW, Level.LOW, Level.MEDIUM, Level.HIGH, Level.HIGH)
        return Chance(scale[int(number[1]) - 1])
    levels = [] if _DENIED.search(text) else _named(text, _CHANCES)
    return Chance(max(levels)) if levels else None


def _of_percent(text: str, match: re.Match) -> Chance | None:
    most, before = float(match["most"].replace(",", ".")), text[: match.start()]
    if not 0 <= most <= 100:
        return None
    if _UP.search(before):
        return Chance(Level.HIGH)
    if _BELOW.search(before):
        return Chance(level_of(math.nextafter(most, 0)))
    return Chance(level_of(most)) if match["from"] else _exact(most)


def _worst_chance(chances: Iterable[Chance | None]) -> Chance | None:
    """The worst of several; none where one of them is no probability at all."""
    found = list(chances)
    if None in found:
        return None
    return max(found, key=lambda chance: (chance.level, chance.percent or 0))


def _exact(percent: float) -> Chance:
    return Chance(level_of(percent), round(percent, 4))


def level_of(percent: float) -> Level:
    """Over 40 %, 15 to 40, under 15."""
    return Level.HIGH if percent > OVER else Level.MEDIUM if percent >= FROM else Level.LOW


def _named(text: str, names: Iterable[tuple[int, str]]) -> list[int]:
    words = {word.lower() for word in _WORD.findall(text)}
    return [rank for rank, known in names if not words.isdisjoint(known.split())]
