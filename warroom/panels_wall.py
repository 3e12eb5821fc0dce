"""The panels of the wall: what five metres away must tell of a release. Nothing to press."""

from datetime import datetime
from typing import Any

from warroom.live import needs, panels
from warroom.live.headline import shown_verdict, stands
from warroom.live.outlook import ended, next_step
from warroom.models import DeploymentPlan
from warroom.panels import Strip
from warroom.queries import seats, timeline
from warroom.queries.walls import WALL


class WallVerdict(Strip):
    """The verdict with its reason, and the clock."""

    name = "wall-verdict"
    template = "warroom/_wall_verdict.html"
    kinds = (*Strip.kinds, "run.")
    places = (WALL,)
    slot = "board"

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        return {"verdict": shown_verdict(plan, now), "stands": stands(plan, now)}


class WallNext(Strip):
    """What comes next and in how long, or how long a rollback runs already."""

    name = "wall-next"
    template = "warroom/_wall_next.html"
    kinds = (*Strip.kinds, "vote.", "run.")
    places = (WALL,)
    slot = "next"

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        step = next_step(plan, now)
        return {"next": step, "ended": None if step else ended(plan, now)}


class WallAsks(panels.Panel):
    """What the room waits for, soonest first."""

    name = "wall-asks"
    template = "warroom/_wall_asks.html"
    kinds = ("",)
    refresh_s = 30  # what was due becomes late
    places = (WALL,)
    slot = "low"
    order = 10
    SHOWN = 5

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        found = [need for need in needs.needs(plan, now) if not need.optional]
        return {"needs": found[: self.SHOWN], "more": max(0, len(found) - self.SHOWN)}


class WallFeed(panels.Panel):
    """The newest of the timeline."""

    name = "wall-feed"
    template = "warroom/_wall_feed.html"
    kinds = ("",)
    places = (WALL,)
    slot = "low"
    order = 20

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        return {"events": timeline.newest(plan, 6)}


class WallWho(panels.Panel):
    """Who of the people on deck is here."""

    name = "wall-who"
    template = "warroom/_wall_who.html"
    kinds = ("plan.", "seat.", "role.", "invitation.")
    refresh_s = 15  # people come and go without an event
    places = (WALL,)
    slot = "foot"
    SHOWN = 4  # on one line

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        rows = seats.role_rows(plan, now, seats.last_seen(seats.presences(plan)))
        sitters = [(row.role, one) for row in rows for one in row.sitters]
        sitters.sort(key=lambda pair: (not pair[1].here, pair[1].seen_at is None))
        return {"sitters": sitters[: self.SHOWN], "more": max(0, len(sitters) - self.SHOWN)}


for panel in (WallVerdict(), WallNext(), WallAsks(), WallFeed(), WallWho()):
    panels.register(panel)
