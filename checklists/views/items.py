from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from checklists.actions.items import add_item_note, set_count, set_item_state
from checklists.forms import ItemCountForm, ItemNoteForm, ItemStateForm
from checklists.models import ChecklistItem
from checklists.queries.changes import events_of, who_was_first
from checklists.queries.phases import one_row
from checklists.rules.files import IMAGES, TAKEN
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done, shows
from warroom.views.plans import page
from warroom.views.posting import posted

PARTS = ("phases", "phase-list")


def find_item(request: HttpRequest, slug: str, number: int) -> ChecklistItem:
    """The item through (user, plan), or 404 alike for what is not there and not theirs."""
    plan = get_plan(request.user, slug)
    found = ChecklistItem.objects.select_related("phase", "group")
    item = found.filter(plan=plan, number=number).first()
    if item is None:
        raise Http404(_("No such item in this release."))
    item.plan = plan
    return item


def fresh(request: HttpRequest, item: ChecklistItem) -> None:
    """The answer carries the item's row and all that counts it."""
    phase = str(item.phase.number)
    parts = [("item", str(item.number)), ("phase-sum", phase), ("signoffs", phase)]
    if item.group:
        parts.append(("group-sum", f"{phase}-{item.group.position}"))
    shows(request, item.plan, *parts, *((name, "") for name in PARTS))


@require_safe
def item(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One item with its state form, notes and history: everything works without script."""
    return item_page(request, find_item(request, slug, number))


@posted("item", "number")
def item_state(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Set the state that the address or the form names. It is set, never toggled (law 3)."""
    item = find_item(request, slug, number)
    fresh(request, item)
    sent = request.POST.copy()
    for name in ("state", "revision"):  # one-tap buttons carry these in their address
        if name in request.GET:
            sent[name] = request.GET[name]
    sent.setdefault("reason", sent.get("text", ""))
    form = ItemStateForm(sent)
    if not form.is_valid():
        return item_page(request, item, state_form=form)
    asked = form.cleaned_data
    try:
        item = set_item_state(
            item,
            asked["state"],
            by=request.user,
            reason=asked["reason"],
            value=asked["value"] if "value" in sent else None,
            seen_revision=asked["revision"],
            request_id=once(request),
        )
    except Invalid as wrong:
        if request.htmx:
            raise
        form.refuse(wrong)
        return item_page(request, item, state_form=form)
    first = who_was_first(item, request.user, timezone.now())
    return done(request, reverse("item", args=[slug, number]), beside=first)


@posted("item", "number")
def item_count(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Say how far an item that counts has come; what is complete is offered to be set done."""
    item = find_item(request, slug, number)
    fresh(request, item)
    sent = request.POST.copy()
    for name in ("count", "revision"):
        if name in request.GET:
            sent[name] = request.GET[name]
    form = ItemCountForm(sent)
    if not form.is_valid():
        wrong = " ".join(form.errors.get("count", ["Load the page and give the number anew."]))
        raise Invalid("count", wrong)
    asked = form.cleaned_data
    item = set_count(
        item,
        asked["count"],
        by=request.user,
        seen_revision=asked["revision"],
        request_id=once(request),
    )
    whole = item.count_done == item.count_of and not item.closed
    said = (
        _("{item} is complete, {count_of} of {count_of}: set it done.").format(
            item=item.ref, count_of=item.count_of
        )
        if whole
        else ""
    )
    return done(request, reverse("item", args=[slug, number]), said)


@posted("item", "number")
def item_notes(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    item = find_item(request, slug, number)
    fresh(request, item)
    form = ItemNoteForm(request.POST)
    if not form.is_valid():
        return item_page(request, item, note_form=form)
    asked = form.cleaned_data
    add_item_note(item, asked["text"], by=request.user, request_id=once(request))
    return done(request, reverse("item", args=[slug, number]))


def item_page(
    request: HttpRequest,
    item: ChecklistItem,
    state_form: ItemStateForm | None = None,
    note_form: ItemNoteForm | None = None,
    file_errors: Sequence[str] = (),
) -> HttpResponse:
    """The page of one item; 422 with a form that was filled in wrongly."""
    plan: DeploymentPlan = item.plan
    context = page(request, plan, "item")
    row = one_row(plan, item.number, context["now"])
    now_is = {"state": row.item.state, "revision": row.item.revision, "value": row.item.value}
    context |= {
        "row": row,
        "seq": plan.timeline_seq,
        "fragment_id": f"item-{item.number}",
        "state_form": state_form or ItemStateForm(initial=now_is),
        "note_form": note_form or ItemNoteForm(),
        "file_errors": file_errors,
        "taken": TAKEN,
        "images": IMAGES,
        "notes": item.notes.all(),
        "history": events_of(item)[:50],
        "place": "checklist",
    }
    wrong = file_errors or state_form is not None or note_form is not None
    return render(request, "checklists/item.html", context, status=422 if wrong else 200)
