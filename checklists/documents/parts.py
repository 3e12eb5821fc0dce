"""The checklist in a plan file: phases with their groups and items, as deep as they nest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.utils.translation import gettext as _
from pydantic import Field

from checklists.documents.said import CLAIMED, claimed
from checklists.models import ChecklistItem, ItemState, Phase, PhaseGroup
from checklists.models.phases import Switchable
from checklists.queries.started import started_phases
from checklists.rules.items import COUNT_MOST
from warroom.documents import fields as f
from warroom.documents.people import STANDING
from warroom.documents.portable import Part, register_part
from warroom.documents.readers import Creation
from warroom.models import DeploymentPlan

MOST_ITEMS = 15_000
LONG = 4_000  # characters of an item's text and commands, as on its page
STATES = tuple(state.value for state in ItemState)
Line = Field(None, ge=1, le=2_000_000, description="The line of the document that said so.")


def has_lines(plan: DeploymentPlan) -> bool:
    """Whether lines mean something: the plan has a document that they count."""
    return bool(plan.source_text.strip())


def role_keys(whole: Mapping[str, Any]) -> set[str]:
    """The keys by which other parts of the file may name a role."""
    return {role.key for role in whole.get("roles", ())} | STANDING.keys()


class Count(f.Strict):
    """Progress that a person states: 3 of 7 attached."""

    done: int = Field(None, ge=0, le=COUNT_MOST)
    of: int = Field(None, ge=0, le=COUNT_MOST)
    unit: f.text(40) = ""


class ItemFields(f.Strict):
    text: f.words(LONG)
    required: bool = True
    blocking: bool = False
    role: f.key(60) = ""
    owner: f.text(120) = ""
    due: f.Due = None
    command: f.text(LONG) = ""
    expected: f.text(LONG) = ""
    evidence: f.url(500) = ""
    value: f.text(120) = ""
    target: f.text(120) = ""
    count: Count = None
    runs: f.Length = None
    state: Literal[STATES] = "open"
    reason: f.text() = ""
    by: f.text(150) = ""
    at: f.Instant = None
    started: f.Instant = None
    off_with_section: bool = False
    line: int = Line
    items: list[ItemFields] = Field([], max_length=MOST_ITEMS)


class Off(f.Strict):
    """The section is switched off; why, and who says so."""

    reason: f.text() = ""
    by: f.text(150) = ""
    at: f.Instant = None


class GroupFields(f.Strict):
    title: f.words(300)
    at: f.Offset = None
    until: f.Offset = None
    optional: bool = False
    off: Off = None
    line: int = Line
    items: f.many(ItemFields) = []


class PhaseFields(f.Strict):
    title: f.words(300)
    at: f.Offset = None
    until: f.Offset = None
    starts: f.Instant = None
    ends: f.Instant = None
    required: bool = True
    exit: f.text() = ""
    off: Off = None
    line: int = Line
    items: f.many(ItemFields) = []
    groups: f.many(GroupFields) = []


class PhasesPart(Part):
    key, order, schema = "phases", 40, f.many(PhaseFields)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        return _Writing(plan, states).phases()

    def planned(self, plan: DeploymentPlan) -> list[dict[str, Any]]:
        return _Writing(plan, states=False, added=False).phases()

    def check(self, value: list[PhaseFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        roles = role_keys(whole)
        number = 0
        for path, item in _walk(value):
            number += 1
            yield from f.unknown(item.role, roles, (*path, "role"), "role")
        if number > MOST_ITEMS:
            text = _("The plan has {number:,} items; at most {most_items:,} can be kept.").format(
                number=number, most_items=MOST_ITEMS
            )
            yield ("phases",), text, _("Split the plan.")

    def count(self, value: list[PhaseFields]) -> dict[str, int]:
        items = [item for _unused, item in _walk(value)]
        done = sum(1 for item in items if item.state == ItemState.DONE)
        return {
            "task_items": len(items),
            "phases": len(value),
            "items": len(items),
            "done": done,
        }

    def create(
        self, plan: DeploymentPlan, value: list[PhaseFields] | None, creation: Creation
    ) -> None:
        _Making(plan, creation).phases(value or [])


def _walk(phases: list[PhaseFields]) -> Iterator[tuple[tuple, ItemFields]]:
    """Every item with its path, in the order of the file."""
    for n, phase in enumerate(phases):
        yield from _inside(phase.items, ("phases", n, "items"))
        for m, group in enumerate(phase.groups):
            yield from _inside(group.items, ("phases", n, "groups", m, "items"))


def _inside(items: list[ItemFields], path: tuple) -> Iterator[tuple[tuple, ItemFields]]:
    for n, item in enumerate(items):
        yield (*path, n), item
        yield from _inside(item.items, (*path, n, "items"))


# --- out -----------------------------------------------------------------------------------


class _Writing:
    """One plan's checklist, read in three statements."""

    def __init__(self, plan: DeploymentPlan, states: bool, added: bool = True) -> None:
        self.plan, self.states = plan, states
        self.lined = has_lines(plan)
        self.children: dict[int | None, list[ChecklistItem]] = {}
        self.tops: dict[tuple[int, int | None], list[ChecklistItem]] = {}
        rows = plan.items.select_related("role").order_by("phase__number", "position", "pk")
        items = [item for item in rows if added or item.added_at is None]
        listed = {item.pk for item in items}
        for item in items:
            if item.parent_id in listed:
                self.children.setdefault(item.parent_id, []).append(item)
            else:
                self.tops.setdefault((item.phase_id, item.group_id), []).append(item)

    def phases(self) -> list[dict[str, Any]]:
        groups: dict[int, list[PhaseGroup]] = {}
        for group in PhaseGroup.objects.filter(phase__plan=self.plan).order_by("position", "pk"):
            groups.setdefault(group.phase_id, []).append(group)
        # What a scenario put in was done, not planned: a copy starts it anew when it is time.
        left = set() if self.states else started_phases(self.plan)
        phases = [phase for phase in self.plan.phases.all() if phase.pk not in left]
        return [self._phase(phase, groups.get(phase.pk, [])) for phase in phases]

    def _phase(self, phase: Phase, groups: list[PhaseGroup]) -> dict[str, Any]:
        return f.given(
            title=phase.title,
            at=f.offset(phase.offset_s),
            until=f.offset(phase.end_offset_s),
            starts=f.instant(phase.starts_at),
            ends=f.instant(phase.ends_at),
            required=None if phase.required else False,
            exit=phase.exit_criteria,
            off=self._off(phase),
            line=self._line(phase.source_line),
            items=self._items(self.tops.get((phase.pk, None), [])),
            groups=[self._group(group) for group in groups],
        )

    def _group(self, group: PhaseGroup) -> dict[str, Any]:
        return f.given(
            title=group.title,
            at=f.offset(group.offset_s),
            until=f.offset(group.end_offset_s),
            optional=group.optional or None,
            off=self._off(group),
            line=self._line(group.source_line),
            items=self._items(self.tops.get((group.phase_id, group.pk), [])),
        )

    def _off(self, section: Switchable) -> dict[str, Any] | None:
        if not self.states or section.off_at is None:
            return None
        return f.given(
            reason=section.off_reason,
            by=section.off_by_name.removesuffix(CLAIMED),
            at=f.instant(section.off_at),
        )

    def _line(self, line: int | None) -> int | None:
        return line if self.lined else None

    def _items(self, items: list[ChecklistItem]) -> list[dict[str, Any]]:
        return [
            f.given(
                **self._work(item),
                **(self._done(item) if self.states else {}),
                line=self._line(item.source_line),
                items=self._items(self.children.get(item.pk, [])),
            )
            for item in items
        ]

    def _work(self, item: ChecklistItem) -> dict[str, Any]:
        """What is to be done: the same before and after it is done."""
        done = item.count_done if self.states else None
        return {
            "text": item.text,
            "required": None if item.required else False,
            "blocking": item.blocking or None,
            "role": item.role.key if item.role else None,
            "owner": item.owner,
            "due": f.instant(item.due_at) or f.offset(item.due_offset_s),
            "command": item.command,
            "expected": item.expected,
            "target": item.target,
            "count": f.given(done=done, of=item.count_of, unit=item.count_unit),
            "runs": None if item.duration_s is None else f.length(item.duration_s),
        }

    def _done(self, item: ChecklistItem) -> dict[str, Any]:
        return {
            "evidence": item.evidence_url,
            "value": item.value,
            "state": None if item.state == ItemState.OPEN else item.state,
            "reason": item.state_reason,
            "by": item.state_by_name.removesuffix(CLAIMED),
            "at": f.instant(item.state_at),
            "started": f.instant(item.started_at),
            "off_with_section": item.off_with_section or None,
        }


