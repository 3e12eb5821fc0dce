"""What people may say of a scenario: the fields, how they are judged, how an event shows them."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from checklists.actions.risks import TEXT, checked_text, checked_watch
from checklists.models import Risk, Scenario
from checklists.rules import scenarios as rules
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan

LIMITS = {"title": 300, "action": TEXT, "decide": TEXT, "duration": 200}


def checked(plan: DeploymentPlan, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they will be kept; what has no name here is left aside. Raises Invalid."""
    values: dict[str, Any] = {
        name: checked_text(name, fields[name], limit, lines=limit == TEXT)
        for name, limit in LIMITS.items()
        if name in fields
    }
    if "title" in values and not values["title"]:
        raise Invalid("title", _("Say what would have to happen."))
    if "items" in fields:
        values["items"] = _wishes(fields["items"])
    if "risk" in fields:
        values["risk"] = _risk(plan, fields["risk"])
    if "watch_key" in fields:
        pair = ("watch_key", "watch_band")
        asked = checked_watch(fields["watch_key"], fields.get("watch_band"), pair)
        values["watch_key"], values["watch_band"] = asked
    return values


def _wishes(rows: Any) -> list[dict[str, Any]]:
    if not isinstance(rows, list) or len(rows) > rules.MOST_ITEMS:
        raise Invalid(
            "items", _("At most {most_items} items, as a list.").format(most_items=rules.MOST_ITEMS)
        )
    wishes = rules.wishes_of(rows)
    for wish in wishes:
        checked_text("items", wish.text, rules.TEXT_LIMIT, lines=False)
        checked_text("items", wish.role, rules.ROLE_LIMIT, lines=False)
    return [wish.data for wish in wishes]


def _risk(plan: DeploymentPlan, risk: Risk | None) -> Risk | None:
    if risk is not None and risk.plan_id != plan.pk:
        raise Invalid("risk", _("This release has no such risk."))
    return risk


def shown(scenario: Scenario) -> dict[str, Any]:
    """The fields as events keep them."""
    return {
        **{name: getattr(scenario, name) for name in LIMITS},
        "items": scenario.items,
        "risk": scenario.risk.number if scenario.risk else None,
        "watch_key": scenario.watch_key,
        "watch_band": scenario.watch_band,
    }
