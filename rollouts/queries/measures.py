"""Criteria that count health checks which pass, or alerts that fire."""

from collections.abc import Sequence
from datetime import datetime

from checklists.models import Criterion, Source
from checklists.queries.counted import counted
from checklists.queries.criteria import evidence_now, of_evidence
from checklists.queries.measures import (
    Measured,
    register_choices,
    register_measure,
    register_stand_in,
)
from checklists.queries.once import once
from checklists.rules.bands import Band
from rollouts.models import HealthCheck, PrometheusQuery
from rollouts.rules.alerts import CRITICAL, reads_alerts
from rollouts.rules.readings import HEALTH_CHECKS, as_read
from warroom.models import DeploymentPlan


def _checks_now(plan: DeploymentPlan, now: datetime) -> list[HealthCheck]:
    rows = HealthCheck.objects.filter(plan=plan, enabled=True).defer("history")
    return once(plan, now, "health-check-rows", lambda: list(rows))


def _checks(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured:
    """Red is what fails; one that is slow passes. One that is not read lately leaves no data."""
    wanted = criterion.params.get("checks") or ()
    rows = [row for row in _checks_now(plan, now) if not wanted or row.key in wanted]
    origin = f"health checks: {', '.join(row.name for row in rows)}" if rows else ""
    gone = sorted(set(wanted) - {row.key for row in rows})
    if gone:
        return Measured(why=f"there is no health check “{gone[0]}”", origin=origin or gone[0])
    said = [(row, as_read(row.band, row.reason, row.read_at, row.interval_s, now)) for row in rows]
    silent = [(row, one) for row, one in said if one.band == Band.NO_DATA]
    if silent:
        row, one = silent[0]
        return Measured(why=f"{row.name}: {one.reason}", origin=origin)
    met = sum(one.band != Band.RED for _, one in said)
    return counted(met, len(rows), origin, "there are no health checks")


def _own_checks(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured | None:
    """ "Health checks 5/5" where no page counts them: the plan's own, when it has just so many."""
    if criterion.unit != f"of {len(_checks_now(plan, now))}":
        return None
    return _checks(plan, criterion, now)


def _alerts(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured | None:
    """What was posted, else what a metric of the plan reads; what is newest in doubt."""
    severity = str(criterion.params.get("severity") or CRITICAL)
    known = evidence_now(plan, now)
    keys = [criterion.evidence_key, f"alerts:{severity}", f"{severity}-alerts"]
    keys += _metric_keys(plan, severity, now)
    found = [known[key] for key in dict.fromkeys(keys) if key in known]
    found = [row for row in found if row.observed_at] or found
    if not found:
        return Measured(why=f"nothing says which {severity} alerts fire")
    newest = max(found, key=lambda row: (row.observed_at is not None, row.observed_at))
    return of_evidence(newest, plan)


def _metric_keys(plan: DeploymentPlan, severity: str, now: datetime) -> Sequence[str]:
    def read() -> list[tuple[str, str]]:
        rows = PrometheusQuery.objects.filter(plan=plan, enabled=True, promql__contains="ALERTS")
        return list(rows.values_list("key", "promql"))

    rows = once(plan, now, "alert-metrics", read)
    return [key for key, promql in rows if reads_alerts(promql, severity)]


def _choices(plan: DeploymentPlan) -> list[tuple[str, str]]:
    rows = HealthCheck.objects.filter(plan=plan, enabled=True)
    return list(rows.values_list("key", "name"))


register_measure(Source.CHECKS, _checks)
register_measure(Source.ALERTS, _alerts)
register_stand_in(HEALTH_CHECKS, _own_checks)
register_choices(Source.CHECKS, _choices)
