"""The pages that stand together under one tab of a release."""

from typing import Any

from django import template

from warroom import navigation
from warroom.models import DeploymentPlan

register = template.Library()


@register.inclusion_tag("components/_parts.html")
def parts(plan: DeploymentPlan, tab: str, here: str) -> dict[str, Any]:
    """``{% parts plan "checks" "evidence" %}``: links to a tab's pages; this one is ``here``."""
    rows = [
        {
            "url": part.url(plan),
            "label": part.label,
            "count": part.count(plan) if part.count else None,
            "is_here": part.name == here,
        }
        for part in navigation.parts(tab)
    ]
    return {"rows": rows, "tab": navigation.get(tab).label}
