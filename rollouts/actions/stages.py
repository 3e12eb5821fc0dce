from __future__ import annotations

from datetime import datetime
from typing import Any

from rollouts.models import Stage, StageState
from rollouts.queries.stages import ahead_of, coming, of_plan
from rollouts.rules.stages import objections
from warroom.actions.change import Change, change
from warroom.actions.lifecycle import outside_window, set_lifecycle, weigh
from warroom.actions.refusals import Refused
from warroom.models import DeploymentPlan, User
from warroom.rules.lifecycle import DEPLOYING, ENDED, STEPS, late


def advance(
    plan: DeploymentPlan,
    *,
    to_percent: int,
    by: User | str,
    at: datetime | None = None,
    reason: str = "",
    request_id: str | None = None,
) -> Stage:
    """Begin the next stage, which must be the one to `to_percent`; it ends the one before.

    The team has moved the traffic; this records it, from `at` on (UTC; default now). Asked again
    when that stage already runs it changes nothing. The first stage is go-live, with its checks.
    Raises Refused where order, gate, verdict or soak stand against it, Unconfirmed without a
    `reason` outside the window, and NotAllowed without the right to run the rollout.
    """
    with change(plan, by=by, right="run", request_id=request_id) as moving:
        if moving.repeated:
            return _at(moving.plan, to_percent)
        if moving.plan.lifecycle in ENDED:
            raise Refused(late(STEPS[DEPLOYING], moving.plan.lifecycle, ""))
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
        confirmed = _confirm(moving, reason)
        _move(moving, stage, running, at or moving.at, bool(ahead.verdict), confirmed, reason)
    return stage


def _confirm(moving: Change, reason: str) -> dict[str, Any]:
    """What `reason` overrides. Whoever is no person (the demo) is asked for nothing."""
    checked = moving.author is not None
    if moving.plan.lifecycle in STEPS[DEPLOYING].start:
        return set_lifecycle(moving, DEPLOYING, reason, checked=checked)
    return weigh(outside_window(moving.plan, moving.at) if checked else (), reason)


def _move(
    moving: Change,
    stage: Stage,
    running: Stage | None,
    at: datetime,
    measured: bool,
    confirmed: dict[str, Any],
    reason: str,
) -> None:
    if running is not None:
        running.state, running.ended_at = StageState.DONE, at
        running.save(update_fields=["state", "ended_at"])
    stage.state, stage.started_at, stage.soak_from = StageState.RUNNING, at, None
    stage.save(update_fields=["state", "started_at", "soak_from"])
    began = f"Stage {stage.number} began: {stage.from_percent} % to {stage.to_percent} %"
    began += "" if measured else " (not measured)"
    why = [*confirmed.get("overridden", ()), reason.strip()] if confirmed else []
    moving.record(
        "stage.started",
        ". ".join([began, " ".join(why)]) if why else began,
        stage=stage.number,
        before=stage.from_percent,
        after=stage.to_percent,
        **({"reason": reason.strip()} | confirmed if confirmed else {}),
    )


def _at(plan: DeploymentPlan, percent: int) -> Stage:
    """The stage that a repeated request began."""
    return next(stage for stage in of_plan(plan) if stage.to_percent == percent)
