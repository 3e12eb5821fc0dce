"""A value of a JSON answer beside what was wanted of it. Pure."""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable
from typing import Any

OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def holds(value: Any, op: str, wanted: str) -> bool:
    """Whether `value` is as wanted. Numbers are compared as numbers, all else as it is written."""
    if op in ("=", "!="):
        return _same(value, wanted) == (op == "=")
    number, limit = _number(value), _number(wanted)
    return number is not None and limit is not None and _ORDER[op](number, limit)


def _same(value: Any, wanted: str) -> bool:
    number, limit = _number(value), _number(wanted)
    if number is not None and limit is not None:
        return math.isclose(number, limit, rel_tol=1e-9, abs_tol=1e-12)
    return (value if isinstance(value, str) else json.dumps(value)) == wanted


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def shown(value: Any) -> str:
    """A value for people, cut."""
    text = value if isinstance(value, str) else json.dumps(value)
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"
