"""Forms that change items: add, edit, move, take off, put back."""

import re
from typing import Any

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from checklists.actions import editing
from checklists.actions.fields import assign, shown
from checklists.actions.revoking import SignedMeanwhile
from checklists.forms_editing import EditItemForm, ItemForm, MoveForm, NewItemForm, RemoveForm
from checklists.models import ChecklistItem, Phase, PhaseGroup, SignOff
from checklists.queries.standing import standing_approvals
from checklists.rules.due import due_at
from checklists.rules.items import CLOSED
from checklists.rules.numbers import whole_number
from checklists.views.items import find_item
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.rules.wording import instant_text, offset_text
from warroom.views.answers import done, shows
from warroom.views.plans import page
from warroom.views.posting import posted

_FOCUS = re.compile(r"(?:up|down|row)-\d{1,9}")
QUICK = "quick"  # sent by the small form beside the checklist


def named(request: HttpRequest) -> list[int]:
    """The signatures that the form said would fall; none where it said nothing."""
    found = (whole_number(part) for part in request.POST.get("named", "").split(","))
    return [number for number in found if number is not None]


def what_was_seen(request: HttpRequest) -> dict[str, Any]:
    """What every form on an item carries: its revision, the signatures named, its own id."""
    return {
        "seen_revision": whole_number(request.POST.get("revision", "")),
        "named": named(request),
        "request_id": once(request),
    }


def at_stake(plan: DeploymentPlan, *phases) -> list[SignOff]:
    """The signatures that a change under ``phases`` takes back."""
    return standing_approvals(plan, phases, whole=True)


def list_changed(request: HttpRequest, plan: DeploymentPlan, *phases: int) -> None:
    """The answer carries what counts the list's items, and where they stand."""
    families = [(name, str(n)) for n in phases for name in ("list", "phase-sum", "signoffs")]
    shows(request, plan, *families, ("phases", ""), ("phase-list", ""))


def understood(item: ChecklistItem, plan: DeploymentPlan) -> str:
    """When it is due, as it was understood: `` Due 23 Oct 20:55 UTC, T+11:55.``"""
    due = due_at(plan.t0, item.due_at, item.due_offset_s)
    if due is None:
        return (
            _(" Due {due_offset_s}.").format(due_offset_s=offset_text(item.due_offset_s))
            if item.due_offset_s is not None
            else ""
        )
    offset = f", {offset_text(due - plan.t0)}" if plan.t0 else ""
    return _(" Due {due} UTC{offset}.").format(due=instant_text(due, timezone.now()), offset=offset)


# --- add -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def item_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Add an item: all fields here, the most used ones beside the checklist."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    if request.method != "POST":
        phase = whole_number(request.GET.get("phase", ""))
        where = {"where": f"phase-{phase}"} if phase else {}
        return _add_page(request, plan, NewItemForm(plan=plan, phase=phase, initial=where))
    form = NewItemForm(request.POST, plan=plan)
    if not form.is_valid():
        return _add_page(request, plan, form, 422)
    try:
        item = editing.add_item(
            plan,
            form.said,
            form.cleaned_data["where"],
            by=request.user,
            named=named(request),
            request_id=once(request),
        )
    except Invalid as wrong:
        add_error(form, wrong)
        return _add_page(request, plan, form, 422)
    except SignedMeanwhile as refused:
        form.add_error(None, refused.sentence)
        return _add_page(request, plan, form, 409)
    return _added(request, plan, item)


def _added(request: HttpRequest, plan: DeploymentPlan, item: ChecklistItem) -> HttpResponse:
    number = item.phase.number
    list_changed(request, plan, number)
    back = f"{reverse('checklist', args=[plan.slug])}?phase={number}#item-{item.number}"
    answer = done(
        request,
        back,
        _("Added as {item}.{understood}").format(item=item.ref, understood=understood(item, plan)),
    )
    if request.htmx:
        answer.write(quick_form(request, plan, item.phase))
    return answer


