"""The panels of the room itself: its shape, verdict, needs, people, what is ahead and behind."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from warroom.actions import lifecycle
from warroom.actions.schedule import ahead
from warroom.live import kept, needs, outlook, panels
from warroom.live.panels import Stand
from warroom.live.shapes import shape_of
from warroom.models import DeploymentPlan
from warroom.panels import Strip
from warroom.queries import timeline
from warroom.queries.contacts import levels_now, of_no_level
from warroom.queries.deck import deck
from warroom.queries.people import roles_now
from warroom.rules import lifecycle as rules
from warroom.rules.facts import field_of
from warroom.rules.schedule import Thing
from warroom.rules.shapes import BEFORE, CALM, WATCH

Context = dict[str, Any]
OBJECTED, OBJECTED_FOR = ("what speaks against going live", ""), timedelta(seconds=20)
# What says that T0 lies ahead is no news before T0.
OF_TIME = ("before-t0", "window")


def _everywhere(slot: str, order: int, fold: str = "shut") -> dict[str, Stand]:
    """Folded beside the room in every shape; the calm one has one column for it."""
    aside = Stand(slot, order, fold)
    return {BEFORE: aside, WATCH: aside, CALM: Stand("deck", order, fold)}


class Shape(panels.Panel):
    """Which shape the room has. Shows nothing; an open page of another shape loads itself anew."""

    name = "shape"
    template = "warroom/_shape.html"
    kinds = ("",)  # whatever calls for help names it in an event of its own kind
    places = ("room",)
    slot = "shape"
    refresh_s = 5  # a verdict ages without anything being written

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context:
        return {"shape": shape_of(plan, now)}


class Board(Strip):
    """The verdict writ large, with its reason in one sentence; before go-live what is missing."""

    name = "verdict"
    template = "warroom/_board.html"
    kinds = (*Strip.kinds, "followup.", "item", "signoff.")
    places = ("room",)
    slot = "board"

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context:
        found = super().context(plan, now, key)
        ended = None if found["next"] else outlook.ended(plan, now)
        before = shape_of(plan, now) == BEFORE
        return found | {"ended": ended, "before": before} | (_missing(plan, now) if before else {})


def _missing(plan: DeploymentPlan, now: datetime) -> Context:
    against = kept.made(
        OBJECTED, plan, now, OBJECTED_FOR, lambda: lifecycle.objections(plan, rules.DEPLOYING, now)
    )
    missing = [one.sentence for one in against if one.code not in OF_TIME]
    return {"missing": missing, "warned": [one for one in against if one.code in OF_TIME]}


class Needs(panels.Panel):
    """What the room needs now. One rendering for everyone: the frame shows each person theirs."""

    name = "needs"
    template = "warroom/_needs.html"
    kinds = ("",)
    places = ("room",)
    slot = "needs"
    order = 10
    refresh_s = 30  # what was due becomes late

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context:
        found = needs.needs(plan, now)
        return {
            "needs": needs.shortened(found),
            "waits": needs.waits_for(found),
            "calm": not found or shape_of(plan, now) == CALM,
        }


class Presence(panels.Panel):
    """Which roles are filled, by whom, and who of them has the room open."""

    name = "presence"
    template = "warroom/_presence.html"
    kinds = ("plan.", "seat.", "role.", "invitation.", "verdict.")
    places = ("room", "meeting")
    slot = "deck"
    order = 10
    refresh_s = 15  # people come and go, and stand-ins begin and end, without an event

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context:
        return {"deck": deck(plan, now), "shape": shape_of(plan, now)}


class Contacts(panels.Panel):
    """Who to call when, and how: the levels of escalation with their people."""

    name = "contacts"
    template = "warroom/_contacts.html"
    kinds = ("plan.", "contact.")
    places = ("room",)
    stands = _everywhere("side", 210)
    heading = _("Who to call")

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        levels = levels_now(plan, now)
        others = of_no_level(plan)
        return {"levels": levels, "others": others} if levels or others else None


def _facts(plan: DeploymentPlan, now: datetime) -> list[tuple[str, str]]:
    """The document's header lines but those that the plan keeps as fields or roles of its own.

    The room moves those; what the document said of them once would contradict it.
    """
    if not plan.facts:
        return []
    roles = {role.name.lower() for role in roles_now(plan, now)}
    return [
        (key, value)
        for key, value in plan.facts.items()
        if not (field_of(key) and getattr(plan, field_of(key))) and key.lower() not in roles
    ]


class About(panels.Panel):
    """The head of the plan: what its document says about it, its times, where it came from."""

    name = "about"
    template = "warroom/_about.html"
    kinds = ("plan.",)
    places = ("room",)
    stands = _everywhere("side", 220)
    heading = _("About this release")

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context:
        imports = plan.events.filter(kind="plan.imported").order_by("seq")
        imported = imports.first() if plan.source_name else None
        return {"imported": imported, "facts": _facts(plan, now)}


class Ahead(panels.Panel):
    """What comes up to go-live and right after it, by its times."""

    name = "ahead"
    template = "warroom/_ahead.html"
    kinds = ("plan.", "item", "phase.", "gate.", "stage.", "seat.", "role.")
    places = ("room",)
    stands = {BEFORE: Stand("side", 10), WATCH: None, CALM: None}
    refresh_s = 60  # what was ahead is over
    shown = 9

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        if shape_of(plan, now) != BEFORE:
            return None
        rows = [{"at": at, "thing": one, "icon": _icon(one)} for at, one in ahead(plan, now)]
        return {"rows": rows[: self.shown], "more": len(rows) - self.shown} if rows else None


# By a word of its key; what no line knows gets the note's icon.
ICONS = {"t0": "flag", "gate": "gate", "item": "list", "phase": "lock", "stage": "deploy"}
ICONS |= {"seat": "user", "role": "user", "group": "list"}


def _icon(thing: Thing) -> str:
    return next((ICONS[word] for word in thing.key.split(":") if word in ICONS), "note")


class LifeSum(panels.Panel):
    """Where the release stands in its life, in a few words."""

    name = "life-sum"
    template = "warroom/_life_sum.html"
    kinds = ("plan.", "stage.")
    places = ("room",)
    slot = "sum"

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context:
        return {"shown": rules.SHOWN[plan.lifecycle]}


class Life(panels.Panel):
    """Where the release stands in its life, and the next step for those who may take it."""

    name = "life"
    template = "warroom/_life.html"
    kinds = ("plan.", "item", "gate.", "signoff.", "stage.")
    places = ("room",)
    stands = _everywhere("side", 205) | {BEFORE: Stand("side", 20, "open")}
    heading = _("Where it stands")
    sum = "life-sum"
    refresh_s = 30  # T0 passes and the window closes without an event

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        return lifecycle.outlook_of(plan, now)


class FeedSum(panels.Panel):
    """How many events there are."""

    name = "feed-sum"
    template = "warroom/_feed_sum.html"
    kinds = ("",)
    places = ("room",)
    slot = "sum"


class Feed(panels.Panel):
    """The newest of the timeline."""

    name = "feed"
    template = "warroom/_feed.html"
    kinds = ("",)  # every event
    places = ("room",)
    slot = "side"
    order = 200
    stands = {CALM: Stand("deck", 200), BEFORE: Stand("side", 200, "open")}
    heading = _("Timeline")
    sum = "feed-sum"

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context:
        return {"events": timeline.newest(plan, 12)}


for panel in (
    Shape(),
    Board(),
    Needs(),
    Presence(),
    Contacts(),
    About(),
    Ahead(),
    LifeSum(),
    Life(),
    FeedSum(),
    Feed(),
):
    panels.register(panel)
