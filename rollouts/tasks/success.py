"""The due work of success criteria: each is looked at when its time comes."""

from __future__ import annotations

import structlog
from django.utils import timezone

from rollouts.actions.success import evaluate_due
from rollouts.models import SuccessCriterion
from warroom.models import DeploymentPlan, Lifecycle
from warroom.tasks import register_due

LIVE = (Lifecycle.DEPLOYING, Lifecycle.WATCHING, Lifecycle.STABLE)
log = structlog.get_logger()


def evaluate() -> int:
    """Evaluate what is due in every release that serves somebody; one statement without any."""
    waiting = SuccessCriterion.objects.filter(evaluated_at=None, plan__lifecycle__in=LIVE)
    plans = DeploymentPlan.objects.filter(pk__in=waiting.values("plan").distinct())
    done = 0
    for plan in plans:
        try:
            done += evaluate_due(plan, timezone.now())
        except Exception:
            log.exception("success criteria not evaluated", plan=plan.pk)
    return done


register_due("success criteria", evaluate)
