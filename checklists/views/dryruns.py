"""The register of dry runs: its page, its part of the trials page, and its forms."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from checklists.actions import dryruns as actions
from checklists.finding_forms import (
    DryRunResultForm,
    EditDryRunForm,
    JudgeDryRunForm,
    NewDryRunForm,
    RemoveDryRunForm,
)
from checklists.models import ChecklistItem, DryRun
from checklists.queries.dryruns import outcome_of
from checklists.rules.dryruns import SHOWN
from checklists.rules.numbers import whole_number
from warroom.actions.change import demand
from warroom.actions.refusals import Refused
from warroom.live import kept, panels
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done
from warroom.views.password import ask_again
from warroom.views.plans import page
from warroom.views.posting import posted

SHOWN_RESULTS = 20


@require_http_methods(["GET", "HEAD", "POST"])
def dryruns(request: HttpRequest, slug: str) -> HttpResponse:
    """The dry runs; a POST adds one."""
    plan = get_plan(request.user, slug)
    if request.method != "POST":
        return dryruns_page(request, plan)
    demand(plan, request.user, Right.TICK)
    form = NewDryRunForm(request.POST)
    if not form.is_valid():
        return dryruns_page(request, plan, 422, new_run=form)
    try:
        run = actions.add_dry_run(plan, _fields(form), by=request.user, request_id=once(request))
    except Refused as refused:
        return _refused(request, plan, None, refused, new_run=form)
    return done(request, _place(slug, run), _("Dry run {run} is added.").format(run=run.number))


def dryruns_page(
    request: HttpRequest, plan: DeploymentPlan, status: int = 200, **own: Any
) -> HttpResponse:
    """The page with forms as they were sent, where something in them is wrong."""
    context = page(request, plan, "trials") | {"place": "checks"}
    context |= dryruns_part(request, plan, **own)
    return render(request, "checklists/dryruns.html", context, status=status)


def dryruns_part(
    request: HttpRequest, plan: DeploymentPlan, run: DryRun | None = None, **forms: Any
) -> dict[str, Any]:
    """What the part ``_dryruns_part.html`` needs, on whichever page it stands."""
    run = run or _chosen(request, plan)
    context = {
        "dryruns_list": kept.render(panels.get("dryruns"), plan, timezone.now()),
        "new_run": NewDryRunForm(initial=_of_item(request, plan)),
        "run": run,
    }
    if run is not None:
        context |= _forms(plan, run)
    return context | forms


def _forms(plan: DeploymentPlan, run: DryRun) -> dict[str, Any]:
    results = list(run.results.order_by("-at", "-pk")[:SHOWN_RESULTS])
    newest = results[0] if results else None
    says = {"title": run.title, "command": run.command, "expected": run.expected}
    return {
        "results": results,
        "newest": newest,
        "words": list(SHOWN.items()),
        "to_judge": newest is not None
        and newest.word != "pass"
        and not outcome_of(newest, run).other,
        "undecided": outcome_of(newest, run).to_judge,
        "result_form": DryRunResultForm(plan=plan),
        "judge_form": JudgeDryRunForm(initial={"result": newest.pk if newest else None}),
        "edit_run": EditDryRunForm(initial=says | {"revision": run.revision}),
        "remove_run": RemoveDryRunForm(),
    }


def _chosen(request: HttpRequest, plan: DeploymentPlan) -> DryRun | None:
    number = whole_number(request.GET.get("run", ""))
    return _find(plan, number) if number else None


def _find(plan: DeploymentPlan, number: int) -> DryRun:
    run = plan.dry_runs.filter(number=number, removed_at=None).first()
    if run is None:
        raise Http404(_("No such dry run in this release."))
    run.plan = plan
    return run


def _of_item(request: HttpRequest, plan: DeploymentPlan) -> dict[str, str]:
    """What an item with a command says, for a dry run of it."""
    number = whole_number(request.GET.get("item", ""))
    found = ChecklistItem.objects.filter(plan=plan, number=number).first() if number else None
    if found is None:
        return {}
    return {"title": found.text[:200], "command": found.command, "expected": found.expected}


# --- forms of one dry run --------------------------------------------------------------------


@posted("dryruns", at="?run={number}#run")
def dryrun_results(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Record how it went; earlier results stay."""
    plan, run = _asked(request, slug, number, Right.TICK)
    form = DryRunResultForm(request.POST, plan=plan)
    if not form.is_valid():
        return dryruns_page(request, plan, 422, run=run, result_form=form)
    asked = form.cleaned_data
    try:
        kept_result = actions.record_dry_run(
            run,
            asked["word"],
            by=request.user,
            output=asked["output"],
            analysis=asked["analysis"],
            at=asked["at"],
            request_id=once(request),
        )
    except Refused as refused:
        return _refused(request, plan, run, refused, result_form=form)
    return done(
        request, _place(slug, run), _("Recorded: {word}.").format(word=SHOWN[kept_result.word])
    )


