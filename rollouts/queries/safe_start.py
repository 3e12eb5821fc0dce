"""The latest safe start of a rollback, from what is promised and what drills took."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from rollouts.models import RollbackProcedure, RollbackRun, Rollout, RunOutcome
from rollouts.queries.procedures import procedures_now
from rollouts.queries.rollouts import rollout_now
from rollouts.queries.runs import begins_at
from rollouts.rules import safe_start as rules
from rollouts.rules.safe_start import SafeStart, Way
from warroom.models import DeploymentPlan, Lifecycle
from warroom.queries.once import once
from warroom.queries.there import there
from warroom.rules.lifecycle import ENDED
from warroom.rules.wording import day_text

# Of each procedure so many runs are looked at.
MOST_RUNS = 500


def runs_now(plan: DeploymentPlan, now: datetime) -> list[RollbackRun]:
    """Drills and real runs, newest first, read once for ``now`` (UTC)."""
    rows = RollbackRun.objects.filter(plan=plan).select_related("guardrail", "procedure")
    return once(plan, now, "runs", lambda: list(there(plan, rows)[:MOST_RUNS]))


def total_s(run: RollbackRun) -> float | None:
    """How long a run took that is over, seconds."""
    return (run.ended_at - begins_at(run)).total_seconds() if run.ended_at else None


def safe_starts(plan: DeploymentPlan, now: datetime) -> list[SafeStart]:
    """The latest start of each procedure; [] without a protected window. Three SQL statements."""
    if plan.protected_until is None:
        return []
    rollout = rollout_now(plan, now)
    reserve = rollout.reserve_s if rollout else Rollout._meta.get_field("reserve_s").default
    ways = [_way(row, runs_now(plan, now)) for row in procedures_now(plan, now)]
    return rules.starts(ways, plan.protected_until, reserve)


def latest_safe_start(plan: DeploymentPlan, now: datetime) -> SafeStart | None:
    """The earliest of the latest starts: until then a rollback is over inside the window.

    None without a protected window and while nothing says how long a rollback takes.
    """
    return rules.earliest(safe_starts(plan, now))


def warning(plan: DeploymentPlan, now: datetime) -> str:
    """What the top of every page says of it; "" while there is time, and where nothing is live."""
    over = (*ENDED, Lifecycle.DRAFT)
    if plan.protected_until is None or plan.lifecycle in over:
        return ""
    # Long before the end of the window nothing is read for it.
    if (plan.protected_until - now).total_seconds() > 8 * 86_400:
        return ""
    rollout = rollout_now(plan, now)
    if rollout is not None and rollout.rolled_back_at is not None:
        return ""
    found = latest_safe_start(plan, now)
    return rules.warning(found, now) if found else ""


def _way(procedure: RollbackProcedure, runs: Iterable[RollbackRun]) -> Way:
    worked = [
        run
        for run in runs
        if run.procedure_id == procedure.pk and run.outcome == RunOutcome.VERIFIED
    ]
    slowest = max(worked, key=lambda run: total_s(run) or 0, default=None)
    return Way(
        key=procedure.key,
        name=procedure.name,
        target_s=procedure.target_s,
        slowest_s=total_s(slowest) if slowest else None,
        slowest=f"{slowest}, {day_text(slowest.started_at)}" if slowest else "",
    )
