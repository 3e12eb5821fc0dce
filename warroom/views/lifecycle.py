from django.http import HttpRequest, HttpResponse

from warroom.actions.lifecycle import take_step
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.rules.lifecycle import STEPS
from warroom.views.answers import done, shows
from warroom.views.posting import posted


@posted("room")
def step(request: HttpRequest, slug: str, step: str) -> HttpResponse:
    """Take a step of the release's life: open, go live, watch, roll back, abort, reopen."""
    plan = get_plan(request.user, slug)
    shows(request, plan, ("life", ""), ("strip", ""), ("verdict", ""), ("archived", ""))
    take_step(
        plan,
        step,
        by=request.user,
        reason=request.POST.get("reason", ""),
        seen=request.POST.get("seen", ""),
        request_id=once(request),
    )
    return done(request, plan.get_absolute_url(), STEPS[step].done)
