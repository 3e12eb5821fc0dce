"""How traffic is moved and seen: a section of the settings, and the two buttons of the rollout."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.actions.executors import carry_out_again, check_executor, save_executor, save_sight
from rollouts.actions.observing import confirm_by_hand
from rollouts.executors import Answer
from rollouts.forms.executors import ExecutorForm, SightForm
from rollouts.rules.shares import share
from rollouts.tasks.effects import try_executor
from rollouts.tasks.observing import try_sight
from warroom import sections
from warroom.actions.change import demand, demand_open
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.people import Standing
from warroom.queries.plans import get_plan
from warroom.views import answers
from warroom.views.posting import posted
from warroom.views.settings import again, saved

SECTION = "carrying"


class CarryingSection(sections.Section):
    """Who moves the traffic and what shows it."""

    name, label, order, column = SECTION, _l("Carrying out"), 50, "left"
    template = "rollouts/_settings_carrying.html"

    def context(
        self, plan: DeploymentPlan, person: Standing, forms: dict[str, Any]
    ) -> dict[str, Any]:
        return {
            "executor_form": forms.get("executor_form") or ExecutorForm(plan=plan),
            "sight_form": forms.get("sight_form") or SightForm(plan=plan),
            "tried": forms.get("tried"),
            "looked": forms.get("looked"),
        }


sections.register(CarryingSection())


@posted("settings", at=f"#{SECTION}")
def executor(request: HttpRequest, slug: str) -> HttpResponse:
    """Save who moves the traffic; with ``try`` only ask whether it would work."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    form = ExecutorForm(request.POST, plan=plan)
    if not form.is_valid():
        return again(request, plan, executor_form=form)
    try:
        if "try" in request.POST:
            demand_open(plan, timezone.now())
            check_executor(form.wanted)
            tried = try_executor(plan, form.wanted)
            return again(request, plan, status=200, executor_form=form, tried=tried)
        seen = form.cleaned_data["seen"] or None
        row = save_executor(
            plan,
            form.wanted,
            by=request.user,
            seen=seen,
            confirmed=form.cleaned_data["confirmed"],
            request_id=once(request),
        )
    except Refused as refused:
        form.refuse(refused)
        if not isinstance(refused, Invalid):
            form.seen_again()
        return again(request, plan, status=refused.status, executor_form=form)
    return saved(
        request, plan, SECTION, _("{row} is saved. Nothing was moved.").format(row=row.name)
    )


@posted("settings", at=f"#{SECTION}")
def observation(request: HttpRequest, slug: str) -> HttpResponse:
    """Save what shows the share of the traffic; with ``try`` only look once."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    form = SightForm(request.POST, plan=plan)
    if not form.is_valid():
        return again(request, plan, sight_form=form)
    try:
        if "try" in request.POST:
            demand_open(plan, timezone.now())
            return again(request, plan, status=200, sight_form=form, looked=_looked(plan, form))
        save_sight(plan, form.wanted, by=request.user, request_id=once(request))
    except Refused as refused:
        form.refuse(refused)
        return again(request, plan, status=refused.status, sight_form=form)
    return saved(request, plan, SECTION, _("How the traffic is seen is saved."))


def _looked(plan: DeploymentPlan, form: SightForm) -> Answer:
    percent, reason = try_sight(plan, form.wanted)
    if percent is None:
        return Answer(False, _("No data: {reason}.").format(reason=reason))
    return Answer(True, _("{share} is seen.").format(share=share(percent)))


@posted("rollout")
def confirm(request: HttpRequest, slug: str) -> HttpResponse:
    """A person says that the traffic was moved to the wanted share."""
    plan = get_plan(request.user, slug)
    answers.shows(request, plan, ("effects", ""), ("track", ""), ("strip", ""))
    rollout = confirm_by_hand(
        plan, by=request.user, generation=_generation(request), request_id=once(request)
    )
    said = _("{share} is confirmed.").format(share=share(rollout.desired_percent))
    return answers.done(request, reverse("rollout", args=[slug]), said)


@posted("rollout")
def carry_out(request: HttpRequest, slug: str) -> HttpResponse:
    """Call for the wanted share once more."""
    plan = get_plan(request.user, slug)
    answers.shows(request, plan, ("effects", ""), ("track", ""))
    effect = carry_out_again(
        plan, by=request.user, generation=_generation(request), request_id=once(request)
    )
    said = _("{executor} is asked for {share} now.").format(
        executor=effect.executor.name, share=share(effect.percent)
    )
    return answers.done(request, reverse("rollout", args=[slug]), said)


def _generation(request: HttpRequest) -> int:
    """Which wish the person saw. Raises Invalid where it is no number."""
    text = request.POST.get("generation", "")
    if not text.isdecimal() or len(text) > 9:
        raise Invalid("generation", _("Say which share this is for: load the page anew."))
    return int(text)
