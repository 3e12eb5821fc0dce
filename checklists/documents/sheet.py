"""The items of a plan beside the lines of its document: what both writers and comparers need."""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field

from checklists.documents.found import GroupFound, ItemFound, PhaseFound
from checklists.documents.items import group_row, item_row, phase_row, roles_by_word
from checklists.models import ChecklistItem, Phase, PhaseGroup
from warroom.documents.blocks import Document, ListItem
from warroom.documents.readers import Creation, Understanding
from warroom.documents.writing import Page
from warroom.models import Role


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reader found an item."""

    item: ItemFound
    group: GroupFound
    phase: PhaseFound
    parent_line: int | None = None


def places(understanding: Understanding) -> dict[int, Place]:
    """Every item that was found, by its line."""
    phases = understanding.parts.get("phases", ())
    lines = {item.number: item.line for phase in phases for item in phase.items}
    return {
        item.line: Place(item, group, phase, lines.get(item.parent))
        for phase in phases
        for group in phase.groups
        for item in group.items
    }


def ends_of(document: Document) -> dict[int, int]:
    """For each list item its own last line, where its first paragraph ends."""
    return {
        block.line: min(block.line + block.text.count("\n"), block.end)
        for _, block in document.blocks()
        if isinstance(block, ListItem)
    }


@dataclass(slots=True)
class Sheet:
    """A plan's rows, each with the line and the finding that it came from, where it has them."""

    page: Page
    items: list[ChecklistItem]
    phases: list[Phase]
    found: dict[int, Place]
    lines: dict[int, int] = field(default_factory=dict)  # of items, by their key
    phase_found: dict[int, PhaseFound] = field(default_factory=dict)
    group_found: dict[int, GroupFound] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    ranks: dict[int, int] = field(default_factory=dict)
    by_key: dict[int, ChecklistItem] = field(default_factory=dict)
    by_phase: dict[int, list[ChecklistItem]] = field(default_factory=lambda: defaultdict(list))

    def place(self, item: ChecklistItem) -> Place | None:
        """What the reader finds in the item's line now."""
        line = self.lines.get(item.pk)
        return self.found.get(line) if line else None

    def made(self, item: ChecklistItem) -> ChecklistItem:
        """The row that the item's line would make; an empty one where its line makes none."""
        place = self.place(item)
        if place is None:
            return ChecklistItem(plan=self.page.plan, phase=item.phase, text=item.text)
        creation = Creation(by="", at=self.page.at)
        return item_row(item.phase, item.group, place.item, self.roles, creation)

    def made_phase(self, phase: Phase) -> Phase | None:
        found = self.phase_found.get(phase.pk)
        return phase_row(self.page.plan, found) if found else None

    def made_group(self, group: PhaseGroup) -> PhaseGroup | None:
        found = self.group_found.get(group.pk)
        return group_row(group.phase, found, group.position) if found else None

    def ref(self, item: ChecklistItem) -> str:
        """The item's place in the document's own count: ``4.12``."""
        found = self.phase_found.get(item.phase_id)
        return f"{found.number if found else item.phase.number}.{self.ranks[item.pk]}"

    def moved(self) -> set[int]:
        """Keys of the items that stand elsewhere in the room than in the document."""
        moved = set()
        for rows in self.by_phase.values():
            kept = [row for row in rows if self._is_at_home(row)]
            moved |= {row.pk for row in rows if self.place(row)} - {row.pk for row in kept}
            lines = [self.lines[row.pk] for row in kept]
            steady = longest_rise(lines)
            moved |= {row.pk for row in kept if self.lines[row.pk] not in steady}
        return moved

    def _is_at_home(self, item: ChecklistItem) -> bool:
        place = self.place(item)
        if place is None or self.phase_found.get(item.phase_id) is not place.phase:
            return False
        group = self.group_found.get(item.group_id) if item.group_id else None
        if (group is not place.group) if item.group_id else bool(place.group.title):
            return False
        return self.lines.get(item.parent_id) == place.parent_line


def sheet_of(page: Page) -> Sheet:
    """Read a plan's items, phases and roles, in five SQL statements."""
    plan = page.plan
    rows = ChecklistItem.everything.filter(plan=plan).select_related("group", "role")
    rows = list(rows.order_by("phase__number", "position", "number"))
    phases = list(Phase.objects.filter(plan=plan).prefetch_related("groups"))
    phase_of = {phase.pk: phase for phase in phases}
    for phase in phases:
        phase.plan = plan
    sheet = Sheet(page, rows, phases, places(page.understanding))
    sheet.roles = roles_by_word({role.key: role for role in plan.roles.all()})
    for row in rows:
        row.plan, row.phase = plan, phase_of[row.phase_id]
        sheet.by_key[row.pk] = row
        if line := page.line_of("item", row):
            sheet.lines[row.pk] = line
        sheet.by_phase[row.phase_id].append(row)
        sheet.ranks[row.pk] = len(sheet.by_phase[row.phase_id])
    _match_phases(sheet)
    return sheet


def _match_phases(sheet: Sheet) -> None:
    """Phases by their line, and by order where one heading holds several."""
    found: dict[int, list[PhaseFound]] = defaultdict(list)
    for phase in sheet.page.understanding.parts.get("phases", ()):
        found[phase.line].append(phase)
    for row in sheet.phases:
        line = sheet.page.line_of("phase", row)
        if line and found[line]:
            sheet.phase_found[row.pk] = found[line].pop(0)
            _match_groups(sheet, row)


def _match_groups(sheet: Sheet, phase: Phase) -> None:
    found: dict[int, list[GroupFound]] = defaultdict(list)
    for group in sheet.phase_found[phase.pk].groups:
        if group.title:
            found[group.line].append(group)
    for row in phase.groups.all():
        line = sheet.page.line_of("group", row)
        if line and found[line]:
            sheet.group_found[row.pk] = found[line].pop(0)


def longest_rise(numbers: list[int]) -> set[int]:
    """The members of the longest rising run within a list, in n log n."""
    ends: list[int] = []
    at: list[int] = []
    before: list[int] = []
    for n, number in enumerate(numbers):
        place = bisect_left(ends, number)
        before.append(at[place - 1] if place else -1)
        if place == len(ends):
            ends.append(number)
            at.append(n)
        else:
            ends[place], at[place] = number, n
    rise, n = set(), at[-1] if at else -1
    while n >= 0:
        rise.add(numbers[n])
        n = before[n]
    return rise
