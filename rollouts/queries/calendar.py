"""The calendar of the whole rollout, and who is there by night."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rollouts.models import Stage, StageState
from rollouts.queries.holds import hold_of
from rollouts.queries.rollouts import rollout_now
from rollouts.queries.soaks import soak_of
from rollouts.queries.stages import planned, stages_now
from rollouts.rules import calendar as rules
from warroom.models import DeploymentPlan, Right, Seat
from warroom.queries.once import once
from warroom.queries.people import span_of
from warroom.rules.coverage import Span


@dataclass(frozen=True)
class Line:
    """A stage in the calendar. ``by_night``: its soak touches a night that lies ahead.

    ``alone``: parts of these nights, in words, in which nobody sits who may run the rollout.
    """

    stage: Stage
    entry: rules.Entry
    by_night: bool
    watchers: tuple[str, ...]
    alone: tuple[str, ...]


def entries_now(plan: DeploymentPlan, now: datetime) -> list[rules.Entry]:
    """The stages with planned, expected and actual times at ``now`` (UTC), read once."""
    return once(plan, now, "calendar", lambda: _entries(plan, now))


def _entries(plan: DeploymentPlan, now: datetime) -> list[rules.Entry]:
    rollout = rollout_now(plan, now)
    hold = hold_of(rollout, now)
    rows = []
    for stage in stages_now(plan, now):
        running = stage.state == StageState.RUNNING
        soak = soak_of(plan, stage, rollout, now) if running else None
        rows.append(
            rules.Planned(
                stage.number, stage.to_percent, stage.soak_s, planned(plan, stage), stage.state,
                stage.started_at, stage.ended_at, soak.left_s if soak else None,
            )
        )  # fmt: skip
    return rules.entries(rows, now, hold.until if hold else None)


def behind(plan: DeploymentPlan, now: datetime) -> str:
    """“on plan, 0 min behind”; "" where nothing was planned."""
    return rules.behind_text(rules.behind_s(entries_now(plan, now)))


def calendar(plan: DeploymentPlan, now: datetime) -> list[Line]:
    """A line per stage, with who is there in the nights ahead. One statement more than stages."""
    found = entries_now(plan, now)
    seats = list(
        Seat.objects.filter(role__plan=plan, user__is_active=True).select_related("role", "user")
    )
    sitting = [(span_of(seat), seat) for seat in seats if seat.role.may(Right.RUN)]
    by_number = {stage.number: stage for stage in stages_now(plan, now)}
    return [_line(plan, by_number[one.number], one, sitting, now) for one in found]


def _line(
    plan: DeploymentPlan,
    stage: Stage,
    entry: rules.Entry,
    sitting: Sequence[tuple[Span, Seat]],
    now: datetime,
) -> Line:
    nights: list[Span] = []
    if entry.begins and entry.ends and entry.ends > now and entry.state in ("running", "pending"):
        nights = rules.nights(Span(max(entry.begins, now), entry.ends), plan.time_zone)
    there = [
        seat
        for span, seat in sitting
        if any(span.starts < night.ends and night.starts < span.ends for night in nights)
    ]
    alone = rules.uncovered(nights, [span for span, _ in sitting])
    return Line(
        stage,
        entry,
        bool(nights),
        tuple(dict.fromkeys(seat.user.display_name for seat in there)),
        tuple(gap.words(now) for gap in alone[:3]),
    )
