"""Calls for help: those that are open, those that were closed, and who can be called."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from warroom.actions.escalations import acknowledge, close
from warroom.forms import CloseEscalationForm
from warroom.models import Escalation
from warroom.once import once
from warroom.queries.contacts import levels_now
from warroom.queries.escalations import open_now, past
from warroom.queries.plans import get_plan
from warroom.views import answers
from warroom.views.plans import page
from warroom.views.posting import posted


@require_safe
def escalation(request: HttpRequest, slug: str) -> HttpResponse:
    """Open calls with a form to close each, past ones, and the levels."""
    plan = get_plan(request.user, slug)
    now = timezone.now()
    own = {
        "forms": [(one, CloseEscalationForm()) for one in open_now(plan, now)],
        "past": past(plan),
        "levels": levels_now(plan, now),
    }
    return render(request, "warroom/escalation.html", page(request, plan, "escalation") | own)


@posted("escalation")
def take(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Say that one looks after it."""
    plan = get_plan(request.user, slug)
    answers.shows(request, plan, ("escalation", ""))
    try:
        row = acknowledge(plan, number, by=request.user, request_id=once(request))
    except Escalation.DoesNotExist:
        raise Http404 from None
    return answers.done(
        request,
        reverse("escalation", args=[slug]),
        _("{row}: {acknowledged_by} looks after it.").format(
            row=row, acknowledged_by=row.acknowledged_by
        ),
    )


@posted("escalation")
def end(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Close a call with its reason."""
    plan = get_plan(request.user, slug)
    answers.shows(request, plan, ("escalation", ""))
    try:
        row = close(
            plan, number, request.POST.get("reason", ""), by=request.user, request_id=once(request)
        )
    except Escalation.DoesNotExist:
        raise Http404 from None
    return answers.done(
        request, reverse("escalation", args=[slug]), _("{row} is closed.").format(row=row)
    )
