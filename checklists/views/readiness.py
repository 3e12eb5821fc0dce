"""The weights of the readiness score: a section of the settings."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from checklists.actions.readiness import save_weights
from checklists.readiness_forms import WeightsForm
from warroom import sections
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.people import Standing
from warroom.queries.plans import get_plan
from warroom.views.settings import again, saved


class Weights(sections.Section):
    """Each category with its weight, and what they add up to."""

    name = "weights"
    label = "Weights"
    template = "checklists/_settings_weights.html"
    order = 50
    column = "right"

    def context(
        self, plan: DeploymentPlan, person: Standing, forms: dict[str, Any]
    ) -> dict[str, Any]:
        return {"weights_form": forms.get("weights") or WeightsForm(plan)}


sections.register(Weights())


@require_POST
def weights(request: HttpRequest, slug: str) -> HttpResponse:
    """Set the weights; a line that is left empty is taken off."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    form = WeightsForm(plan, request.POST)
    if not form.is_valid():
        return again(request, plan, weights=form)
    try:
        save_weights(plan, form.wanted(), by=request.user, seen=form.seen, request_id=once(request))
    except Invalid as wrong:
        form.error = wrong.sentence
        return again(request, plan, weights=form)
    return saved(request, plan, Weights.name, "The weights are saved.")
