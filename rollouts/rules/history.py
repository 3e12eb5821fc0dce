"""A bounded memory of one metric: what a sparkline needs, at a constant size.

A history is plain JSON: {"step": seconds, "points": [[epoch, value or null, band], …]},
oldest first, at most one point per step. When it is full the step doubles and neighbours
merge, so the first minutes are drawn finely and twelve hours still fit. A merge keeps the
worse point: a spike never disappears by being old.
"""

from __future__ import annotations

import json
import math
import re

from checklists.rules.bands import Band

LIMIT = 144
SPAN_S = 12 * 3600
_RANK = {Band.GREEN: 0, Band.NO_DATA: 1, Band.YELLOW: 2, Band.RED: 3}


def append(history: dict, epoch: float, value: float | None, band: str, step: int = 15) -> dict:
    """The history with one more sample; `epoch` in seconds UTC, `step` only for a new one."""
    step = int(history.get("step") or max(1, step))
    points = [p for p in history.get("points", ()) if p[0] > epoch - SPAN_S]
    kept = value if value is not None and math.isfinite(value) else None
    # Only the newest can fall into the step of the one before: the others were merged before.
    points[-1:] = _merge([*points[-1:], [int(epoch), kept, str(band)]], step)
    while len(points) > LIMIT:
        step *= 2
        points = _merge(points, step)
    return {"step": step, "points": points}


# A history as both databases give it back: {"step": 15, "points": [[1, 2.0, "green"], [...]]}
_TEXT = re.compile(r'\{"step": (\d+), "points": \[\[(.*)\]\]\}')


def appended(text: str, epoch: float, value: float | None, band: str, step: int = 15) -> str:
    """What ``append`` gives, from JSON text to JSON text.

    Of the points only the newest is read and written, which is much of what a reading costs.
    """
    match = _TEXT.fullmatch(text)
    points = match[2].split("], [") if match else []
    if match is None or len(points) >= LIMIT or _epoch(points[0]) <= epoch - SPAN_S:
        return json.dumps(append(json.loads(text), epoch, value, band, step))
    newest = {"step": int(match[1]), "points": [json.loads(f"[{points[-1]}]")]}
    fresh = json.dumps(append(newest, epoch, value, band)["points"])
    return f"{text[: text.rindex('[')]}{fresh[1:-1]}]}}"


def _epoch(point: str) -> int:
    return int(point.partition(",")[0])


def _merge(points: list, step: int) -> list:
    merged: list = []
    for point in points:
        if merged and merged[-1][0] // step == point[0] // step:
            merged[-1] = _worse(merged[-1], point)
        else:
            merged.append(point)
    return merged


def _worse(one: list, other: list) -> list:
    return one if _RANK[Band(one[2])] > _RANK[Band(other[2])] else other


def blocks(history: dict, start: float, end: float, count: int = 48) -> list[str]:
    """The worst band in each of `count` equal parts of start..end (epoch s); "" where unseen."""
    width = (end - start) / count
    worst: list[str] = [""] * count
    for epoch, _value, band in history.get("points", ()):
        index = int((epoch - start) // width) if width > 0 else -1
        if not 0 <= index < count:
            continue
        if not worst[index] or _RANK[Band(band)] > _RANK[Band(worst[index])]:
            worst[index] = band
    return worst
