"""The panels of the page Rollout that tell of stages: where it stands, and how it came there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rollouts.models import Stage, StageState
from rollouts.queries.stages import stages_now, track
from warroom import navigation
from warroom.live import panels
from warroom.models import DeploymentPlan


class Track(panels.Panel):
    """What is wanted, what is seen, how long the soak still takes, and what comes next."""

    name = "track"
    template = "rollouts/_rollout_track.html"
    kinds = ("stage.", "rollout.", "gate.", "verdict.", "rollback.", "plan.")
    places = ("rollout",)
    slot = "top"
    order = 10
    refresh_s = 10

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        found = track(plan, now)
        return None if found is None else {"track": found}


def share(plan: DeploymentPlan, now: datetime) -> str | None:
    """``5 %`` for the tab: the share of the stage that is under way; None before the first."""
    begun: list[Stage] = [s for s in stages_now(plan, now) if s.state != StageState.PENDING]
    return f"{begun[-1].to_percent} %" if begun else None


panels.register(Track())
navigation.register_tab("rollout", "Rollout", "rollout", 45, count=share, icon="steps", key="o")
navigation.register_part("rollout", "rollout", "Rollout", "rollout", 10)
