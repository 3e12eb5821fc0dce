"""Runs of procedures, for real and as drills."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rollouts.models import Probing
from rollouts.queries.watching import Watched, checks_now, metrics_now, watched
from warroom.models import DeploymentPlan


def frozen_now(plan: DeploymentPlan, now: datetime) -> dict[str, Any]:
    """What is measured at ``now`` (UTC) as JSON: the readings at the trigger of a run.

    Two SQL statements at most.
    """
    rows: list[Probing] = [*metrics_now(plan, now), *checks_now(plan, now)]
    return {
        "at": now.isoformat(),
        "verdict": plan.verdict,
        "sentence": plan.verdict_sentence,
        "readings": [_reading(watched(row, now)) for row in rows],
    }


def _reading(one: Watched) -> dict[str, Any]:
    observed = one.row.observed_at
    return {
        "kind": one.kind,
        "key": one.key,
        "name": one.name,
        "band": one.band,
        "signal": one.signal,
        "word": one.word,
        "value": one.value,
        "unit": one.unit,
        "target": one.target,
        "note": one.note,
        "trouble": one.trouble,
        "observed_at": observed.isoformat() if observed else None,
    }
