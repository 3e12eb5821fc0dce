"""What the evidence page shows live: results as they count now, and what came in last."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _l

from checklists.queries.results import results_now
from warroom import navigation
from warroom.live import panels
from warroom.models import DeploymentPlan

SHOWN = 10
MOST = 100  # names of results that the table shows; the API lists all


class Results(panels.Panel):
    """The newest result of each name: value, verdict, age, and what it feeds."""

    name = "results"
    template = "checklists/_results.html"
    kinds = ("evidence.", "criterion.", "gate.", "readiness.", "finding.", "load.", "plan.")
    places = ("evidence",)
    slot = "results"
    refresh_s = 30  # results grow old without an event

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        rows = results_now(plan, now)
        names = Counter(row.result.name for row in rows)
        return {
            "rows": rows[:MOST],
            "count": len(rows),
            "old": sum(row.is_old and row.result.counts for row in rows),
            "twice": {name for name, times in names.items() if times > 1},
        }


class Imports(panels.Panel):
    """What came in last, and what was refused and where."""

    name = "imports"
    template = "checklists/_imports.html"
    kinds = ("evidence.",)
    places = ("evidence",)
    slot = "imports"

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        events = plan.events.filter(kind__startswith="evidence.").order_by("-seq")
        return {"events": events[:SHOWN]}


for panel in (Results(), Imports()):
    panels.register(panel)

navigation.register_part("checks", "evidence", _l("Evidence"), "evidence", 20)
