"""Which releases guardrails look after at present, and when they were last looked at."""

from __future__ import annotations

from rollouts.models import Guardrail, RollbackMode
from warroom.models import DeploymentPlan
from warroom.rules.lifecycle import LIVE


def guarded() -> list[DeploymentPlan]:
    """Releases that serve somebody and have guardrails; one SQL statement."""
    guards = Guardrail.objects.exclude(mode=RollbackMode.OFF).values("plan")
    return list(DeploymentPlan.objects.only("slug").filter(lifecycle__in=LIVE, pk__in=guards))
