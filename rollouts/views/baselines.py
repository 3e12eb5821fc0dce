"""What was normal before the release, beside what is read now (S28, S42)."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rollouts.actions import baselines as actions
from rollouts.forms.baselines import BaselineForm, RecordForm
from rollouts.models import Baseline
from rollouts.queries.baselines import baseline_rows
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done
from warroom.views.plans import page
from warroom.views.posting import posted


@require_http_methods(["GET", "HEAD", "POST"])
def baselines(request: HttpRequest, slug: str) -> HttpResponse:
    """The table. POST: add a row, or with ``baseline`` change the one of that number."""
    plan = get_plan(request.user, slug)
    if request.method != "POST":
        return _page(request, plan)
    demand(plan, request.user, Right.EDIT)
    number = request.POST.get("baseline", "")
    found = _find(plan, number) if number else None
    form = BaselineForm(request.POST, plan=plan, baseline=found)
    if not form.is_valid():
        return _page(request, plan, 422, form=form)
    try:
        saved = actions.save_baseline(
            plan, form.said, by=request.user, baseline=found, request_id=once(request)
        )
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(request, plan, 422, form=form)
    return done(
        request,
        reverse("baselines", args=[slug]),
        _("Baseline of {saved} is set.").format(saved=saved.name),
    )


@posted("baselines")
def baseline_record(request: HttpRequest, slug: str) -> HttpResponse:
    """Measure every metric now: the median of the span."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    form = RecordForm(request.POST)
    if not form.is_valid():
        return _page(request, plan, 422, record_form=form)
    try:
        count = actions.record_baseline(
            plan, form.cleaned_data["over"], by=request.user, request_id=once(request)
        )
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(request, plan, 422, record_form=form)
    return done(
        request,
        reverse("baselines", args=[slug]),
        _("Baseline of {count} recorded.").format(count=count),
    )


@posted("baselines")
def baseline_remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a row off."""
    plan = get_plan(request.user, slug)
    found = _find(plan, str(pk))
    actions.remove_baseline(found, by=request.user, request_id=once(request))
    return done(
        request,
        reverse("baselines", args=[slug]),
        _("{found} is taken off.").format(found=found.name),
    )


def _find(plan: DeploymentPlan, number: str) -> Baseline:
    rows = Baseline.objects.filter(plan=plan, pk=number) if number.isdecimal() else ()
    found = next(iter(rows), None)
    if found is None:
        raise Http404(_("No such baseline in this release."))
    found.plan = plan
    return found


def _page(
    request: HttpRequest, plan: DeploymentPlan, status: int = 200, **forms: Any
) -> HttpResponse:
    context = page(request, plan, "checks")
    plan = context["plan"]
    form: BaselineForm | None = forms.pop("form", None)
    rows = baseline_rows(plan, context["now"])
    context |= {
        "rows": rows,
        "form": form or BaselineForm(plan=plan, baseline=_chosen(request, rows)),
        "chosen": _number(request),
        "record_form": RecordForm(),
        "locked": plan.is_closed or not context["standing"].may("edit"),
    } | forms
    return render(request, "rollouts/baselines.html", context, status=status)


def _number(request: HttpRequest) -> str:
    return request.POST.get("baseline", "") or request.GET.get("edit", "")


def _chosen(request: HttpRequest, rows: list) -> Baseline | None:
    wanted = request.GET.get("edit", "")
    return next((row.baseline for row in rows if str(row.baseline.pk) == wanted), None)
