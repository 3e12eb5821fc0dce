"""The checklist itself: phases, groups and items, read and created."""

from collections import Counter
from dataclasses import dataclass, replace

from django.db.models import Max

from checklists.documents.boxes import read_section
from checklists.documents.exits import take_exits
from checklists.documents.found import GroupFound, ItemFound, PhaseFound, Reading
from checklists.documents.phases import phases_of
from checklists.documents.remarks import label_lines, say_triggers
from checklists.models import ChecklistItem, Phase, PhaseGroup
from warroom.documents.blocks import (
    Document,
    ListItem,
)
from warroom.documents.readers import Creation, Reader, Understanding, register
from warroom.models import DeploymentPlan, Role

_WITH_REASON = ("failed", "blocked", "skipped", "not_applicable")


class Items(Reader):
    """Reads every box that nobody else has claimed, and rows of status tables."""

    name = "items"
    order = 50

    def read(self, document: Document, understanding: Understanding) -> None:
        t0 = understanding.t0 or understanding.written
        reading = Reading(document, understanding, t0.at.year if t0 else None)
        for section in document.sections:
            read_section(section, reading)
        phases = phases_of(reading)
        take_exits(phases, document, understanding)
        understanding.parts["phases"] = tuple(phases)
        label_lines(phases, understanding)
        items = [item for phase in phases for item in phase.items]
        understanding.counts.update(
            task_items=sum(1 for _, b in document.blocks() if isinstance(b, ListItem) and b.box),
            phases=len(phases),
            items=len(items),
            done=sum(1 for item in items if item.state == "done"),
        )
        say_triggers(reading)

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        found, numbers = _wanted(plan, understanding.parts["phases"], creation)
        phases = Phase.objects.bulk_create(
            phase_row(plan, phase, number, not creation.extending)
            for number, phase in enumerate(found, start=numbers.phase + 1)
        )
        groups = [
            (group, group_row(row, group, place, not creation.extending))
            for phase, row in zip(found, phases, strict=True)
            for place, group in enumerate(phase.groups, start=1)
        ]
        PhaseGroup.objects.bulk_create(row for group, row in groups if group.title)
        roles = roles_by_word(creation.made["roles"])
        rows: dict[int, ChecklistItem] = {}
        for group, row in groups:
            for item in group.items:
                where = row if group.title else None
                rows[item.number] = item_row(row.phase, where, item, roles, creation)
                rows[item.number].number += numbers.item
        for level in _by_depth([item for phase in found for item in phase.items]):
            _create_level(level, rows)
        creation.made["items"] = rows
        creation.made["phases"] = phases


@dataclass(frozen=True)
class _Numbers:
    """The highest that a plan has given out; both are for good."""

    phase: int = 0
    item: int = 0


def _wanted(
    plan: DeploymentPlan, found: tuple[PhaseFound, ...], creation: Creation
) -> tuple[list[PhaseFound], _Numbers]:
    """The phases to make, and the numbers to go on from; of an existing plan what it lacks."""
    if not creation.extending:
        return list(found), _Numbers()
    items = ChecklistItem.everything.filter(plan=plan)
    there = Counter(items.values_list("phase__title", "group__title", "text"))
    phases = [phase for phase in (_lacking(phase, there) for phase in found) if phase.items]
    last = Phase.objects.filter(plan=plan).aggregate(last=Max("number"))["last"]
    return phases, _Numbers(last or 0, items.aggregate(last=Max("number"))["last"] or 0)


def _lacking(phase: PhaseFound, there: Counter) -> PhaseFound:
    """The phase without the items that stand in the plan already, under the same headings."""
    groups = []
    for group in phase.groups:
        kept = []
        for item in group.items:
            place = (phase.title[:300], group.title[:300] or None, item.text)
            if there[place]:
                there[place] -= 1
            else:
                kept.append(item)
        if kept:
            groups.append(replace(group, items=_without_lost_parents(kept)))
    lacking = replace(phase, groups=groups)
    for position, item in enumerate(lacking.items, start=1):
        item.position = position
    return lacking


def _without_lost_parents(items: list[ItemFound]) -> list[ItemFound]:
    """What hung below an item that is not made again stands for itself."""
    numbers = {item.number for item in items}
    return [
        item if item.parent in numbers or item.parent is None else replace(item, parent=None)
        for item in items
    ]


def phase_row(
    plan: DeploymentPlan, found: PhaseFound, number: int | None = None, own: bool = True
) -> Phase:
    """``own``: it stands in the plan's own document, so that its line there is kept."""
    return Phase(
        plan=plan,
        number=number or found.number,
        title=found.title[:300],
        offset_s=found.span.start_s,
        end_offset_s=found.span.end_s,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        exit_criteria=found.exit_criteria,
        required=found.required,
        source_line=found.line if own else None,
    )


def group_row(phase: Phase, group: GroupFound, place: int, own: bool = True) -> PhaseGroup:
    return PhaseGroup(
        phase=phase,
        title=group.title[:300],
        position=place,
        offset_s=group.span.start_s,
        end_offset_s=group.span.end_s,
        optional=group.optional,
        source_line=group.line if own else None,
    )


def _by_depth(items: list[ItemFound]) -> list[list[ItemFound]]:
    """Items level by level: a child can be stored once its parent has a key."""
    depth: dict[int, int] = {}
    levels: list[list[ItemFound]] = []
    for item in items:
        depth[item.number] = depth.get(item.parent, -1) + 1 if item.parent is not None else 0
        while len(levels) <= depth[item.number]:
            levels.append([])
        levels[depth[item.number]].append(item)
    return levels


def _create_level(level: list[ItemFound], rows: dict[int, ChecklistItem]) -> None:
    for item in level:
        if item.parent is not None:
            rows[item.number].parent = rows[item.parent]
    ChecklistItem.objects.bulk_create((rows[item.number] for item in level), batch_size=500)


def item_row(
    phase: Phase,
    group: PhaseGroup | None,
    item: ItemFound,
    roles: dict[str, Role],
    creation: Creation,
) -> ChecklistItem:
    found = item.details
    ticked = item.state != "open"
    return ChecklistItem(
        plan=phase.plan,
        phase=phase,
        group=group,
        number=item.number,
        position=item.position,
        text=item.text,
        required=found.required,
        blocking=found.blocking,
        owner=found.owner,
        role=roles.get(found.owner.lstrip("@").strip().lower()),
        due_offset_s=found.due_offset_s,
        due_at=found.due_at,
        command=found.command,
        expected=found.expected,
        evidence_url=found.evidence_url,
        value=found.value,
        target=found.target,
        count_done=found.count_done,
        count_of=found.count_of,
        count_unit=found.count_unit,
        duration_s=found.duration_s,
        state=item.state,
        state_reason="As the document says" if item.state in _WITH_REASON else "",
        state_by_name="the document" if ticked else "",
        state_at=creation.at if ticked else None,
        source_line=creation.source(item.line),
        added_at=creation.at if creation.extending else None,
        added_by_name=creation.by_name if creation.extending else "",
    )


def roles_by_word(roles: dict[str, Role]) -> dict[str, Role]:
    """What an owner may be written as: a role's name, its key, or the person who holds it."""
    words: dict[str, Role] = {}
    for role in roles.values():
        for word in (role.name.lower(), role.key, role.holder.lower()):
            words.setdefault(word, role)
    words.pop("", None)
    return words


register(Items())
