"""Rounds and success criteria of the demo: the rounds of its first stage were all performed."""

from datetime import datetime, timedelta
from typing import Any

from rollouts.actions.recording import record_round
from rollouts.actions.success import add_success
from rollouts.actions.watching import save_watching
from rollouts.demo.past import read_at
from rollouts.models import WatchRound
from rollouts.queries.rounds import Watch, watch_now
from rollouts.rules.rounds import next_due
from warroom.demo.clock import standing_at
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


# So long after it was due a round is recorded; one of them late.
USUAL, LATE, LATE_ONE = timedelta(seconds=70), timedelta(minutes=4), 19
LATE_NOTE = "One error burst, 0.07 %, still in target."


def perform(plan: DeploymentPlan, by: User, now: datetime) -> None:
    """Record every round of the running stage that was due before ``now`` (UTC), when it was."""
    watch = watch_now(plan, now)
    if watch is None or watch.began is None or WatchRound.objects.filter(plan=plan).exists():
        return
    due, number = next_due(watch.bands, watch.began, None), 1
    while due is not None and due + LATE < now:
        _record(watch, number, due, by)
        due, number = watch.following(due, watch.began), number + 1


def _record(watch: Watch, number: int, due: datetime, by: User) -> None:
    late = number == LATE_ONE
    at = due + (LATE if late else USUAL)
    with standing_at(at):
        one = WatchRound.objects.create(
            plan=watch.plan, stage=watch.stage, generation=watch.generation, number=number,
            began_at=watch.began, due_at=due,
        )  # fmt: skip
        read_at(watch.plan, at)
        record_round(one, by=by, action="none", note=LATE_NOTE if late else "")
