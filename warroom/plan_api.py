"""What pipelines do with a release as a whole: the steps of its life, the shift of its T0."""

from django.http import HttpRequest
from ninja import Router, Schema

from warroom.actions.lifecycle import take_step
from warroom.api import PlanOut, plan_of, plan_shown
from warroom.once import once
from warroom.rules.lifecycle import STEPS

router = Router(tags=["plans"])

# A token that may do something of a kind; what its person may do is asked by the action.
ACTING = ("tick", "sign", "vote", "decide", "run")


class StepIn(Schema):
    """``step``: preparing, deploying, watching, rolled_back, aborted or reopen."""

    step: str
    reason: str = ""


@router.post("plans/{slug}/lifecycle", response=PlanOut)
def step(request: HttpRequest, slug: str, body: StepIn):
    """Take a step of the release's life. 422 names ``reason`` where one is wanted."""
    right = STEPS[body.step].right if body.step in STEPS else ""
    plan = plan_of(request, slug, *((right,) if right in ("run", "decide") else ACTING))
    take_step(plan, body.step, by=request.user, reason=body.reason, request_id=once(request))
    plan.refresh_from_db()
    return plan_shown(plan)
