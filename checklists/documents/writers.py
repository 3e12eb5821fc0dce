"""Items, phases and groups in the completed document: ticks with who and when, notes, additions."""

import re
from collections import defaultdict
from datetime import datetime

from checklists.documents import boxed, fields, said
from checklists.documents.sheet import Place, Sheet, ends_of, sheet_of
from checklists.documents.tables import rows_of, state_column
from checklists.models import ChecklistItem, ItemFile, ItemNote, ItemState, Phase, PhaseGroup
from checklists.rules.items import PAST
from warroom.documents.blocks import Fence, Html, Table
from warroom.documents.marks import escape
from warroom.documents.writing import (
    Outline,
    Page,
    Writer,
    by_whom,
    plain_line,
    register_writer,
)
from warroom.models import DeploymentPlan

THE_DOCUMENT = "the document"
_LEAD = re.compile(r"^[\s>]*")
_MARKERS = re.compile(r"(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)+")


class Items(Writer):
    """Boxes and state cells, and behind each item what the room knows beyond its line."""

    name = "items"
    order = 50

    def outline(self, plan: DeploymentPlan, outline: Outline) -> None:
        items = ChecklistItem.everything.filter(plan=plan).order_by("position", "number")
        below: dict[int | None, list[ChecklistItem]] = defaultdict(list)
        for item in items:
            below[item.parent_id].append(item)
        for phase in Phase.objects.filter(plan=plan).prefetch_related("groups"):
            _outline_phase(phase, below, outline)

    def mark(self, page: Page) -> None:
        sheet = sheet_of(page)
        tick = boxed.usual_tick(page.lines)
        cells = _state_cells(page)
        for item in sheet.items:
            line = sheet.lines.get(item.pk)
            place = sheet.place(item)
            if line is None or place is None or place.item.state == item.state:
                continue
            text = page.lines[line - 1]
            if line in cells:
                column, known = cells[line]
                state = item.state if item.state in boxed.EMOJI else ItemState.OPEN
                page.lines[line - 1] = boxed.set_cell(text, column, state, known)
            else:
                done = item.state == ItemState.DONE
                page.lines[line - 1] = boxed.set_box(text, done, tick)

    def write(self, page: Page) -> None:
        sheet = sheet_of(page)
        moved, ends = sheet.moved(), ends_of(page.understanding.document)
        remarks = _remarks(page.plan)
        for item in sheet.items:
            if place := sheet.place(item):
                _write_item(sheet, item, place, item.pk in moved, ends, remarks)
        _write_strangers(sheet, ends)
        _write_added(sheet, ends, remarks)
        for phase in sheet.phases:
            _write_section(sheet, phase, "phase")
            for group in phase.groups.all():
                _write_section(sheet, group, "section")


def _outline_phase(
    phase: Phase, below: dict[int | None, list[ChecklistItem]], outline: Outline
) -> None:
    outline.heading(2, phase.title)
    outline.lines_of["phase", phase.pk] = len(outline.lines) - 1
    groups: list[PhaseGroup | None] = [None, *phase.groups.all()]
    for group in groups:
        key = group.pk if group else None
        mine = [i for i in below[None] if i.phase_id == phase.pk and i.group_id == key]
        if group is not None:
            outline.heading(3, group.title)
            outline.lines_of["group", group.pk] = len(outline.lines) - 1
        stack = [(item, 0) for item in reversed(mine)]
        while stack:
            item, depth = stack.pop()
            outline.note("item", item, f"{'  ' * depth}- [ ] {plain_line(item.text)}")
            stack += [(child, depth + 1) for child in reversed(below[item.pk])]


# --- one item ---------------------------------------------------------------------------------


def _write_item(
    sheet: Sheet,
    item: ChecklistItem,
    place: Place,
    moved: bool,
    ends: dict[int, int],
    remarks: dict[int, list[str]],
) -> None:
    page, line = sheet.page, sheet.lines[item.pk]
    parts = _parts(sheet, item, sheet.made(item))
    if moved:
        parts += _place_parts(sheet, item)
    end = ends.get(line, line)
    text = said.write(parts) + _below(page, line, end, line in ends, remarks.get(item.pk, []))
    if text:
        page.say(end, text)


