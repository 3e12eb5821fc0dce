from datetime import datetime
from typing import Any

from warroom.models import DeploymentPlan, EscalationContact, EscalationLevel
from warroom.queries.once import once
from warroom.queries.there import there
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
    rows = there(plan, plan.escalation_levels.prefetch_related("contacts"))
    return once(plan, now, "levels", lambda: list(rows))


def of_no_level(plan: DeploymentPlan) -> list[EscalationContact]:
    """Whom to call whatever the level."""
    return list(there(plan, plan.contacts.filter(level=None)))


def contacts_seen(plan: DeploymentPlan) -> str:
    """The fingerprint of levels and contacts, which their form carries."""
    return fingerprint([ladder(plan), people_to_call(plan)])
