"""What follows of a reading that did not come from the engine's own asking."""

from __future__ import annotations

import structlog

from rollouts.actions.guardrails import judge_guardrails
from rollouts.actions.verdicts import apply_verdict
from warroom.models import DeploymentPlan, Lifecycle

log = structlog.get_logger()


def judge_anew(plan: DeploymentPlan) -> None:
    """Judge a release after something was reported; whatever fails here, the report stands.

    A draft is not judged, as the engine asks nothing for it.
    """
    if plan.lifecycle == Lifecycle.DRAFT or plan.is_closed:
        return
    try:
        apply_verdict(plan)
        judge_guardrails(plan)
    except Exception:
        log.exception("not judged anew", plan=plan.slug)