def _parts(sheet: Sheet, item: ChecklistItem, made: ChecklistItem) -> list[str]:
    parts = _state_parts(item, made) + fields.differing(fields.ITEM, item, made)
    if (item.role_id or None) != (made.role_id or None):
        parts.append(said.field_text("role", item.role.key if item.role else ""))
    if item.removed_at:
        who = _by(item.removed_by_name, item.removed_at)
        parts.append(f"{said.REMOVED}{who}")
        if item.removed_reason:
            parts.append(said.field_text("removed because", item.removed_reason))
    return parts


def _state_parts(item: ChecklistItem, made: ChecklistItem) -> list[str]:
    by_document = item.state_by_name in ("", THE_DOCUMENT)
    if item.state == made.state and by_document and item.state_reason == made.state_reason:
        return []
    if by_document and item.state == ItemState.OPEN and made.state == ItemState.OPEN:
        return []
    parts = [f"{PAST[item.state]}{_by(item.state_by_name, item.state_at)}"]
    if item.state_reason != made.state_reason:
        parts.append(said.field_text("reason", item.state_reason))
    return parts


def _by(name: str, at: datetime | None) -> str:
    """By whom and when, as the document first said it."""
    return by_whom(name.removesuffix(said.CLAIMED), at)


def _place_parts(sheet: Sheet, item: ChecklistItem) -> list[str]:
    parts = [said.field_text("place", sheet.ref(item))]
    if item.group_id:
        parts.append(said.field_text("group", item.group.title))
    if item.parent_id:
        parts.append(said.field_text("below", sheet.ref(sheet.by_key[item.parent_id])))
    return parts


def _below(page: Page, line: int, end: int, in_list: bool, remarks: list[str]) -> str:
    """Notes and files: bullets below an item of a list, else on its line."""
    if not in_list:
        return "".join(f"<br>{remark}" for remark in remarks)
    indent = _indent(page.lines[line - 1])
    after = page.lines[end] if end < len(page.lines) else ""
    deeper = _lead(after)
    if _MARKERS.match(after[len(deeper) :]) and len(deeper) > len(indent):
        indent = deeper
    return "".join(f"\n{indent}- {remark}" for remark in remarks)


def _lead(line: str) -> str:
    """The blanks and quote marks that a line begins with."""
    found = _LEAD.match(line)
    return found[0] if found else ""


def _indent(line: str) -> str:
    """What stands before the words of what hangs below a list item's line."""
    lead = _lead(line)
    markers = _MARKERS.match(line[len(lead) :])
    # A box belongs to the words; "- [ ] x" is indented by two.
    return lead + " " * len(markers[0] if markers else "")


def _remarks(plan: DeploymentPlan) -> dict[int, list[str]]:
    """Notes and files by item, in order of time."""
    found: dict[int, list[str]] = defaultdict(list)
    for note in ItemNote.objects.filter(item__plan=plan):
        found[note.item_id].append(f"Note{by_whom(note.by_name, note.at)}: {escape(note.text)}")
    for file in ItemFile.objects.filter(item__plan=plan):
        what = f"File{by_whom(file.by_name, file.at)}: {escape(file.name)}"
        found[file.item_id].append(f"{what} ({file.size:,} bytes, SHA-256 `{file.sha256}`)")
    return found


# --- what the room has and the document has not, and the other way round ----------------------


def _write_strangers(sheet: Sheet, ends: dict[int, int]) -> None:
    """Lines that would be items and are none in this room."""
    taken = set(sheet.lines.values())
    for line in sheet.found.keys() - taken:
        sheet.page.say(ends.get(line, line), f"{said.DASH}not an item here")


