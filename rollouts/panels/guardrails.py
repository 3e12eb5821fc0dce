"""The panel of guardrails: what rolls back without asking, and how near it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.models import Guardrail
from rollouts.queries.guardrails import RailState, Scene, states_now
from rollouts.rules.guardrails import AUTOMATIC, OFF, RECOMMEND
from warroom.live import panels
from warroom.models import DeploymentPlan

# What a row says at its end: signal and word.
CLEAR = ("green", _l("Clear"))


class Guardrails(panels.Panel):
    """Each rule with its value now, how long it has been in breach, and what it says."""

    name = "guardrails"
    template = "rollouts/_guardrails.html"
    kinds = ("guardrail.", "rollback.", "rollout.", "stage.", "metric.", "check.", "plan.")
    places = ("rollout",)
    slot = "main"
    order = 20
    refresh_s = 5  # a breach goes on without anything being written

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        scene, states = states_now(plan, now)
        if not states:
            return None
        rows = [
            {"state": state, "key": state.rail.key, "said": said(state, scene)} for state in states
        ]
        return {
            "rows": rows,
            "armed": armed(states, scene),
            "every_s": min(_every(state.rail) for state in states),
            "looked_at": scene.rollout.guarded_at if scene.rollout else None,
        }


def said(state: RailState, scene: Scene) -> tuple[str, str]:
    """Signal and word of a row; a guardrail that cannot look says so and never that it is clear."""
    if state.mode == OFF:
        return "skip", _("Off")
    if not scene.percent:
        return "skip", _("Nothing is served")
    if state.tripped:
        return "red", _("Tripped")
    if state.breach:
        return "yellow", _("In breach")
    return ("no_data", _("No data")) if state.trouble else CLEAR


def armed(states: list[RailState], scene: Scene) -> tuple[str, str]:
    """Signal and word over the table."""
    if not scene.percent:
        return "skip", _("Not armed: 0 % is served")
    if any(state.mode == AUTOMATIC for state in states):
        return "green", _("Armed")
    recommending = any(state.mode == RECOMMEND for state in states)
    return ("yellow", _("Recommends only")) if recommending else ("skip", _("Off"))


def _every(rail: Guardrail) -> int:
    watched = rail.query or rail.health_check
    return watched.interval_s if watched else 1


panels.register(Guardrails())
