"""What the workers' own looks add up to, of all releases together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError
from django.db.models import Count, Max, Sum
from django.utils import timezone
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from rollouts.models import EngineSpan
from warroom.live.readiness import register_readiness

MINUTE = timedelta(minutes=1)
# Later than this is worth a word: a look comes once a second.
LATE_S = 2.0


@dataclass(frozen=True)
class Minute:
    """The last minute of all workers; lags in seconds, the worst of any look."""

    asked: int
    kept: int
    missed: int
    lag_p99_s: float
    lag_max_s: float
    workers: int

    @property
    def late(self) -> bool:
        return self.missed > 0 or self.lag_p99_s > LATE_S


def last_minute(now: datetime) -> Minute:
    """What was asked in the minute before `now` (UTC); one SQL statement."""
    found = EngineSpan.objects.filter(at__gt=now - MINUTE, at__lte=now).aggregate(
        asked=Sum("asked"),
        kept=Sum("kept"),
        missed=Sum("missed"),
        lag_p99_s=Max("lag_p99_s"),
        lag_max_s=Max("lag_max_s"),
        workers=Count("worker", distinct=True),
    )
    return Minute(**{name: value or 0 for name, value in found.items()})


def readiness(now: datetime) -> dict[str, Any]:
    """For /readyz: checks asked in the last minute, how late, and how many slots were missed."""
    minute = last_minute(now)
    return {
        "asked": minute.asked,
        "missed": minute.missed,
        "lag_p99_s": round(minute.lag_p99_s, 2),
    }


class Checks(Collector):
    """The same for /metrics; read when it is asked for."""

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            minute = last_minute(timezone.now())
        except DatabaseError:
            return
        for name, text, value in (
            ("asked", "Checks and metrics asked in the last minute", minute.asked),
            ("kept", "Answers kept in the last minute", minute.kept),
            ("missed", "Slots of a cadence that passed unasked in the last minute", minute.missed),
            ("lag_p99_seconds", "How late they were asked, 99th percentile", minute.lag_p99_s),
        ):
            yield GaugeMetricFamily(f"warroom_checks_{name}", text, value=value)


REGISTRY.register(Checks())
register_readiness("checks", readiness)
