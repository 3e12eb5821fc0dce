"""Who moves the traffic, for pipelines. A token acts for its person, with that person's rights."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from rollouts.actions.executors import Wanted, save_executor
from rollouts.actions.observing import confirm_by_hand
from rollouts.models import Effect, Executor, Rollout
from rollouts.queries.effects import agreement, carrying
from warroom.api import plan_of
from warroom.models import DeploymentPlan
from warroom.once import once

router = Router(tags=["rollout"])


class ExecutorIn(Schema):
    """``secret_env`` names a variable of the worker's environment, never the secret itself."""

    kind: str
    name: str = ""
    url: str = ""
    secret_env: str = ""
    options: dict[str, Any] = {}
    command: str = ""
    rollback_command: str = ""
    enabled: bool = True


class ExecutorSet(ExecutorIn):
    """``confirmed``: the short name of the release whose address a rehearsal is to call."""

    confirmed: str = ""


class ExecutorOut(ExecutorIn):
    key: str


class EffectOut(Schema):
    """``state``: due, sent (accepted, not seen yet), done (seen), failed, superseded, held."""

    key: str
    executor: str
    action: str
    generation: int
    percent: int
    before: int
    state: str
    at: datetime
    due_at: datetime
    attempts: int
    sent_at: datetime | None
    done_at: datetime | None
    answer: str
    failure: str
    confirmed_by: str


class CarryingOut(Schema):
    """What is wanted of the traffic and what is seen of it, in percent; the newest calls first."""

    generation: int
    desired: int | None
    desired_at: datetime | None
    actual: float | None
    actual_at: datetime | None
    verified_at: datetime | None
    agreement: str
    trouble: str
    waits_for_hand: bool
    effects: list[EffectOut]


class ConfirmIn(Schema):
    """``generation``: which wish is meant; another one by now is answered 409."""

    generation: int | None = None


@router.get("plans/{slug}/effects", response=CarryingOut)
def list_effects(request: HttpRequest, slug: str):
    """How the wanted share is brought about, with the last six calls."""
    return _carrying(plan_of(request, slug))


@router.put("plans/{slug}/executor", response=ExecutorOut)
def set_executor(request: HttpRequest, slug: str, body: ExecutorSet):
    """Say who moves the traffic; nothing is moved by it. 422 names the field that is wrong."""
    plan = plan_of(request, slug, "edit")
    said = body.dict()
    confirmed = said.pop("confirmed")
    row = save_executor(
        plan, Wanted(**said), by=request.user, confirmed=confirmed, request_id=once(request)
    )
    return _executor(row)


@router.post("plans/{slug}/rollout/confirm", response=CarryingOut)
def confirm(request: HttpRequest, slug: str, body: ConfirmIn):
    """Say that the traffic was moved to the wanted share by hand."""
    plan = plan_of(request, slug, "run")
    confirm_by_hand(plan, by=request.user, generation=body.generation, request_id=once(request))
    return _carrying(plan)


def _carrying(plan: DeploymentPlan) -> dict[str, Any]:
    now = timezone.now()
    there = carrying(plan, now)
    rollout = there.rollout or Rollout()
    return {
        "generation": rollout.generation,
        "desired": rollout.desired_percent if rollout.desired_at else None,
        "desired_at": rollout.desired_at,
        "actual": rollout.actual_percent,
        "actual_at": rollout.actual_at,
        "verified_at": rollout.verified_at,
        "agreement": agreement(there.rollout, now),
        "trouble": there.trouble,
        "waits_for_hand": there.hand,
        "effects": [_effect(row) for row in there.effects],
    }


def _effect(row: Effect) -> dict[str, Any]:
    same = (
        "key", "action", "generation", "percent", "state", "at", "due_at", "attempts", "sent_at",
        "done_at", "answer", "failure", "confirmed_by",
    )  # fmt: skip
    own = {name: getattr(row, name) for name in same}
    return own | {"executor": row.executor.name, "before": row.before_percent}


def _executor(row: Executor) -> dict[str, Any]:
    names = (*ExecutorOut.model_fields,)
    return {name: getattr(row, name) for name in names}
