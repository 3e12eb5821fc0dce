"""The page of risks and contingency, and the forms that write risks down."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from checklists.actions import risks as actions
from checklists.models import Risk
from checklists.risks_forms import CriteriaRows, ReasonForm, RiskForm, RiskStateForm, risk_initial
from checklists.rules.numbers import whole_number
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done, shows
from warroom.views.plans import page
from warroom.views.posting import posted

PARTS = (("risk-summary", ""), ("contingency", ""), ("risks", ""), ("risk-matrix", ""))


@require_safe
def risks(request: HttpRequest, slug: str) -> HttpResponse:
    """Scenarios with their state, risks, and the matrix."""
    plan = get_plan(request.user, slug)
    return render(request, "checklists/risks.html", page(request, plan, "risks"))


def what_was_seen(request: HttpRequest) -> dict[str, Any]:
    return {
        "seen_revision": whole_number(request.POST.get("revision", "")),
        "request_id": once(request),
    }


def back_to(plan: DeploymentPlan, anchor: str) -> str:
    return f"{reverse('risks', args=[plan.slug])}#{anchor}"


def carries(request: HttpRequest, plan: DeploymentPlan) -> None:
    """The answer carries the parts of the page of risks."""
    shows(request, plan, *PARTS)


def later(error: Refused) -> Refused:
    """The refusal, where typed text is to be kept beside what is true now; else raise it."""
    if error.status != 409:
        raise error
    return error


def differing(shown: Mapping[str, Any], said: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is kept now where it is not what was typed; for plain texts only."""
    texts = {name: value for name, value in shown.items() if isinstance(value, str)}
    return [
        (name.replace("_", " ").capitalize(), value)
        for name, value in texts.items()
        if name in said and said[name] != value
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def risk_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Write a risk down."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    if request.method != "POST":
        return _page(request, plan)
    form, rows = RiskForm(request.POST), CriteriaRows(plan, data=request.POST)
    if not all([form.is_valid(), rows.is_valid()]):
        return _page(request, plan, 422, form=form, rows=rows)
    said = form.said | {"criteria": rows.said}
    try:
        risk = actions.add_risk(plan, said, by=request.user, request_id=once(request))
    except Invalid as wrong:
        _say(form, rows, wrong)
        return _page(request, plan, 422, form=form, rows=rows)
    return done(
        request,
        back_to(plan, f"risk-{risk.number}"),
        _("Added as R{risk}.").format(risk=risk.number),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def risk_edit(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Change what a risk says; beside it its state, and taking it off."""
    plan, risk = _find(request, slug, number)
    demand(plan, request.user, Right.EDIT)
    if request.method != "POST":
        return _page(request, plan, risk=risk)
    form, rows = RiskForm(request.POST), CriteriaRows(plan, risk, request.POST)
    if not all([form.is_valid(), rows.is_valid()]):
        return _page(request, plan, 422, risk=risk, form=form, rows=rows)
    said = form.said | {"criteria": rows.said}
    try:
        risk = actions.edit_risk(risk, said, by=request.user, **what_was_seen(request))
    except Invalid as wrong:
        _say(form, rows, wrong)
        return _page(request, plan, 422, risk=risk, form=form, rows=rows)
    except Refused as refused:
        form.add_error(None, later(refused).sentence)
        _unused, risk = _find(request, slug, number)
        now_is = differing(actions.shown(risk), said)
        return _page(request, plan, 409, risk=risk, form=form, rows=rows, now_is=now_is)
    return done(
        request, back_to(plan, f"risk-{risk.number}"), _("Saved: R{risk}.").format(risk=risk.number)
    )


@posted("risks")
def risk_state(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Open, watched, has happened, closed; the last two with their reason."""
    plan, risk = _find(request, slug, number)
    demand(plan, request.user, Right.EDIT)
    form = RiskStateForm(request.POST)
    if not form.is_valid():
        return _page(request, plan, 422, risk=risk, state_form=form)
    asked = form.cleaned_data
    try:
        actions.set_risk_state(
            risk, asked["state"], asked["reason"], by=request.user, **what_was_seen(request)
        )
    except Refused as refused:
        _raise_unless_shown(refused)
        form.refuse(refused)
        _unused, risk = _find(request, slug, number)
        return _page(request, plan, refused.status, risk=risk, state_form=form)
    say = f"R{number} {actions.STATE_SAID[asked['state']]}."
    return done(request, back_to(plan, f"risk-{number}"), say)


@posted("risk-edit", "number")
def risk_remove(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take a risk off the list, before the release is live."""
    plan, risk = _find(request, slug, number)
    demand(plan, request.user, Right.EDIT)
    form = ReasonForm(request.POST, prefix="remove")
    if not form.is_valid():
        return _page(request, plan, 422, risk=risk, remove_form=form)
    try:
        actions.remove_risk(
            risk, form.cleaned_data["reason"], by=request.user, **what_was_seen(request)
        )
    except Refused as refused:
        _raise_unless_shown(refused)
        form.refuse(refused)
        return _page(request, plan, refused.status, risk=risk, remove_form=form)
    return done(
        request,
        reverse("risks", args=[slug]),
        _("R{number} is taken off the list.").format(number=number),
    )


def _raise_unless_shown(refused: Refused) -> None:
    if refused.status not in (409, 422):
        raise refused


def _say(form: RiskForm, rows: CriteriaRows, wrong: Invalid) -> None:
    """Beside its field; what is wrong with a row of criteria stands above the rows."""
    if wrong.field == "criteria":
        rows.error = wrong.sentence
    else:
        form.refuse(wrong)


def _find(request: HttpRequest, slug: str, number: int) -> tuple[DeploymentPlan, Risk]:
    plan = get_plan(request.user, slug)
    risk = plan.risks.filter(number=number).first()
    if risk is None:
        raise Http404(_("No such risk in this release."))
    risk.plan = plan
    return plan, risk


def _page(
    request: HttpRequest,
    plan: DeploymentPlan,
    status: int = 200,
    *,
    risk: Risk | None = None,
    form: RiskForm | None = None,
    rows: CriteriaRows | None = None,
    state_form: RiskStateForm | None = None,
    remove_form: ReasonForm | None = None,
    now_is: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    initial = risk_initial(risk) if risk else {}
    context = page(request, plan, "risk") | {
        "place": "risks",
        "risk": risk,
        "form": form or RiskForm(initial=initial),
        "rows": rows or CriteriaRows(plan, risk),
        "now_is": now_is,
    }
    if risk is not None:
        state = {"state": risk.state, "reason": risk.state_reason}
        context |= {
            "state_form": state_form or RiskStateForm(initial=state, auto_id="state_%s"),
            "remove_form": remove_form or ReasonForm(prefix="remove"),
            "removable": plan.lifecycle in actions.AHEAD,
        }
    return render(request, "checklists/risk_edit.html", context, status=status)
