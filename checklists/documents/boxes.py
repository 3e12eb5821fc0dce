"""Boxes, drawn boxes and rows of status tables, read section by section into clusters of work."""

import re
from dataclasses import dataclass, field

from checklists.documents import tables, work
from checklists.documents.found import ROLLBACK, Cluster, ItemFound, Reading, is_optional
from checklists.documents.places import label_of, span_of
from warroom.documents.blocks import (
    Block,
    Fence,
    ListBlock,
    ListItem,
    Paragraph,
    Quote,
    Section,
    Table,
    walk,
)
from warroom.documents.parse import glyph_box
from warroom.documents.plain import plain, without_marks
from warroom.documents.readers import NOTE, Understanding

_TRIGGER = re.compile(r"trigger|conditions?\b|when to|觸發|auslöser", re.I)
_GO_CRITERIA = re.compile(r"go\s?/\s?no[- ]?go|go[- ]no[- ]go|go criteria", re.I)
_CHOICE = re.compile(
    r"^(?:no[- ]?go\b.*|go\b(?: (?:production|with|for|live|to)\b.*)?|hold|caution|rollback"
    r"|oui|non|yes|no|approved?|rejected?)$",
    re.I,
)
_INLINE_BOX = re.compile(r"(?:\[[ xX]\]|☐|☑)\s*\S")
_COMMAND_LABEL = re.compile(r"^commands?\b|^run\b|befehl", re.I)
_EXPECTED_LABEL = re.compile(r"^expected", re.I)


@dataclass(slots=True)
class _Step:
    """The commands and expected lines that stand above the boxes of one section."""

    commands: list[work.CommandFound] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)


def read_section(section: Section, reading: Reading) -> None:
    label, step = "", _Step()
    for block in section.blocks:
        if isinstance(block, Paragraph):
            label = label_of(block)
            _drawn_boxes(section, block, reading)
        elif isinstance(block, Fence) and _COMMAND_LABEL.match(label):
            step.commands += work.commands_of(block)
        elif isinstance(block, ListBlock):
            if _EXPECTED_LABEL.match(label) and not _has_box(block):
                step.expected += [item.text for item in block.items]
            _read_list(section, label, block, step, reading)
            label = ""
        elif isinstance(block, Quote):
            for inner in block.blocks:
                if isinstance(inner, ListBlock):
                    _read_list(section, label, inner, step, reading)
        elif isinstance(block, Table):
            _read_table(section, label, block, reading)


def _has_box(block: Block) -> bool:
    return any(isinstance(inner, ListItem) and _box(inner) for inner in walk(block))


def _box(item: ListItem) -> str | None:
    if item.box is not None:
        return item.box
    return glyph_box(item.text) if len(_INLINE_BOX.findall(item.text)) < 2 else None


def _cluster(section: Section, label: str, line: int, reading: Reading) -> Cluster:
    if reading.clusters:
        last = reading.clusters[-1]
        if last.section is section and last.label == label:
            return last
    reading.clusters.append(Cluster(section, label, line))
    return reading.clusters[-1]


def _read_list(
    section: Section, label: str, block: ListBlock, step: _Step, reading: Reading
) -> None:
    if not _has_box(block):
        return
    choices = [item for item in block.items if item.box and _CHOICE.match(item_words(item))]
    if len(choices) >= 2:
        _claim_choices(choices, reading)
    for item in block.items:
        _read_item(section, label, item, None, step, reading)


def item_words(item: ListItem) -> str:
    return without_marks(plain(item.text.split("\n")[0])).strip(" .:")


def _claim_choices(choices: list[ListItem], reading: Reading) -> None:
    for item in choices:
        reading.understanding.claim(item, "decision", "Choice of a decision, not work")
    text = f"{len(choices)} boxes are the choices of one decision ({item_words(choices[0])}, …)."
    reading.understanding.find(choices[0].line, NOTE, "decision_boxes", text, "Decide at a gate.")


def _read_item(
    section: Section,
    label: str,
    item: ListItem,
    parent: ItemFound | None,
    step: _Step,
    reading: Reading,
) -> None:
    found = parent
    box = _box(item)
    if box is None:
        # Boxes below a plain bullet: the bullet says what they belong to.
        if parent is None and _has_box(item):
            reading.understanding.claim(item, "group", "Group")
            label = item_words(item) or label
    elif not reading.understanding.is_claimed(item):
        found = _take(section, label, item, box, parent, step, reading)
    for block in item.blocks:
        if isinstance(block, ListBlock):
            for inner in block.items:
                _read_item(section, label, inner, found, step, reading)