@posted("dryruns", at="?run={number}#run")
def dryrun_judge(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Accept the warning or failure that stands (the password again), or say that it is not."""
    plan, run = _asked(request, slug, number)
    form = JudgeDryRunForm(request.POST)
    if not form.is_valid():
        return dryruns_page(request, plan, 422, run=run, judge_form=form)
    asked = form.cleaned_data
    accepted = asked["accepted"] == "yes"
    given = {"result": asked["result"], "request_id": once(request)}
    try:
        actions.checked_why(asked["reason"])
        if accepted and (
            asks := ask_again(request, _("accept dry run {number}").format(number=number))
        ):
            return asks
        actions.judge_dry_run(run, accepted, asked["reason"], by=request.user, **given)
    except Refused as refused:
        return _refused(request, plan, run, refused, judge_form=form)
    return done(request, _place(slug, run), _("Accepted.") if accepted else _("Not accepted."))


@posted("dryruns", at="?run={number}#run")
def dryrun_edit(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Change what is tried."""
    plan, run = _asked(request, slug, number, Right.EDIT)
    form = EditDryRunForm(request.POST)
    if not form.is_valid():
        return dryruns_page(request, plan, 422, run=run, edit_run=form)
    seen = form.cleaned_data["revision"]
    given = {"seen_revision": seen, "request_id": once(request)}
    try:
        actions.edit_dry_run(run, _fields(form), by=request.user, **given)
    except Refused as refused:
        return _refused(request, plan, run, refused, edit_run=form)
    return done(request, _place(slug, run), _("Dry run {number} is saved.").format(number=number))


@posted("dryruns", at="?run={number}#run")
def dryrun_remove(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take it off; what was recorded stays on the timeline."""
    plan, run = _asked(request, slug, number, Right.EDIT)
    form = RemoveDryRunForm(request.POST)
    if not form.is_valid():
        return dryruns_page(request, plan, 422, run=run, remove_run=form)
    why = form.cleaned_data["reason"]
    actions.remove_dry_run(run, why, by=request.user, request_id=once(request))
    return done(
        request,
        reverse("dryruns", args=[slug]),
        _("Dry run {number} is taken off.").format(number=number),
    )


def _asked(
    request: HttpRequest, slug: str, number: int, right: str = ""
) -> tuple[DeploymentPlan, DryRun]:
    plan = get_plan(request.user, slug)
    run = _find(plan, number)
    if right:
        demand(plan, request.user, right)
    return plan, run


def _fields(form) -> dict[str, str]:
    return {name: form.cleaned_data[name] for name in ("title", "command", "expected")}


def _refused(
    request: HttpRequest, plan: DeploymentPlan, run: DryRun | None, refused: Refused, **forms: Any
) -> HttpResponse:
    """What was typed stays, with the sentence; a right that is missing is said as everywhere."""
    if refused.status == 403:
        raise refused
    for form in forms.values():
        form.refuse(refused)
    plan.refresh_from_db()
    return dryruns_page(request, plan, refused.status, run=run, **forms)


def _place(slug: str, run: DryRun) -> str:
    return f"{reverse('dryruns', args=[slug])}?run={run.number}#run"
