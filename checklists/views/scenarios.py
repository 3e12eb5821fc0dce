"""Forms of contingency scenarios: written down, started with one click, cleared, armed again."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from checklists.actions import scenarios as actions
from checklists.actions.risks import AHEAD
from checklists.actions.scenario_fields import shown
from checklists.models import Scenario
from checklists.queries.standing import standing_approvals
from checklists.risks_forms import ReasonForm, ScenarioForm, scenario_initial
from checklists.views.risks import back_to, carries, differing, later, what_was_seen
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done
from warroom.views.plans import page
from warroom.views.posting import posted


@require_http_methods(["GET", "HEAD", "POST"])
def scenario_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Write a scenario down."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    if request.method != "POST":
        return _page(request, plan)
    form = ScenarioForm(request.POST, plan=plan)
    if not form.is_valid():
        return _page(request, plan, 422, form=form)
    try:
        made = actions.add_scenario(plan, form.said, by=request.user, request_id=once(request))
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(request, plan, 422, form=form)
    return done(
        request,
        back_to(plan, f"scenario-{made.number}"),
        _("Added as {made}.").format(made=made.number),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def scenario_edit(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Change what a scenario says. What it put in before stays as it is."""
    plan, scenario = _find(request, slug, number)
    demand(plan, request.user, Right.EDIT)
    if request.method != "POST":
        return _page(request, plan, scenario=scenario)
    form = ScenarioForm(request.POST, plan=plan, scenario=scenario)
    if not form.is_valid():
        return _page(request, plan, 422, scenario=scenario, form=form)
    try:
        actions.edit_scenario(scenario, form.said, by=request.user, **what_was_seen(request))
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(request, plan, 422, scenario=scenario, form=form)
    except Refused as refused:
        form.add_error(None, later(refused).sentence)
        _unused, scenario = _find(request, slug, number)
        now_is = differing(shown(scenario), form.said)
        return _page(request, plan, 409, scenario=scenario, form=form, now_is=now_is)
    return done(
        request,
        back_to(plan, f"scenario-{number}"),
        _("Saved: scenario {number}.").format(number=number),
    )


@posted("risks")
def scenario_start(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One click: it is in force, and its items are in the room."""
    plan, scenario = _find(request, slug, number)
    carries(request, plan)
    started = actions.start_scenario(scenario, by=request.user, **what_was_seen(request))
    into = (
        _(" Its items are phase {phase}.").format(phase=started.phase.number)
        if started.phase
        else ""
    )
    back = back_to(plan, f"scenario-{number}")
    return done(
        request, back, _("Contingency {number} is in force.{into}").format(number=number, into=into)
    )


@require_http_methods(["GET", "HEAD", "POST"])
def scenario_clear(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Say how it ended; its items stay. Read: the form for the reason."""
    plan, scenario = _find(request, slug, number)
    demand(plan, request.user, Right.TICK)
    if request.method != "POST":
        return _clear_page(request, scenario, ReasonForm())
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _clear_page(request, scenario, form, 422)
    try:
        reason = form.cleaned_data["reason"]
        actions.clear_scenario(scenario, reason, by=request.user, **what_was_seen(request))
    except Refused as refused:
        form.add_error(None, later(refused).sentence)
        _unused, scenario = _find(request, slug, number)
        return _clear_page(request, scenario, form, 409)
    return done(
        request,
        back_to(plan, f"scenario-{number}"),
        _("Contingency {number} is cleared.").format(number=number),
    )


@posted("risks")
def scenario_arm(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Make a cleared scenario ready again."""
    plan, scenario = _find(request, slug, number)
    carries(request, plan)
    actions.arm_scenario(scenario, by=request.user, **what_was_seen(request))
    return done(
        request,
        back_to(plan, f"scenario-{number}"),
        _("Scenario {number} is armed again.").format(number=number),
    )


@posted("scenario-edit", "number")
def scenario_remove(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take a scenario off the list, before the release is live and before it was ever started."""
    plan, scenario = _find(request, slug, number)
    demand(plan, request.user, Right.EDIT)
    form = ReasonForm(request.POST, prefix="remove")
    if not form.is_valid():
        return _page(request, plan, 422, scenario=scenario, remove_form=form)
    try:
        reason = form.cleaned_data["reason"]
        actions.remove_scenario(scenario, reason, by=request.user, **what_was_seen(request))
    except Refused as refused:
        form.add_error(None, later(refused).sentence)
        return _page(request, plan, 409, scenario=scenario, remove_form=form)
    return done(
        request,
        reverse("risks", args=[slug]),
        _("Scenario {number} is taken off the list.").format(number=number),
    )


def _find(request: HttpRequest, slug: str, number: int) -> tuple[DeploymentPlan, Scenario]:
    plan = get_plan(request.user, slug)
    found = Scenario.objects.select_related("risk", "phase").filter(plan=plan, number=number)
    scenario = found.first()
    if scenario is None:
        raise Http404(_("No such scenario in this release."))
    scenario.plan = plan
    return plan, scenario


def _page(
    request: HttpRequest,
    plan: DeploymentPlan,
    status: int = 200,
    *,
    scenario: Scenario | None = None,
    form: ScenarioForm | None = None,
    remove_form: ReasonForm | None = None,
    now_is: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    initial = scenario_initial(scenario) if scenario else {}
    fresh = ScenarioForm(plan=plan, scenario=scenario, initial=initial)
    ahead = plan.lifecycle in AHEAD
    context = page(request, plan, "scenario") | {
        "place": "risks",
        "scenario": scenario,
        "form": form or fresh,
        "now_is": now_is,
        "at_stake": standing_approvals(plan, []),
        "remove_form": remove_form or ReasonForm(prefix="remove"),
        "removable": scenario is not None and ahead and scenario.state == "armed",
    }
    return render(request, "checklists/scenario_edit.html", context, status=status)


def _clear_page(
    request: HttpRequest, scenario: Scenario, form: ReasonForm, status: int = 200
) -> HttpResponse:
    items = list(scenario.phase.items.all()) if scenario.phase else []
    context = page(request, scenario.plan, "scenario") | {
        "place": "risks",
        "scenario": scenario,
        "form": form,
        "open_items": sum(not item.closed for item in items),
    }
    return render(request, "checklists/scenario_clear.html", context, status=status)
