"""Headings inside a phase: add, edit, order, remove. Each one event, as in ``phases``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from checklists.actions.phases import Named, changes_of, checked_title, demand_seen, find_phase
from checklists.actions.placing import Layout, store
from checklists.actions.revoking import revoke_signatures
from checklists.models import ChecklistItem, Criterion, Phase, PhaseGroup, Source
from checklists.rules import placement
from checklists.rules.due_text import NEVER, Due, due_text
from checklists.rules.words import FINAL
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused
from warroom.models import Right, User


@dataclass(frozen=True)
class GroupWish:
    """What a heading inside a phase is to be. Its times count from T0."""

    title: str
    at: Due = NEVER
    until: Due = NEVER
    optional: bool = False

    def checked(self, t0: datetime | None) -> "GroupWish":
        at, until = _from_t0("at", self.at, t0), _from_t0("until", self.until, t0)
        return GroupWish(checked_title(self.title), at, until, self.optional)


def group_shown(group: PhaseGroup) -> dict[str, Any]:
    return {
        "title": group.title,
        "at": due_text(Due(group.offset_s)),
        "until": due_text(Due(group.end_offset_s)),
        "optional": group.optional,
    }


def add_group(
    phase: Phase,
    wish: GroupWish,
    *,
    by: User,
    named: Named = None,
    request_id: str | None = None,
) -> PhaseGroup:
    """Add a heading at the end of a phase and return it. Raises as ``edit_phase``."""
    with change(phase.plan, by=by, right=Right.EDIT, request_id=request_id) as adding:
        phase = find_phase(adding, phase)
        if adding.repeated:
            event = adding.plan.events.get(request_id=adding.request_id)
            return phase.groups.get(pk=event.data["id"])
        wish = wish.checked(adding.plan.t0)
        last = phase.groups.aggregate(last=Max("position"))["last"] or 0
        group = PhaseGroup(phase=phase, position=last + 1)
        _write_group(group, wish)
        _record_group(
            adding, "group.added", _("{group} added to").format(group=group), group, named
        )
    return group


def edit_group(
    group: PhaseGroup,
    wish: GroupWish,
    *,
    by: User,
    seen: Mapping[str, Any] | None = None,
    named: Named = None,
    request_id: str | None = None,
) -> PhaseGroup:
    """Change what a heading says. ``seen`` as ``group_shown``. Raises as ``edit_phase``."""
    with change(group.phase.plan, by=by, right=Right.EDIT, request_id=request_id) as editing:
        group = _group(editing, group)
        before = group_shown(group)
        demand_seen(
            editing, seen, before, _("the heading {group}").format(group=group), id=group.pk
        )
        if editing.repeated:
            return group
        _write_group(group, wish.checked(editing.plan.t0), save=False)
        changes = changes_of(before, group_shown(group))
        if changes:
            group.save()
            _follow(group, str(before["title"]))
            said = _("{group} edited, {changes}, in").format(
                group=group, changes=", ".join(changes)
            )
            _record_group(editing, "group.edited", said, group, named, changes=changes)
    return group


def _follow(group: PhaseGroup, before: str) -> None:
    """Criteria that count the items of a heading go on to count them under its new name."""
    if group.title == before:
        return
    plan_id, number = group.phase.plan_id, group.phase.number
    other = PhaseGroup.objects.filter(phase__plan=plan_id, title=before).exists()
    asked = Criterion.objects.filter(gate__plan=plan_id, source=Source.ITEMS)
    for one in asked.exclude(gate__decisions__word__in=FINAL):
        named, phases = one.params.get("groups") or [], one.params.get("phases")
        if before in named and (not phases or number in phases):
            kept = [title for title in named if other or title != before]
            one.params = one.params | {"groups": [*kept, group.title]}
            one.save(update_fields=["params"])


def move_group(
    group: PhaseGroup, place: int, *, by: User, request_id: str | None = None
) -> PhaseGroup:
    """Make a heading the ``place``-th of its phase, with its items. It revokes nothing."""
    with change(group.phase.plan, by=by, right=Right.EDIT, request_id=request_id) as moving:
        group = _group(moving, group)
        ids = list(group.phase.groups.values_list("pk", flat=True))
        order = placement.moved_within(ids, group.pk, place)
        if moving.repeated or order == ids:
            return group
        _stand_groups(order)
        layout = Layout([group.phase_id])
        store(layout.settle())
        group.refresh_from_db()
        said = _("{group} is now heading {position} of phase {phase}").format(
            group=group, position=group.position, phase=group.phase
        )
        moving.record("group.moved", said, phase=group.phase.number, id=group.pk)
    return group


def remove_group(
    group: PhaseGroup, *, by: User, named: Named = None, request_id: str | None = None
) -> None:
    """Take a heading away; its items go to the heading above. Raises as ``edit_phase``."""
    with change(group.phase.plan, by=by, right=Right.EDIT, request_id=request_id) as removing:
        found = PhaseGroup.objects.filter(pk=group.pk).select_related("phase").first()
        if removing.repeated or found is None:
            return
        above = found.phase.groups.filter(position__lt=found.position).last()
        ChecklistItem.everything.filter(group=found).update(group=above)
        _record_group(
            removing, "group.removed", _("{found} removed from").format(found=found), found, named
        )
        found.delete()
        _stand_groups(list(found.phase.groups.values_list("pk", flat=True)))
        layout = Layout([found.phase_id])
        store(layout.settle())


def _record_group(
    changing: Change, kind: str, said: str, group: PhaseGroup, named: Named, **more: Any
) -> None:
    said = _("Heading {said} phase {phase}").format(said=said, phase=group.phase)
    what = _("the list: {said}{said_2}").format(said=said[0].lower(), said_2=said[1:])
    revoked = revoke_signatures(changing, [group.phase], what, whole=True, named=named)
    data = {"phase": group.phase.number, "id": group.pk, **more, **revoked.data}
    changing.record(kind, f"{said}{revoked.said}", **data)


def _group(changing: Change, group: PhaseGroup) -> PhaseGroup:
    found = PhaseGroup.objects.filter(pk=group.pk, phase__plan=changing.plan)
    found = found.select_related("phase").first()
    if found is None:
        raise Refused(_("This heading was removed meanwhile. Nothing was saved."))
    return found


def _write_group(group: PhaseGroup, wish: GroupWish, *, save: bool = True) -> None:
    group.title, group.optional = wish.title, wish.optional
    group.offset_s, group.end_offset_s = wish.at.offset_s, wish.until.offset_s
    if save:
        group.save()


def _stand_groups(ids: Sequence[int]) -> None:
    for position, pk in enumerate(ids, 1):
        PhaseGroup.objects.filter(pk=pk).update(position=position)


def _from_t0(field: str, due: Due, t0: datetime | None) -> Due:
    if due.at is None:
        return due
    if t0 is None:
        raise Invalid(field, _("This release has no T0 yet: write an offset such as T-2h."))
    return Due(offset_s=round((due.at - t0).total_seconds()))
