"""The panels of the room itself: verdict, clock, people, timeline."""

from datetime import datetime
from typing import Any

from warroom.live import outlook, panels
from warroom.models import DeploymentPlan, Role
from warroom.queries import timeline
from warroom.rules import verdicts


def shown_verdict(plan: DeploymentPlan, now: datetime) -> verdicts.ShownVerdict:
    """The plan's kept verdict as it counts at ``now``."""
    return verdicts.as_read(
        plan.verdict,
        plan.verdict_sentence,
        plan.verdict_counts,
        plan.verdict_since,
        plan.verdict_valid_until,
        now,
    )


class Strip(panels.Panel):
    """The bar on every page of a release: verdict, clock, next step."""

    name = "strip"
    template = "warroom/_strip.html"
    kinds = ("verdict.", "gate.", "stage.", "plan.", "rollback.")
    places = ("every",)
    slot = "strip"
    refresh_s = 5  # a verdict ages without anything being written

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        return {
            "verdict": shown_verdict(plan, now),
            "position": outlook.position(plan),
            "next": outlook.next_step(plan, now),
        }


class Board(Strip):
    """The verdict writ large, with its reason in one sentence."""

    name = "verdict"
    template = "warroom/_board.html"
    places = ("room",)
    slot = "board"


class Presence(panels.Panel):
    """Which roles are filled, and by whom."""

    name = "presence"
    template = "warroom/_presence.html"
    kinds = ("plan.", "seat.")
    places = ("room",)
    slot = "deck"

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        roles = Role.objects.filter(plan=plan).prefetch_related("seats__user")
        return {"roles": roles}


class Feed(panels.Panel):
    """The newest of the timeline."""

    name = "feed"
    template = "warroom/_feed.html"
    kinds = ("",)  # every event
    places = ("room",)
    slot = "side"
    order = 200

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        return {"events": timeline.newest(plan, 12), "count": plan.timeline_seq}


for panel in (Strip(), Board(), Presence(), Feed()):
    panels.register(panel)
