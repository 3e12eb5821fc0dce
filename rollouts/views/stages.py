from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from rollouts.actions.stages import advance
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views import answers
from warroom.views.posting import posted


@posted("room")
def begin(request: HttpRequest, slug: str, percent: int) -> HttpResponse:
    """Record that the traffic has been moved to `percent`."""
    plan = get_plan(request.user, slug)
    answers.shows(request, plan, ("stage", ""), ("strip", ""))
    advance(
        plan,
        to_percent=percent,
        by=request.user,
        reason=request.POST.get("reason", ""),
        request_id=once(request),
    )
    return answers.done(
        request, reverse("room", args=[slug]), f"The rollout stands at {percent} %."
    )
