"""The panels that stand on every page of a release, and those of its pages beside the room."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from warroom import navigation
from warroom.live import lint, needs, outlook, panels
from warroom.live.headline import headline, shown_verdict, stands
from warroom.live.people import people_lint, people_needs
from warroom.models import DeploymentPlan, Lifecycle, Right, TimelineEvent
from warroom.queries import timeline, work
from warroom.queries.escalations import open_now
from warroom.rules import lifecycle as rules


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
            "stands": stands(plan, now),
            "headline": headline(plan, now),
            "next": outlook.next_step(plan, now),
        }


class Silence(panels.Panel):
    """A banner on every page while no worker looks for due work, or no watchdog over it."""

    name = "silence"
    template = "warroom/_silence.html"
    places = ("every",)
    slot = "banner"
    refresh_s = 5

    LATE_S = 15

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        since, watched = work.last_looks()
        late = since is None or (now - since).total_seconds() > self.LATE_S
        lost = watched is not None and (now - watched).total_seconds() > self.LATE_S
        return {
            "silent": late,
            "since": since if late else None,
            # It does the work of the silent ones; that it is silent itself matters as much.
            "guarded": late and watched is not None and not lost,
            "unwatched": watched if lost else None,
        }


class Escalations(panels.Panel):
    """Calls for help that nobody has closed: why, since when, who answered."""

    name = "escalation"
    template = "warroom/_escalations.html"
    kinds = ("",)  # whatever opens one names it in an event of its own kind
    places = ("room", "escalation")
    slot = "side"
    order = 5

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        found = open_now(plan, now)
        return {"open": found} if found else None


class Archived(panels.Panel):
    """A banner on every page of a closed release; while it stands, controls are hidden."""

    name = "archived"
    template = "warroom/_archived.html"
    kinds = ("plan.",)
    places = ("every",)
    slot = "banner"

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        return {} if plan.lifecycle in rules.CLOSED else None


class Lint(panels.Panel):
    """What does not add up in the plan, with the way out of each."""

    name = "lint"
    template = "warroom/_lint.html"
    kinds = ("",)
    places = ("settings",)
    slot = "settings"
    refresh_s = 60  # dates pass without an event

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        return {"findings": lint.lint(plan, now)}


class Timeline(panels.Panel):
    """The timeline's first page, as it is without a filter."""

    name = "timeline"
    template = "warroom/_timeline.html"
    kinds = ("",)
    places = ("timeline",)
    slot = "work"

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        events = timeline.entries(plan)
        return {"live": True, "events": events, "older": timeline.older(events)}


SPOKEN = 5  # turns; of more at once nobody could follow


class Say(panels.Panel):
    """What screen readers are told when the release turns; pages begin with it empty.

    The newest turns, each with its number: a page speaks those that it has not spoken yet, so
    none is heard twice, and none is lost where several came at once.
    """

    name = "say"
    template = "warroom/_say.html"
    kinds = ("verdict.", "gate.decided", "rollback.", "escalation.")
    kinds += ("plan.went_live", "plan.rolled_back", "plan.aborted", "plan.stable")
    places = ("every",)
    slot = "say"

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        found = timeline.entries(plan, kinds=self.kinds, count=SPOKEN)
        return {"turns": found[::-1]} if found else None


class TabCount(panels.Panel):
    """The small figure on a section's tab, such as 8/14; a family with one member per tab."""

    name = "tab"
    template = "warroom/_tab_count.html"
    kinds = ("",)
    places = ("every",)
    slot = "tabs"
    refresh_s = 15  # what was counted as green may have grown old

    def keys(self, plan: DeploymentPlan, events: Sequence[TimelineEvent]) -> list[str]:
        return [tab.name for tab in navigation.tabs() if tab.count]

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        return {"count": navigation.get(key).count(plan, now) or ""} if key else None


BUILT_IN = (
    Strip(),
    Silence(),
    Escalations(),
    Archived(),
    Lint(),
    Timeline(),
    Say(),
    TabCount(),
)
for panel in BUILT_IN:
    panels.register(panel)


def findings(plan: DeploymentPlan, now: datetime) -> list[needs.Need]:
    """What does not add up waits for those who may edit the plan, until the release is live.

    The settings show it at any time; a room that is watched does not pay for it at every event.
    """
    ahead = plan.lifecycle in (Lifecycle.DRAFT, Lifecycle.PREPARING)
    found = lint.lint(plan, now) if ahead else []
    if not found:
        return []
    title = ngettext(
        "Answer {count} finding in the plan", "Answer {count} findings in the plan", len(found)
    )
    more = _(", and {count} more").format(count=len(found) - 1) if len(found) > 1 else ""
    return [
        needs.Need(
            title=title.format(count=len(found)),
            key=Right.EDIT,
            url=f"{reverse('settings', args=[plan.slug])}#findings",
            button=_("See findings"),
            note=f"{found[0].title}{more}.",
            icon="warn",
            optional=True,
        )
    ]


def next_of_life(plan: DeploymentPlan, now: datetime) -> list[needs.Need]:
    """A draft waits to be opened, and after T0 a release that is ready waits to go live."""
    if plan.lifecycle == rules.DRAFT:
        word, title, due = rules.PREPARING, _("Open the room"), None
    elif plan.lifecycle == rules.PREPARING and plan.t0 is not None and plan.t0 <= now:
        word, title, due = rules.DEPLOYING, _("Go live"), plan.t0
    else:
        return []
    step, url = rules.STEPS[word], f"{plan.get_absolute_url()}#life"
    note = step.says if due is None else _("T0 has come.")
    return [needs.Need(title, step.right, url, _("Look at it"), note=note, due=due, icon="flag")]


def calls(plan: DeploymentPlan, now: datetime) -> list[needs.Need]:
    """A call that nobody has answered comes before everything."""
    return [
        needs.Need(
            title=_("Answer {one}: {reason}").format(one=one, reason=one.reason),
            key=Right.TICK,
            url=f"{reverse('escalation', args=[plan.slug])}#e-{one.number}",
            button=_("See {one}").format(one=one),
            note=_("Whoever acknowledges it looks after it."),
            due=one.opened_at,
            icon="tel",
            main=True,
            first=True,
        )
        for one in open_now(plan, now)
        if one.acknowledged_at is None
    ]


needs.register_needs(calls)
needs.register_needs(people_needs)
needs.register_needs(next_of_life)
needs.register_needs(findings)
lint.register_lint(people_lint)
navigation.register_tab("room", _l("Room"), "room", 10, icon="room", key="r")
navigation.register_tab("escalation", _l("Escalation"), "escalation", 65, icon="tel", key="h")
navigation.register_tab("timeline", _l("Timeline"), "timeline", 60, icon="note", key="t")
navigation.register_tab("updates", _l("Status page"), "status-updates", 70, icon="chat", key="s")
navigation.register_tab("settings", _l("Settings"), "settings", 120, icon="list", key="e")