def _write_added(sheet: Sheet, ends: dict[int, int], remarks: dict[int, list[str]]) -> None:
    """Items without a line, each behind the item before it."""
    unsafe = _unsafe(sheet.page)
    document_ends = _whole_ends(sheet)
    for phase in sheet.phases:
        anchor: ChecklistItem | None = None
        for item in sheet.by_phase[phase.pk]:
            if sheet.place(item) is not None:
                anchor = item
                continue
            text = _added(sheet, item, remarks.get(item.pk, []))
            if anchor is None or item.group_id != anchor.group_id:
                sheet.page.add(_home(sheet, item), text)
                continue
            line = sheet.lines[anchor.pk]
            end = document_ends.get(line, line)
            if line not in ends or end in unsafe:
                sheet.page.add(end, text)
            else:
                lead = _lead(sheet.page.lines[line - 1])
                sheet.page.say(end, "".join(f"\n{lead}{row}" for row in text.split("\n")))


def _added(sheet: Sheet, item: ChecklistItem, remarks: list[str]) -> str:
    made = ChecklistItem(plan=item.plan, phase=item.phase, text=item.text)
    done = item.state == ItemState.DONE
    who = f"{said.ADDED}{_by(item.added_by_name, item.added_at)}"
    parts = [who, *_parts(sheet, item, made), *_place_parts(sheet, item)]
    head = f"- [{'x' if done else ' '}] {escape(item.text)}"
    return "\n".join([said.SEPARATOR.join([head, *parts]), *(f"  - {one}" for one in remarks)])


def _home(sheet: Sheet, item: ChecklistItem) -> int:
    """The line behind which the first item of a group or phase is written."""
    page = sheet.page
    group = page.line_of("group", item.group) if item.group else None
    phase = page.line_of("phase", item.phase)
    line = group or phase
    return page.section_end(line, inner=False) if line else len(page.lines)


def _whole_ends(sheet: Sheet) -> dict[int, int]:
    """For each list item the last line with words of all that belongs to it."""
    page, found = sheet.page, {}
    for line, end in _blocks_of(page):
        last = min(end, len(page.lines))
        while last > line and not page.lines[last - 1].strip(" >"):
            last -= 1
        found[line] = last
    return found


def _blocks_of(page: Page) -> list[tuple[int, int]]:
    wanted = ends_of(page.understanding.document)
    return [(b.line, b.end) for _, b in page.understanding.document.blocks() if b.line in wanted]


def _unsafe(page: Page) -> set[int]:
    """Lines that words at their end would break."""
    found: set[int] = set()
    for _, block in page.understanding.document.blocks():
        if isinstance(block, Fence | Html | Table):
            found.update(range(block.line, block.end + 1))
    return found


# --- sections ---------------------------------------------------------------------------------


def _write_section(sheet: Sheet, row: Phase | PhaseGroup, name: str) -> None:
    is_phase = isinstance(row, Phase)
    made = sheet.made_phase(row) if is_phase else sheet.made_group(row)
    line = sheet.page.line_of("phase" if is_phase else "group", row)
    if made is None or line is None:
        return
    parts = [f"{said.OFF}{_by(row.off_by_name, row.off_at)}"] if row.off_at else []
    parts += fields.differing(fields.PHASE if is_phase else fields.GROUP, row, made)
    if parts:
        sheet.page.say(line, said.write([f"{name} “{escape(made.title)}”", *parts]))


def _state_cells(page: Page) -> dict[int, tuple[int, dict[str, str]]]:
    """For each row of a status table: its state column, and the table's own words by state."""
    found = {}
    for _, table in page.understanding.document.blocks():
        if not isinstance(table, Table):
            continue
        column = state_column(table)
        rows = rows_of(table) if column is not None else []
        known: dict[str, str] = {}
        for row in rows:
            cell = row.row.cells[column]
            if boxed.reusable(cell):
                known.setdefault(row.state, cell)
        found.update({row.row.line: (column, known) for row in rows})
    return found


register_writer(Items())
