"""The panels of the wall: what five metres away must tell of a release. Nothing to press."""

from datetime import datetime
from typing import Any

from warroom.live import needs, panels
from warroom.live.headline import shown_verdict, stands
from warroom.live.outlook import ended, next_step
from warroom.models import DeploymentPlan
from warroom.panels import Board, Feed, Needs, Presence
from warroom.queries import seats, timeline
from warroom.queries.walls import WALL


class WallVerdict(Board):
    """The verdict with its reason, and the clock."""

    name = "wall-verdict"
    template = "warroom/_wall_verdict.html"
    places = (WALL,)

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        return {"verdict": shown_verdict(plan, now), "stands": stands(plan, now)}


class WallNext(Board):
    """What comes next and in how long, or how long a rollback runs already."""

    name = "wall-next"
    template = "warroom/_wall_next.html"
    kinds = (*Board.kinds, "vote.", "run.")
    places = (WALL,)
    slot = "next"

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        step = next_step(plan, now)
        return {"next": step, "ended": None if step else ended(plan, now)}


class WallAsks(Needs):
    """What the room waits for, soonest first."""

    name = "wall-asks"
    template = "warroom/_wall_asks.html"
    places = (WALL,)
    slot = "low"
    order = 10
    SHOWN = 5

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        found = [need for need in needs.needs(plan, now) if not need.optional]
        return {"needs": found[: self.SHOWN], "more": max(0, len(found) - self.SHOWN)}


class WallFeed(Feed):
    """The newest of the timeline."""

    name = "wall-feed"
    template = "warroom/_wall_feed.html"
    places = (WALL,)
    slot = "low"
    order = 20

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        return {"events": timeline.newest(plan, 6)}


class WallWho(Presence):
    """Who of the people on deck is here."""

    name = "wall-who"
    template = "warroom/_wall_who.html"
    places = (WALL,)
    slot = "foot"
    SHOWN = 6

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        rows = seats.role_rows(plan, now, seats.last_seen(seats.presences(plan)))
        sitters = [(row.role, one) for row in rows for one in row.sitters]
        sitters.sort(key=lambda pair: not pair[1].here)
        return {"sitters": sitters[: self.SHOWN], "more": max(0, len(sitters) - self.SHOWN)}


for panel in (WallVerdict(), WallNext(), WallAsks(), WallFeed(), WallWho()):
    panels.register(panel)
