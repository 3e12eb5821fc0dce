"""What the rollout has against a step of the release's life, and what a rollback means for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from rollouts.models import Rollout, Stage, StageState
from rollouts.queries.stages import of_plan
from warroom.actions.change import Change
from warroom.actions.lifecycle import register_check, register_effect
from warroom.models import DeploymentPlan
from warroom.queries.there import there
from warroom.rules.lifecycle import ABORTED, ROLLED_BACK, STABLE, WATCHING, Objection


def against(plan: DeploymentPlan, step: str, now: datetime) -> Iterable[Objection]:
    """Nothing is aborted while it serves somebody; watched and stable is what is fully out."""
    if step not in (ABORTED, WATCHING, STABLE):
        return
    stages = of_plan(plan)
    back = there(plan, Rollout.objects.filter(plan=plan, rolled_back_at__isnull=False))
    if step != ABORTED and back.exists():
        yield Objection(_("A rollback stands. Resume the rollout first."), code="rolled-back")
    running = next((stage for stage in stages if stage.state == StageState.RUNNING), None)
    if step == ABORTED:
        if running is not None and running.to_percent > 0:
            yield Objection(
                _("Refused while {to_percent} % is live. Roll back to 0 % first.").format(
                    to_percent=running.to_percent
                ),
                code="live",
            )
    elif stages and stages[-1].state == StageState.PENDING:
        place = (
            _("stands at {to_percent} %").format(to_percent=running.to_percent)
            if running
            else _("has not begun")
        )
        yield Objection(
            _("The rollout {there}; its last stage goes to {to_percent} %.").format(
                there=place, to_percent=stages[-1].to_percent
            ),
            refuses=step == STABLE,
            code="stages",
        )


def take_back(moving: Change, step: str) -> None:
    """After a rollback no stage is live: each could begin anew. When they ran stays in the rows."""
    if step != ROLLED_BACK:
        return
    stages = Stage.objects.filter(plan=moving.plan)
    stages.filter(state=StageState.RUNNING).update(ended_at=moving.at)
    stages.update(state=StageState.PENDING)


register_check(against)
register_effect(take_back)
