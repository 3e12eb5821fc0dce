"""How late things were begun, in figures. Pure; seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    p50: float = 0.0
    p99: float = 0.0
    most: float = 0.0


def spread(lags: Sequence[float]) -> Spread:
    """The median, the 99th percentile and the greatest; zeros for none."""
    if not lags:
        return Spread()
    ordered = sorted(lags)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    return Spread(at(0.5), at(0.99), ordered[-1])
