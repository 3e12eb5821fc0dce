"""Which releases guardrails look after at present, and when they were last looked at."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from rollouts.models import Guardrail, RollbackMode, Rollout
from warroom.models import DeploymentPlan
from warroom.rules.lifecycle import LIVE


def guarded() -> list[DeploymentPlan]:
    """Releases that serve somebody and have guardrails; one SQL statement."""
    guards = Guardrail.objects.exclude(mode=RollbackMode.OFF).values("plan")
    return list(DeploymentPlan.objects.only("slug").filter(lifecycle__in=LIVE, pk__in=guards))


def guarded_until() -> datetime | None:
    """Up to when every guarded release was looked at (UTC); None where none is or never."""
    rows = Rollout.objects.filter(plan__in=guarded(), guarded_at__isnull=False)
    return rows.aggregate(oldest=Min("guarded_at"))["oldest"]
