"""Success criteria: the page, and the forms that set, judge and look at them again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rollouts.actions import success as actions
from rollouts.forms.success import JudgeForm, SuccessForm
from rollouts.models import SuccessCriterion
from rollouts.queries.success import DUE, EVALUATED, measures, success_rows
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done
from warroom.views.plans import page
from warroom.views.posting import posted


@require_http_methods(["GET", "HEAD", "POST"])
def success(request: HttpRequest, slug: str) -> HttpResponse:
    """Every criterion; a POST adds one. ``?edit=key`` opens the form of one."""
    plan = get_plan(request.user, slug)
    if request.method != "POST":
        return _page(request, plan)
    demand(plan, request.user, Right.EDIT)
    form = SuccessForm(request.POST, plan=plan)
    if not form.is_valid():
        return _page(request, plan, 422, add=form)
    try:
        row = actions.add_success(plan, form.wanted(), by=request.user, request_id=once(request))
    except Invalid as wrong:
        form.refuse(_named(wrong))
        return _page(request, plan, 422, add=form)
    return done(request, _place(slug), _("“{row}” is added.").format(row=row.text))


@posted("success")
def edit(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Change what a criterion asks."""
    plan = get_plan(request.user, slug)
    row = _find(plan, key)
    demand(plan, request.user, Right.EDIT)
    form = SuccessForm(request.POST, plan=plan, row=row)
    if not form.is_valid():
        return _page(request, plan, 422, edits=form)
    try:
        actions.edit_success(row, form.wanted(), by=request.user, request_id=once(request))
    except Invalid as wrong:
        form.refuse(_named(wrong))
        return _page(request, plan, 422, edits=form)
    return done(
        request, _place(slug), _("“{text}” is saved.").format(text=form.cleaned_data["text"])
    )


@posted("success")
def remove(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Take a criterion away that was not evaluated."""
    plan = get_plan(request.user, slug)
    row = _find(plan, key)
    reason = request.POST.get("reason", "")
    actions.remove_success(row, reason, by=request.user, request_id=once(request))
    return done(request, _place(slug), _("“{row}” is removed.").format(row=row.text))


@posted("success")
def judge(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Say whether it was met, where nothing measured it."""
    plan = get_plan(request.user, slug)
    row = _find(plan, key)
    demand(plan, request.user, Right.VOTE)
    form = JudgeForm(request.POST)
    if not form.is_valid():
        return _page(request, plan, 422, judged=(row, form))
    met, reason = form.cleaned_data["met"] == "yes", form.cleaned_data["reason"]
    row = actions.judge_success(row, met, reason, by=request.user, request_id=once(request))
    return done(
        request,
        _place(slug),
        (_("“{row}” is met.") if row.met else _("“{row}” is missed.")).format(row=row.text),
    )


@posted("success")
def look(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Look again, as of now, at what had no data."""
    plan = get_plan(request.user, slug)
    row = actions.look_again(_find(plan, key), by=request.user, request_id=once(request))
    text = {True: _("“{row}” is met."), False: _("“{row}” is missed.")}.get(
        row.met, _("“{row}” is without data still.")
    )
    return done(request, _place(slug), text.format(row=row.text))


def _named(wrong: Invalid) -> Invalid:
    """The action's field as the form calls it."""
    own = {"due_offset_s": "due", "over_s": "over"}
    return Invalid(own.get(wrong.field, wrong.field), wrong.sentence)


def _place(slug: str) -> str:
    return reverse("success", args=[slug])


def _find(plan: DeploymentPlan, key: str) -> SuccessCriterion:
    rows = SuccessCriterion.objects.select_related("query", "health_check")
    row = get_object_or_404(rows, plan=plan, key=key)
    row.plan = plan
    return row


def _page(
    request: HttpRequest,
    plan: DeploymentPlan,
    status: int = 200,
    *,
    add: SuccessForm | None = None,
    edits: SuccessForm | None = None,
    judged: tuple[SuccessCriterion, JudgeForm] | None = None,
) -> HttpResponse:
    context = page(request, plan, "success") | {"place": "rollout"}
    rows = success_rows(plan, context["now"])
    context |= {
        "rows": rows,
        "editable": [row for row in rows if row.criterion.evaluated_at is None],
        "to_judge": [_judging(row.criterion, judged) for row in rows if row.wants_person],
        "to_look": [row for row in rows if _is_open(row)],
        "add": add or SuccessForm(plan=plan),
        "edits": edits or _chosen(request, plan),
    }
    return render(request, "rollouts/success.html", context, status=status)


def _is_open(row: Any) -> bool:
    one = row.criterion
    return one.met is None and row.state in (EVALUATED, DUE) and measures(one)


def _judging(
    row: SuccessCriterion, judged: tuple[SuccessCriterion, JudgeForm] | None
) -> tuple[SuccessCriterion, JudgeForm]:
    if judged and judged[0].pk == row.pk:
        return judged
    return row, JudgeForm(auto_id=f"judge-{row.key}-%s")


def _chosen(request: HttpRequest, plan: DeploymentPlan) -> SuccessForm | None:
    key = request.GET.get("edit", "")
    found = SuccessCriterion.objects.filter(plan=plan, key=key, evaluated_at=None)
    row = found.select_related("query", "health_check").first() if key else None
    return SuccessForm(plan=plan, row=row) if row else None
