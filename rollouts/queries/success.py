"""Success criteria: when they are due, what they come to, and how they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from checklists.rules.bands import Bound
from rollouts.models import (
    Alert,
    AlertHook,
    CheckResult,
    HealthCheck,
    MetricSample,
    Probing,
    PrometheusQuery,
    RollbackRun,
    Since,
    Stage,
    StageState,
    SuccessCriterion,
    WatchRound,
)
from rollouts.queries.alerts import false_alerts
from rollouts.queries.rollouts import rollout_now
from rollouts.queries.stages import stages_now
from rollouts.rules import success as rules
from rollouts.rules.success import Outcome, Sample
from warroom.models import DeploymentPlan, Lifecycle
from warroom.queries.once import once
from warroom.queries.there import there

KEY = "success."  # of the evidence that an evaluation leaves
WATCHED = (Lifecycle.WATCHING, Lifecycle.STABLE)
EVALUATED, DUE, AHEAD = "evaluated", "due", "ahead"


@dataclass(frozen=True)
class SuccessRow:
    """A criterion at an instant. ``due`` is UTC, None while what it counts from has not come."""

    criterion: SuccessCriterion
    due: datetime | None
    state: str

    @property
    def asks(self) -> str:
        """What it asks, in words: "Error rate < 0.1 % for 48 h"."""
        return asks(self.criterion)

    @property
    def wants_person(self) -> bool:
        """Whether somebody has to judge it: nothing measures it, or there was no data."""
        row = self.criterion
        if row.met is not None:
            return False
        return self.state == EVALUATED or (self.state == DUE and not measures(row))

    @property
    def band(self) -> str:
        if self.criterion.met is None:
            return "no_data" if self.state == EVALUATED else "run"
        return "green" if self.criterion.met else "red"

    @property
    def word(self) -> str:
        if self.criterion.met is None:
            return {EVALUATED: _("No data"), DUE: _("Due"), AHEAD: _("Ahead")}[self.state]
        return _("Met") if self.criterion.met else _("Missed")


def measures(row: SuccessCriterion) -> bool:
    """Whether something measures it; else a person says it."""
    return bool(row.query_id or row.health_check_id or row.counts)


def asks(row: SuccessCriterion) -> str:
    over = _(" for {span}").format(span=rules.span(row.over_s)) if row.over_s else ""
    if row.query is not None:
        return f"{row.query.name} {rules.bound_text(row.op, row.value, row.query.unit)}{over}"
    if row.health_check is not None:
        return _("{health_check} passes{over}").format(
            health_check=row.health_check.name, over=over
        )
    if row.counts:
        bound = rules.bound_text(row.op, row.value) or "= 0"
        return f"{rules.COUNTS.get(row.counts, row.counts)} {bound}"
    return _("a person says it")


def success_rows(plan: DeploymentPlan, now: datetime) -> list[SuccessRow]:
    """Every criterion in order; one SQL statement beside those for stages and rollout."""
    found = SuccessCriterion.objects.filter(plan=plan).select_related("query", "health_check")
    rows = once(plan, now, "success", lambda: list(there(plan, found)))
    return [_row(plan, row, now) for row in rows]


def _row(plan: DeploymentPlan, row: SuccessCriterion, now: datetime) -> SuccessRow:
    due = due_of(plan, row, now)
    if row.evaluated_at is not None:
        return SuccessRow(row, due, EVALUATED)
    return SuccessRow(row, due, DUE if due is not None and due <= now else AHEAD)


def due_of(plan: DeploymentPlan, row: SuccessCriterion, now: datetime) -> datetime | None:
    """When it is looked at (UTC); None while T0 or the last share are not there.

    What has no time is due from when the release is watched.
    """
    if row.due_offset_s is None:
        return plan.lifecycle_at if plan.lifecycle in WATCHED else None
    start = full_at(plan, now) if row.since == Since.FULL else plan.t0
    if start is None:
        return None
    return start + timedelta(seconds=row.due_offset_s)


def full_at(plan: DeploymentPlan, now: datetime) -> datetime | None:
    """Since when the last share of the rollout has been served (UTC); None: not yet."""
    stages: list[Stage] = stages_now(plan, now)
    if not stages or stages[-1].state not in (StageState.RUNNING, StageState.DONE):
        return None
    rollout, last = rollout_now(plan, now), stages[-1]
    seen = rollout.verified_at if rollout and rollout.desired_percent == last.to_percent else None
    return max(seen, last.started_at) if seen and last.started_at else last.started_at


# --- what it comes to ------------------------------------------------------------------------


def outcome(plan: DeploymentPlan, row: SuccessCriterion, at: datetime) -> Outcome | None:
    """What a criterion comes to at an instant (UTC), by what was kept; None: a person says it."""
    if row.query is not None:
        return _of_samples(row, _samples(row.query, row, at), row.query, row.query.unit, at)
    if row.health_check is not None:
        return _of_samples(row, _results(row.health_check, row, at), row.health_check, "", at)
    if row.counts:
        bound = Bound(row.op, row.value) if row.op and row.value is not None else None
        if row.counts == rules.FAILING_CHECKS:
            return rules.by_checks(_of_checks(plan, row, at), bound)
        count, why = _count(plan, row.counts, at)
        return rules.by_count(count, bound, rules.COUNTS.get(row.counts, row.counts), why)
    return None


def _of_samples(
    row: SuccessCriterion, samples: list[Sample], of: Probing, unit: str, at: datetime
) -> Outcome:
    is_check = isinstance(of, HealthCheck)
    if not is_check and (not row.op or row.value is None):
        return Outcome(None, reason=_("No bound is set for it."))
    bound = Bound("=", 1) if is_check else Bound(row.op, row.value)
    interval = _interval(of)
    if row.over_s:
        start = at - timedelta(seconds=row.over_s)
        found = rules.all_the_way(samples, bound, unit, start, at, interval)
    else:
        found = rules.at_time(samples, bound, unit, at, interval)
    return _of_check(row, found) if is_check else found


def _of_check(row: SuccessCriterion, found: Outcome) -> Outcome:
    over = _(" for {span}").format(span=rules.span(row.over_s)) if row.over_s else ""
    text = {True: _("passes{over}").format(over=over), False: _("failed")}.get(found.met, "")
    return Outcome(found.met, text, found.reason)


def _of_checks(
    plan: DeploymentPlan, row: SuccessCriterion, at: datetime
) -> list[tuple[str, Outcome]]:
    """Every check that is watched, with what it comes to; one SQL statement each."""
    checks = HealthCheck.objects.filter(plan=plan, enabled=True)
    return [(one.name, _of_samples(row, _results(one, row, at), one, "", at)) for one in checks]


def _interval(of: Probing) -> float:
    """The longest interval in which it is asked (seconds)."""
    return max([of.interval_s, *(int(step.get("every_s") or 0) for step in of.cadence or ())])


def _since(row: SuccessCriterion, of: Probing, at: datetime) -> datetime:
    return at - timedelta(seconds=row.over_s or rules.INTERVALS * _interval(of))


def _samples(query: PrometheusQuery, row: SuccessCriterion, at: datetime) -> list[Sample]:
    rows = MetricSample.objects.filter(query=query, at__gte=_since(row, query, at), at__lte=at)
    return list(rows.order_by("at").values_list("at", "value"))


def _results(check: HealthCheck, row: SuccessCriterion, at: datetime) -> list[Sample]:
    """1 for an answer that passes, 0 for one that fails, None for none."""
    rows = CheckResult.objects.filter(
        health_check=check, at__gte=_since(row, check, at), at__lte=at
    )
    worth = {"green": 1.0, "yellow": 1.0, "red": 0.0}
    return [(when, worth.get(band)) for when, band in rows.order_by("at").values_list("at", "band")]


def _count(plan: DeploymentPlan, what: str, at: datetime) -> tuple[int | None, str]:
    """How many there were from T0 to ``at``, or why nobody can know."""
    since = {"gte": plan.t0} if plan.t0 else {}
    runs = RollbackRun.objects.filter(plan=plan, drill=False, started_at__lte=at)
    runs = runs.filter(**{f"started_at__{op}": value for op, value in since.items()})
    if what == rules.ROLLBACKS:
        return runs.count(), ""
    if what == rules.AUTO_ROLLBACKS:
        return runs.filter(cause="guardrail").count(), ""
    if what == rules.MISSED_ROUNDS:
        missed = WatchRound.objects.filter(plan=plan, missed_at__lte=at)
        return missed.count(), ""
    return _alerts(plan, what, at)


def _alerts(plan: DeploymentPlan, what: str, at: datetime) -> tuple[int | None, str]:
    rows = Alert.objects.filter(plan=plan, drill=None, received_at__lte=at)
    if plan.t0:
        rows = rows.filter(Q(ended_at=None) | Q(ended_at__gte=plan.t0))
    if what == rules.CRITICAL_ALERTS:
        rows = rows.filter(severity__iexact="critical")
    hooks = AlertHook.objects.filter(plan=plan, retired_at=None)
    if not rows.exists() and not hooks.exists():
        return None, _("Nothing tells this release of alerts.")
    if not rows.exists() and not any(_heard(hook, at) for hook in hooks):
        return None, _("No source of alerts was heard of lately: silence says nothing.")
    if what == rules.FALSE_ALERTS:
        return false_alerts(plan, plan.t0 or plan.created_at, at), ""
    return rows.count(), ""


def _heard(hook: AlertHook, at: datetime) -> bool:
    if hook.expect_every_s is None:
        return True
    limit = timedelta(seconds=rules.INTERVALS * hook.expect_every_s)
    return hook.heard_at is not None and at - hook.heard_at <= limit