def quick_form(
    request: HttpRequest, plan: DeploymentPlan, phase: Phase, form: NewItemForm | None = None
) -> str:
    """The small form beside a phase, empty or with what is wrong in it."""
    form = form or NewItemForm(plan=plan)
    open_items = Q(items__removed_at=None) & ~Q(items__state__in=CLOSED)
    groups = list(phase.groups.annotate(left=Count("items", filter=open_items)))
    for group in groups:
        group.place = f"group-{group.pk}"
    context = {
        "plan": plan,
        "form": form,
        "phase": phase,
        "headings": groups,
        "heading": form.data.get("where", "") or current_heading(groups),
        "at_stake": at_stake(plan, phase),
        "verb": _("Adding"),
    }
    return render_to_string("checklists/_add_item.html", context, request)


def current_heading(groups: list[PhaseGroup]) -> str:
    """Where a new item most likely belongs: the first heading with work left, else the last one.

    Never one that is only for when it is needed, or is off. ``left``: its open items.
    """
    usual = [group for group in groups if not group.optional and group.off_at is None]
    if not usual:
        return ""
    return next((group for group in usual if group.left), usual[-1]).place


def _add_page(
    request: HttpRequest, plan: DeploymentPlan, form: NewItemForm, status: int = 200
) -> HttpResponse:
    number = whole_number(request.POST.get(QUICK) or "")
    phase = plan.phases.filter(number=number).first() if request.htmx else None
    if phase is not None:
        return HttpResponse(quick_form(request, plan, phase, form), status=status)
    context = page(request, plan, "item")
    context |= {
        "form": form,
        "at_stake": at_stake(plan, *plan.phases.all()),
        "verb": _("Adding to a signed phase"),
        "place": "checklist",
    }
    return render(request, "checklists/item_add.html", context, status=status)


def add_error(form, wrong: Invalid) -> None:
    """Say it at its field, or above all where the form has no such field."""
    field = {"parent": "where", "before": "where", "after": "where", "group": "where"}
    name = field.get(wrong.field, wrong.field)
    form.add_error(name if name in form.fields else None, wrong.sentence)


# --- edit, move, take off ----------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def item_edit(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Change what an item says. What somebody else changed first is shown beside what was typed."""
    item = find_item(request, slug, number)
    demand(item.plan, request.user, Right.EDIT)
    if request.method != "POST":
        return edit_page(request, item)
    form = EditItemForm(request.POST, plan=item.plan)
    if not form.is_valid():
        return edit_page(request, item, 422, edit_form=form)
    try:
        item = editing.edit_item(
            item,
            form.said,
            by=request.user,
            reason=form.cleaned_data["reason"],
            **what_was_seen(request),
        )
    except Invalid as wrong:
        add_error(form, wrong)
        return edit_page(request, item, 422, edit_form=form)
    except Refused as refused:
        if refused.status != 409:
            raise
        form.add_error(None, refused.sentence)
        return edit_page(request, find_item(request, slug, number), 409, edit_form=form)
    plan = item.plan
    say = _("Saved: {item}.{understood}").format(item=item.ref, understood=understood(item, plan))
    return done(request, reverse("item", args=[slug, number]), say)


