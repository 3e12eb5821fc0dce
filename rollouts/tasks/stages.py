"""The due work of stages: holds whose time has come, and stages that go on by themselves."""

from __future__ import annotations

from django.utils import timezone

from rollouts.actions.unattended import go_on_by_rule
from rollouts.actions.verdicts import apply_verdict
from rollouts.models import Rollout, Stage, StageState
from warroom.models import DeploymentPlan
from warroom.rules.lifecycle import CLOSED, LIVE
from warroom.tasks import register_due


def look_at_holds() -> int:
    """Look again at every hold whose time has come; returns how many. One statement if none."""
    due = Rollout.objects.filter(held_until__lte=timezone.now(), rolled_back_at=None)
    due = due.exclude(plan__lifecycle__in=CLOSED).select_related("plan")
    plans = [row.plan for row in due]
    for plan in plans:
        apply_verdict(plan)
    return len(plans)


def go_on() -> int:
    """Begin the stages that may begin by rule; returns how many. One statement if none wait."""
    running = Stage.objects.filter(
        state=StageState.RUNNING, auto_advance=True, plan__lifecycle__in=LIVE
    )
    plans = DeploymentPlan.objects.filter(pk__in=running.values("plan_id"))
    return sum(go_on_by_rule(plan) is not None for plan in plans)


register_due("holds", look_at_holds)
register_due("stages", go_on)