# --- in ------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Place:
    """Where the next item of a phase goes."""

    phase: Phase
    position: int = 0


class _Making:
    """Rows of a file's checklist, stored level by level: a child needs its parent's key."""

    def __init__(self, plan: DeploymentPlan, creation: Creation) -> None:
        self.plan, self.at = plan, creation.at
        self.roles = creation.made["roles"]
        self.author = creation.made.get("states_by", "")
        self.lined = creation.made.get("lined", False)
        self.levels: list[list[ChecklistItem]] = []
        self.number = 0

    def phases(self, found: list[PhaseFields]) -> None:
        phases = Phase.objects.bulk_create(
            self._phase(number, one) for number, one in enumerate(found, start=1)
        )
        groups = [
            [self._group(row, place, one) for place, one in enumerate(phase.groups, start=1)]
            for row, phase in zip(phases, found, strict=True)
        ]
        PhaseGroup.objects.bulk_create(group for some in groups for group in some)
        for row, phase, rows in zip(phases, found, groups, strict=True):
            place = _Place(row)
            self._items(phase.items, place, None, None, 0)
            for group, group_row in zip(phase.groups, rows, strict=True):
                self._items(group.items, place, group_row, None, 0)
        for level in self.levels:
            for item in level:
                item.parent = item.parent  # takes over the key that the parent has by now
            ChecklistItem.objects.bulk_create(level, batch_size=500)

    def _phase(self, number: int, one: PhaseFields) -> Phase:
        return Phase(
            plan=self.plan,
            number=number,
            title=one.title,
            offset_s=one.at,
            end_offset_s=one.until,
            starts_at=one.starts,
            ends_at=one.ends,
            exit_criteria=one.exit,
            required=one.required,
            source_line=one.line if self.lined else None,
            **self._off(one.off),
        )

    def _group(self, phase: Phase, place: int, one: GroupFields) -> PhaseGroup:
        return PhaseGroup(
            phase=phase,
            title=one.title,
            position=place,
            offset_s=one.at,
            end_offset_s=one.until,
            optional=one.optional,
            source_line=one.line if self.lined else None,
            **self._off(one.off),
        )

    def _off(self, off: Off | None) -> dict[str, Any]:
        if off is None:
            return {}
        return {
            "off_at": off.at or self.at,
            "off_by_name": claimed(off.by) or self.author,
            "off_reason": off.reason,
        }

    def _items(
        self,
        items: list[ItemFields],
        place: _Place,
        group: PhaseGroup | None,
        parent: ChecklistItem | None,
        depth: int,
    ) -> None:
        while len(self.levels) <= depth and items:
            self.levels.append([])
        for one in items:
            place.position += 1
            self.number += 1
            row = self._item(one, place, group)
            row.parent = parent
            self.levels[depth].append(row)
            self._items(one.items, place, group, row, depth + 1)

    def _item(self, one: ItemFields, place: _Place, group: PhaseGroup | None) -> ChecklistItem:
        fixed = one.due if isinstance(one.due, datetime) else None
        count = one.count or Count()
        return ChecklistItem(
            plan=self.plan,
            phase=place.phase,
            group=group,
            number=self.number,
            position=place.position,
            text=one.text,
            required=one.required,
            blocking=one.blocking,
            role=self.roles.get(one.role),
            owner=one.owner,
            due_at=fixed,
            due_offset_s=None if fixed else one.due,
            command=one.command,
            expected=one.expected,
            evidence_url=one.evidence,
            value=one.value,
            target=one.target,
            count_done=count.done,
            count_of=count.of,
            count_unit=count.unit,
            duration_s=one.runs,
            started_at=one.started,
            source_line=one.line if self.lined else None,
            **self._state(one),
        )

    def _state(self, one: ItemFields) -> dict[str, Any]:
        """As the file says, in the name of whom it says, else its own; never of an account."""
        said = one.state != ItemState.OPEN
        return {
            "state": one.state,
            "state_reason": one.reason,
            "state_by_name": claimed(one.by) or (self.author if said else ""),
            "state_at": one.at or (self.at if said else None),
            "off_with_section": one.off_with_section,
        }


register_part(PhasesPart())
