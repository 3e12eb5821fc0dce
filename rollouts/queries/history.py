"""What became of the rollout: advances, holds, rollbacks and drills, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from rollouts.models import RollbackRun, RunOutcome
from rollouts.queries.safe_start import runs_now
from warroom.models import DeploymentPlan, TimelineEvent
from warroom.queries import timeline
from warroom.rules.wording import duration_text

KINDS = (
    "stage.started", "stage.changed", "rollout.", "verdict.changed", "gate.decided", "plan.resumed",
)  # fmt: skip
SEEN = ("rollout.observed", "rollout.confirmed")
LOOKED_AT, SHOWN = 300, 30


@dataclass(frozen=True)
class Happened:
    """A row: ``mark`` is a symbol, ``look`` its colour; ``took`` is a length in words or ""."""

    at: datetime
    mark: str
    look: str
    change: str
    by: str
    reason: str
    took: str = ""
    run: int | None = None


def history(plan: DeploymentPlan, now: datetime) -> list[Happened]:
    """The newest rows of the rollout's history; two SQL statements, one where runs are read."""
    events = timeline.entries(plan, kinds=KINDS, count=LOOKED_AT)
    rows = [row for event in events if (row := _of_event(event, events))]
    rows += [_of_run(run, now) for run in runs_now(plan, now)[:SHOWN]]
    return sorted(rows, key=lambda row: row.at, reverse=True)[:SHOWN]


def _of_event(event: TimelineEvent, events: Sequence[TimelineEvent]) -> Happened | None:
    data, kind = event.data, event.kind
    reason = str(data.get("reason") or "")
    if kind == "stage.started":
        change = _("{before} to {after} %").format(before=data["before"], after=data["after"])
        return _row(event, "run", "run", change, reason, _took(event, events))
    if kind == "rollout.resumed":
        change = _("Resumed at {after} %").format(after=data["after"])
        return _row(event, "run", "run", change, reason, _took(event, events))
    if kind == "rollout.held":
        return _row(
            event,
            "warn",
            "warn",
            _("Hold at {percent} %").format(percent=data.get("percent", 0)),
            reason,
            _("instant"),
        )
    if kind == "rollout.released":
        return _row(event, "ok", "ok", _("Hold ended"), reason, _("instant"))
    if kind == "rollout.drifted":
        return _row(event, "warn", "warn", _("Another share is seen"), event.text)
    if kind == "verdict.changed" and data.get("hold"):
        return _rule_hold(event)
    return None


def _rule_hold(event: TimelineEvent) -> Happened:
    reasons = event.data.get("reasons") or [""]
    if event.data["hold"] == "ended":
        return _row(event, "ok", "ok", _("Hold ended"), _("Looked at again"), _("instant"))
    return _row(event, "warn", "warn", _("Hold"), str(reasons[0]), _("instant"))


def _row(
    event: TimelineEvent, mark: str, look: str, change: str, reason: str, took: str = ""
) -> Happened:
    return Happened(event.at, mark, look, change, event.actor_name, reason, took)


def _took(event: TimelineEvent, events: Sequence[TimelineEvent]) -> str:
    """From wanted to seen: the first sight after it, before the next share was wanted."""
    if event.data.get("seen"):
        return _("instant")
    share, moves = event.data.get("after"), ("stage.started", "rollout.resumed")
    for later in reversed(events):
        if later.seq <= event.seq:
            continue
        if later.kind in moves:
            break
        if later.kind in SEEN and later.data.get("percent") == share:
            return duration_text(later.at - event.at)
    return ""


def _of_run(run: RollbackRun, now: datetime) -> Happened:
    took = duration_text((run.ended_at or now) - run.started_at)
    where = f", {run.place}" if run.place else ""
    if run.drill:
        change, look, mark = _("Rollback drill{where}").format(where=where), "skip", "skip"
    else:
        change, look, mark = (
            _("{from_percent} to {to_percent} %").format(
                from_percent=run.from_percent, to_percent=run.to_percent
            ),
            "bad",
            "v-rollback",
        )
    if run.outcome == RunOutcome.FAILED:
        change += _(", did not work")
    reason = (
        run.reason
        if run.false_positive_at is None
        else _("{reason} False alarm.").format(reason=run.reason)
    )
    took = took if run.ended_at else _("{took}, under way").format(took=took)
    return Happened(run.started_at, mark, look, change, run.started_by, reason, took, run.number)
