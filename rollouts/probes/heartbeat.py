"""A script that reports by itself: nothing is asked, its row says all (rules/heartbeat.py)."""

from __future__ import annotations

from dataclasses import dataclass

from rollouts.probes.base import within


@dataclass(frozen=True)
class Options:
    """`longest_s`: a run that took longer is yellow, in seconds; None: however long."""

    longest_s: int | None = None

    def __post_init__(self) -> None:
        within("longest_s", self.longest_s, 1, 7 * 86_400, "s")
