"""Where a rollback leads from, and which one stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from rollouts.models import RollbackRun, Rollout, Stage
from rollouts.models import StageState as State
from rollouts.rules.rollbacks import standing
from warroom.models import DeploymentPlan
from warroom.queries.once import once
from warroom.rules.lifecycle import LIVE

# A release without stages goes out as a whole.
WHOLE = 100


def served(plan: DeploymentPlan, rollout: Rollout | None, stages: Sequence[Stage]) -> int:
    """The share of traffic (percent) that the new version has, as far as it is wanted."""
    if rollout is not None and rollout.generation:
        return rollout.desired_percent
    if plan.lifecycle not in LIVE:
        return 0
    if not stages:
        return WHOLE
    begun = [stage for stage in stages if stage.state in (State.RUNNING, State.DONE)]
    return begun[-1].to_percent if begun else 0


def standing_run(plan: DeploymentPlan) -> RollbackRun | None:
    """The rollback that stands, with guardrail and trigger: None once a person resumed.

    One SQL statement. A rollback that was only recorded, outside of any run, has none either.
    """
    runs = RollbackRun.objects.filter(
        plan=plan, drill=False, plan__rollout__rolled_back_at__isnull=False
    )
    return runs.select_related("guardrail", "trigger").order_by("-number").first()


def standing_now(plan: DeploymentPlan, now: datetime) -> RollbackRun | None:
    """``standing_run``, read once for everything that is shown of one instant (UTC)."""
    return once(plan, now, _("standing rollback"), lambda: standing_run(plan))


def standing_sentence(run: RollbackRun) -> str:
    """What the board says while this run stands."""
    starter = (
        _("Guardrail {guardrail}").format(guardrail=run.guardrail.name)
        if run.guardrail
        else run.started_by
    )
    return standing(run.reason, starter, run.to_percent, run.started_at)


def leading_of(run: RollbackRun) -> str:
    """What decided, without numbers that move: see DeploymentPlan.verdict_leading."""
    return f"rollback:{run.number}"
