from datetime import datetime, timedelta

from checklists.models import Gate
from warroom.live.outlook import NextStep
from warroom.models import DeploymentPlan


def next_gate(plan: DeploymentPlan, now: datetime) -> NextStep | None:
    """The first gate without a GO or NO-GO, with the time at which it opens (UTC)."""
    undecided = Gate.objects.filter(plan=plan).exclude(decisions__word__in=("go", "no-go"))
    gate = undecided.order_by("number").first()
    if gate is None:
        return None
    opens = plan.t0 + timedelta(seconds=gate.offset_s) if plan.t0 and gate.offset_s else None
    return NextStep(gate.title, opens, f"/plans/{plan.slug}/gates/{gate.key}/")
