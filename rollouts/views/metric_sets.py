"""Sets of metrics in and out: what a file would change is shown first, and then done at once."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from rollouts.actions.metric_import import basis, import_set, preview
from rollouts.documents.metric_sets import MetricSet, read_set, write_set
from rollouts.forms.metric_sets import MetricSetForm
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid, Refused
from warroom.documents.source import DocumentError
from warroom.form_parts import given_document
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done
from warroom.views.plans import page


@require_http_methods(["GET", "HEAD", "POST"])
def metrics_import(request: HttpRequest, slug: str) -> HttpResponse:
    """GET: paste or choose. POST: what it would change (200), or with ``apply`` the change."""
    plan = get_plan(request.user, slug)
    if request.method != "POST":
        return _page(request, plan, MetricSetForm())
    demand(plan, request.user, Right.EDIT)
    form = MetricSetForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, plan, form, 422)
    given, _unused = given_document(form.cleaned_data)
    try:
        found = read_set(given, form.cleaned_data["form"])
    except DocumentError as error:
        return _page(request, plan, form, 422, error=error, given=given)
    try:
        if "apply" in request.POST:
            return _apply(request, plan, form, found)
        return _page(request, plan, form, given=given, found=found)
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(request, plan, form, 422, given=given)
    except Refused as refused:
        if refused.status != 409:
            raise
        form.add_error(None, refused.sentence)
        return _page(request, plan, form, 409, given=given, found=found)


def _apply(
    request: HttpRequest, plan: DeploymentPlan, form: MetricSetForm, found: MetricSet
) -> HttpResponse:
    counts = import_set(
        plan,
        found,
        by=request.user,
        reason=form.cleaned_data["reason"],
        seen=request.POST.get("basis"),
        request_id=once(request),
    )
    said = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()) if count)
    return done(
        request,
        reverse("checks", args=[plan.slug]),
        _("Metrics: {said}.").format(said=said or _("as they were")),
    )


def _page(
    request: HttpRequest,
    plan: DeploymentPlan,
    form: MetricSetForm,
    status: int = 200,
    *,
    given: bytes | str = "",
    found: MetricSet | None = None,
    error: DocumentError | None = None,
) -> HttpResponse:
    context: dict[str, Any] = page(request, plan, "checks")
    plan = context["plan"]
    if isinstance(given, bytes):
        given = given.decode(errors="replace")
    context |= {
        "form": form,
        "error": error,
        "given": given,
        "found": found,
        "taken": preview(plan, found) if found else [],
        "basis": basis(plan),
        "locked": plan.is_closed or not context["standing"].may("edit"),
    }
    return render(request, "rollouts/metrics_import.html", context, status=status)


@require_safe
def metrics_export(request: HttpRequest, slug: str) -> HttpResponse:
    """The release's metrics in our own form, as a file."""
    plan = get_plan(request.user, slug)
    headers = {"Content-Disposition": f'attachment; filename="{plan.slug}-metrics.yaml"'}
    return HttpResponse(
        write_set(plan), content_type="application/yaml; charset=utf-8", headers=headers
    )
