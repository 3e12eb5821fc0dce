"""The stages of a rollout: a list, and a form each to change, add and take off."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rollouts.actions.stage_editing import add_stage, edit_stage, remove_stage
from rollouts.forms.stages import StageForm
from rollouts.models import Stage
from rollouts.queries.rollouts import rollout_now
from rollouts.queries.soaks import soak_of
from rollouts.queries.stages import of_plan, planned
from warroom.actions.change import demand
from warroom.actions.refusals import NotAllowed, Refused
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.plans import page
from warroom.views.posting import posted

FIELDS = {"soak_s": "soak", "hold_s": "hold", "gate_id": "gate", "offset_s": "begins"}


@require_http_methods(["GET", "HEAD", "POST"])
def stages(request: HttpRequest, slug: str) -> HttpResponse:
    """All stages, for everybody with a seat; a new one is posted here."""
    plan = get_plan(request.user, slug)
    if request.method != "POST":
        return _list(request, plan, StageForm(plan=plan), 200)
    form = StageForm(request.POST, plan=plan)
    if not form.is_valid():
        demand(plan, request.user, Right.EDIT)
        return _list(request, plan, form, 422)
    try:
        stage = add_stage(plan, form.wanted(), by=request.user, request_id=once(request))
    except NotAllowed:
        raise
    except Refused as refused:
        return _list(request, plan, _refused(form, refused), refused.status)
    messages.success(request, _("Stage {stage} is added.").format(stage=stage.number))
    return redirect("stages", slug)


@require_http_methods(["GET", "HEAD", "POST"])
def stage_edit(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Change a stage; of one that is under way what lies ahead."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    stage = _find(plan, number)
    if request.method != "POST":
        return _edit(request, plan, stage, StageForm(plan=plan, stage=stage), 200)
    form = StageForm(request.POST, plan=plan, stage=stage)
    if not form.is_valid():
        return _edit(request, plan, stage, form, 422)
    given = {"reason": form.cleaned_data["reason"], "request_id": once(request)}
    try:
        edit_stage(plan, number, form.wanted(), by=request.user, **given)
    except Refused as refused:
        return _edit(request, plan, stage, _refused(form, refused), refused.status)
    messages.success(request, _("Stage {number} is saved.").format(number=number))
    return redirect("stages", slug)


@posted("stages")
def stage_remove(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take a stage off that has never run."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    _find(plan, number)
    remove_stage(plan, number, by=request.user, request_id=once(request))
    messages.success(request, _("Stage {number} is taken off.").format(number=number))
    return redirect("stages", slug)


def _find(plan: DeploymentPlan, number: int) -> Stage:
    found = next((stage for stage in of_plan(plan) if stage.number == number), None)
    if found is None:
        raise Http404(_("There is no such stage."))
    return found


def _refused(form: StageForm, refused: Refused) -> StageForm:
    field = getattr(refused, "field", None)
    if field in FIELDS:
        refused.field = FIELDS[field]
    form.refuse(refused)
    return form


def _list(request: HttpRequest, plan: DeploymentPlan, form: StageForm, status: int) -> HttpResponse:
    rows = [(stage, planned(plan, stage)) for stage in of_plan(plan)]
    context = page(request, plan, "stages") | {"place": "rollout", "rows": rows, "form": form}
    return render(request, "rollouts/stages.html", context, status=status)


def _edit(
    request: HttpRequest, plan: DeploymentPlan, stage: Stage, form: StageForm, status: int
) -> HttpResponse:
    now = timezone.now()
    running = stage if stage.state == "running" else None
    soak = soak_of(plan, running, rollout_now(plan, now), now)
    context = page(request, plan, "stages") | {"place": "rollout", "stage": stage}
    context |= {"form": form, "soak": soak}
    return render(request, "rollouts/stage_edit.html", context, status=status)
