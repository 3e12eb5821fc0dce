"""The due work of watching: rounds are made when their time comes, and missed when it is over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import structlog
from django.db.models import Max
from django.utils import timezone

from rollouts.actions.rounds import is_missed, keep_rounds, of_watch
from rollouts.models import Rollout, Stage, StageState, WatchRound
from rollouts.queries.rounds import Watch, watch_of
from rollouts.rules import rounds
from warroom.models import DeploymentPlan, Lifecycle
from warroom.tasks import register_due

log = structlog.get_logger()
Newest = dict[tuple[int, int | None, int], tuple[datetime, datetime]]


def keep_due() -> int:
    """Look at every release that is watched, in four statements; lock only those with work."""
    now, done = timezone.now(), 0
    for plan in _with_work(now):
        try:
            done += keep_rounds(plan)
        except Exception:
            # One release must not keep the rounds of all others from being made.
            log.exception("rounds not kept", plan=plan.pk)
    return done


def _with_work(now: datetime) -> Iterator[DeploymentPlan]:
    waiting: dict[int, list[WatchRound]] = {}
    for one in _open():
        waiting.setdefault(one.plan_id, []).append(one)
    watches = {watch.plan.pk: watch for watch in _watches(now)}
    newest = _newest(watches)
    plans = {pk: watch.plan for pk, watch in watches.items()}
    gone = [pk for pk in waiting if pk not in plans]
    plans |= DeploymentPlan.objects.in_bulk(gone) if gone else {}
    for pk, plan in plans.items():
        if _has_work(watches.get(pk), waiting.get(pk, []), newest, now):
            yield plan


def _open() -> Iterable[WatchRound]:
    rows = WatchRound.objects.filter(done_at=None, missed_at=None)
    return rows.select_related("stage").defer("readings")


def _watches(now: datetime) -> Iterator[Watch]:
    """What is watched in each release that is under way."""
    live = (Lifecycle.DEPLOYING, Lifecycle.WATCHING)
    rollouts = {row.plan_id: row for row in Rollout.objects.filter(plan__lifecycle__in=live)}
    begun = Stage.objects.filter(plan__lifecycle__in=live).exclude(state=StageState.PENDING)
    stages: dict[int, list[Stage]] = {}
    for stage in begun.select_related("plan").order_by("number"):
        stages.setdefault(stage.plan_id, []).append(stage)
    plans = {pk: rows[0].plan for pk, rows in stages.items()}
    missing = [pk for pk, row in rollouts.items() if row.cadence and pk not in plans]
    plans |= DeploymentPlan.objects.in_bulk(missing) if missing else {}
    for pk, plan in plans.items():
        watch = watch_of(plan, rollouts.get(pk), stages.get(pk, []), now)
        if watch is not None:
            yield watch


def _newest(watches: dict[int, Watch]) -> Newest:
    """When the newest round of each stage is due, and from when it counts."""
    if not watches:
        return {}
    rows = WatchRound.objects.filter(plan__in=watches).order_by()
    found = rows.values_list("plan", "stage", "generation").annotate(
        due=Max("due_at"), began=Max("began_at")
    )
    return {
        (plan, stage, generation): (due, began) for plan, stage, generation, due, began in found
    }


def _has_work(
    watch: Watch | None, waiting: list[WatchRound], newest: Newest, now: datetime
) -> bool:
    if any(is_missed(one, watch, now) for one in waiting):
        return True
    if watch is None or any(not of_watch(one, watch) for one in waiting):
        return bool(waiting)
    key = (watch.plan.pk, watch.stage.pk if watch.stage else None, watch.generation)
    due, began = newest.get(key, (None, watch.began))
    return began is not None and bool(rounds.opened(watch.bands, began, due, now))


register_due("rounds", keep_due)
