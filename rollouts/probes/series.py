"""The series of an answer of Prometheus, and how several become one number. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cmp_to_key
from typing import Any

from django.utils.translation import gettext as _

from checklists.rules.bands import Bands, is_worse

REDUCERS = ("sum", "max", "min", "avg", "count", "worst")
Found = tuple[Mapping[str, str], Any, Any]  # labels, epoch seconds, value as it was sent


class Odd(Exception):
    """The answer cannot be taken as one number; the message says why."""


def numbers(answer: Mapping[str, Any]) -> list[Found]:
    """Every series of an instant answer with its sample, unread. Raises Odd for another shape."""
    data = answer.get("data") or {}
    kind, result = data.get("resultType"), data.get("result")
    if kind == "scalar" and isinstance(result, list):
        return [({}, *_sample(result))]
    if kind != "vector" or not isinstance(result, list):
        raise Odd(
            _("the query gives a {kind}, one number is wanted").format(
                kind=kind or _("nameless result")
            )
        )
    return [(series.get("metric") or {}, *_sample(series.get("value"))) for series in result]


def _sample(sample: Any) -> tuple[Any, Any]:
    if not isinstance(sample, (list, tuple)) or len(sample) < 2:
        raise Odd(_("Prometheus answered with a value that is no number"))
    return sample[0], sample[1]


def as_time(at: Any) -> datetime:
    """Epoch seconds as they were sent, as an instant (UTC). Raises Odd."""
    try:
        return datetime.fromtimestamp(float(at), UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise Odd(_("Prometheus answered with a time that is no number")) from error


def finite(said: Any) -> float | None:
    """The number that was sent; None for NaN, infinity and what is no number."""
    try:
        value = float(said)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def number(said: Any) -> float:
    """The number that was sent. Raises Odd for what cannot be judged (law 5)."""
    try:
        value = float(said)
    except (TypeError, ValueError) as error:
        raise Odd(_("Prometheus answered with a value that is no number")) from error
    if not math.isfinite(value):
        raise Odd(_("the value is {said}, not a number that can be judged").format(said=said))
    return value


def one_of(said: Sequence[Any], reducer: str, bands: Bands | None) -> float:
    """One number of several: one that is none spoils all of them but their count (law 5)."""
    if reducer == "count":
        return float(len(said))
    values = [number(one) for one in said]
    if len(values) == 1:
        return values[0]
    if reducer == "worst":
        return _worst(values, bands)
    made = {"sum": math.fsum, "max": max, "min": min, "avg": lambda v: math.fsum(v) / len(v)}
    if reducer not in made:
        raise Odd(_("{count} series where one is meant").format(count=len(values)))
    return number(made[reducer](values))


def _worst(values: Sequence[float], bands: Bands | None) -> float:
    if bands is None:
        raise Odd(_("the worst of several series wants bands"))
    return max(values, key=cmp_to_key(lambda one, other: _order(bands, one, other)))


def _order(bands: Bands, one: float, other: float) -> int:
    return int(is_worse(bands, one, other)) - int(is_worse(bands, other, one))


def differing(metrics: Sequence[Mapping[str, str]]) -> str:
    """Names several series by the labels in which they differ (scenario 29)."""
    names = sorted({name for metric in metrics for name in metric})
    differ = [n for n in names if len({metric.get(n) for metric in metrics}) > 1]
    shown = [
        "{" + ", ".join(f'{n}="{metric.get(n, "")}"' for n in differ) + "}"
        for metric in metrics[:4]
    ]
    more = _(" and {count} more").format(count=len(metrics) - 4) if len(metrics) > 4 else ""
    return _("{count} series where one is meant: {shown}{more}").format(
        count=len(metrics), shown=", ".join(shown), more=more
    )
