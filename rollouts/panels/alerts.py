"""Alerts on the screens: what fires and what fired, who tells it, which tests came back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.queries import alerts
from warroom import navigation
from warroom.live import needs as room_needs
from warroom.live import panels
from warroom.live.needs import Need
from warroom.models import DeploymentPlan, Lifecycle, Right

AGEING_S = 10


class Alerts(panels.Panel):
    """Every alert, firing ones first."""

    name = "alerts"
    template = "rollouts/_alerts.html"
    kinds = ("alert.", "drill.", "hook.", "plan.")
    places = ("alerts",)
    slot = "alerts"
    refresh_s = AGEING_S

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        return {"sheet": alerts.sheet(plan, now)}


class Hooks(Alerts):
    """Who tells alerts, and when each was heard last."""

    name = "alert-hooks"
    template = "rollouts/_alert_hooks.html"
    slot = "hooks"


class Drills(Alerts):
    """Test alerts: fired, received, acknowledged."""

    name = "alert-drills"
    template = "rollouts/_alert_drills.html"
    slot = "drills"


def alert_needs(plan: DeploymentPlan, now: datetime) -> list[Need]:
    """A critical alert that nobody has acknowledged, once it can be this release's."""
    if plan.lifecycle not in (Lifecycle.DEPLOYING, Lifecycle.WATCHING):
        return []
    rows = alerts.unanswered(plan, now)
    if not rows:
        return []
    first, more = rows[0], len(rows) - 1
    return [
        Need(
            key=Right.TICK.value,
            title=_("Acknowledge {first}").format(first=first.name)
            + (_(" and {more} more").format(more=more) if more else ""),
            url=f"/plans/{plan.slug}/alerts/",
            button=_("Open alerts"),
            note=first.summary,
            due=first.received_at,
            icon="warn",
            first=True,
        )
    ]


for panel in (Alerts(), Hooks(), Drills()):
    panels.register(panel)
room_needs.register_needs(alert_needs)
navigation.register_part("checks", "alerts", _l("Alerts"), "alerts", 15)
