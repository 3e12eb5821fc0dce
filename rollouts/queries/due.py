"""Which watched things are due, and what is watched at all."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet

from rollouts.models import HealthCheck, Probing, PrometheusQuery
from warroom.models import DeploymentPlan, Lifecycle
from warroom.rules.lifecycle import CLOSED

WATCHED: tuple[type[Probing], ...] = (PrometheusQuery, HealthCheck)
# What a judgement reads of a row; a thousand whole rows take longer to build than to judge.
JUDGED = (
    "name", "interval_s", "sustained_s", "band", "band_since", "value", "reason", "observed_at",
    "read_at", "red_since", "red_at",
)  # fmt: skip


def due(model: type[Probing], now: datetime) -> QuerySet:
    """Enabled rows whose time has come and that nobody holds; longest overdue first."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    return model.objects.filter(free, enabled=True, due_at__lte=now).order_by("due_at")


def next_due_at(until: datetime) -> datetime | None:
    """When the next watched thing of any release comes due, if before `until`; two statements."""
    found = []
    for model in WATCHED:
        rows = model.objects.filter(enabled=True, lease_until=None, due_at__lte=until)
        found += rows.exclude(plan__in=resting()).order_by("due_at").values_list("due_at")[:1]
    return min((at for (at,) in found), default=None)


def resting() -> QuerySet:
    """Releases of which nothing is asked: closed ones, whose values are final, and drafts."""
    return DeploymentPlan.objects.filter(lifecycle__in=[*CLOSED, Lifecycle.DRAFT])


def due_ids(model: type[Probing], now: datetime, limit: int) -> list[int]:
    """Ids to try to claim, inside a transaction; on PostgreSQL rows others hold are skipped.

    Of a closed release nothing is asked any more: its values are final. Of a draft nothing is
    asked yet: what it measures is still being written.
    """
    rows = due(model, now).exclude(plan__in=resting())
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    return list(rows.values_list("pk", flat=True)[:limit])


def watched(plan: DeploymentPlan) -> list[Probing]:
    """All that is watched for a plan and counts for its verdict; two SQL statements.

    Of each only what is judged is read.
    A metric without bands is shown and not judged, so it neither holds nor advances.
    """
    counting = {"plan": plan, "enabled": True, "report_only": False}
    queries = PrometheusQuery.objects.filter(**counting).exclude(green_op="")
    checks = HealthCheck.objects.filter(**counting)
    return [
        *queries.only(*JUDGED, "unit", "words", "stale_s"),
        *checks.only(*JUDGED, "kind", "total"),
    ]