def _take(
    section: Section,
    label: str,
    item: ListItem,
    box: str,
    parent: ItemFound | None,
    step: _Step,
    reading: Reading,
) -> ItemFound | None:
    if _is_trigger(section, reading.understanding):
        reading.triggers.append(item)
        reading.understanding.claim(item, "trigger", "Rollback trigger, kept with the plan")
        return None
    raw = item.text if item.box else item.text.lstrip("☐☑☒⬜🔲✔\ufe0f ")
    found = _item(raw, item.line, box, section, label, parent, reading)
    for block, said in work.read_below(item, found.details):
        if not _has_box(block):
            reading.understanding.claim(block, "detail", said)
            reading.understanding.claim_rest(block, "detail", "Belongs to the item above")
    _match_step(found, step, reading)
    reading.understanding.claim_rest(_own_lines(item), "detail", "Belongs to the item above")
    _cluster(section, label, item.line, reading).items.append(found)
    return found


def _own_lines(item: ListItem) -> Block:
    """The item's own paragraph after its first line, which wraps in the source."""
    first = item.line + 1
    end = item.line + item.text.count("\n")
    return Block(first, end)


def _item(
    raw: str,
    line: int,
    box: str,
    section: Section,
    label: str,
    parent: ItemFound | None,
    reading: Reading,
) -> ItemFound:
    text = work.item_text(raw) or "(no text)"
    path = reading.understanding.path(section)
    optional = any(is_optional(step.title) for step in path) or is_optional(label)
    details = work.details(text, box == "done", optional, reading.year)
    if _GO_CRITERIA.search(label or section.title) and details.required:
        details.blocking = True
    if details.due_offset_s is None:
        details.due_offset_s = span_of(section, label, reading.understanding).end_s
    return ItemFound(
        reading.next_number(), text, line, box, details, parent.number if parent else None
    )


def _is_trigger(section: Section, understanding: Understanding) -> bool:
    path = [step.title for step in understanding.path(section)]
    rollback = any(ROLLBACK.search(title) for title in path)
    return rollback and bool(_TRIGGER.search(path[-1]))


def _match_step(found: ItemFound, step: _Step, reading: Reading) -> None:
    """Give a go/no-go box the command of its step that clearly is its own, and say that we did."""
    if found.details.command or not step.commands:
        return
    command = work.match_command(found.text, step.commands)
    if command is None:
        return
    found.details.command = command.command
    both = f"{found.text} {command.comment}"
    found.details.expected = without_marks(plain(work.match_expected(both, step.expected)))
    text = f"“{found.text[:60]}” was given the command of line {command.line}."
    reading.understanding.claim(command.line, "command", "Command of an item below")
    reading.understanding.find(found.line, NOTE, "command_guessed", text, "Change it in the item.")


def _drawn_boxes(section: Section, block: Paragraph, reading: Reading) -> None:
    """Lines such as "☐ Final check": work without a list; two boxes in a line are a choice."""
    for number, row in block.rows:
        if len(_INLINE_BOX.findall(row)) > 1:
            reading.understanding.claim(number, "decision", "Choice of a decision, not work")
            text = "Several boxes in one line are the choices of a decision, not items."
            reading.understanding.find(number, NOTE, "decision_boxes", text)
            continue
        box = glyph_box(row)
        if box is not None and not reading.understanding.is_claimed(number):
            found = _item(row.lstrip("☐☑☒⬜🔲✔\ufe0f "), number, box, section, "", None, reading)
            _cluster(section, "", number, reading).items.append(found)


def _read_table(section: Section, label: str, table: Table, reading: Reading) -> None:
    understanding = reading.understanding
    if understanding.is_claimed(table):
        return
    rows = [row for row in tables.rows_of(table) if not understanding.is_claimed(row.row)]
    if not rows:
        return
    understanding.claim(table, "table", "Status table: its rows are items")
    understanding.claim(table.line + 1, "table", "")
    cluster = _cluster(section, label, table.line, reading)
    for row in rows:
        found = _item(row.text, row.row.line, row.state, section, label, None, reading)
        found.details.owner = found.details.owner or row.owner
        cluster.items.append(found)
    text = f"{len(rows)} rows of a status table became items."
    understanding.find(table.line, NOTE, "table_items", text)
