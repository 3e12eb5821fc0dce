"""Going on with nobody there: only where the plan says so, and only on all of it green."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from rollouts.actions.stages import advance
from rollouts.models import Stage, StageState
from rollouts.queries.rollouts import executor_of
from rollouts.queries.stages import ahead_of, coming, of_plan
from rollouts.rules.stages import objections
from warroom.actions.change import RULE
from warroom.actions.refusals import Refused
from warroom.models import DeploymentPlan


def go_on_by_rule(plan: DeploymentPlan) -> Stage | None:
    """Begin the next stage by rule if the one that runs goes on by itself and all allows it.

    Returns it, or None: then somebody or something is waited for. Asked first without the lock;
    what counts is asked again under it.
    """
    now, stages = timezone.now(), of_plan(plan)
    running = next((one for one in stages if one.state == StageState.RUNNING), None)
    following = coming(stages)
    if running is None or following is None or not running.auto_advance:
        return None
    ahead = ahead_of(plan, stages, following, now)
    if objections(ahead) or executor_of(plan) is None:
        return None
    gate = _(", {gate} said GO").format(gate=ahead.gate) if ahead.gate else ""
    reason = _("By rule: the soak of stage {running} is done{gate}.").format(
        running=running.number, gate=gate
    )
    try:
        return advance(plan, to_percent=following.to_percent, by=RULE, reason=reason)
    except Refused:
        return None
