from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from warroom.live import panels
from warroom.models import DeploymentPlan
from warroom.queries.people import standing
from warroom.queries.plans import get_plan, plans_for


@require_GET
def plan_list(request: HttpRequest) -> HttpResponse:
    return render(request, "warroom/plans.html", {"plans": plans_for(request.user)})


@require_GET
def room(request: HttpRequest, slug: str) -> HttpResponse:
    plan = get_plan(request.user, slug)
    return render(request, "warroom/room.html", page(request, plan, "room"))


def page(request: HttpRequest, plan: DeploymentPlan, place: str) -> dict:
    """The context of a release page: plan, the viewer's standing, panels rendered by slot."""
    now = timezone.now()
    slots: dict[str, list[str]] = {}
    fragments: dict[str, str] = {}
    for panel in panels.shown_at(place):
        html = panels.render(panel, plan, now)
        fragments[panel.name] = html
        slots.setdefault(panel.slot, []).append(html)
    return {
        "plan": plan,
        "now": now,
        "place": place,
        "standing": standing(request.user, plan),
        "slots": slots,
        "fragments": fragments,
    }
