"""The ways back that a plan has."""

from __future__ import annotations

from rollouts.models import RollbackProcedure
from warroom.models import DeploymentPlan


def default_of(plan: DeploymentPlan) -> RollbackProcedure | None:
    """The procedure that a rollback follows where none is named; None where there is none."""
    rows = RollbackProcedure.objects.filter(plan=plan, retired_at=None)
    return rows.order_by("-is_default", "position", "pk").first()
