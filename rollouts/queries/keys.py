"""Which keys of evidence the release's own checks and queries write, so that nobody else does."""

from checklists.models import Evidence
from checklists.queries.evidence import register_measured
from rollouts.models import HealthCheck, PrometheusQuery
from rollouts.rules.readings import HEALTH_CHECKS
from warroom.models import DeploymentPlan


def watched_keys(plan: DeploymentPlan) -> set[str]:
    """Keys of enabled queries and checks, and of what a health page counts; three statements."""
    found = {
        key
        for model in (PrometheusQuery, HealthCheck)
        for key in model.objects.filter(plan=plan, enabled=True).values_list("key", flat=True)
    }
    counted = Evidence.objects.filter(plan=plan, key=HEALTH_CHECKS, result__isnull=True)
    return found | {HEALTH_CHECKS} if counted.exists() else found


register_measured(watched_keys)
