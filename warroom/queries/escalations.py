from datetime import datetime

from warroom.models import DeploymentPlan, Escalation
from warroom.queries.once import once
from warroom.queries.there import there


def open_now(plan: DeploymentPlan, now: datetime) -> list[Escalation]:
    """Calls that are not closed, oldest first; read once for all that is shown of ``now`` (UTC)."""
    rows = plan.escalations.filter(closed_at=None).order_by("number")
    return once(plan, now, "escalations", lambda: list(there(plan, rows)))


def past(plan: DeploymentPlan, count: int = 50) -> list[Escalation]:
    """Calls that were closed, newest first."""
    return list(plan.escalations.exclude(closed_at=None)[:count])
