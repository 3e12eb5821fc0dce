from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from checklists.actions.conditions import close_condition
from checklists.actions.signoffs import (
    check_signature,
    scope_name,
    sign_off,
    withdraw_signature,
)
from checklists.forms import ConditionCloseForm, SignOffForm
from checklists.models import Condition, Phase, SignOff
from checklists.rules.numbers import whole_number
from checklists.views.phases import checklist_context
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done, shows
from warroom.views.password import ask_again


@require_http_methods(["GET", "HEAD", "POST"])
def signoffs(request: HttpRequest, slug: str) -> HttpResponse:
    """Sign a phase, or the whole release, as one of one's roles. Read: back to the checklist."""
    plan = get_plan(request.user, slug)
    if request.method != "POST":
        return redirect("checklist", slug)
    scope = request.POST.get("scope", "")
    phase = find_phase(plan, scope)
    shows(request, plan, ("signoffs", scope), ("phases", ""), ("phase-list", ""))
    demand(plan, request.user, Right.SIGN)
    form = SignOffForm(request.POST, roles=plan.roles.all())
    if not form.is_valid():
        return _again(request, plan, scope, form)
    asked = form.cleaned_data
    try:
        check_signature(asked["decision"], asked["comment"], asked["conditions"])
        if asks := ask_again(request, f"sign {scope_name(phase)}"):
            return asks
        sign_off(
            plan,
            phase,
            asked["role"],
            asked["decision"],
            by=request.user,
            comment=asked["comment"],
            conditions=asked["conditions"],
            request_id=once(request),
        )
    except Invalid as wrong:
        form.add_error(wrong.field, wrong.sentence)
        return _again(request, plan, scope, form)
    back = f"{reverse('checklist', args=[slug])}?phase={scope}#signoff"
    return done(request, back, f"Signed: {scope_name(phase)}.")


@require_POST
def withdraw(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take one's own signature back."""
    plan = get_plan(request.user, slug)
    found = SignOff.objects.select_related("phase", "role")
    signoff = found.filter(plan=plan, pk=number).first()
    if signoff is None:
        raise Http404("No such signature in this release.")
    signoff.plan = plan
    scope = str(signoff.phase.number) if signoff.phase else "plan"
    shows(request, plan, ("signoffs", scope), ("phases", ""), ("phase-list", ""))
    withdraw_signature(signoff, by=request.user, request_id=once(request))
    back = f"{reverse('checklist', args=[slug])}?phase={scope}#signoff"
    return done(request, back, "Your signature is withdrawn.")


def find_phase(plan: DeploymentPlan, scope: str) -> Phase | None:
    """The phase that a scope names; None for 'plan'. Anything else is not found."""
    if scope == "plan":
        return None
    number = whole_number(scope)
    phase = plan.phases.filter(number=number).first() if number is not None else None
    if phase is None:
        raise Http404("No such phase in this release.")
    return phase


def _again(
    request: HttpRequest, plan: DeploymentPlan, scope: str, form: SignOffForm
) -> HttpResponse:
    context = checklist_context(request, plan, scope=scope, signoff_form=form)
    return render(request, "checklists/checklist.html", context, status=422)


@require_POST
def condition_close(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Say that a condition is met, and how."""
    plan = get_plan(request.user, slug)
    found = Condition.objects.select_related("gate", "vote", "signoff__phase")
    condition = found.filter(plan=plan, number=number).first()
    if condition is None:
        raise Http404("No such condition in this release.")
    condition.plan = plan
    if condition.gate:
        shows(request, plan, ("conditions", condition.gate.key))
        back = reverse("gate", args=[slug, condition.gate.key])
    else:
        back = reverse("checklist", args=[slug])
    form = ConditionCloseForm(request.POST)
    note = form.cleaned_data["note"] if form.is_valid() else ""
    close_condition(condition, note, by=request.user, request_id=once(request))
    return done(request, back, f"Condition {number} is met.")
