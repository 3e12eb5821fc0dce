from datetime import datetime
from typing import Any

from warroom.models import DeploymentPlan, EscalationLevel
from warroom.queries.once import once
from warroom.rules.fingerprint import fingerprint


def ladder(plan: DeploymentPlan) -> list[dict[str, Any]]:
    """The levels of escalation in their order, as plain values, in one SQL statement."""
    fields = ("number", "name", "from_minute", "to_minute")
    return list(plan.escalation_levels.order_by("number").values(*fields))


def people_to_call(plan: DeploymentPlan) -> list[dict[str, Any]]:
    """Every contact with the number of its level, as plain values, in one SQL statement."""
    fields = ("level__number", "name", "role_name", "availability", "reach")
    return list(plan.contacts.order_by("position", "pk").values(*fields))


def levels_now(plan: DeploymentPlan, now: datetime) -> list[EscalationLevel]:
    """The levels with their contacts; read once for everything that is shown of ``now`` (UTC)."""
    return once(
        plan, now, "levels", lambda: list(plan.escalation_levels.prefetch_related("contacts"))
    )


def contacts_seen(plan: DeploymentPlan) -> str:
    """The fingerprint of levels and contacts, which their form carries."""
    return fingerprint([ladder(plan), people_to_call(plan)])
