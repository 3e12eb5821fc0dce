"""Rolling back by hand: one page, one form, reachable from every page of the release."""

from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rollouts.actions.rollbacks import RIGHTS, start_rollback
from rollouts.forms.rollbacks import RollbackForm, TriggerForm
from rollouts.models import RollbackRun
from rollouts.queries.rollback_offer import last_drill, offer
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done, shows
from warroom.views.plans import page


@require_http_methods(["GET", "HEAD", "POST"])
def rollback(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what a rollback does, and start it. No vote, no password, no script is needed."""
    plan = get_plan(request.user, slug)
    if request.method != "POST":
        return shown(request, plan)
    shows(request, plan, ("strip", ""))
    form = RollbackForm(offer(plan, timezone.now()), request.POST)
    if not form.is_valid():
        return shown(request, plan, 422, rollback_form=form)
    before = plan.timeline_seq
    try:
        run = start_rollback(plan, by=request.user, request_id=once(request), **form.said)
    except Invalid as wrong:
        form.refuse(wrong)
        return shown(request, plan, 422, rollback_form=form)
    except Refused as refused:
        if refused.status != 409:
            raise
        form.refuse(refused)
        return shown(request, plan, 409, rollback_form=form)
    return _answer(request, plan, run, before)


def _answer(
    request: HttpRequest, plan: DeploymentPlan, run: RollbackRun | None, before: int
) -> HttpResponse:
    """To the run, whether this request began it or another one did a moment before."""
    if run is None:
        home = reverse("rollback", args=[plan.slug])
        return done(request, home, _("Nothing to roll back: 0 % is served."), warns=True)
    began = plan.events.filter(seq__gt=before, kind="rollback.started").exists()
    said = (
        _("Rollback run {run} has begun.").format(run=run.number)
        if began
        else _("A rollback stands already.")
    )
    home = f"{reverse('rollback', args=[plan.slug])}{run.number}/"
    return done(request, home, said, warns=not began)


def shown(
    request: HttpRequest, plan: DeploymentPlan, status: int = 200, **forms: Form
) -> HttpResponse:
    """The page; ``forms`` are those that were refused, with what was typed."""
    context = page(request, plan, "rollback")
    context |= offered(plan, context) | {"place": "rollout", "at_rollback": True}
    context |= {"trigger_form": TriggerForm(auto_id="trigger-%s")} | forms
    return render(request, "rollouts/rollback.html", context, status=status)


def offered(plan: DeploymentPlan, context: dict[str, Any]) -> dict[str, Any]:
    """What the form of a rollback wants, for every page that it stands on."""
    found = offer(plan, context["now"])
    return {
        "offer": found,
        "rollback_form": RollbackForm(found),
        "drill": last_drill(plan),
        "leads": bool(RIGHTS & context["standing"].rights),
    }
