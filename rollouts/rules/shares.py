"""Shares of the traffic, in percent: when two are the same, and when one was really seen."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from warroom.rules.json_path import NoPath, find

# What rounding and sampling may differ by, in points.
NEAR = 0.5


def share(percent: float) -> str:
    """ "5 %", "33.3 %"."""
    return f"{percent:.1f}".rstrip("0").rstrip(".") + " %"


def agrees(actual: float | None, desired: float) -> bool:
    """Whether what is seen is what is wanted; None is seen by nobody and agrees with nothing."""
    return actual is not None and abs(actual - desired) <= NEAR


def is_settled(
    before: float | None, desired: float, wanted_at: datetime, at: datetime, interval_s: float
) -> bool:
    """Whether an agreeing sight at ``at`` shows the share wanted since ``wanted_at`` (both UTC).

    A share that is new shows that it moved. One that was seen before as well may be an old
    reading: it counts after two intervals.
    """
    moved = before is None or not agrees(before, desired)
    return moved or at - wanted_at >= timedelta(seconds=2 * interval_s)


def number_at(document: Any, path: str) -> float:
    """The share that a JSON answer tells at ``path``; 5, "5" and "5 %" are 5. Raises NoPath."""
    said = find(document, path)
    if isinstance(said, str):
        said = said.strip().removesuffix("%").strip()
    try:
        number = math.nan if isinstance(said, bool) else float(said)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise NoPath(_("{path} is no number").format(path=path or _("the answer")))
    return number
