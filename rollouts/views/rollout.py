"""The page Rollout: what is wanted and seen of the traffic, and the controls that move it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from rollouts.actions.holds import hold as hold_rollout
from rollouts.actions.holds import release as release_hold
from rollouts.actions.resuming import resume_rollout
from rollouts.actions.stages import advance, warnings
from rollouts.forms.rollout import AdvanceForm, HoldForm, ReleaseForm, ResumeForm
from rollouts.queries.holds import hold_of
from rollouts.queries.rollouts import rollout_now
from rollouts.queries.stages import stages_now, track
from rollouts.views.rollbacks import offered
from warroom.actions.refusals import NotAllowed, Refused
from warroom.live import panels
from warroom.models import DeploymentPlan
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import local
from warroom.views.plans import page
from warroom.views.posting import posted

# Where a panel of this page stands; what is not named here stands in the main column, in order.
TOP, ASIDE = ("track",), ("effects",)


@require_safe
def rollout(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the rollout stands, for everybody with a seat."""
    return shown(request, get_plan(request.user, slug))


def shown(
    request: HttpRequest, plan: DeploymentPlan, *, status: int = 200, **forms: Form
) -> HttpResponse:
    """The page; ``forms`` are those that were refused, with what was typed."""
    context = page(request, plan, "rollout")
    context |= offered(plan, context)
    context |= columns(context["fragments"]) | controls(plan, context["now"]) | forms
    context["refused"] = next(iter(forms), "")
    return render(request, "rollouts/rollout.html", context, status=status)


def columns(fragments: dict[str, str]) -> dict[str, list[str]]:
    """The panels of the page by column: ``top``, ``main`` and ``aside``."""
    own = [panel.name for panel in panels.shown_at("rollout") if "rollout" in panel.places]
    return {
        "top": [fragments[name] for name in own if name in TOP],
        "main": [fragments[name] for name in own if name not in TOP + ASIDE],
        "aside": [fragments[name] for name in own if name in ASIDE],
    }


def controls(plan: DeploymentPlan, now) -> dict[str, Any]:
    """What the controls show: what stands, what comes, and a form each."""
    row, found = rollout_now(plan, now), track(plan, now)
    running = found.running if found else None
    coming = found.coming if found else None
    return {
        "track": found,
        "rollout": row,
        "hold": hold_of(row, now),
        "rolled_back": row is not None and row.rolled_back_at is not None,
        "warnings": [one.sentence for one in warnings(plan, now)] if coming else [],
        "advance_form": AdvanceForm(percent=coming.to_percent) if coming else None,
        "hold_form": HoldForm(hold_s=running.hold_s if running else 0, now=now, t0=plan.t0),
        "release_form": ReleaseForm(),
        "resume_form": ResumeForm(stages=stages_now(plan, now), rollout=row),
    }


@posted("rollout")
def begin(request: HttpRequest, slug: str, percent: int) -> HttpResponse:
    """Go on to ``percent``; the number is typed."""
    plan = get_plan(request.user, slug)
    form = AdvanceForm(request.POST, percent=percent)

    def act(said: dict[str, Any]) -> str:
        advance(plan, to_percent=percent, by=request.user, reason=said["reason"],
                confirmed=said["confirmed"], request_id=once(request))  # fmt: skip
        return _("{percent} % of the traffic is wanted now.").format(percent=percent)

    return answered(request, plan, "advance_form", form, act)


@posted("rollout")
def hold(request: HttpRequest, slug: str) -> HttpResponse:
    """Hold the rollout, or give its hold another end."""
    plan, now = get_plan(request.user, slug), timezone.now()
    found = track(plan, now)
    running = found.running if found else None
    hold_s = running.hold_s if running else 0
    form = HoldForm(request.POST, hold_s=hold_s, now=now, t0=plan.t0)

    def act(said: dict[str, Any]) -> str:
        hold_rollout(plan, by=request.user, reason=said["reason"], until=form.ends(),
                     request_id=once(request))  # fmt: skip
        return _("The rollout is held.")

    return answered(request, plan, "hold_form", form, act)


@posted("rollout")
def release(request: HttpRequest, slug: str) -> HttpResponse:
    """End the hold."""
    plan = get_plan(request.user, slug)

    def act(said: dict[str, Any]) -> str:
        release_hold(plan, by=request.user, reason=said["reason"], request_id=once(request))
        return _("The hold is over.")

    return answered(request, plan, "release_form", ReleaseForm(request.POST), act)


@posted("rollout")
def resume(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a rollback back and go on."""
    plan, now = get_plan(request.user, slug), timezone.now()
    form = ResumeForm(request.POST, stages=stages_now(plan, now), rollout=rollout_now(plan, now))

    def act(said: dict[str, Any]) -> str:
        resume_rollout(plan, said["to_percent"], by=request.user, reason=said["reason"],
                       confirmed=said["confirmed"], request_id=once(request))  # fmt: skip
        return _("Resumed: {to_percent} % of the traffic is wanted now.").format(
            to_percent=said["to_percent"]
        )

    return answered(request, plan, "resume_form", form, act)


def answered(
    request: HttpRequest,
    plan: DeploymentPlan,
    name: str,
    form: Form,
    act: Callable[[dict[str, Any]], str],
) -> HttpResponse:
    """Carry a control out and go back; refused, the page with what was typed and why."""
    if not form.is_valid():
        return shown(request, plan, status=422, **{name: form})
    try:
        say = act(form.cleaned_data)
    except NotAllowed:
        raise
    except Refused as refused:
        form.refuse(refused)
        plan.refresh_from_db()
        return shown(request, plan, status=refused.status, **{name: form})
    messages.success(request, say)
    return HttpResponseRedirect(local(request, reverse("rollout", args=[plan.slug])))
