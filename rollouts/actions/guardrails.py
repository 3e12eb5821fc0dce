"""Guardrails: what rolls back without asking, judged from the database alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from rollouts.actions.rollbacks import BY_GUARDRAIL, roll_back
from rollouts.models import (
    Guardrail,
    GuardrailKind,
    HealthCheck,
    PrometheusQuery,
    RollbackMode,
    RollbackRun,
    Rollout,
)
from rollouts.queries.guardrails import RailState, Scene, rails_of, reason_of, scene_of, state_of
from rollouts.rules.guardrails import AUTOMATIC, OFF, RECOMMEND
from warroom.actions.change import RULE, Change, change
from warroom.actions.escalations import open_escalation
from warroom.live import doorbell
from warroom.models import DeploymentPlan
from warroom.rules.keys import free_key
from warroom.rules.lifecycle import CLOSED

PANELS = ("guardrails",)
NOTED_EVERY = timedelta(seconds=5)


def judge_guardrails(plan: DeploymentPlan) -> RollbackRun | None:
    """Judge every guardrail of a plan and do what it says; return the rollback it started.

    Idempotent, and safe to call from several processes at once: what is written is judged anew
    under the plan's lock. An automatic one that tripped starts a rollback, one that recommends
    says so and calls once per generation, one that is off does nothing (S56, scenario 36). It
    needs no broker, no web and no person, and goes on through holds and open gates.
    """
    rails = rails_of(plan)
    if not rails or not _to_do(plan, rails):
        return None
    with change(plan, by=RULE) as judging:
        if judging.plan.lifecycle in CLOSED:
            return None
        rails = rails_of(judging.plan)
        scene = scene_of(judging.plan, rails, judging.at)
        states = [state_of(rail, scene) for rail in rails]
        _remember(judging, states)
        spoken = next((one for mode in (AUTOMATIC, RECOMMEND) for one in states
                       if one.mode == mode and _speaks(one, scene)), None)  # fmt: skip
        return _act(judging, spoken, scene) if spoken else None


def _to_do(plan: DeploymentPlan, rails: list[Guardrail]) -> bool:
    """Whether there is anything to write: asked without the lock, as it is asked all the time."""
    fresh = DeploymentPlan.objects.only("slug", "lifecycle").get(pk=plan.pk)
    scene = scene_of(fresh, rails, timezone.now())
    states = [state_of(rail, scene) for rail in rails]
    return any(_turned(one) or _speaks(one, scene) for one in states)


def _turned(state: RailState) -> bool:
    return state.rail.in_breach_since != (state.breach.since if state.breach else None)


def _speaks(state: RailState, scene: Scene) -> bool:
    """Whether it trips and has something to say that was not said of this generation."""
    if not state.tripped or state.mode == OFF:
        return False
    return state.mode == AUTOMATIC or state.rail.tripped_generation != scene.generation


def _remember(judging: Change, states: list[RailState]) -> None:
    turned = [state for state in states if _turned(state)]
    for state in turned:
        state.rail.in_breach_since = state.breach.since if state.breach else None
    if turned:
        Guardrail.objects.bulk_update([one.rail for one in turned], ["in_breach_since"])
        transaction.on_commit(lambda: doorbell.ring(judging.plan.pk, PANELS))


def _act(judging: Change, state: RailState, scene: Scene) -> RollbackRun | None:
    rail, breach = state.rail, state.breach
    assert breach is not None
    reason = reason_of(rail, breach, scene)
    rail.tripped_at, rail.tripped_generation = judging.at, scene.generation
    rail.save(update_fields=["tripped_at", "tripped_generation"])
    if state.mode == AUTOMATIC:
        return roll_back(
            judging, reason=reason, cause=BY_GUARDRAIL, guardrail=rail, breach_at=breach.since
        )
    _recommend(judging, rail, reason, scene)
    return None


def _recommend(judging: Change, rail: Guardrail, reason: str, scene: Scene) -> None:
    called = open_escalation(
        judging,
        f"guardrail:{rail.key}"[:80],
        f"{rail.name} recommends a rollback from {scene.percent} %. {reason}",
        url=f"/plans/{judging.plan.slug}/rollback/",
    )
    judging.record(
        "rollback.recommended",
        f"{rail.name} recommends a rollback from {scene.percent} %. {reason}"
        + (f" {called} calls the first level." if called else ""),
        guardrail=rail.key,
        reason=reason,
        percent=scene.percent,
        generation=scene.generation,
        escalation=called.number if called else None,
    )


def note_guarded(plans: Sequence[DeploymentPlan], now: datetime) -> None:
    """Keep that the guardrails of these releases were judged at ``now`` (UTC), every few seconds.

    It is no event and nothing that a form could be late for, so no plan is locked.
    """
    old = Q(guarded_at=None) | Q(guarded_at__lt=now - NOTED_EVERY)
    Rollout.objects.filter(old, plan__in=[plan.pk for plan in plans]).update(guarded_at=now)


# --- setting them --------------------------------------------------------------------------


def set_guardrail(
    changing: Change,
    watched: PrometheusQuery | HealthCheck,
    mode: str,
    window_s: int,
    name: str = "",
) -> Guardrail | None:
    """Let a metric or check roll back, inside an open change; return its guardrail, if any.

    ``mode`` is off, recommend or automatic; off makes none where there is none. The same words
    again change nothing. The caller records the event.
    """
    is_metric = isinstance(watched, PrometheusQuery)
    link = {"query": watched} if is_metric else {"health_check": watched}
    rail = Guardrail.objects.filter(plan=changing.plan, **link).first()
    if rail is None and mode == RollbackMode.OFF:
        return None
    if rail is None:
        kind = GuardrailKind.METRIC if is_metric else GuardrailKind.CHECK
        taken = Guardrail.objects.filter(plan=changing.plan).values_list("key", flat=True)
        rail = Guardrail(
            plan=changing.plan, key=free_key(watched.key, set(taken)), kind=kind, **link
        )
        rail.name = (name or getattr(watched, "alert_name", "") or watched.name)[:120]
        rail.position = len(taken) + 1
    rail.mode, rail.window_s = mode, window_s
    rail.save()
    return rail
