"""People change the list itself: add, edit, move, take off, put back. Each one event.

What was signed stood for another list, so most of it takes signatures back (law 4); the event and
the record under the signature name both. Only the order within a phase may change freely.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import F, Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.actions.fields import SIGNED, assign, checked, shown
from checklists.actions.items import demand_unchanged
from checklists.actions.placing import MOST_ITEMS, Layout, Where, spot_of, store
from checklists.actions.revoking import Revoked, revoke_signatures
from checklists.actions.sections import follow_part
from checklists.models import ChecklistItem
from checklists.queries.refs import name_items
from checklists.rules import placement
from checklists.rules.field_words import field_words
from checklists.rules.placement import Place, Spot
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import DeploymentPlan, Right, User

REASON_LIMIT = 1000
Named = Collection[int] | None  # signatures that the author was told would fall; None: whichever


def add_item(
    plan: DeploymentPlan,
    fields: Mapping[str, Any],
    where: Where,
    *,
    by: User,
    named: Named = None,
    request_id: str | None = None,
) -> ChecklistItem:
    """Put a new item on the list and return it; the same request again returns the same item.

    ``fields`` as in ``actions/fields.py``; ``text`` is wanted. Raises Invalid for a wrong field or
    place, SignedMeanwhile, NotAllowed without the right to edit. In a part that is switched off it
    is not applicable until the part is on again.
    """
    values = checked(plan, fields, new=True)
    with change(plan, by=by, right=Right.EDIT, request_id=request_id) as adding:
        if adding.repeated:
            return _made_by(adding)
        spot = spot_of(adding.plan, where)
        _demand_room(adding.plan)
        item = _new(adding, values, spot)
        layout = Layout([spot.phase])
        store(layout.move(item, spot))
        item = layout.items[item.pk]
        off = follow_part(adding, [item])
        revoked = revoke_signatures(
            adding,
            [item.phase],
            _("the list: {item} was added").format(item=item.ref),
            whole=True,
            named=named,
        )
        adding.record(
            "item.added",
            _("{item} added: {item_text}{off}{revoked}").format(
                item=item.ref, item_text=item.text, off=off, revoked=revoked.said
            ),
            **_names(item),
            fields=shown(item),
            **revoked.data,
        )
    return item


def edit_item(
    item: ChecklistItem,
    fields: Mapping[str, Any],
    *,
    by: User,
    reason: str = "",
    seen_revision: int | None = None,
    named: Named = None,
    request_id: str | None = None,
) -> ChecklistItem:
    """Change what an item says and return it as it now is; its state stays.

    Only the fields that are given change. To say what is already said is no event. Raises Invalid
    for a wrong field, Refused when the item changed since ``seen_revision`` or is off the list,
    SignedMeanwhile, NotAllowed without the right to edit.
    """
    values, why = checked(item.plan, fields), checked_reason(reason, REASON_LIMIT)
    with change(item.plan, by=by, right=Right.EDIT, request_id=request_id) as editing:
        item = on_the_list(editing, item)
        if values.get("text") == " ".join(item.text.split()):
            del values["text"]  # a field of one line shows the breaks of a document as blanks
        before = shown(item)
        assign(item, values)
        after = shown(item)
        differing = [name for name in after if after[name] != before[name]]
        if editing.repeated or not differing:
            return item
        demand_unchanged(item, seen_revision)
        item.revision += 1
        item.save()
        revoked = Revoked()
        if SIGNED.intersection(differing):
            what = f"{item.ref}: {_listed(differing)}"
            revoked = revoke_signatures(
                editing, [item.phase], what, whole=True, item=item, named=named
            )
        editing.record(
            "item.edited",
            _("{item} edited, {listed}: {item_text}{said}{revoked}").format(
                item=item.ref,
                listed=_listed(differing),
                item_text=item.text,
                said=_said(why),
                revoked=revoked.said,
            ),
            **_names(item),
            reason=why,
            changes={name: {"before": before[name], "after": after[name]} for name in differing},
            revision=item.revision,
            **revoked.data,
        )
    return item


def move_item(
    item: ChecklistItem,
    where: Where,
    *,
    by: User,
    reason: str = "",
    seen_revision: int | None = None,
    named: Named = None,
    request_id: str | None = None,
) -> ChecklistItem:
    """Stand an item elsewhere, with all below it, and return it. ``number`` stays, ``ref`` follows.

    Another order within a phase revokes nothing and makes no tick late; another phase revokes the
    signatures under both. Where it stands already it stays, without an event. Raises Invalid where
    it cannot stand, Refused, SignedMeanwhile and NotAllowed as ``edit_item``.
    """
    why = checked_reason(reason, REASON_LIMIT)
    with change(item.plan, by=by, right=Right.EDIT, request_id=request_id) as moving:
        item = on_the_list(moving, item)
        spot = spot_of(moving.plan, where)
        left, old, was = item.phase, item.ref, _stands(item)
        layout = Layout({item.phase_id, spot.phase})
        changed = layout.move(item, spot)
        item = layout.items[item.pk]
        if moving.repeated or (not changed and _stands(item) == was):
            return item
        demand_unchanged(item, seen_revision)
        store(changed)
        off = ""
        if _stands(item) != was:
            item.revision += 1
            item.save(update_fields=["revision"])
            below = placement.subtree(layout.places, item.pk)
            off = follow_part(moving, [layout.items[pk] for pk in below])
        _record_move(moving, item, old, left, layout, named, f"{off}{_said(why)}", why)
    return item


def _record_move(
    moving: Change,
    item: ChecklistItem,
    old: str,
    left: Any,
    layout: Layout,
    named: Named,
    said: str,
    why: str,
) -> None:
    revoked = Revoked()
    if item.phase_id != left.pk:
        what = _("the place of {old}: it is now {item}").format(old=old, item=item.ref)
        both = [left, item.phase]
        revoked = revoke_signatures(moving, both, what, whole=True, item=item, named=named)
    below = placement.subtree(layout.places, item.pk)
    moving.record(
        "item.moved",
        _("{old} is now {item}: {item_text}{said}{revoked}").format(
            old=old, item=item.ref, item_text=item.text, said=said, revoked=revoked.said
        ),
        **_names(item, *(layout.items[pk] for pk in below)),
        reason=why,
        before=old,
        phases=list(dict.fromkeys([left.number, item.phase.number])),
        heading=item.group.title if item.group else "",
        under=item.parent.number if item.parent else None,
        **revoked.data,
    )


def remove_item(
    item: ChecklistItem,
    reason: str,
    *,
    by: User,
    seen_revision: int | None = None,
    named: Named = None,
    request_id: str | None = None,
) -> ChecklistItem:
    """Take an item off the list, with all below it, and return it. It is kept, with its reason.

    What is off already stays so. Raises Invalid without a reason; Refused, SignedMeanwhile and
    NotAllowed as ``edit_item``.
    """
    reason = _reason(reason)
    with change(item.plan, by=by, right=Right.EDIT, request_id=request_id) as removing:
        item = _any(item)
        if removing.repeated or item.removed_at is not None:
            return item
        demand_unchanged(item, seen_revision)
        gone = _below(item, removed=False)
        ChecklistItem.everything.filter(pk__in=[one.pk for one in gone]).update(
            removed_at=removing.at,
            removed_by_name=removing.author_name,
            removed_reason=reason,
            revision=F("revision") + 1,
        )
        revoked = revoke_signatures(
            removing,
            [item.phase],
            _("the list: {item} was removed").format(item=item.ref),
            whole=True,
            item=item,
            named=named,
        )
        removing.record(
            "item.removed",
            _("{item} removed{the_with}: {item_text} Reason: {reason}{revoked}").format(
                item=item.ref,
                the_with=_with(gone),
                item_text=item.text,
                reason=reason,
                revoked=revoked.said,
            ),
            **_names(item, *gone),
            reason=reason,
            **revoked.data,
        )
    return _any(item)


def restore_item(
    item: ChecklistItem, *, by: User, named: Named = None, request_id: str | None = None
) -> ChecklistItem:
    """Put an item back where it stood, with what was taken off along with it, and return it.

    Raises Refused while the item that it stands under is off the list; SignedMeanwhile and
    NotAllowed as ``edit_item``.
    """
    with change(item.plan, by=by, right=Right.EDIT, request_id=request_id) as restoring:
        item = _any(item)
        if restoring.repeated or item.removed_at is None:
            return item
        if item.parent is not None and item.parent.removed_at is not None:
            raise Refused(
                _("{item} stands under {parent}. Put that back first.").format(
                    item=item.ref, parent=item.parent.ref
                )
            )
        back = [one for one in _below(item, removed=True) if one.removed_at == item.removed_at]
        ChecklistItem.everything.filter(pk__in=[one.pk for one in back]).update(
            removed_at=None, removed_by_name="", removed_reason="", revision=F("revision") + 1
        )
        revoked = revoke_signatures(
            restoring,
            [item.phase],
            _("the list: {item} was restored").format(item=item.ref),
            whole=True,
            item=item,
            named=named,
        )
        restoring.record(
            "item.restored",
            _("{item} restored{the_with}: {item_text}{revoked}").format(
                item=item.ref, the_with=_with(back), item_text=item.text, revoked=revoked.said
            ),
            **_names(item, *back),
            **revoked.data,
        )
    return _any(item)


def on_the_list(changing: Change, item: ChecklistItem) -> ChecklistItem:
    """The item as it is under the plan's lock. Raises Refused for what was taken off."""
    found = _any(item)
    found.plan = changing.plan
    if found.removed_at is not None:
        raise Refused(
            _(
                "{removed_by_name} took {found} off the list at {removed_at:%H:%M} UTC: "
                "{removed_reason} Nothing was saved."
            ).format(
                removed_by_name=found.removed_by_name,
                found=found.ref,
                removed_at=found.removed_at,
                removed_reason=found.removed_reason,
            )
        )
    return found


