"""Which keys of evidence the release's own checks and queries write, so that nobody else does."""

from collections.abc import Iterable

from django.db.models import Q

from checklists.models import Criterion, Evidence, Source
from checklists.queries.evidence import register_measured
from rollouts.models import AlertHook, HealthCheck, PrometheusQuery
from rollouts.rules.alerts import CRITICAL, POSTED, posted_keys, reads_alerts
from rollouts.rules.readings import HEALTH_CHECKS
from warroom.models import DeploymentPlan


def watched_keys(plan: DeploymentPlan) -> set[str]:
    """Keys of enabled queries and checks, and of what they count; four statements, or five."""
    queries = PrometheusQuery.objects.filter(plan=plan, enabled=True)
    metrics = dict(queries.values_list("key", "promql"))
    checks = HealthCheck.objects.filter(plan=plan, enabled=True).values_list("key", flat=True)
    own = Evidence.objects.filter(Q(key=HEALTH_CHECKS) | Q(key__startswith=POSTED), plan=plan)
    counted = set(own.filter(result__isnull=True).values_list("key", flat=True))
    return {*metrics, *checks, *counted, *_alert_keys(plan, metrics.values(), counted)}


def _alert_keys(plan: DeploymentPlan, promqls: Iterable[str], counted: set[str]) -> set[str]:
    """The keys of alerts that something here measures: no posted 0 stands beside what fires."""
    reading = [promql for promql in promqls if "ALERTS" in promql]
    hooked = AlertHook.objects.filter(plan=plan, retired_at=None).exists()
    if not hooked and not reading and not any(key.startswith(POSTED) for key in counted):
        return set()
    asked = Criterion.objects.filter(gate__plan=plan, source=Source.ALERTS)
    named = {params.get("severity") for params in asked.values_list("params", flat=True)}
    return {
        key
        for severity in {CRITICAL, *filter(None, named)}
        if hooked
        or any(reads_alerts(promql, severity) for promql in reading)
        or counted.intersection(posted_keys(severity))
        for key in posted_keys(severity)
    }


register_measured(watched_keys)
