from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods

from checklists.actions.conditions import close_condition
from checklists.actions.signoffs import check_signature, sign_off, withdraw_signature
from checklists.forms import ConditionCloseForm, SignOffForm
from checklists.models import Condition, SignOff
from checklists.queries.scopes import Scope, find_scope, scope_of
from checklists.views.gates import gate_page
from checklists.views.phases import checklist_context
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done, shows
from warroom.views.password import ask_again

# What is said of it, and whether as a warning: a rejection is nothing to look green.
_SAID = {
    "approved": (_l("Signed"), False),
    "conditional": (_l("Signed with conditions"), False),
    "rejected": (_l("Rejected"), True),
}


@require_http_methods(["GET", "HEAD", "POST"])
def signoffs(request: HttpRequest, slug: str) -> HttpResponse:
    """Sign a phase, a gate or the whole release as one of one's roles. Read: to the checklist."""
    plan = get_plan(request.user, slug)
    if request.method != "POST":
        return redirect("checklist", slug)
    scope = find_scope(plan, request.POST.get("scope", ""))
    if scope is None:
        raise Http404(_("No such phase or gate in this release."))
    _fresh(request, plan, scope)
    demand(plan, request.user, Right.SIGN)
    form = SignOffForm(request.POST, roles=plan.roles.all(), best=plan.score_max)
    if not form.is_valid():
        return _again(request, plan, scope, form)
    asked = form.cleaned_data
    try:
        check_signature(asked["decision"], asked["comment"], asked["conditions"])
        if asks := ask_again(request, _("sign {scope}").format(scope=scope.name)):
            return asks
        sign_off(
            plan,
            scope.phase,
            asked["role"],
            asked["decision"],
            by=request.user,
            gate=scope.gate,
            declaration=scope.declaration,
            score=asked["score"],
            # The page that asks why, where something speaks against it, gives a reason.
            comment=asked["comment"] or request.POST.get("reason", ""),
            conditions=asked["conditions"],
            seen=asked["seen"],
            request_id=once(request),
        )
    except Invalid as wrong:
        form.refuse(wrong)
        return _again(request, plan, scope, form)
    said, warns = _SAID[asked["decision"]]
    return done(request, _page_of(plan, scope), f"{said}: {scope.name}.", warns=warns)


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take one's own signature back. Read: to the page that it stands on."""
    plan = get_plan(request.user, slug)
    found = SignOff.objects.select_related("phase", "gate", "role")
    signoff = found.filter(plan=plan, pk=number).first()
    if signoff is None:
        raise Http404(_("No such signature in this release."))
    signoff.plan = plan
    scope = scope_of(signoff)
    if request.method != "POST":
        return redirect(_page_of(plan, scope))
    _fresh(request, plan, scope)
    withdraw_signature(signoff, by=request.user, request_id=once(request))
    return done(request, _page_of(plan, scope), _("Your signature is withdrawn."))


def _fresh(request: HttpRequest, plan: DeploymentPlan, scope: Scope) -> None:
    """The answer carries the signatures and what shows how many there are."""
    shows(
        request,
        plan,
        ("signoffs", scope.key),
        *([] if scope.gate else [("phases", ""), ("phase-list", "")]),
        *([("plan-conditions", "")] if scope.is_last else []),
    )


def _page_of(plan: DeploymentPlan, scope: Scope) -> str:
    if scope.gate:
        return f"{reverse('gate', args=[plan.slug, scope.gate.key])}#signoff"
    return f"{reverse('checklist', args=[plan.slug])}?phase={scope.key}#signoff"


def _again(
    request: HttpRequest, plan: DeploymentPlan, scope: Scope, form: SignOffForm
) -> HttpResponse:
    if scope.gate:
        scope.gate.plan = plan
        return gate_page(request, scope.gate, signoff_form=form)
    context = checklist_context(request, plan, scope=scope.key, signoff_form=form)
    return render(request, "checklists/checklist.html", context, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def condition_close(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Say that a condition is met, and how. Read: to the page that it stands on."""
    plan = get_plan(request.user, slug)
    found = Condition.objects.select_related("gate", "vote", "signoff__phase", "signoff__gate")
    condition = found.filter(plan=plan, number=number).first()
    if condition is None:
        raise Http404(_("No such condition in this release."))
    condition.plan, back = plan, plan.get_absolute_url()
    if condition.gate:
        shows(request, plan, ("conditions", condition.gate.key))
        back = reverse("gate", args=[slug, condition.gate.key])
    elif condition.signoff:
        scope = scope_of(condition.signoff)
        _fresh(request, plan, scope)
        back = _page_of(plan, scope)
    if request.method != "POST":
        return redirect(back)
    form = ConditionCloseForm(request.POST)
    note = form.cleaned_data["note"] if form.is_valid() else ""
    close_condition(condition, note, by=request.user, request_id=once(request))
    return done(request, back, _("Condition {number} is met.").format(number=number))
