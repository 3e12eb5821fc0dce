"""The panels of the page Rollout that tell of stages: where it stands, and how it came there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _l

from rollouts.models import StageState
from rollouts.queries.calendar import behind, calendar
from rollouts.queries.history import history
from rollouts.queries.holds import hold_of
from rollouts.queries.rollouts import is_known, is_observed, rollout_now
from rollouts.queries.soaks import soak_of
from rollouts.queries.stages import stages_now, track
from rollouts.rules.shares import agrees
from warroom import navigation
from warroom.live import panels
from warroom.models import DeploymentPlan

KINDS = ("stage.", "rollout.", "gate.", "verdict.", "rollback.", "effect.", "plan.", "criterion.")


class Track(panels.Panel):
    """What is wanted, what is seen, how long the soak still takes, and what comes next."""

    name = "track"
    template = "rollouts/_rollout_track.html"
    kinds = (*KINDS, "metric.", "check.")
    places = ("rollout",)
    slot = "top"
    order = 10
    refresh_s = 10

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        found = track(plan, now)
        if found is None:
            return None
        rollout = rollout_now(plan, now)
        wanted = rollout is not None and rollout.desired_at is not None
        known = wanted and is_known(rollout, now)
        return {
            "track": found,
            "stages": len(found.steps) - 1,
            "rollout": rollout if wanted else None,
            "percent": rollout.desired_percent if wanted else _percent(plan, now),
            "observed": is_observed(rollout),
            "agrees": known and agrees(rollout.actual_percent, rollout.desired_percent),
            "apart": _apart(rollout) if known else None,
            "soak": soak_of(plan, found.running, rollout, now),
            "hold": hold_of(rollout, now),
            "behind": behind(plan, now),
        }


def _apart(rollout) -> float | None:
    if rollout.actual_percent is None:
        return None
    return round(abs(rollout.actual_percent - rollout.desired_percent), 2)


def _percent(plan: DeploymentPlan, now: datetime) -> int:
    """Before anything was wanted through the rollout: the share of the newest stage begun."""
    live = (StageState.RUNNING, StageState.DONE)
    begun = [stage for stage in stages_now(plan, now) if stage.state in live]
    return begun[-1].to_percent if begun else 0


class History(panels.Panel):
    """Advances, holds, rollbacks and drills, with reason and how long each took."""

    name = "rollout-history"
    template = "rollouts/_rollout_history.html"
    kinds = (*KINDS, "drill.", "run.")
    places = ("rollout",)
    slot = "main"
    order = 90

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        rows = history(plan, now)
        return {"rows": rows} if rows else None


class Calendar(panels.Panel):
    """All stages with planned, expected and actual times, and who is there by night."""

    name = "rollout-calendar"
    template = "rollouts/_rollout_calendar.html"
    kinds = (*KINDS, "seat.")
    places = ("rollout",)
    slot = "main"
    order = 80
    refresh_s = 60

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        lines = calendar(plan, now)
        return {"lines": lines, "behind": behind(plan, now)} if lines else None


def share(plan: DeploymentPlan, now: datetime) -> str | None:
    """``5 %`` for the tab: the share that is wanted; None before the first stage."""
    stages = stages_now(plan, now)
    if all(stage.state == StageState.PENDING for stage in stages):
        return None
    return f"{_percent(plan, now)} %"


for panel in (Track(), History(), Calendar()):
    panels.register(panel)
navigation.register_tab("rollout", _l("Rollout"), "rollout", 45, count=share, icon="steps", key="o")
navigation.register_part("rollout", "rollout", _l("Rollout"), "rollout", 10)
navigation.register_part("rollout", "stages", _l("Stages"), "stages", 40)
