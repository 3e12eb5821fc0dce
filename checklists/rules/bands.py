"""Judge one number: green, yellow, red or no data.

Gates, metrics and the importer all judge by this one rule, so the same value can never be
green on one page and yellow on another.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l


class Band(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    NO_DATA = "no_data"


@dataclass(frozen=True)
class Bound:
    """One edge: an operator ("<", "<=", ">", ">=", "=") and a finite number."""

    op: str
    value: float

    def holds(self, value: float) -> bool:
        """Whether the value satisfies the bound. Equality forgives the last bits of a float."""
        same = math.isclose(value, self.value, rel_tol=1e-9, abs_tol=1e-12)
        if self.op == "=":
            return same
        if self.op in ("<=", ">=") and same:
            return True
        if self.op in ("<", ">") and same:
            return False
        return value < self.value if self.op.startswith("<") else value > self.value


@dataclass(frozen=True)
class Bands:
    """Where green and red begin. What is neither is yellow; without red, the rest is yellow."""

    green: Bound
    red: Bound | None = None


def judge(bands: Bands, value: float | None) -> Band:
    """The band of a value in the bounds' own unit.

    None, NaN and infinite values are no data, never green (law 5). Where careless bounds
    overlap, red wins (law 6).
    """
    if value is None or not math.isfinite(value):
        return Band.NO_DATA
    if bands.red is not None and bands.red.holds(value):
        return Band.RED
    return Band.GREEN if _reached(bands).holds(value) else Band.YELLOW


def is_worse(bands: Bands, value: float, than: float) -> bool:
    """Whether a value lies further off green than another one, in the bounds' own unit."""
    if math.isclose(value, than, rel_tol=1e-9, abs_tol=1e-12):
        return False
    green = _reached(bands)
    if green.op == "=":
        return abs(value - green.value) > abs(than - green.value)
    return value > than if green.op.startswith("<") else value < than


def _reached(bands: Bands) -> Bound:
    """The green bound as it is meant.

    "100 %" with red below 99.9 % means: at least 100. Only a bare number without a red side
    is met by exactly that number.
    """
    green, red = bands.green, bands.red
    if green.op != "=" or red is None or red.op == "=":
        return green
    return Bound(">=" if red.op.startswith("<") else "<=", green.value)


# --- reading a bound as people write it ----------------------------------------------------

_OPERATORS = {
    "<": "<", "<=": "<=", "=<": "<=", "≤": "<=", "≦": "<=", "⩽": "<=",
    ">": ">", ">=": ">=", "=>": ">=", "≥": ">=", "≧": ">=", "⩾": ">=",
    "=": "=", "==": "=",
    "less than": "<", "under": "<", "below": "<", "fewer than": "<",
    "at most": "<=", "no more than": "<=", "up to": "<=", "max": "<=", "maximum": "<=",
    "more than": ">", "over": ">", "above": ">", "greater than": ">",
    "at least": ">=", "no less than": ">=", "min": ">=", "minimum": ">=",
    "exactly": "=",
}  # fmt: skip
_WORDS = "|".join(sorted((re.escape(w) for w in _OPERATORS), key=len, reverse=True))
_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+)"
_BOUND = re.compile(
    rf"(?P<op>{_WORDS})?\s*(?P<number>{_NUMBER})(?P<scale>[KM](?![A-Za-z]))?"
    rf"\s*(?:/\s*(?P<total>\d+)|(?P<unit>[^\d<>=≤≥+–—-]{{0,24}}?))\s*(?P<plus>\+)?",
    re.IGNORECASE,
)
_UNITS = {
    "percent": "%", "pct": "%",
    "msec": "ms", "millisecond": "ms", "milliseconds": "ms",
    "sec": "s", "secs": "s", "second": "s", "seconds": "s",
    "m": "min", "mins": "min", "minute": "min", "minutes": "min",
    "hr": "h", "hrs": "h", "hour": "h", "hours": "h",
    "day": "d", "days": "d",
}  # fmt: skip
_DURATIONS = ("ms", "s", "min", "h", "d")
_NOTE = re.compile(r"\s*\([^()]*\)\s*$")


