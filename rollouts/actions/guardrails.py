"""Guardrails: what rolls back without asking, judged from the database alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

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
from rollouts.queries.guardrails import (
    RailState,
    Scene,
    rails_of,
    reason_of,
    scene_of,
    state_of,
    title_of,
)
from rollouts.rules.guardrails import AUTOMATIC, OFF, RECOMMEND
from warroom.actions.change import RULE, Change, change
from warroom.actions.escalations import open_escalation
from warroom.actions.refusals import Invalid, Refused
from warroom.live import doorbell
from warroom.models import DeploymentPlan, User
from warroom.rules.keys import free_key
from warroom.rules.lifecycle import CLOSED

PANELS = ("guardrails",)
LONGEST_S = 86_400
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
        _("{rail} recommends a rollback from {percent} %. {reason}").format(
            rail=rail.name, percent=scene.percent, reason=reason
        ),
        url=f"/plans/{judging.plan.slug}/rollback/",
    )
    judging.record(
        "rollback.recommended",
        _("{rail} recommends a rollback from {percent} %. {reason}").format(
            rail=rail.name, percent=scene.percent, reason=reason
        )
        + (_(" {called} calls the first level.").format(called=called) if called else ""),
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


@dataclass(frozen=True)
class Wanted:
    """What a guardrail is to be. ``watched`` is its metric or check, None for the other kinds."""

    kind: str
    name: str
    window_s: int
    mode: str
    watched: PrometheusQuery | HealthCheck | None = None


def save_guardrail(
    plan: DeploymentPlan,
    wanted: Wanted,
    *,
    by: User | str,
    key: str = "",
    request_id: str | None = None,
) -> Guardrail:
    """Add a guardrail, or change the one of ``key``; the same again changes nothing.

    A breach that goes on is judged by the new window at once. Raises Invalid for a window or
    something watched that cannot be, NotAllowed without the right to edit.
    """
    with change(plan, by=by, right="edit", request_id=request_id) as saving:
        rail = Guardrail.objects.filter(plan=saving.plan, key=key).first() if key else None
        if key and rail is None:
            raise Refused(_("That guardrail was removed meanwhile."))
        if saving.repeated:
            return rail or Guardrail.objects.filter(plan=saving.plan).order_by("-pk").first()
        _demand_fit(saving, wanted, rail)
        before = _shown(rail) if rail else {}
        rail = rail or Guardrail(plan=saving.plan, **_placed(saving, wanted))
        _fill(rail, wanted)
        if _shown(rail) == before:
            return rail
        rail.save()
        text = (
            _("Guardrail {rail} changed: {title_of}, {mode}")
            if before
            else _("Guardrail {rail} added: {title_of}, {mode}")
        ).format(rail=rail.name, title_of=title_of(rail), mode=rail.get_mode_display().lower())
        saving.record("guardrail.changed", text, key=rail.key, before=before, after=_shown(rail))
    return rail


def _demand_fit(saving: Change, wanted: Wanted, rail: Guardrail | None) -> None:
    if wanted.kind in (GuardrailKind.METRIC, GuardrailKind.CHECK) and wanted.watched is None:
        raise Invalid("watches", _("Say which metric or check it watches."))
    if not 1 <= wanted.window_s <= LONGEST_S:
        raise Invalid("window", _("A breach lasts from one second to a day."))
    same = Guardrail.objects.filter(plan=saving.plan, kind=wanted.kind, **_link(wanted))
    if other := same.exclude(pk=rail.pk if rail else None).first():
        raise Invalid("watches", _("{other} watches that already.").format(other=other.name))


def _link(wanted: Wanted) -> dict[str, Any]:
    is_metric = isinstance(wanted.watched, PrometheusQuery)
    return {
        "query": wanted.watched if is_metric else None,
        "health_check": None if is_metric else wanted.watched,
    }


def _placed(saving: Change, wanted: Wanted) -> dict[str, Any]:
    taken = set(Guardrail.objects.filter(plan=saving.plan).values_list("key", flat=True))
    base = wanted.watched.key if wanted.watched else wanted.kind.replace("_", "-")
    return {"key": free_key(base, taken), "position": len(taken) + 1}


def _fill(rail: Guardrail, wanted: Wanted) -> None:
    rail.kind, rail.window_s, rail.mode = wanted.kind, wanted.window_s, wanted.mode
    rail.query, rail.health_check = _link(wanted).values()
    usual = getattr(wanted.watched, "alert_name", "") or getattr(wanted.watched, "name", "")
    rail.name = (wanted.name.strip() or usual or rail.get_kind_display())[:120]


def _shown(rail: Guardrail) -> dict[str, Any]:
    return {
        "kind": str(rail.kind),
        "name": rail.name,
        "watches": rail.query.key if rail.query else getattr(rail.health_check, "key", ""),
        "window_s": rail.window_s,
        "mode": str(rail.mode),
    }


def remove_guardrail(
    plan: DeploymentPlan, key: str, *, by: User | str, request_id: str | None = None
) -> None:
    """Take a guardrail away; one that is gone already is nothing to remove. Runs keep its name."""
    with change(plan, by=by, right="edit", request_id=request_id) as removing:
        rail = Guardrail.objects.filter(plan=removing.plan, key=key).first()
        if rail is None:
            return
        before = _shown(rail)
        rail.delete()
        text = _("Guardrail {rail} removed: it rolls nothing back any more").format(rail=rail.name)
        removing.record("guardrail.changed", text, key=key, before=before, after={})
