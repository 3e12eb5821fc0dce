from typing import Any

from warroom.models import DeploymentPlan
from warroom.rules.fingerprint import fingerprint


def ladder(plan: DeploymentPlan) -> list[dict[str, Any]]:
    """The levels of escalation in their order, as plain values, in one SQL statement."""
    fields = ("number", "name", "from_minute", "to_minute")
    return list(plan.escalation_levels.order_by("number").values(*fields))


def people_to_call(plan: DeploymentPlan) -> list[dict[str, Any]]:
    """Every contact with the number of its level, as plain values, in one SQL statement."""
    fields = ("level__number", "name", "role_name", "availability", "reach")
    return list(plan.contacts.order_by("position", "pk").values(*fields))


def contacts_seen(plan: DeploymentPlan) -> str:
    """The fingerprint of levels and contacts, which their form carries."""
    return fingerprint([ladder(plan), people_to_call(plan)])