def parse_bound(text: str) -> tuple[Bound, str] | None:
    """Read "< 0.1%", "≥ 98 %", "200ms", "5/5", "3+" or "at most 2 minutes".

    Returns the bound and its unit ("" if none was written), or None when the text is no bound:
    a range ("95% - 98%") and free text are none. A bare duration is a limit (<=), a ratio and
    a trailing + are a minimum (>=), any other bare number is meant exactly (=).
    """
    plain = unicodedata.normalize("NFKC", text[:200]).replace("−", "-").strip(" \t*_`~.")
    match = _BOUND.fullmatch(_NOTE.sub("", plain).strip(" *_`~"))
    if match is None:
        return None
    value = _number(match["number"]) * _scale(match["scale"])
    unit = _unit(match)
    op = match["op"]
    return Bound(_OPERATORS[op.lower()] if op else _bare(match, unit), value), unit


def _number(text: str) -> float:
    thousands = re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", text)
    return float(text.replace(",", "" if thousands else "."))


def _scale(letter: str | None) -> int:
    # A small "m" never gets here as a million: it is read as minutes or metres.
    return {"K": 1_000, "k": 1_000, "M": 1_000_000}.get(letter or "", 1)


def _unit(match: re.Match) -> str:
    if match["total"]:
        return f"of {match['total']}"
    if match["scale"] == "m":
        return "min"
    unit = " ".join((match["unit"] or "").split())
    return _UNITS.get(unit.lower(), unit)


def _bare(match: re.Match, unit: str) -> str:
    if match["plus"] or match["total"]:
        return ">="
    return "<=" if unit in _DURATIONS else "="


# --- what is odd about a pair of bounds ----------------------------------------------------


def findings(bands: Bands) -> list[str]:
    """Sentences about bounds that contradict each other or leave a hole; [] when sound."""
    green, red = _reached(bands), bands.red
    odd = [
        _("The {name} bound is not a finite number.").format(name=name)
        for name, bound in (("green", green), ("red", red))
        if bound is not None and not math.isfinite(bound.value)
    ]
    if odd or red is None or red.op == "=":
        return odd
    if green.op[0] == red.op[0]:
        return [
            _("Green ({show}) and red ({show_red}) point the same way.").format(
                show=show(green), show_red=show(red)
            )
        ]
    return _crossing(green, red)


def _crossing(green: Bound, red: Bound) -> list[str]:
    low, high = sorted((green.value, red.value))
    lower_is_better = green.op.startswith("<")
    overlap = green.value > red.value if lower_is_better else green.value < red.value
    if overlap:
        return [
            _(
                "Values between {exact} and {exact_high} are both green and red; they count as red."
            ).format(exact=exact(low), exact_high=exact(high))
        ]
    if green.value != red.value:
        return []
    closed = [bound.op.endswith("=") for bound in (green, red)]
    if all(closed):
        return [
            _("Exactly {exact} is both green and red; it counts as red.").format(exact=exact(low))
        ]
    if not any(closed):
        return [
            _("Exactly {exact} is neither green nor red: the only yellow value.").format(
                exact=exact(low)
            )
        ]
    return []


def exact(value: float) -> str:
    """A bound's number as it was written: 99.999 is not 100."""
    text = f"{value:.10f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def show(bound: Bound, unit: str = "") -> str:
    """A bound for people: "< 200 ms", "≥ 98 %", "≥ 5 of 5"."""
    sign = {"<=": "≤", ">=": "≥"}.get(bound.op, bound.op)
    return f"{sign} {exact(bound.value)} {unit}".rstrip()


def against(bands: Bands, value: float, unit: str = "") -> str:
    """How a value stands to the bound it broke: "above its 200 ms target"; "" when green."""
    band = judge(bands, value)
    if band is Band.RED:
        return _beside(bands.red, value, unit, _LIMIT)
    if band is Band.YELLOW:
        return _beside(bands.green, value, unit, _TARGET)
    return ""


_WORDS = {
    Band.GREEN: _l("green"),
    Band.YELLOW: _l("yellow"),
    Band.RED: _l("red"),
    Band.NO_DATA: _l("no data"),
}


def band_word(band: Band) -> str:
    """A band within a sentence: green, yellow, red, no data."""
    return str(_WORDS[band])


_LIMIT = (
    _l("at its {bound} limit"),
    _l("above its {bound} limit"),
    _l("below its {bound} limit"),
)
_TARGET = (
    _l("at its {bound} target"),
    _l("above its {bound} target"),
    _l("below its {bound} target"),
)


def _beside(bound: Bound, value: float, unit: str, words: tuple) -> str:
    at, above, below = words
    named = f"{exact(bound.value)} {unit}".rstrip()
    if Bound("=", bound.value).holds(value):
        return at.format(bound=named)
    return (above if value > bound.value else below).format(bound=named)
