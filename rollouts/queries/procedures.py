"""The ways back that a plan has."""

from __future__ import annotations

from datetime import datetime

from rollouts.models import ProcedureStep, RollbackProcedure, StepKind
from rollouts.rules.procedures import Step
from warroom.models import DeploymentPlan
from warroom.queries.once import once
from warroom.queries.there import there


def default_of(plan: DeploymentPlan) -> RollbackProcedure | None:
    """The procedure that a rollback follows where none is named; None where there is none."""
    rows = RollbackProcedure.objects.filter(plan=plan, retired_at=None)
    return rows.order_by("-is_default", "position", "pk").first()


def procedures_of(plan: DeploymentPlan) -> list[RollbackProcedure]:
    """Those in use with their steps, the default first; two SQL statements."""
    rows = RollbackProcedure.objects.filter(plan=plan, retired_at=None)
    steps = rows.order_by("-is_default", "position", "pk").prefetch_related(
        "steps__query", "steps__health_check"
    )
    return list(there(plan, steps))


def procedures_now(plan: DeploymentPlan, now: datetime) -> list[RollbackProcedure]:
    """``procedures_of``, read once for everything that is shown of one instant (UTC)."""
    return once(plan, now, "procedures", lambda: procedures_of(plan))


def ruled(step: ProcedureStep) -> Step:
    """A step as the rules see it."""
    watches = {
        StepKind.METRIC.value: step.query_id is not None,
        StepKind.CHECK.value: step.health_check_id is not None,
    }
    return Step(
        title=step.title,
        segment=step.segment,
        kind=step.kind,
        target_s=step.target_s,
        blocking=step.blocking,
        watches=watches.get(step.kind, False),
    )
