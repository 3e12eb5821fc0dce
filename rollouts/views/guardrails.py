"""Adding, changing and removing a guardrail."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rollouts.actions.guardrails import remove_guardrail, save_guardrail
from rollouts.forms.guardrails import GuardrailForm
from rollouts.models import Guardrail
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done, shows
from warroom.views.plans import page
from warroom.views.posting import posted


@require_http_methods(["GET", "HEAD", "POST"])
def guardrail_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a guardrail."""
    return _edit(request, get_plan(request.user, slug), None)


@require_http_methods(["GET", "HEAD", "POST"])
def guardrail_edit(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Change one."""
    plan = get_plan(request.user, slug)
    rails = Guardrail.objects.filter(plan=plan).select_related("query", "health_check")
    return _edit(request, plan, get_object_or_404(rails, key=key))


@posted("rollout")
def guardrail_remove(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Take one away."""
    plan = get_plan(request.user, slug)
    shows(request, plan, ("guardrails", ""))
    remove_guardrail(plan, key, by=request.user, request_id=once(request))
    return done(request, _home(plan), _("The guardrail is removed."))


def _edit(request: HttpRequest, plan: DeploymentPlan, rail: Guardrail | None) -> HttpResponse:
    demand(plan, request.user, Right.EDIT)
    if request.method != "POST":
        return _page(request, plan, rail, GuardrailForm(plan, rail))
    form = GuardrailForm(plan, rail, request.POST)
    if not form.is_valid():
        return _page(request, plan, rail, form, 422)
    shows(request, plan, ("guardrails", ""))
    try:
        key = rail.key if rail else ""
        kept = save_guardrail(plan, form.wanted, by=request.user, key=key, request_id=once(request))
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(request, plan, rail, form, 422)
    return done(request, _home(plan), _("Saved: {kept}.").format(kept=kept.name))


def _home(plan: DeploymentPlan) -> str:
    return f"{reverse('rollout', args=[plan.slug])}#guardrails"


def _page(
    request: HttpRequest,
    plan: DeploymentPlan,
    rail: Guardrail | None,
    form: GuardrailForm,
    status: int = 200,
) -> HttpResponse:
    context = page(request, plan, "rollout-edit") | {"rail": rail, "form": form, "place": "rollout"}
    return render(request, "rollouts/guardrail_edit.html", context, status=status)
