"""Twelve hours of readings for the demo, so that its charts and rounds have something to show."""

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime

from checklists.rules.bands import Band, judge
from rollouts.models import HealthCheck, MetricSample, PrometheusQuery
from rollouts.rules.history import SPAN_S
from warroom.models import DeploymentPlan

STEP_S, MINUTE_S = 300, 60
ANSWER_MS = 2.0
# key -> value at an age of the stage in seconds; before it began the age is negative.
Curve = Callable[[float, random.Random], float]


def _latency(age: float, chance: random.Random) -> float:
    return 138 + 9 * math.sin(age / 2600) + chance.uniform(-7, 7)


def _errors(age: float, chance: random.Random) -> float:
    spike = 0.05 * math.exp(-(((age - 17_000) / 500) ** 2))
    return max(0.004, 0.018 + 0.006 * math.sin(age / 3100) + chance.uniform(-0.006, 0.006) + spike)


CURVES: dict[str, Curve] = {
    "p95-latency": _latency,
    "error-rate": _errors,
    "test-pass-rate": lambda age, chance: 98.28,
    "uptime": lambda age, chance: 100.0,
    "feature-flag": lambda age, chance: 1.0,
    "free-memory": lambda age, chance: 66 - 4 * (age + 1800) / SPAN_S + chance.uniform(-0.4, 0.4),
    "cpu-usage": lambda age, chance: 29 + 3 * math.sin(age / 1700) + chance.uniform(-2, 2),
}


def fill(plan: DeploymentPlan, began: datetime, now: datetime) -> None:
    """Readings of the twelve hours before ``now``; all green since ``began`` (both UTC)."""
    chance = random.Random(7)
    for row in PrometheusQuery.objects.filter(plan=plan, enabled=True):
        curve = CURVES.get(row.key)
        if curve is not None and row.bands is not None and not row.history:
            _read(row, curve, chance, began, now)
    asked = HealthCheck.objects.filter(plan=plan, enabled=True).exclude(kind="heartbeat")
    for check in asked:
        _answer(check, began, now)


def _read(
    row: PrometheusQuery, curve: Curve, chance: random.Random, began: datetime, now: datetime
) -> None:
    start, zero = now.timestamp() - SPAN_S + STEP_S, began.timestamp()
    coarse = [start + n * STEP_S for n in range(SPAN_S // STEP_S - 1)]
    points = [_point(row, at, curve(at - zero, chance)) for at in coarse]
    fine = [now.timestamp() - n * MINUTE_S for n in range(60, 0, -1)]
    last_hour = [_point(row, at, curve(at - zero, chance)) for at in fine]
    before = [point for point in points if point[0] < fine[0]]
    MetricSample.objects.bulk_create(
        MetricSample(query=row, at=_instant(at), value=value, band=band)
        for at, value, band in [*before, *last_hour]
    )
    row.history = {"step": STEP_S, "points": points}
    _keep(row, points[-1][1], began, now)


def _point(row: PrometheusQuery, at: float, value: float) -> list:
    return [int(at), round(value, 4), str(judge(row.bands, value))]


def _answer(check: HealthCheck, began: datetime, now: datetime) -> None:
    """Checks of the demo answer at once; targets are counted."""
    value = 1.0 if check.kind == "targets" else ANSWER_MS
    start = int(now.timestamp()) - SPAN_S + STEP_S
    times = range(start, int(now.timestamp()), STEP_S)
    points = [[at, value, str(Band.GREEN)] for at in times]
    check.history = {"step": STEP_S, "points": points}
    _keep(check, value, began, now)


def _keep(row: PrometheusQuery | HealthCheck, value: float, began: datetime, now: datetime) -> None:
    row.band, row.value, row.reason = str(Band.GREEN), value, ""
    row.band_since, row.read_at, row.observed_at = began, now, now
    row.save(update_fields=[
        "band", "value", "reason", "band_since", "read_at", "observed_at", "history",
    ])  # fmt: skip


def read_at(plan: DeploymentPlan, at: datetime) -> None:
    """Let every reading be as fresh as it was at ``at`` (UTC)."""
    for rows in (PrometheusQuery.objects, HealthCheck.objects):
        rows.filter(plan=plan, band="green").update(read_at=at, observed_at=at)


def _instant(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, tz=UTC)
