"""What decisions started: the list, one of them, a new date, and what starts at a gate."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from checklists.actions.branches import set_branches
from checklists.actions.followups import close_followup, open_followup
from checklists.actions.redating import held_anew, set_new_date
from checklists.followup_forms import BranchesForm, FollowUpForm, NewDateForm
from checklists.models import FollowUp, FollowUpKind
from checklists.queries.followups import branches_of, followups_of
from checklists.rules.followups import draft_of, title_of
from checklists.rules.gates import NO_GO
from checklists.views.gates import find_gate
from warroom.actions.change import demand
from warroom.actions.refusals import Refused
from warroom.actions.schedule import next_ahead, preview_shift, refusal
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.rules.schedule import Thing
from warroom.views.answers import done, shows
from warroom.views.plans import page
from warroom.views.posting import posted


@require_http_methods(["GET", "HEAD", "POST"])
def followups(request: HttpRequest, slug: str) -> HttpResponse:
    """All of a release, open ones first; add one by hand."""
    plan = get_plan(request.user, slug)
    form = FollowUpForm(request.POST if request.method == "POST" else None, plan=plan)
    if request.method == "POST":
        demand(plan, request.user, Right.TICK)
        if form.is_valid():
            asked = form.cleaned_data
            row = open_followup(
                plan,
                asked["text"],
                by=request.user,
                role=asked["role"],
                owner=asked["owner"],
                due_at=asked["due"],
                request_id=once(request),
            )
            return done(
                request,
                reverse("followups", args=[slug]),
                _("Added: {title_of}").format(title_of=title_of(row.text)),
            )
    context = page(request, plan, "followups") | {"place": "gate", "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "checklists/followups.html", context, status=status)


def _shown(row: FollowUp) -> dict[str, Any]:
    return {"row": row, "title": title_of(row.text), "draft": draft_of(row.text)}


def find_followup(request: HttpRequest, slug: str, number: int) -> FollowUp:
    """The follow-up through (user, plan), or 404."""
    plan = get_plan(request.user, slug)
    found = followups_of(plan).filter(number=number).first()
    if found is None:
        raise Http404(_("No such follow-up in this release."))
    found.plan = plan
    return found


@require_safe
def followup(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One follow-up: what is to be done, its draft, and how to close it."""
    return followup_page(request, find_followup(request, slug, number))


def followup_page(
    request: HttpRequest, row: FollowUp, form: NewDateForm | None = None, status: int = 200
) -> HttpResponse:
    context = page(request, row.plan, "gate") | _shown(row) | {"followup": row}
    if row.kind == FollowUpKind.NEW_DATE and row.done_at is None:
        context |= _dating(request, row, form)
    return render(request, "checklists/followup.html", context, status=status)


def _dating(request: HttpRequest, row: FollowUp, form: NewDateForm | None) -> dict[str, Any]:
    """The form of a new date, and what would move by it."""
    plan, now = row.plan, timezone.now()
    asked = form.data if form else request.GET
    anew = held_anew(row)
    first = next_ahead(plan, now, anew)
    too = asked.get("window") == "too"
    if form is None and asked.get("shift"):
        first_at = first.now if first else None
        form = NewDateForm(asked, plan=plan, now=now, first=first_at, preview=True)
    form = form or NewDateForm(plan=plan, now=now)
    opens = row.decision is not None and row.decision.word == NO_GO
    return {"form": form, "first": first, "too": too, "opens_gate": opens} | _preview(
        plan, form, too, anew
    )


def _preview(
    plan: DeploymentPlan, form: NewDateForm, too: bool, anew: Thing | None
) -> dict[str, Any]:
    if not form.is_bound:
        return {}
    form.is_valid()
    to = form.cleaned_data.get("shift")
    if to is None:
        return {}
    try:
        shift = preview_shift(plan, to, timezone.now(), window_too=too, anew=anew)
    except Refused as refused:
        if not form.errors:
            form.refuse(refused)
        return {}
    return {
        "shift": shift,
        "refused": refusal(shift) if shift.against else "",
        "window_would_help": not too and any("window" in one for one in shift.against),
        "fixed": [one for one in shift.stays if one.at is not None],
    }


@posted("followup", "number")
def followup_done(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Close it with a note."""
    row = find_followup(request, slug, number)
    shows(request, row.plan)
    close_followup(row, request.POST.get("note", ""), by=request.user, request_id=once(request))
    return done(
        request,
        reverse("followups", args=[slug]),
        _("Closed: {title_of}").format(title_of=title_of(row.text)),
    )


@posted("followup", "number")
def followup_date(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Set the new date: the schedule moves, and after a NO-GO the gate is held again."""
    row = find_followup(request, slug, number)
    plan, now = row.plan, timezone.now()
    demand(plan, request.user, Right.EDIT)
    first = next_ahead(plan, now, held_anew(row))
    form = NewDateForm(request.POST, plan=plan, now=now, first=first.now if first else None)
    if not form.is_valid():
        return followup_page(request, row, form, 422)
    given = form.cleaned_data
    try:
        set_new_date(
            row,
            given["shift"],
            by=request.user,
            reason=given["reason"],
            window_too=request.POST.get("window") == "too",
            basis=given["basis"],
            request_id=once(request),
        )
    except Refused as refused:
        form.refuse(refused)
        return followup_page(request, find_followup(request, slug, number), form, refused.status)
    return done(request, reverse("gates", args=[slug]), _("The new date is set."))


@require_http_methods(["GET", "HEAD", "POST"])
def branches(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """What starts by itself when the gate is decided."""
    gate = find_gate(request, slug, key)
    demand(gate.plan, request.user, Right.EDIT)
    roles = {
        name.lower(): role.key for role in gate.plan.roles.all() for name in (role.key, role.name)
    }
    data = request.POST if request.method == "POST" else None
    form = BranchesForm(data, branches=branches_of(gate), roles=roles)
    if data is not None and form.is_valid():
        try:
            set_branches(gate, form.steps, by=request.user, request_id=once(request))
        except Refused as refused:
            form.refuse(refused)
        else:
            return done(request, reverse("gate", args=[slug, key]), _("What starts is saved."))
    context = page(request, gate.plan, "gate") | {"form": form, "gate": gate}
    context["fields"] = [form[word] for word in form.words]
    return render(
        request, "checklists/branches.html", context, status=422 if form.is_bound else 200
    )