@require_http_methods(["GET", "HEAD", "POST"])
def item_move(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Stand an item elsewhere. Read: to the forms. Buttons carry what shall keep the focus."""
    item = find_item(request, slug, number)
    demand(item.plan, request.user, Right.EDIT)
    if request.method != "POST":
        return edit_page(request, item)
    form = MoveForm(request.POST, plan=item.plan, item=item)
    if not form.is_valid():
        return edit_page(request, item, 422, move_form=form)
    left = item.phase.number
    try:
        item = editing.move_item(
            item,
            form.cleaned_data["where"],
            by=request.user,
            reason=form.cleaned_data["reason"],
            **what_was_seen(request),
        )
    except Invalid as wrong:
        add_error(form, wrong)
        return edit_page(request, item, 422, move_form=form)
    except SignedMeanwhile as refused:
        form.add_error(None, refused.sentence)
        return edit_page(request, item, 409, move_form=form)
    list_changed(request, item.plan, left, item.phase.number)
    focus = request.GET.get("focus", "")
    focus = focus if _FOCUS.fullmatch(focus) else f"row-{number}"
    back = f"{reverse('checklist-edit', args=[slug])}?phase={item.phase.number}#{focus}"
    return done(request, back, "" if request.GET else _("It is now {item}.").format(item=item.ref))


@posted("item-edit", "number")
def item_remove(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take an item off the list, with a reason; it can be put back."""
    item = find_item(request, slug, number)
    demand(item.plan, request.user, Right.EDIT)
    form = RemoveForm(request.POST)
    if not form.is_valid():
        return edit_page(request, item, 422, remove_form=form)
    list_changed(request, item.plan, item.phase.number)
    try:
        editing.remove_item(
            item,
            form.cleaned_data["reason"],
            by=request.user,
            **what_was_seen(request),
        )
    except Invalid as wrong:
        add_error(form, wrong)
        return edit_page(request, item, 422, remove_form=form)
    except SignedMeanwhile as refused:
        form.add_error(None, refused.sentence)
        return edit_page(request, item, 409, remove_form=form)
    back = f"{reverse('checklist-edit', args=[slug])}?phase={item.phase.number}#removed"
    return done(
        request, back, _("{item} is off the list. It can be put back here.").format(item=item.ref)
    )


@posted("checklist-edit")
def item_restore(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Put an item back where it stood."""
    plan = get_plan(request.user, slug)
    found = ChecklistItem.everything.select_related("phase", "group")
    item = found.filter(plan=plan, number=number).first()
    if item is None:
        raise Http404(_("No such item in this release."))
    item.plan = plan
    list_changed(request, plan, item.phase.number)
    item = editing.restore_item(
        item, by=request.user, named=named(request), request_id=once(request)
    )
    back = f"{reverse('checklist-edit', args=[slug])}?phase={item.phase.number}#row-{number}"
    return done(request, back, _("{item} is back on the list.").format(item=item.ref))


def edit_page(
    request: HttpRequest, item: ChecklistItem, status: int = 200, **forms
) -> HttpResponse:
    """The forms of one item; ``forms`` are those that come back with what is wrong in them."""
    plan = item.plan
    context = page(request, plan, "item")
    now_is = shown(item) | {"where": f"phase-{item.phase.number}"}
    context |= {
        "item": item,
        "edit_form": EditItemForm(plan=plan, initial=now_is),
        "move_form": MoveForm(plan=plan, item=item, initial=now_is),
        "remove_form": RemoveForm(),
        "at_stake": at_stake(plan, item.phase),
        "at_stake_anywhere": at_stake(plan, *plan.phases.all()),
        "understood": understood(item, plan),
        # A form that is only corrected still speaks of what its author saw.
        "revision": request.POST.get("revision", item.revision) if status == 422 else item.revision,
        "below": item.children.count(),
        "place": "checklist",
        **forms,
    }
    if status == 409 and "edit_form" in forms:
        context["now_is"] = _differing(forms["edit_form"], now_is)
    return render(request, "checklists/item_edit.html", context, status=status)


def _differing(form: ItemForm, now_is: dict) -> list[tuple[str, object]]:
    """The fields whose value is not what was typed, with what it is now."""
    typed = shown_of(form)
    return [
        (str(form.fields[name].label or name.replace("_", " ").capitalize()), value)
        for name, value in now_is.items()
        if name in typed and typed[name] != value
    ]


def shown_of(form: ItemForm) -> dict:
    """What was typed, in the words of ``shown``."""
    item = ChecklistItem()
    assign(item, form.said)
    return shown(item)
