from datetime import datetime

from django.utils.translation import gettext as _

from rollouts.models import Rollout, Stage, StageState
from rollouts.queries.rollbacks import standing_now
from warroom.live.outlook import NextStep
from warroom.models import DeploymentPlan, VerdictWord
from warroom.rules.wording import duration_text


def position(plan: DeploymentPlan) -> str:
    """'at 5 %': the share of traffic of the newest stage that has begun; empty before the first.

    'to 0 %' while a rollback stands.
    """
    if plan.verdict == VerdictWord.ROLLBACK:
        back = Rollout.objects.filter(plan=plan, rolled_back_at__isnull=False).first()
        if back is not None:
            return _("to {desired_percent} %").format(desired_percent=back.desired_percent)
    begun = Stage.objects.filter(plan=plan, state__in=(StageState.RUNNING, StageState.DONE))
    stage = begun.order_by("-number").first()
    return _("at {to_percent} %").format(to_percent=stage.to_percent) if stage else ""


def running_rollback(plan: DeploymentPlan, now: datetime) -> NextStep | None:
    """The rollback that is under way, against its target; one SQL statement while one stands."""
    if plan.verdict != VerdictWord.ROLLBACK:
        return None
    run = standing_now(plan, now)
    if run is None or run.ended_at is not None:
        return None
    allowed = _("of {target_s} allowed, open run {run}").format(
        target_s=duration_text(run.target_s), run=run.number
    )
    return NextStep(
        _("Rollback run {run}").format(run=run.number),
        None,
        f"/plans/{plan.slug}/rollback/{run.number}/",
        allowed if run.target_s else _("Open run {run}").format(run=run.number),
        since=run.started_at,
    )
