"""Criteria that count health checks which pass, or alerts that fire."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from checklists.models import Criterion, Evidence, Source
from checklists.queries.counted import counted
from checklists.queries.criteria import bands_of, evidence_now, of_evidence
from checklists.queries.measures import (
    Measured,
    register_choices,
    register_measure,
    register_stand_in,
)
from checklists.rules.bands import Band, judge
from rollouts.models import HealthCheck, PrometheusQuery
from rollouts.queries.alerts import counts_of
from rollouts.queries.watching import checks_now
from rollouts.rules.alerts import CRITICAL, posted_keys, reads_alerts
from rollouts.rules.readings import HEALTH_CHECKS, as_read
from warroom.models import DeploymentPlan
from warroom.queries.once import once
from warroom.queries.there import there

_RANK = {Band.GREEN: 0, Band.YELLOW: 1, Band.NO_DATA: 2, Band.RED: 3}


def _checks(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured:
    """Red is what fails; one that is slow passes. One that is not read lately leaves no data."""
    wanted = criterion.params.get("checks") or ()
    rows = [row for row in checks_now(plan, now) if not wanted or row.key in wanted]
    origin = (
        _("health checks: {row}").format(row=", ".join(row.name for row in rows)) if rows else ""
    )
    gone = sorted(set(wanted) - {row.key for row in rows})
    if gone:
        return Measured(
            why=_("there is no health check “{gone}”").format(gone=gone[0]),
            origin=origin or gone[0],
        )
    said = [(row, as_read(row.band, row.reason, row.read_at, row.fresh_s, now)) for row in rows]
    silent = [(row, one) for row, one in said if one.band == Band.NO_DATA]
    if silent:
        row, one = silent[0]
        return Measured(why=f"{row.name}: {one.reason}", origin=origin)
    met = sum(one.band != Band.RED for _unused, one in said)
    return counted(met, len(rows), origin, _("there are no health checks"))


def _own_checks(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured | None:
    """ "Health checks 5/5" where no page counts them: the plan's own, when it has just so many."""
    if criterion.unit != f"of {len(checks_now(plan, now))}":
        return None
    return _checks(plan, criterion, now)


def _alerts(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured | None:
    """The worst of what says now which alerts fire: hooks, metrics of the plan, what was posted.

    What a hook or a metric of the plan does not say now is no data, whatever is posted beside it.
    """
    severity = str(criterion.params.get("severity") or CRITICAL)
    known, metrics = evidence_now(plan, now), _metric_keys(plan, severity, now)
    keys = [criterion.evidence_key, *posted_keys(severity), *metrics]
    found = [known[key] for key in dict.fromkeys(keys) if key in known]
    told = counts_of(plan, severity, now)
    asked = [row for row in found if row.key in metrics or _is_fresh(row, criterion, now)]
    said = [*told, *(of_evidence(row, plan) for row in asked)]
    if said:
        return max(said, key=lambda one: _rank(one, criterion, now))
    if not found:
        return Measured(
            why=_("nothing says which {severity} alerts fire").format(severity=severity)
        )
    newest = max(found, key=lambda row: (row.observed_at is not None, row.observed_at))
    return of_evidence(newest, plan)


def _is_fresh(row: Evidence | Measured, criterion: Criterion, now: datetime) -> bool:
    spans = [one for one in (row.valid_for_s, criterion.valid_for_s) if one is not None]
    if row.observed_at is None:
        return False
    return not spans or now - row.observed_at <= timedelta(seconds=min(spans))


def _rank(one: Measured, criterion: Criterion, now: datetime) -> tuple[int, float, datetime]:
    """How bad a reading is; of two that are as bad the greater number, then the newer one."""
    limits, value = bands_of(criterion), one.value
    is_known = limits is not None and value is not None and _is_fresh(one, criterion, now)
    band = judge(limits, value) if is_known else Band.NO_DATA
    at = one.observed_at or datetime.min.replace(tzinfo=UTC)
    return _RANK[band], value if is_known else 0.0, at


def _metric_keys(plan: DeploymentPlan, severity: str, now: datetime) -> Sequence[str]:
    """The keys of the plan's metrics that read the alerts of a severity; one SQL statement."""

    def read() -> list[tuple[str, str]]:
        rows = PrometheusQuery.objects.filter(plan=plan, enabled=True, promql__contains="ALERTS")
        return list(there(plan, rows).values_list("key", "promql"))

    rows = once(plan, now, "alert-metrics", read)
    return [key for key, promql in rows if reads_alerts(promql, severity)]


def _choices(plan: DeploymentPlan) -> list[tuple[str, str]]:
    rows = HealthCheck.objects.filter(plan=plan, enabled=True)
    return list(rows.values_list("key", "name"))


register_measure(Source.CHECKS, _checks)
register_measure(Source.ALERTS, _alerts)
register_stand_in(HEALTH_CHECKS, _own_checks)
register_choices(Source.CHECKS, _choices)
