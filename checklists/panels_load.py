"""Load profiles live: the table of them, and the runs of each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _l

from checklists.queries.load import load_rows
from checklists.rules.load import LIMITED
from warroom import navigation
from warroom.live import panels
from warroom.models import DeploymentPlan, TimelineEvent


class LoadProfiles(panels.Panel):
    """Every profile with its limits, its newest run, and what runs now."""

    name = "load"
    template = "checklists/_load.html"
    kinds = ("load.", "evidence.", "plan.")
    places = ("trials",)
    slot = "load"
    refresh_s = 30  # a run passes its end without an event

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        rows = load_rows(plan)
        return {
            "rows": [(row, row.overdue(now)) for row in rows],
            "heads": [kind.label for kind in LIMITED],
            "running": sum(row.running is not None for row in rows),
            "failed": sum(row.state in ("failed", "no data") for row in rows),
        }


class LoadRuns(panels.Panel):
    """The runs of one profile, the newest first; a family named by the profile's key."""

    name = "load-runs"
    template = "checklists/_load_runs.html"
    kinds = ("load.", "evidence.", "plan.")
    places = ("trials",)
    slot = "runs"
    refresh_s = 30

    def keys(self, plan: DeploymentPlan, events: Sequence[TimelineEvent]) -> list[str]:
        """The profile that every event names; else all of them."""
        named = {event.data.get("profile") for event in events}
        if events and all(named):
            return sorted(named)
        return list(plan.load_profiles.filter(removed_at=None).values_list("key", flat=True))

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        rows = load_rows(plan, key) if key else []
        return {"row": rows[0], "overdue": rows[0].overdue(now)} if rows else None


LOAD_RUNS = LoadRuns()
for panel in (LoadProfiles(), LOAD_RUNS):
    panels.register(panel)

navigation.register_part("checks", "trials", _l("Load"), "trials", 40)