def _any(item: ChecklistItem) -> ChecklistItem:
    related = ("plan", "phase", "group", "role", "parent__phase")
    return ChecklistItem.everything.select_related(*related).get(pk=item.pk)


def _made_by(adding: Change) -> ChecklistItem:
    event = adding.plan.events.get(request_id=adding.request_id)
    found = ChecklistItem.everything.select_related("phase", "role")
    return found.get(plan=adding.plan, number=event.data["item"])


def _new(adding: Change, values: Mapping[str, Any], spot: Spot) -> ChecklistItem:
    newest = ChecklistItem.everything.filter(plan=adding.plan).aggregate(last=Max("number"))
    item = ChecklistItem(
        plan=adding.plan,
        phase_id=spot.phase,
        number=(newest["last"] or 0) + 1,
        position=MOST_ITEMS + 1,  # until the others have made room
        added_at=adding.at,
        added_by_name=adding.author_name,
    )
    assign(item, values)
    item.save()
    return item


def _demand_room(plan: DeploymentPlan) -> None:
    if ChecklistItem.everything.filter(plan=plan).count() >= MOST_ITEMS:
        raise Refused(_("A release has at most {most_items} items.").format(most_items=MOST_ITEMS))


def _below(item: ChecklistItem, *, removed: bool) -> list[ChecklistItem]:
    """The item and what stands below it, of those that are (or are not) off the list."""
    rows = ChecklistItem.everything.filter(phase=item.phase_id).select_related("phase")
    by_id = {one.pk: one for one in rows.order_by("position")}
    places = [Place(one.pk, one.phase_id, None, one.parent_id) for one in by_id.values()]
    found = [by_id[pk] for pk in placement.subtree(places, item.pk)]
    return [one for one in found if (one.removed_at is not None) is removed]


def _stands(item: ChecklistItem) -> tuple[int, int | None, int | None]:
    return item.phase_id, item.group_id, item.parent_id


def _names(item: ChecklistItem, *others: ChecklistItem) -> dict[str, Any]:
    """How the event names what it is about; ``items`` where there are several."""
    name_items([item, *others])
    names: dict[str, Any] = {"item": item.number, "ref": item.ref, "phase": item.phase.number}
    if any(other.pk != item.pk for other in others):
        names["items"] = {str(other.number): other.ref for other in others}
    return names


def _with(items: list[ChecklistItem]) -> str:
    more = len(items) - 1
    said = ngettext("with {count} item below it", "with {count} items below it", more)
    return f" {said.format(count=more)}" if more else ""


def _listed(names: list[str]) -> str:
    return field_words(names)


def _reason(reason: str) -> str:
    if not (reason := checked_reason(reason, REASON_LIMIT)):
        raise Invalid("reason", _("Say why it goes. It stays in the timeline and in the document."))
    return reason


def _said(why: str) -> str:
    return _(" Reason: {why}").format(why=why) if why else ""
