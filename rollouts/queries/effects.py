"""Which calls are due, and what is shown of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext as _

from rollouts.models import HAND, Effect, EffectState, Executor, Rollout
from rollouts.queries.procedures import default_of
from rollouts.queries.rollouts import executor_of, is_observed, rollout_now
from rollouts.rules.shares import agrees, share
from warroom.models import DeploymentPlan, Lifecycle
from warroom.queries.once import once
from warroom.rules.wording import age_text

ROLLBACK = "rollback"
SHOWN = 6
# Who is switched off calls nobody; after a release was aborted only the way back is left.
MAY_MOVE = Q(executor__enabled=True) & (Q(action=ROLLBACK) | ~Q(plan__lifecycle=Lifecycle.ABORTED))


def due_effects(now: datetime) -> QuerySet[Effect]:
    """Calls whose time has come and that nobody holds: rollbacks first, then the longest due."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    first = Case(When(action=ROLLBACK, then=Value(0)), default=Value(1))
    rows = Effect.objects.filter(free, MAY_MOVE, state=EffectState.DUE, due_at__lte=now)
    return rows.exclude(executor__kind=HAND).order_by(first, "due_at", "pk")


def due_ids(now: datetime, limit: int) -> list[int]:
    """Ids to try to claim, inside a transaction; on PostgreSQL rows others hold are skipped."""
    rows = due_effects(now)
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    return list(rows.values_list("pk", flat=True)[:limit])


def still_wanted(claimed: Iterable[Effect]) -> set[int]:
    """Which of the claimed calls are wanted at this instant; one SQL statement.

    The last look before a call: still held by this worker, and of the newest wish.
    """
    tokens = {row.lease_token for row in claimed}
    newest = Rollout.objects.filter(plan=OuterRef("plan")).values("generation")
    rows = Effect.objects.filter(
        pk__in=[row.pk for row in claimed], state=EffectState.DUE, lease_token__in=tokens
    ).annotate(newest=Subquery(newest))
    return set(rows.filter(generation=F("newest")).values_list("pk", flat=True))


def latest_effects(plan: DeploymentPlan, now: datetime) -> list[Effect]:
    """The newest calls with their executors, read once for ``now``; one SQL statement."""
    rows = Effect.objects.filter(plan=plan).select_related("executor", "stage")
    newest = rows.order_by("-generation", "-pk")
    return once(plan, now, "effects", lambda: list(newest[:SHOWN]))


@dataclass(frozen=True)
class Carrying:
    """How the wanted share is brought about, as people see it. ``hand``: a person has to confirm.

    ``trouble`` is one sentence or "", ``again``: whoever is there can be called once more.
    """

    rollout: Rollout | None
    executor: Executor | None
    effects: list[Effect]
    hand: bool = False
    trouble: str = ""
    again: bool = False
    command: str = ""
    back: str = ""


def carrying(plan: DeploymentPlan, now: datetime) -> Carrying:
    """Three or four SQL statements the first time for an instant, two of them shared."""
    rollout, effects = rollout_now(plan, now), latest_effects(plan, now)
    executor = once(plan, now, "executor", lambda: executor_of(plan))
    effect = effects[0] if effects and _is_of(effects[0], rollout) else None
    return Carrying(
        rollout,
        executor,
        effects,
        hand=waits_for_hand(rollout, effect),
        trouble=trouble_of(rollout, effect),
        again=_again(rollout, executor, effect),
        command=filled(executor.command, rollout, effect) if executor else "",
        back=filled(_way_back(plan, executor, now), rollout, effect, 0),
    )


def _is_of(effect: Effect, rollout: Rollout | None) -> bool:
    held = effect.state == EffectState.HELD
    return rollout is not None and (effect.generation == rollout.generation or held)


def _again(rollout: Rollout | None, executor: Executor | None, effect: Effect | None) -> bool:
    if rollout is None or rollout.desired_at is None or executor is None or executor.kind == HAND:
        return False
    waits = effect is None or effect.state in (EffectState.FAILED, EffectState.HELD)
    return waits or rollout.unverified_at is not None or rollout.drift_since is not None


def waits_for_hand(rollout: Rollout | None, effect: Effect | None) -> bool:
    """Whether only a person's word is left: nobody is called, or nobody looks."""
    if rollout is None or rollout.desired_at is None or rollout.verified_at is not None:
        return False
    if effect is None or effect.executor.kind == HAND or not effect.executor.enabled:
        return effect is None or effect.state in (EffectState.DUE, EffectState.SENT)
    return effect.state == EffectState.SENT and not is_observed(rollout)


def trouble_of(rollout: Rollout | None, effect: Effect | None) -> str:
    """What is wrong with the newest wish, in one sentence; "" where nothing is."""
    if rollout is None or effect is None or rollout.desired_at is None:
        return ""
    wanted, who = share(rollout.desired_percent), effect.executor.name
    if effect.state == EffectState.HELD:
        return _("The call for {wanted} is held since a restore: look, then call again.").format(
            wanted=wanted
        )
    if effect.state == EffectState.FAILED:
        return _("{who} refuses {wanted}: {failure}").format(
            who=who, wanted=wanted, failure=effect.failure
        )
    if effect.state == EffectState.DUE and effect.failure:
        return _("{who} fails at try {attempts}: {failure}").format(
            who=who, attempts=effect.attempts, failure=effect.failure
        )
    if rollout.verified_at is None and rollout.unverified_at is not None:
        return _("{who} accepted {wanted}, and it is not seen.").format(who=who, wanted=wanted)
    return ""


def _way_back(plan: DeploymentPlan, executor: Executor | None, now: datetime) -> str:
    """The command of a rollback by hand: the executor's, else that of the usual procedure."""
    if executor is not None and executor.rollback_command:
        return executor.rollback_command
    usual = once(plan, now, _("usual procedure"), lambda: default_of(plan))
    return usual.command if usual else ""


def filled(
    command: str, rollout: Rollout | None, effect: Effect | None, percent: int | None = None
) -> str:
    """A command with the shares in it, to copy; the wanted share where ``percent`` is None."""
    if percent is None:
        percent = rollout.desired_percent if rollout else 0
    words = {
        "percent": percent,
        "before": effect.before_percent if effect else percent,
        "generation": rollout.generation if rollout else 0,
    }
    for name, value in words.items():
        command = command.replace(f"{{{name}}}", str(value))
    return command


def agreement(rollout: Rollout | None, now: datetime) -> str:
    """How what is seen of the traffic stands to what is wanted, in words; "" before any wish."""
    if rollout is None or rollout.desired_at is None:
        return ""
    if rollout.actual_percent is None or rollout.actual_at is None:
        return (
            _("nothing is seen of it: {actual_reason}").format(actual_reason=rollout.actual_reason)
            if rollout.actual_reason
            else (_("to be seen yet") if is_observed(rollout) else _("a person has to confirm it"))
        )
    seen = _("{share} seen {actual_at}").format(
        share=share(rollout.actual_percent), actual_at=age_text(rollout.actual_at, now)
    )
    if is_observed(rollout) and rollout.actual_reason:
        return _("no data now ({actual_reason}); {seen}").format(
            actual_reason=rollout.actual_reason, seen=seen
        )
    if rollout.verified_at is None:
        return _("{seen}, {share} not seen yet").format(
            seen=seen, share=share(rollout.desired_percent)
        )
    if agrees(rollout.actual_percent, rollout.desired_percent):
        return seen if is_observed(rollout) else rollout.actual_reason or seen
    return _("{seen}, {share} wanted").format(seen=seen, share=share(rollout.desired_percent))
