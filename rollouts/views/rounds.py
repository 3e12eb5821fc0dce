"""Rounds of watching: the list of all of them, and the page on which one is recorded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from rollouts.actions.recording import record_round, role_of
from rollouts.actions.watching import save_watching
from rollouts.forms.rounds import CHOICES, RoundForm, WatchingForm
from rollouts.models import Rollout, RoundAction, WatchRound
from rollouts.queries import round_lists
from rollouts.queries.round_readings import before, pairs, readings_now
from rollouts.queries.rounds import row_of, shown_now, watch_now
from rollouts.rules import round_readings as rules
from rollouts.rules import rounds as round_rules
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.people import standing
from warroom.queries.plans import get_plan
from warroom.views.answers import done
from warroom.views.plans import page
from warroom.views.posting import posted


@require_safe
def rounds(request: HttpRequest, slug: str) -> HttpResponse:
    """Every round, stage by stage; ``?show=missed|noted`` chooses among them."""
    plan = get_plan(request.user, slug)
    return _list(request, plan, WatchingForm(row=_rollout(plan)))


def _rollout(plan: DeploymentPlan) -> Rollout | None:
    return Rollout.objects.filter(plan=plan).first()


@posted("rounds")
def watching(request: HttpRequest, slug: str) -> HttpResponse:
    """Set how often somebody looks after the stages, and the limits of rounds."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    form = WatchingForm(request.POST, row=_rollout(plan))
    if not form.is_valid():
        return _list(request, plan, form, 422)
    said = form.cleaned_data
    limits = {"late_s": said["late"], "missed_holds": said["missed"]}
    try:
        save_watching(plan, said["cadence"], by=request.user, request_id=once(request), **limits)
    except Invalid as wrong:
        form.refuse(wrong)
        return _list(request, plan, form, 422)
    return done(request, reverse("rounds", args=[slug]), _("The rounds are set."))


def _list(
    request: HttpRequest, plan: DeploymentPlan, form: WatchingForm, status: int = 200
) -> HttpResponse:
    context = page(request, plan, "rounds") | {"place": "rollout"}
    wanted = request.GET.get("show", "")
    wanted = wanted if wanted in round_lists.FILTERS else ""
    listed = round_lists.parts(plan, context["now"], wanted)
    own = {"parts_of_rounds": listed, "show": wanted, "filters": round_lists.FILTERS}
    context |= own | {"watching_form": form}
    return render(request, "rollouts/rounds.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def round_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One round: as it was recorded, or the form that records it with the values of now."""
    plan = get_plan(request.user, slug)
    one = _find(plan, pk)
    if request.method != "POST":
        return _page(request, plan, one, RoundForm(initial={"action": "none"}))
    demand(plan, request.user, Right.TICK)
    if "read" in request.POST:
        return _page(request, plan, one, _kept(request.POST))
    form = RoundForm(request.POST)
    if not form.is_valid():
        return _page(request, plan, one, form, status=422)
    return _record(request, plan, one, form)


def _record(
    request: HttpRequest, plan: DeploymentPlan, one: WatchRound, form: RoundForm
) -> HttpResponse:
    said = form.cleaned_data
    try:
        recorded = record_round(
            one,
            by=request.user,
            action=said["action"],
            note=said["note"],
            seen=said["seen"],
            confirmed=said["confirmed"],
            request_id=once(request),
        )
    except Invalid as wrong:
        form.add_error(wrong.field if wrong.field in form.fields else None, wrong.sentence)
        return _page(request, plan, one, form, status=wrong.status)
    except Refused as refused:
        return _refused(request, plan, one, refused)
    rolls = said["action"] == RoundAction.ROLLBACK
    back = reverse("rollout", args=[plan.slug]) if rolls else reverse("rounds", args=[plan.slug])
    return done(
        request,
        back,
        _("Round {recorded} is recorded: {result}.").format(
            recorded=recorded.number, result=recorded.result
        ),
    )


def _refused(
    request: HttpRequest, plan: DeploymentPlan, one: WatchRound, refused: Refused
) -> HttpResponse:
    """What is true now, with what was typed: as a form where the round is still open."""
    again = _kept(request.POST)
    again.refused = refused.sentence
    return _page(request, plan, _find(plan, one.pk), again, status=refused.status)


def _kept(posted: QueryDict) -> RoundForm:
    """The same words in a form that has seen nothing yet."""
    kept = {name: posted.get(name, "") for name in ("note", "action", "confirmed")}
    return RoundForm(initial=kept)


def _find(plan: DeploymentPlan, pk: int) -> WatchRound:
    one = get_object_or_404(
        WatchRound.objects.select_related("stage__gate", "item__phase"), pk=pk, plan=plan
    )
    one.plan = plan
    return one


def _page(
    request: HttpRequest,
    plan: DeploymentPlan,
    one: WatchRound,
    form: RoundForm,
    status: int = 200,
) -> HttpResponse:
    plan.refresh_from_db()
    context = page(request, plan, "round") | {"place": "rollout"}
    context |= _shown(plan, one, context["now"], form)
    held = standing(request.user, plan, context["now"])
    context["role"] = role_of(held.roles_with(Right.TICK))
    return render(request, "rollouts/round.html", context, status=status)


def _shown(plan: DeploymentPlan, one: WatchRound, now: datetime, form: RoundForm) -> dict[str, Any]:
    watch, earlier = watch_now(plan, now), before(one)
    row = row_of(one, watch, now)
    readings = rules.of_data(one.readings) if one.done_at else readings_now(plan, now)
    band = watch.band_at(one.due_at, one.began_at) if watch else None
    return {
        "one": one,
        "row": row,
        "watch": watch,
        "shown": shown_now(plan, now),
        "form": form,
        "choices": CHOICES,
        "earlier": earlier,
        "values": pairs(readings, earlier),
        "worst": rules.worst(readings),
        "wants_note": rules.wants_note(readings),
        "seen": rules.seen(readings),
        "late_at": round_lists.late_at(one, watch),
        "opens_at": round_lists.opens_at(one, watch),
        "is_last": round_lists.is_last(one, watch),
        "duties": band.duties if band else (),
        "is_early": row.state == round_rules.NEXT and now < round_lists.opens_at(one, watch),
    }
