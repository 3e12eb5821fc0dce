"""Backups and drills: the page, starting and entering drills, the editor of procedures."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from rollouts.actions.drills import enter_drill, start_drill
from rollouts.forms.runs import PastDrillForm, StartDrillForm
from rollouts.models import RollbackProcedure
from rollouts.queries.backups import earlier_commits
from rollouts.queries.procedures import procedures_of
from warroom.actions.change import demand
from warroom.actions.refusals import NotAllowed, Refused
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done
from warroom.views.plans import page
from warroom.views.posting import posted


@require_safe
def recovery(request: HttpRequest, slug: str) -> HttpResponse:
    """Can we go back, how long does it take, and until when may we start?"""
    plan = get_plan(request.user, slug)
    context = page(request, plan, "recovery") | {"place": "rollout"}
    context["commits"] = earlier_commits(plan, timezone.now())[:3]
    return render(request, "rollouts/recovery.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def drill(request: HttpRequest, slug: str) -> HttpResponse:
    """Start a drill; ``?procedure=`` chooses which past drill can be entered beside it."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.TICK)
    if request.method != "POST":
        return _drill_page(request, plan)
    form = StartDrillForm(request.POST, plan=plan)
    if not form.is_valid():
        return _drill_page(request, plan, 422, start_form=form)
    given = form.cleaned_data
    try:
        run = start_drill(
            plan,
            given["procedure"],
            given["place"],
            by=request.user,
            reason=given["reason"],
            request_id=once(request),
        )
    except NotAllowed:
        raise
    except Refused as refused:
        form.refuse(refused)
        return _drill_page(request, plan, refused.status, start_form=form)
    back = reverse("rollback-run", args=[slug, run.number])
    return done(request, back, _("{run} began. It moves no production traffic.").format(run=run))


@posted("recovery-drill")
def past(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Enter a drill that was held before, from its notes."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.TICK)
    procedure = find_procedure(plan, key)
    form = PastDrillForm(request.POST, procedure=procedure, t0=plan.t0)
    if not form.is_valid():
        return _drill_page(request, plan, 422, procedure=procedure, past_form=form)
    given = form.cleaned_data
    try:
        run = enter_drill(
            plan,
            procedure,
            given["place"],
            given["started_at"],
            form.durations,
            by=request.user,
            held_by=given["held_by"],
            note=given["note"],
            worked=given["worked"],
            downtime_s=given["downtime"],
            request_id=once(request),
        )
    except NotAllowed:
        raise
    except Refused as refused:
        form.refuse(refused)
        return _drill_page(request, plan, refused.status, procedure=procedure, past_form=form)
    back = f"{reverse('recovery', args=[slug])}#drills"
    return done(request, back, _("{run} is entered from notes.").format(run=run))


def find_procedure(plan: DeploymentPlan, key: str) -> RollbackProcedure:
    """The procedure in use of that key, or Http404."""
    found = RollbackProcedure.objects.filter(plan=plan, key=key, retired_at=None).first()
    if found is None:
        raise Http404(_("No such procedure in this release."))
    found.plan = plan
    return found


def _drill_page(
    request: HttpRequest,
    plan: DeploymentPlan,
    status: int = 200,
    *,
    procedure: RollbackProcedure | None = None,
    start_form: StartDrillForm | None = None,
    past_form: PastDrillForm | None = None,
) -> HttpResponse:
    ways = procedures_of(plan)
    key = request.GET.get("procedure", "")
    chosen = procedure or next((row for row in ways if row.key == key), ways[0] if ways else None)
    initial = {"procedure": chosen.pk if chosen else None}
    if past_form is None and chosen is not None:
        past_form = PastDrillForm(procedure=chosen, t0=plan.t0, auto_id="past_%s")
    context = page(request, plan, "drill") | {
        "place": "rollout",
        "procedure": chosen,
        "others": [row for row in ways if row != chosen],
        "start_form": start_form or StartDrillForm(plan=plan, initial=initial),
        "past_form": past_form,
    }
    return render(request, "rollouts/drill.html", context, status=status)
