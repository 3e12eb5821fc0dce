"""Which keys of evidence the release's own checks and queries write, so that nobody else does."""

from collections.abc import Iterable
from datetime import datetime

from checklists.models import Source
from checklists.queries.criteria import criteria_now, evidence_now
from checklists.queries.evidence import register_measured
from rollouts.queries.alerts import hooks_now
from rollouts.queries.watching import checks_now, metrics_now
from rollouts.rules.alerts import CRITICAL, POSTED, posted_keys, reads_alerts
from rollouts.rules.readings import HEALTH_CHECKS
from warroom.models import DeploymentPlan


def watched_keys(plan: DeploymentPlan, now: datetime) -> set[str]:
    """Keys of enabled queries and checks, and of what they count; what a page has read anyway."""
    metrics = {row.key: row.promql for row in metrics_now(plan, now)}
    checks = {row.key for row in checks_now(plan, now)}
    own = [row.key for row in evidence_now(plan, now).values() if row.result_id is None]
    counted = {key for key in own if key == HEALTH_CHECKS or key.startswith(POSTED)}
    return {*metrics, *checks, *counted, *_alert_keys(plan, now, metrics.values(), counted)}


def _alert_keys(
    plan: DeploymentPlan, now: datetime, promqls: Iterable[str], counted: set[str]
) -> set[str]:
    """The keys of alerts that something here measures: no posted 0 stands beside what fires."""
    reading = [promql for promql in promqls if "ALERTS" in promql]
    hooked = bool(hooks_now(plan, now))
    if not hooked and not reading and not any(key.startswith(POSTED) for key in counted):
        return set()
    asked = (one for one in criteria_now(plan, now) if one.source == Source.ALERTS)
    named = {one.params.get("severity") for one in asked}
    return {
        key
        for severity in {CRITICAL, *filter(None, named)}
        if hooked
        or any(reads_alerts(promql, severity) for promql in reading)
        or counted.intersection(posted_keys(severity))
        for key in posted_keys(severity)
    }


register_measured(watched_keys)
