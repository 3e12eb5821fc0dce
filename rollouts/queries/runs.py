"""Runs of procedures, for real and as drills."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from checklists.rules.bands import Band
from rollouts.models import (
    CheckResult,
    MetricSample,
    Probing,
    RollbackRun,
    RunStep,
    StepKind,
)
from rollouts.queries.watching import Watched, checks_now, metrics_now, watched
from rollouts.rules import runs as rules
from warroom.models import DeploymentPlan
from warroom.rules.wording import span_text

NO_DATA = "no data"
BLIND = (False, NO_DATA, 0.0)
SHOWS = (StepKind.METRIC, StepKind.CHECK)
# The longest that readings are looked back for, beyond what a step has to hold.
SLACK = timedelta(minutes=2)


def frozen_now(plan: DeploymentPlan, now: datetime) -> dict[str, Any]:
    """What is measured at ``now`` (UTC) as JSON: the readings at the trigger of a run.

    Two SQL statements at most.
    """
    rows: list[Probing] = [*metrics_now(plan, now), *checks_now(plan, now)]
    return {
        "at": now.isoformat(),
        "verdict": plan.verdict,
        "sentence": plan.verdict_sentence,
        "readings": [_reading(watched(row, now)) for row in rows],
    }


def _reading(one: Watched) -> dict[str, Any]:
    observed = one.row.observed_at
    return {
        "kind": one.kind,
        "key": one.key,
        "name": one.name,
        "band": one.band,
        "signal": one.signal,
        "word": one.word,
        "value": one.value,
        "unit": one.unit,
        "target": one.target,
        "note": one.note,
        "trouble": one.trouble,
        "observed_at": observed.isoformat() if observed else None,
    }


# --- steps -----------------------------------------------------------------------------------


def open_steps(steps: Iterable[RunStep]) -> list[RunStep]:
    """Those that are neither done nor left out; one that failed is open."""
    return [step for step in steps if step.done_at is None]


def in_the_way(steps: Iterable[RunStep], step: RunStep) -> RunStep | None:
    """The first step that blocks, stands before ``step`` and is open."""
    before = [one for one in open_steps(steps) if one.blocking and one.position < step.position]
    return min(before, key=lambda one: one.position, default=None)


def begins_at(run: RollbackRun) -> datetime:
    """From when the stopwatch of a run counts (UTC)."""
    window = run.guardrail.window_s if run.guardrail_id and run.guardrail else 0
    return rules.decide_from(run.started_at, None if run.drill else run.breach_at, window)


def legs_of(run: RollbackRun, steps: Sequence[RunStep]) -> list[rules.Leg]:
    """The segments of a run as its steps stand."""
    timed = [rules.Timed(step.segment, step.target_s, step.done_at) for step in steps]
    return rules.legs(timed, begins_at(run), run.ended_at)


@dataclass(frozen=True)
class Watch:
    """A step that a metric or check shows: what it reads, and since when it held (seconds)."""

    step: RunStep
    green: bool
    value: str
    held_s: float

    @property
    def holds(self) -> bool:
        """Whether it is green and was for long enough."""
        return self.green and self.held_s >= self.step.hold_s

    @property
    def is_blind(self) -> bool:
        return self.value == NO_DATA

    @property
    def text(self) -> str:
        """``0.62 %, 0:48 of 2:00``."""
        if self.is_blind:
            return _("no data")
        if not self.step.hold_s:
            return self.value
        held = min(self.held_s, self.step.hold_s)
        return _("{value}, {held} of {hold_s}").format(
            value=self.value, held=span_text(held), hold_s=span_text(self.step.hold_s)
        )


def watches(run: RollbackRun, steps: Sequence[RunStep], now: datetime) -> dict[int, Watch]:
    """What the open steps of metrics and checks show, by position; four SQL statements at most.

    Counted from the beginning of their leg. In a drill nothing is shown: what is measured is
    production, and the drill is held elsewhere.
    """
    if run.drill or run.ended_at is not None:
        return {}
    begun = {leg.segment: leg.begins for leg in legs_of(run, steps)}
    wanted = [step for step in open_steps(steps) if step.kind in SHOWS and begun[step.segment]]
    rows = _rows(run.plan, wanted, now)
    points = _points(rows, wanted, now)
    return {
        step.position: Watch(step, *_shown(rows[key], points.get(key, []), begun, step, now))
        for step in wanted
        if (key := _key(step)) in rows
    }


def _key(step: RunStep) -> tuple[str, int | None]:
    return ("metric", step.query_id) if step.query_id else ("check", step.health_check_id)


def _rows(
    plan: DeploymentPlan, wanted: Sequence[RunStep], now: datetime
) -> dict[tuple[str, int | None], Probing]:
    if not wanted:
        return {}
    found: dict[tuple[str, int | None], Probing] = {}
    if any(step.query_id for step in wanted):
        found |= {("metric", row.pk): row for row in metrics_now(plan, now)}
    if any(step.health_check_id for step in wanted):
        found |= {("check", row.pk): row for row in checks_now(plan, now)}
    return found


def _points(
    rows: dict, wanted: Sequence[RunStep], now: datetime
) -> dict[tuple[str, int], list[tuple[datetime, str]]]:
    """Readings of the last while, oldest first, by what they are of."""
    since = now - timedelta(seconds=max((step.hold_s for step in wanted), default=0)) - SLACK
    found: dict[tuple[str, int], list[tuple[datetime, str]]] = {}
    kinds = (("metric", MetricSample, "query_id"), ("check", CheckResult, "health_check_id"))
    for kind, model, field in kinds:
        ids = {getattr(step, field) for step in wanted if _key(step)[0] == kind}
        if not ids - {None}:
            continue
        read = model.objects.filter(**{f"{field}__in": ids - {None}}, at__gte=since)
        for pk, at, band in read.order_by("at").values_list(field, "at", "band"):
            found.setdefault((kind, pk), []).append((at, band))
    return found


def _shown(
    row: Probing, points: Sequence, begun: dict, step: RunStep, now: datetime
) -> tuple[bool, str, float]:
    one = watched(row, now)
    value = "" if one.band == Band.NO_DATA else f"{one.value} {one.unit}".strip()
    green = one.band == Band.GREEN
    held = rules.held_s(points, begun[step.segment], row.interval_s) if green else 0.0
    return green, value or NO_DATA, held


def shown_by(run: RollbackRun, step: RunStep, now: datetime) -> Watch | None:
    """What a step of a metric or check shows at ``now`` (UTC), also before its leg begins.

    None in a drill and where the step names neither; one that is not watched any more is blind.
    """
    if run.drill or step.kind not in SHOWS or _key(step)[1] is None:
        return None
    found = watches(run, list(run.steps.all()), now)
    if step.position in found:
        return found[step.position]
    row = _rows(run.plan, [step], now).get(_key(step))
    return Watch(step, *(_shown(row, [], {step.segment: now}, step, now) if row else BLIND))


def to_close(run: RollbackRun, now: datetime) -> list[Watch]:
    """The steps that are shown to be done at ``now`` (UTC), in their order.

    One that stands behind an open step that blocks has to wait for it.
    """
    steps = list(run.steps.all())
    found = watches(run, steps, now).values()
    return [one for one in found if one.holds and in_the_way(steps, one.step) is None]


def waiting_runs() -> list[RollbackRun]:
    """Real runs under way with a step that a metric or check shows; one SQL statement."""
    rows = RollbackRun.objects.filter(
        drill=False, ended_at=None, steps__done_at=None, steps__kind__in=SHOWS
    )
    return list(rows.select_related("plan", "guardrail").distinct())


def downtime_of(run: RollbackRun, now: datetime) -> float | None:
    """For how long a check of a real run failed, seconds: the longest of its checks.

    From the breach on, or from the start. None where no step names a check, and for a drill,
    which is held where our checks do not look.
    """
    ids = {step.health_check_id for step in run.steps.all()} - {None}
    if run.drill or not ids:
        return None
    start = run.breach_at or run.started_at
    points: dict[int, list[tuple[datetime, str]]] = {}
    rows = CheckResult.objects.filter(health_check_id__in=ids, at__gte=start, at__lte=now)
    for pk, at, band in rows.order_by("at").values_list("health_check_id", "at", "band"):
        points.setdefault(pk, []).append((at, band))
    checks = {one.pk: one for one in checks_now(run.plan, now)}
    spans = [
        rules.red_seconds(seen, start, now, checks[pk].interval_s)
        for pk, seen in points.items()
        if pk in checks
    ]
    return max(spans, default=None)
