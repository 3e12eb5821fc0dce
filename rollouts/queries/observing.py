"""Whose traffic is to be looked at."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet

from rollouts.models import Rollout
from warroom.models import DeploymentPlan, Lifecycle
from warroom.rules.lifecycle import CLOSED


def due_rollouts(now: datetime) -> QuerySet[Rollout]:
    """Observed rollouts whose time has come and that nobody looks at; not of closed releases."""
    free = Q(observe_until=None) | Q(observe_until__lt=now)
    observed = Q(observed_by__isnull=False) | ~Q(observe_url="")
    resting = DeploymentPlan.objects.filter(lifecycle__in=[*CLOSED, Lifecycle.DRAFT])
    rows = Rollout.objects.filter(free, observed, observe_due_at__lte=now)
    return rows.exclude(plan__in=resting).order_by("observe_due_at")


def due_ids(now: datetime, limit: int) -> list[int]:
    """Ids to try to claim, inside a transaction; on PostgreSQL rows others hold are skipped."""
    rows = due_rollouts(now)
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    return list(rows.values_list("pk", flat=True)[:limit])
