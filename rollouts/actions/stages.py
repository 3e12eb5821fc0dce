from __future__ import annotations

from datetime import datetime

from rollouts.models import Stage, StageState
from rollouts.queries.stages import ahead_of, coming, of_plan
from rollouts.rules.stages import objections
from warroom.actions.change import Change, change
from warroom.actions.refusals import Refused
from warroom.models import DeploymentPlan, Lifecycle, User


def advance(
    plan: DeploymentPlan,
    *,
    to_percent: int,
    by: User | str,
    at: datetime | None = None,
    request_id: str | None = None,
) -> Stage:
    """Begin the next stage, which must be the one to `to_percent`; it ends the one before.

    The team has moved the traffic; this records it, from `at` on (UTC; default now). Asked again
    when that stage already runs it changes nothing. Raises Refused where order, gate, verdict
    or soak stand against it, and NotAllowed without the right to run the rollout.
    """
    with change(plan, by=by, right="run", request_id=request_id) as moving:
        stages = of_plan(moving.plan)
        running = next((stage for stage in stages if stage.state == StageState.RUNNING), None)
        if running is not None and running.to_percent == to_percent:
            return running
        stage = coming(stages)
        if stage is None or stage.to_percent != to_percent:
            there = f"{running.to_percent} %" if running else "no stage"
            raise Refused(f"{to_percent} % is not the next step: the rollout stands at {there}.")
        ahead = ahead_of(moving.plan, stages, stage, moving.at)
        if against := objections(ahead):
            raise Refused(" ".join(against))
        _move(moving, stage, running, at or moving.at, measured=bool(ahead.verdict))
    return stage


def _move(
    moving: Change, stage: Stage, running: Stage | None, at: datetime, *, measured: bool
) -> None:
    if running is not None:
        running.state, running.ended_at = StageState.DONE, at
        running.save(update_fields=["state", "ended_at"])
    stage.state, stage.started_at = StageState.RUNNING, at
    stage.save(update_fields=["state", "started_at"])
    plan = moving.plan
    if plan.lifecycle in (Lifecycle.DRAFT, Lifecycle.PREPARING):
        plan.lifecycle = Lifecycle.DEPLOYING
        plan.save(update_fields=["lifecycle"])
    moving.record(
        "stage.started",
        f"Stage {stage.number} began: {stage.from_percent} % to {stage.to_percent} %"
        + ("" if measured else " (not measured)"),
        stage=stage.number,
        before=stage.from_percent,
        after=stage.to_percent,
    )
