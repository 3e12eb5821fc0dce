"""Which calls are due, and what is shown of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When

from rollouts.models import HAND, Effect, EffectState, Rollout
from warroom.models import DeploymentPlan

ROLLBACK = "rollback"


def due_effects(now: datetime) -> QuerySet[Effect]:
    """Calls whose time has come and that nobody holds: rollbacks first, then the longest due."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    first = Case(When(action=ROLLBACK, then=Value(0)), default=Value(1))
    rows = Effect.objects.filter(free, state=EffectState.DUE, due_at__lte=now)
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


def latest_effects(plan: DeploymentPlan, limit: int = 6) -> list[Effect]:
    """The newest calls with their executors; one SQL statement."""
    rows = Effect.objects.filter(plan=plan).select_related("executor", "stage")
    return list(rows.order_by("-generation", "-pk")[:limit])
