"""Rounds and success criteria of the demo.

Rounds begin when the demo begins: nobody looked before, and nothing is written down afterwards.
"""

from datetime import datetime
from typing import Any

from rollouts.actions.success import add_success
from rollouts.actions.watching import save_watching
from warroom.models import DeploymentPlan, User

BY = "demo"
HOUR = 3600
DAY_OF_WATCHING = [
    {
        "every_s": 300,
        "until_s": HOUR,
        "duties": ["Check the error logs", "Check the alerts", "Look at CPU and memory"],
    },
    {"every_s": 1800, "until_s": 8 * HOUR, "duties": ["Look through the dashboards"]},
    {"every_s": 7200, "until_s": 24 * HOUR, "duties": ["Look for anomalies"]},
]
# A demo that nobody looks at should not hold its stage within the first hour.
MISSED_HOLDS = 8
CRITERIA: tuple[dict[str, Any], ...] = (
    {"group": "T+12 h", "text": "No rollback", "due_offset_s": 12 * HOUR, "counts": "rollbacks"},
    {"group": "T+24 h", "text": "No round missed", "due_offset_s": 24 * HOUR,
     "counts": "missed_rounds"},
    {"group": "48 hours at 100 %", "text": "Error rate < 0.1 % for 48 hours at 100 %",
     "due_offset_s": 48 * HOUR, "since": "full", "query": "error-rate", "bound": "< 0.1",
     "over_s": 48 * HOUR},
    {"group": "48 hours at 100 %", "text": "Users are content", "due_offset_s": 48 * HOUR,
     "since": "full"},
)  # fmt: skip


def fill(plan: DeploymentPlan, admin: User, now: datetime) -> None:
    """Ask for rounds of the day after the rollout, and for its success criteria."""
    if plan.success_criteria.exists():
        return
    save_watching(plan, DAY_OF_WATCHING, late_s=120, missed_holds=MISSED_HOLDS, by=BY)
    known = set(plan.prometheusquery_set.values_list("key", flat=True))
    for fields in CRITERIA:
        if fields.get("query", "") in {"", *known}:
            add_success(plan, fields, by=BY)
