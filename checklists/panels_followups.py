"""What decisions started: live on its own page and beside its gate, and among what a room needs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from checklists.models import FollowUp
from checklists.queries.followups import followup_needs, followups_of
from checklists.rules.followups import title_of
from warroom.live import needs, panels
from warroom.models import DeploymentPlan, TimelineEvent

KINDS = ("followup.", "gate.", "plan.")


class FollowUps(panels.Panel):
    """All of a release: what is to do, and what is over."""

    name = "followups"
    template = "checklists/_followups.html"
    kinds = KINDS
    places = ("followups",)
    slot = "work"
    refresh_s = 60  # one falls due without anything being written

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        rows = list(followups_of(plan))
        return {
            "to_do": [_shown(row) for row in rows if row.done_at is None],
            "over": [_shown(row) for row in rows if row.done_at is not None],
        }


def _shown(row: FollowUp) -> dict[str, Any]:
    return {"row": row, "title": title_of(row.text)}


class GateFollowUps(panels.Panel):
    """What the decisions of one gate started; a family named by the gate's key."""

    name = "gate-followups"
    template = "checklists/_gate_followups.html"
    kinds = KINDS
    places = ("gate",)
    slot = "gate"

    def keys(self, plan: DeploymentPlan, events: Sequence[TimelineEvent]) -> list[str]:
        """The gates that the events name; all that started something where one names none."""
        named = {event.data.get("gate") for event in events}
        if not named - {None, ""} or any(event.kind.startswith("plan.") for event in events):
            started = followups_of(plan).exclude(decision=None).order_by()
            named |= set(started.values_list("decision__gate__key", flat=True))
        return sorted(named - {None, ""})

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        rows = list(followups_of(plan).filter(decision__gate__key=key)) if key else []
        return {"followups": rows} if rows else None


GATE_FOLLOWUPS = GateFollowUps()
for panel in (FollowUps(), GATE_FOLLOWUPS):
    panels.register(panel)

needs.register_needs(followup_needs)
