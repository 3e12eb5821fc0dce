"""The page Rollout: what is wanted and seen of the traffic, and the controls that move it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from warroom.live import panels
from warroom.queries.plans import get_plan
from warroom.views.plans import page

# Where a panel of this page stands; what is not named here stands in the main column, in order.
TOP, ASIDE = ("track",), ("effects",)


@require_safe
def rollout(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the rollout stands, for everybody with a seat."""
    plan = get_plan(request.user, slug)
    context = page(request, plan, "rollout")
    return render(request, "rollouts/rollout.html", context | columns(context["fragments"]))


def columns(fragments: dict[str, str]) -> dict[str, list[str]]:
    """The panels of the page by column: ``top``, ``main`` and ``aside``."""
    own = [panel.name for panel in panels.shown_at("rollout") if "rollout" in panel.places]
    return {
        "top": [fragments[name] for name in own if name in TOP],
        "main": [fragments[name] for name in own if name not in TOP + ASIDE],
        "aside": [fragments[name] for name in own if name in ASIDE],
    }
