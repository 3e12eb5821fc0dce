"""The page of one rollback or drill, and what people do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from checklists.rules.numbers import whole_number
from rollouts.actions import run_ends
from rollouts.actions.run_steps import set_step
from rollouts.forms.runs import FinishForm, WhyForm
from rollouts.models import RollbackRun, RunStep
from rollouts.queries.run_board import command_of, title_of
from rollouts.queries.runs import open_steps
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.live import kept, panels
from warroom.models import DeploymentPlan
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done, shows
from warroom.views.plans import page
from warroom.views.posting import posted

MOST_NUMBER = 32_767


@require_safe
def run(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Stopwatch, steps, frozen readings and timeline of a run."""
    plan, found = find(request, slug, number)
    return _page(request, plan, found)


def find(request: HttpRequest, slug: str, number: int) -> tuple[DeploymentPlan, RollbackRun]:
    """The plan and its run, or Http404."""
    plan = get_plan(request.user, slug)
    rows = RollbackRun.objects.select_related("procedure", "guardrail").prefetch_related("steps")
    found = rows.filter(plan=plan, number=number).first() if number <= MOST_NUMBER else None
    if found is None:
        raise Http404(_("No such rollback or drill in this release."))
    found.plan = plan
    return plan, found


def _page(
    request: HttpRequest, plan: DeploymentPlan, found: RollbackRun, status: int = 200, **more: Any
) -> HttpResponse:
    context = page(request, plan, "run")
    steps = list(found.steps.all())
    command, expected = command_of(found)
    context |= {
        "place": "rollout",
        "run": found,
        "title": title_of(found),
        "steps": steps,
        "left": len(open_steps(steps)),
        "command": command,
        "expected": expected,
        "restored": list(found.restored_backups.all()) if found.ended_at else [],
        "finish_form": FinishForm(),
        "false_form": WhyForm(prefix="false"),
        **{
            place: kept.render(panels.get(name), plan, context["now"], str(found.number))
            for place, name in (
                ("banner", "run-banner"),
                ("stopwatch", "run"),
                ("steps_html", "run-steps"),
                ("feed", "run-feed"),
            )
        },
        **more,
    }
    return render(request, "rollouts/run.html", context, status=status)


def _back(found: RollbackRun) -> str:
    return reverse("rollback-run", args=[found.plan.slug, found.number])


def _carries(request: HttpRequest, plan: DeploymentPlan, found: RollbackRun) -> None:
    key = str(found.number)
    shows(request, plan, *((name, key) for name in ("run-banner", "run", "run-steps", "run-feed")))


@posted("rollback-run", "number")
def step(request: HttpRequest, slug: str, number: int, position: int) -> HttpResponse:
    """One tap: a step is done, or open again."""
    plan, found = find(request, slug, number)
    _carries(request, plan, found)
    state = request.GET.get("state", "done")
    said = _set(request, found, position, state, "")
    return done(request, f"{_back(found)}#step-{number}-{position}", said)


@posted("rollback-run", "number")
def note(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A step is left out, did not work, or was done, with a sentence."""
    plan, found = find(request, slug, number)
    position = whole_number(request.POST.get("position", "")) or 0
    text, state = request.POST.get("note", ""), request.POST.get("state", "")
    try:
        said = _set(request, found, position, state, text)
    except NotAllowed:
        raise
    except Refused as refused:
        typed = {"step_error": refused.sentence, "step_note": text, "step_position": position}
        return _page(request, plan, _fresh(found), refused.status, **typed)
    return done(request, f"{_back(found)}#step-{number}-{position}", said)


def _set(request: HttpRequest, found: RollbackRun, position: int, state: str, text: str) -> str:
    try:
        row = set_step(found, position, state, by=request.user, note=text, request_id=once(request))
    except RunStep.DoesNotExist:
        raise Http404(_("No such step in this run.")) from None
    return _("R.{position} is {state}.").format(
        position=row.position, state="done" if state == "done" else state
    )


@posted("rollback-run", "number")
def command(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take command of the run."""
    plan, found = find(request, slug, number)
    _carries(request, plan, found)
    taken = run_ends.take_command(found, by=request.user, request_id=once(request))
    return done(
        request, _back(found), _("{commander} is in command.").format(commander=taken.commander)
    )


@posted("rollback-run", "number")
def finish(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """End the run as verified, or as one that did not work."""
    plan, found = find(request, slug, number)
    form = FinishForm(request.POST)

    def act() -> str:
        ended = run_ends.finish_run(found, by=request.user, request_id=once(request), **form.said)
        return f"{ended}: {ended.get_outcome_display().lower()}."

    return _answered(request, plan, found, form, "finish_form", act)


@posted("rollback-run", "number")
def false(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Say that the alarm behind a rollback was false."""
    plan, found = find(request, slug, number)
    form = WhyForm(request.POST, prefix="false")

    def act() -> str:
        reason = form.cleaned_data["reason"]
        run_ends.mark_false_positive(found, reason, by=request.user, request_id=once(request))
        return _("Kept: the alarm was false.")

    return _answered(request, plan, found, form, "false_form", act)


@posted("rollback-run", "number")
def redeployed(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Say that the release went out again."""
    plan, found = find(request, slug, number)
    _carries(request, plan, found)
    run_ends.record_redeployed(found, by=request.user, request_id=once(request))
    return done(request, _back(found), _("Kept: it is out again."))


def _answered(
    request: HttpRequest,
    plan: DeploymentPlan,
    found: RollbackRun,
    form,
    name: str,
    act: Callable[[], str],
) -> HttpResponse:
    """Carry it out and go back; refused, the page with what was typed and why."""
    if not form.is_valid():
        return _page(request, plan, found, 422, **{name: form})
    try:
        said = act()
    except NotAllowed:
        raise
    except Refused as refused:
        named = isinstance(refused, Invalid) and refused.field in form.fields
        form.add_error(refused.field if named else None, refused.sentence)
        return _page(request, plan, _fresh(found), refused.status, **{name: form})
    return done(request, _back(found), said)


def _fresh(found: RollbackRun) -> RollbackRun:
    """The run as it is now, with the plan as it is now."""
    plan = found.plan
    plan.refresh_from_db()
    rows = RollbackRun.objects.select_related("procedure", "guardrail").prefetch_related("steps")
    found = rows.get(pk=found.pk)
    found.plan = plan
    return found
