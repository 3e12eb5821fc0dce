"""How punctual the checks themselves are."""

from datetime import datetime
from typing import Any

from rollouts.queries.engine import last_minute
from warroom.live import panels
from warroom.models import DeploymentPlan


class Engine(panels.Panel):
    """How much was asked in the last minute, how late, and whether any slot was missed."""

    name = "engine"
    template = "rollouts/_engine.html"
    kinds = ("check.added", "metric.added")
    places = ("checks",)
    slot = "tables"
    order = 95
    refresh_s = 10

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        minute = last_minute(now)
        return {"minute": minute} if minute.asked else None


panels.register(Engine())
