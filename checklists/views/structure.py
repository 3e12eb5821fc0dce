"""The page that changes the list's shape: phases, headings, and the order of items."""

import json

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from checklists.actions import groups as group_actions
from checklists.actions import phases as phase_actions
from checklists.actions.groups import group_shown
from checklists.actions.phases import phase_shown
from checklists.forms_editing import GroupForm, PhaseForm
from checklists.models import ChecklistItem, Phase, PhaseGroup
from checklists.queries.phases import ItemRow, PhaseRows, checklist
from checklists.queries.refs import name_items
from checklists.rules.numbers import whole_number
from checklists.views.editing import add_error, at_stake, list_changed, named
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done
from warroom.views.plans import page
from warroom.views.posting import posted


@require_safe
def checklist_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Phases; and headings and items of one of them: ``?phase=``, else the first."""
    plan = _plan(request, slug)
    return _page(request, plan, whole_number(request.GET.get("phase", "")))


@posted("checklist-edit")
def phase_add(request: HttpRequest, slug: str) -> HttpResponse:
    plan = _plan(request, slug)
    form = PhaseForm(request.POST, plan=plan)

    def act():
        phase = phase_actions.add_phase(plan, form.wish, **_said(request))
        return phase.number, _("Added phase {phase}.").format(phase=phase.number)

    return _answer(request, plan, None, "add_phase_form", form, act)


@posted("checklist-edit")
def phase_edit(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    plan = _plan(request, slug)
    phase = _phase(plan, number)
    form = PhaseForm(request.POST, plan=plan)

    def act():
        seen = form.cleaned_data["seen"]
        phase_actions.edit_phase(phase, form.wish, seen=seen, **_said(request))
        return number, _("Saved: phase {number}.").format(number=number)

    return _answer(request, plan, number, "phase_form", form, act)


@posted("checklist-edit")
def phase_move(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """``place``: the number that the phase is to have."""
    plan = _plan(request, slug)
    phase = _phase(plan, number)
    place = whole_number(request.POST.get("place", ""))
    if not place:
        raise Invalid("place", _("Give the number that the phase is to have."))
    moved = phase_actions.move_phase(phase, place, **_said(request))
    list_changed(request, plan, moved.number)
    return done(request, f"{_url(plan, moved.number)}#phase-order")


@posted("checklist-edit")
def phase_remove(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    plan = _plan(request, slug)
    phase = _phase(plan, number)
    list_changed(request, plan)
    phase_actions.remove_phase(phase, **_said(request))
    return done(request, _url(plan, None), _("Removed phase {phase}.").format(phase=phase))


@posted("checklist-edit")
def group_add(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    plan = _plan(request, slug)
    phase = _phase(plan, number)
    form = GroupForm(request.POST, plan=plan)

    def act():
        group = group_actions.add_group(phase, form.wish, **_said(request))
        return number, _("Added the heading {group}.").format(group=group)

    return _answer(request, plan, number, "add_group_form", form, act)


@posted("checklist-edit")
def group_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    plan = _plan(request, slug)
    group = _group(plan, pk)
    form = GroupForm(request.POST, plan=plan)

    def act():
        seen = form.cleaned_data["seen"]
        group_actions.edit_group(group, form.wish, seen=seen, **_said(request))
        return group.phase.number, _("Saved: the heading {wish}.").format(wish=form.wish.title)

    return _answer(request, plan, group.phase.number, f"group_form_{pk}", form, act)


@posted("checklist-edit")
def group_move(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    plan = _plan(request, slug)
    group = _group(plan, pk)
    place = whole_number(request.POST.get("place", ""))
    if not place:
        raise Invalid("place", _("Give the place that the heading is to have."))
    group_actions.move_group(group, place, by=request.user, request_id=once(request))
    list_changed(request, plan, group.phase.number)
    return done(request, f"{_url(plan, group.phase.number)}#headings")


@posted("checklist-edit")
def group_remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    plan = _plan(request, slug)
    group = _group(plan, pk)
    list_changed(request, plan, group.phase.number)
    group_actions.remove_group(group, **_said(request))
    say = _("Removed the heading {group}. Its items stand under the one above.").format(group=group)
    return done(request, f"{_url(plan, group.phase.number)}#headings", say)


# --- what they share -----------------------------------------------------------------------


def _plan(request: HttpRequest, slug: str) -> DeploymentPlan:
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    return plan


def _phase(plan: DeploymentPlan, number: int) -> Phase:
    phase = plan.phases.filter(number=number).first()
    if phase is None:
        raise Http404(_("No such phase in this release."))
    phase.plan = plan
    return phase


def _group(plan: DeploymentPlan, pk: int) -> PhaseGroup:
    group = PhaseGroup.objects.filter(phase__plan=plan, pk=pk).select_related("phase").first()
    if group is None:
        raise Http404(_("No such heading in this release."))
    group.phase.plan = plan
    return group


def _said(request: HttpRequest) -> dict:
    return {"by": request.user, "named": named(request), "request_id": once(request)}


def _url(plan: DeploymentPlan, number: int | None) -> str:
    url = reverse("checklist-edit", args=[plan.slug])
    return f"{url}?phase={number}" if number else url


def _answer(request: HttpRequest, plan: DeploymentPlan, number: int | None, name, form, act):
    """Carry out what a valid form asks; with what is wrong, the page comes back with the form."""
    if not form.is_valid():
        return _page(request, plan, number, 422, {name: form})
    try:
        number, say = act()
    except Invalid as wrong:
        add_error(form, wrong)
        return _page(request, plan, number, 422, {name: form})
    except Refused as refused:
        if refused.status != 409:
            raise
        form.add_error(None, refused.sentence)
        return _page(request, plan, number, 409, {name: form})
    list_changed(request, plan, number)
    return done(request, _url(plan, number), say)


def _page(
    request: HttpRequest,
    plan: DeploymentPlan,
    number: int | None,
    status: int = 200,
    forms: dict | None = None,
) -> HttpResponse:
    context = page(request, plan, "item")
    board = checklist(plan, context["now"])
    current = board.phase(number) if number else next(iter(board.phases), None)
    if number and current is None:
        raise Http404(_("No such phase in this release."))
    forms = forms or {}
    context |= {
        "board": board,
        "current": current,
        "whole": at_stake(plan),
        "add_phase_form": PhaseForm(plan=plan, auto_id="new_%s"),
        "place": "checklist",
        **(_of_phase(plan, current, forms) if current else {}),
        **forms,
    }
    return render(request, "checklists/checklist_edit.html", context, status=status)


def _of_phase(plan: DeploymentPlan, current: PhaseRows, forms: dict) -> dict:
    phase = current.phase
    removed = ChecklistItem.everything.filter(phase=phase, removed_at__isnull=False)
    found = {one.group.pk: one for one in current.groups if one.group}
    seen = phase_shown(phase)
    return {
        "at_stake": at_stake(plan, phase),
        "phase_form": PhaseForm(plan=plan, initial=seen | {"seen": json.dumps(seen)}),
        "add_group_form": GroupForm(plan=plan, auto_id="newgroup_%s"),
        "free": [row for one in current.groups if one.group is None for row in lines(one.rows)],
        "headings": [
            {
                "group": group,
                "form": forms.get(f"group_form_{group.pk}") or _group_form(plan, group),
                "lines": lines(found[group.pk].rows) if group.pk in found else [],
            }
            for group in phase.groups.all()
        ],
        "removed": name_items(removed.select_related("phase").order_by("position")),
    }


def _group_form(plan: DeploymentPlan, group: PhaseGroup) -> GroupForm:
    seen = group_shown(group)
    initial = seen | {"seen": json.dumps(seen)}
    return GroupForm(plan=plan, auto_id=f"group{group.pk}_%s", initial=initial)


def lines(rows: list[ItemRow], depth: int = 0) -> list[dict]:
    """Items in order with their depth, and beside which item each goes by up and by down.

    The buttons name where the item is to stand, so that a repeated one changes nothing.
    """
    found = []
    for at, row in enumerate(rows):
        line = {
            "row": row,
            "depth": depth,
            "up": f"before-{rows[at - 1].item.number}" if at else "",
            "down": f"after-{rows[at + 1].item.number}" if at + 1 < len(rows) else "",
        }
        found += [line, *lines(row.children, depth + 1)]
    return found
