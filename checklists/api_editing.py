"""Pipelines change the list itself: the same actions as the forms, for the token's person.

A change that would take signatures back is refused with 409, which names them, unless the request
says ``revoke: true``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from ninja import Schema, Status

from checklists.actions import editing
from checklists.actions.bulk import Chosen, set_items_state
from checklists.actions.placing import Where
from checklists.actions.revoking import SignedMeanwhile
from checklists.item_api import ItemOut, item_out, router
from checklists.models import ChecklistItem
from checklists.queries.changes import all_known
from checklists.queries.phases import items_of
from checklists.queries.refs import name_items
from checklists.queries.scopes import scope_of
from checklists.rules.due_text import NotUnderstood, parse_due, parse_length
from warroom.actions.refusals import Invalid, Refused
from warroom.api import find_role, plan_of
from warroom.models import DeploymentPlan
from warroom.once import once
from warroom.rules.wording import listed


class PlaceIn(Schema):
    """Where an item stands: ``before`` or ``after`` another, or under a ``parent`` (ids); else at
    the end of a ``phase`` (its number), or of the ``heading`` (its title) in that phase.
    """

    phase: int | None = None
    heading: str | None = None
    before: int | None = None
    after: int | None = None
    parent: int | None = None


class SaysIn(Schema):
    """What an item says. ``due`` as people type it: 20:55, T-2h, 2025-10-23 21:15 (UTC)."""

    text: str | None = None
    required: bool | None = None
    blocking: bool | None = None
    role: str | None = None
    owner: str | None = None
    due: str | None = None
    command: str | None = None
    expected: str | None = None
    target: str | None = None
    count_of: int | None = None
    count_unit: str | None = None
    runs: str | None = None


class NewItemIn(SaysIn, PlaceIn):
    revoke: bool = False


class ItemIn(SaysIn, PlaceIn):
    """Either what it says, or where it stands: these are two changes, and two events."""

    reason: str = ""
    revision: int | None = None
    revoke: bool = False


class ChosenIn(Schema):
    id: int
    revision: int | None = None


class BulkIn(Schema):
    items: list[ChosenIn]
    state: str
    reason: str = ""


@router.post("plans/{slug}/items", response={201: ItemOut})
def add_item(request: HttpRequest, slug: str, body: NewItemIn):
    """Add an item. The same Idempotency-Key adds it once."""
    plan = plan_of(request, slug, "edit")
    with _naming_signatures():
        item = editing.add_item(
            plan,
            _fields(plan, body),
            _where(plan, body),
            by=request.user,
            named=None if body.revoke else (),
            request_id=once(request),
        )
    return Status(201, _out(plan, item))


@router.post("plans/{slug}/items/bulk", response=list[ItemOut])
def set_items(request: HttpRequest, slug: str, body: BulkIn):
    """Set several items to one state, all or none; the answer is those that changed."""
    plan = plan_of(request, slug, "tick")
    if not all_known(plan, {_small(one.id) for one in body.items}):
        raise Http404
    changed = set_items_state(
        plan,
        [Chosen(one.id, one.revision) for one in body.items],
        body.state,
        by=request.user,
        reason=body.reason,
        request_id=once(request),
    )
    rows = name_items(items_of(plan).filter(pk__in=[item.pk for item in changed]))
    return [item_out(item, plan) for item in rows]


@router.patch("plans/{slug}/items/{int:number}", response=ItemOut)
def change_item(request: HttpRequest, slug: str, number: int, body: ItemIn):
    """Change what an item says, or where it stands; what is left out stays as it is."""
    plan = plan_of(request, slug, "edit")
    item = _find(plan, number)
    said = body.dict(exclude_unset=True)
    moves = set(said) & set(PlaceIn.model_fields)
    if moves and set(said) & set(SaysIn.model_fields):
        raise Invalid(
            sorted(moves)[0], _("Change what it says or where it stands: not both at once.")
        )
    common = {
        "by": request.user,
        "reason": body.reason,
        "seen_revision": body.revision,
        "named": None if body.revoke else (),
        "request_id": once(request),
    }
    with _naming_signatures():
        if moves:
            item = editing.move_item(item, _where(plan, body), **common)
        else:
            item = editing.edit_item(item, _fields(plan, body), **common)
    return _out(plan, item)


@router.delete("plans/{slug}/items/{int:number}", response={204: None})
def remove_item(
    request: HttpRequest,
    slug: str,
    number: int,
    reason: str = "",
    revision: int | None = None,
    revoke: bool = False,
):
    """Take an item off the list, with all below it. It is kept, with the reason."""
    plan = plan_of(request, slug, "edit")
    with _naming_signatures():
        editing.remove_item(
            _find(plan, number),
            reason,
            by=request.user,
            seen_revision=revision,
            named=None if revoke else (),
            request_id=once(request),
        )
    return Status(204, None)


@contextmanager
def _naming_signatures() -> Iterator[None]:
    """A form says beforehand which signatures fall; here the refusal says it, and the way out."""
    try:
        yield
    except SignedMeanwhile as refused:
        signed = [
            _("{role} ({person_name}) under {scope_of}").format(
                role=one.role.name, person_name=one.person_name, scope_of=scope_of(one).name
            )
            for one in refused.signoffs
        ]
        raise Refused(
            ngettext(
                "This takes back the signature of {signed}. "
                "Nothing was saved. Send it with revoke: true to do it all the same.",
                "This takes back the signatures of {signed}. "
                "Nothing was saved. Send it with revoke: true to do it all the same.",
                len(signed),
            ).format(signed=listed(signed))
        ) from refused


def _out(plan: DeploymentPlan, item: ChecklistItem) -> dict[str, Any]:
    return item_out(items_of(plan).get(pk=item.pk), plan)


def _find(plan: DeploymentPlan, number: int) -> ChecklistItem:
    item = ChecklistItem.everything.filter(plan=plan, number=number).first()
    if item is None:
        raise Http404
    item.plan = plan
    return item


def _fields(plan: DeploymentPlan, body: SaysIn) -> dict[str, Any]:
    """What the body says, as ``actions.editing`` takes it; null empties a field."""
    said = body.dict(exclude_unset=True)
    fields = {name: said[name] for name in SaysIn.model_fields if name in said}
    for name in ("text", "owner", "command", "expected", "target", "count_unit"):
        if name in fields:
            fields[name] = fields[name] or ""
    for name in ("required", "blocking"):
        if name in fields:
            fields[name] = bool(fields[name])
    if "role" in fields:
        fields["role"] = find_role(plan, said["role"]) if said["role"] else None
    if "due" in fields:
        due = said["due"] or ""
        fields["due"] = _read("due", lambda: parse_due(due[:60], plan.t0, timezone.now()))
    if "runs" in fields:
        fields["runs"] = _read("runs", lambda: parse_length((said["runs"] or "")[:60]))
    return fields


def _read(field: str, read):
    try:
        return read()
    except NotUnderstood as wrong:
        raise Invalid(field, str(wrong)) from wrong


def _where(plan: DeploymentPlan, body: PlaceIn) -> Where:
    for field in ("before", "after", "parent"):
        number = getattr(body, field)
        if number is not None:
            item = ChecklistItem.objects.filter(plan=plan, number=_small(number)).first()
            if item is None:
                raise Invalid(
                    field, _("This release has no item {number} on its list.").format(number=number)
                )
            return Where(**{field: item})
    phase = plan.phases.filter(number=_small(body.phase)).first()
    if phase is None:
        raise Invalid("phase", _("Name the phase by its number, or an item to stand beside."))
    if not body.heading:
        return Where(phase)
    group = phase.groups.filter(title=body.heading.replace("\0", "")).first()
    if group is None:
        raise Invalid("heading", _("Phase {phase} has no such heading.").format(phase=phase.number))
    return Where(group=group)


def _small(number: int | None) -> int:
    """A number that the database can look for; -1, which nothing has, for all others."""
    return number if number is not None and 0 <= number < 10**9 else -1
