from rollouts.models import Stage, StageState
from warroom.models import DeploymentPlan


def position(plan: DeploymentPlan) -> str:
    """'at 5 %': the share of traffic of the newest stage that has begun; empty before the first."""
    begun = Stage.objects.filter(plan=plan).exclude(state=StageState.PENDING)
    stage = begun.order_by("-number").first()
    return f"at {stage.to_percent} %" if stage else ""
