"""The checklist itself: phases, groups and items, read and created."""

from checklists.documents.boxes import read_section
from checklists.documents.found import GroupFound, ItemFound, Reading
from checklists.documents.phases import phases_of
from checklists.documents.remarks import label_lines, say_triggers
from checklists.models import ChecklistItem, Phase, PhaseGroup
from warroom.documents.blocks import (
    Document,
    ListItem,
)
from warroom.documents.readers import Creation, Reader, Understanding, register
from warroom.models import DeploymentPlan, Role


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
        rows: dict[int, ChecklistItem] = {}
        for found in understanding.parts["phases"]:
            phase = Phase.objects.create(
                plan=plan,
                number=found.number,
                title=found.title[:300],
                offset_s=found.span.start_s,
                end_offset_s=found.span.end_s,
                required=found.required,
                source_line=found.line,
            )
            for place, group in enumerate(found.groups, start=1):
                row = _group_row(phase, group, place)
                for item in group.items:
                    rows[item.number] = _item_row(plan, phase, row, item, creation)
        # Parents first: bulk_create gives keys, the second step only links.
        ChecklistItem.objects.bulk_create(rows.values(), batch_size=500)
        children = _linked(rows, understanding)
        ChecklistItem.objects.bulk_update(children, ["parent"], batch_size=200)
        creation.made["items"] = rows


def _group_row(phase: Phase, group: GroupFound, place: int) -> PhaseGroup | None:
    if not group.title:
        return None
    return PhaseGroup.objects.create(
        phase=phase,
        title=group.title[:300],
        position=place,
        offset_s=group.span.start_s,
        end_offset_s=group.span.end_s,
        optional=group.optional,
        source_line=group.line,
    )


def _item_row(
    plan: DeploymentPlan,
    phase: Phase,
    group: PhaseGroup | None,
    item: ItemFound,
    creation: Creation,
) -> ChecklistItem:
    found = item.details
    ticked = item.state != "open"
    return ChecklistItem(
        plan=plan,
        phase=phase,
        group=group,
        number=item.number,
        position=item.position,
        text=item.text,
        required=found.required,
        blocking=found.blocking,
        owner=found.owner,
        role=_role_of(found.owner, creation.made["roles"]),
        due_offset_s=found.due_offset_s,
        due_at=found.due_at,
        command=found.command,
        expected=found.expected,
        evidence_url=found.evidence_url,
        value=found.value,
        target=found.target,
        state=item.state,
        state_reason="As the document says" if item.state in ("failed", "blocked") else "",
        state_by_name="the document" if ticked else "",
        state_at=creation.at if ticked else None,
        source_line=item.line,
    )


def _role_of(owner: str, roles: dict[str, Role]) -> Role | None:
    """The role that an owner means: by its name, its key, or the person who holds it."""
    wanted = owner.lstrip("@").strip().lower()
    if not wanted:
        return None
    for role in roles.values():
        if wanted in (role.name.lower(), role.key, role.holder.lower()):
            return role
    return None


def _linked(rows: dict[int, ChecklistItem], understanding: Understanding) -> list[ChecklistItem]:
    children = []
    for phase in understanding.parts["phases"]:
        for item in phase.items:
            if item.parent is not None:
                rows[item.number].parent = rows[item.parent]
                children.append(rows[item.number])
    return children


register(Items())
