"""The editor of procedures, and all of them as Markdown."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from rollouts.actions import procedures as actions
from rollouts.documents.procedures import as_markdown
from rollouts.forms.procedures import ProcedureForm, StepRows, procedure_initial
from rollouts.forms.runs import WhyForm
from rollouts.models import RollbackProcedure
from rollouts.queries.procedures import procedures_of
from rollouts.views.recovery import find_procedure
from warroom.actions.change import demand
from warroom.actions.refusals import NotAllowed, Refused
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done
from warroom.views.plans import page
from warroom.views.posting import posted


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Write a procedure down."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    return _saved(request, plan, None) if request.method == "POST" else _page(request, plan, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Change its steps and targets."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    row = find_procedure(plan, key)
    return _saved(request, plan, row) if request.method == "POST" else _page(request, plan, row)


def _saved(
    request: HttpRequest, plan: DeploymentPlan, row: RollbackProcedure | None
) -> HttpResponse:
    form, rows = ProcedureForm(request.POST), StepRows(plan, row, request.POST)
    if not all([form.is_valid(), rows.is_valid()]):
        return _page(request, plan, row, 422, form=form, rows=rows)
    given = form.cleaned_data
    try:
        saved = actions.save_procedure(
            plan,
            form.said | {"steps": rows.said},
            by=request.user,
            procedure=row,
            is_default=given["is_default"],
            basis=given["basis"],
            request_id=once(request),
        )
    except NotAllowed:
        raise
    except Refused as refused:
        _say(form, rows, refused)
        return _page(request, plan, row, refused.status, form=form, rows=rows)
    return done(
        request,
        reverse("recovery", args=[plan.slug]),
        _("Saved: {saved}.").format(saved=saved.name),
    )


def _say(form: ProcedureForm, rows: StepRows, refused: Refused) -> None:
    field = getattr(refused, "field", "")
    if field.startswith("steps"):
        rows.refuse(refused.sentence)
    else:
        form.refuse(refused)


def _page(
    request: HttpRequest,
    plan: DeploymentPlan,
    row: RollbackProcedure | None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    initial = procedure_initial(row, actions.basis_of(row)) if row else {}
    context = page(request, plan, "procedure") | {
        "place": "rollout",
        "procedure": row,
        "form": ProcedureForm(initial=initial),
        "rows": StepRows(plan, row),
        "retire_form": WhyForm(prefix="retire"),
        **more,
    }
    return render(request, "rollouts/procedure_edit.html", context, status=status)


@posted("procedure-edit", "key")
def retire(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Take a procedure out of use."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    row = find_procedure(plan, key)
    form = WhyForm(request.POST, prefix="retire")
    if not form.is_valid():
        return _page(request, plan, row, 422, retire_form=form)
    try:
        reason = form.cleaned_data["reason"]
        actions.retire_procedure(row, reason, by=request.user, request_id=once(request))
    except NotAllowed:
        raise
    except Refused as refused:
        form.refuse(refused)
        return _page(request, plan, row, refused.status, retire_form=form)
    return done(
        request, reverse("recovery", args=[slug]), _("{row} is out of use.").format(row=row.name)
    )


@require_safe
def markdown(request: HttpRequest, slug: str) -> HttpResponse:
    """All procedures with their steps and targets, as a document."""
    plan = get_plan(request.user, slug)
    text = as_markdown(plan.name, procedures_of(plan))
    answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{plan.slug}-rollback.md"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
