"""What the apps above add to /readyz: plain figures, read when they are asked for."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

_parts: dict[str, Callable[[datetime], Any]] = {}


def register_readiness(name: str, read: Callable[[datetime], Any]) -> None:
    """Add a figure or a few under `name`; `read` gets the instant (UTC) and may use the tables."""
    _parts[name] = read


def readiness(now: datetime) -> dict[str, Any]:
    """Every part by its name."""
    return {name: read(now) for name, read in _parts.items()}
