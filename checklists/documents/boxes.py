"""Boxes, drawn boxes and rows of status tables, read section by section into clusters of work."""

import re
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from checklists.documents import tables, work
from checklists.documents.found import ROLLBACK, Cluster, ItemFound, Reading, is_optional
from checklists.documents.places import label_of, span_of
from warroom.documents.blocks import (
    Block,
    Fence,
    Html,
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
BOX_AT_START = re.compile(
    r"^(?:(?:[-*+]|\d+[.)])\s*)?(?:\[(?P<mark>[ xX✅✓✔]{0,3})\]|[☐☑☒⬜🔲]\ufe0f?)(?=\s|$)"
)
_IN_CODE = BOX_AT_START
WIDE = 200  # of a line in code, more than any marker and box take
_DECIDES = ("decision", "item", "text")
_TRIGGERS = ("trigger", "item", "text")
_OFFERED = ("text", "item")
_COMMAND_LABEL = re.compile(r"^commands?\b|^run\b|befehl", re.I)
_EXPECTED_LABEL = re.compile(r"^expected", re.I)


@dataclass(slots=True)
class _Step:
    """What stands above the boxes of one section: commands, expected lines, who owns it all."""

    commands: list[work.CommandFound] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    owner: str = ""


def read_section(section: Section, reading: Reading) -> None:
    label, step = (
        "",
        _Step(owner=reading.owners.get(section.parent.line, "") if section.parent else ""),
    )
    for block in section.blocks:
        if reading.understanding.choices:
            _read_templates(section, label, block, reading)
        if isinstance(block, Paragraph):
            label = label_of(block)
            step.owner = work.owner_of(block) or step.owner
            reading.owners[section.line] = step.owner
            _drawn_boxes(section, block, reading)
        elif isinstance(block, Fence) and _COMMAND_LABEL.match(label):
            step.commands += work.commands_of(block)
        elif isinstance(block, ListBlock):
            if _EXPECTED_LABEL.match(label) and not _has_box(block, reading):
                step.expected += [item.text for item in block.items]
            _read_list(section, label, block, step, reading)
            label = ""
        elif isinstance(block, Quote):
            for inner in block.blocks:
                if isinstance(inner, ListBlock):
                    _read_list(section, label, inner, step, reading)
        elif isinstance(block, Table):
            _read_table(section, label, block, reading)


def _has_box(block: Block, reading: Reading) -> bool:
    return any(isinstance(inner, ListItem) and _box(inner, reading) for inner in walk(block))


def _box(item: ListItem, reading: Reading) -> str | None:
    """The state of an item's box; a person may say that a line has one, or that it has none."""
    chosen = reading.understanding.chosen(item, "item", "text")
    if chosen == "text":
        return None
    drawn = glyph_box(item.text) if len(_INLINE_BOX.findall(item.text)) < 2 else None
    return item.box or drawn or ("open" if chosen else None)


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
    if not _has_box(block, reading):
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
        now = reading.understanding.chosen(item, *_DECIDES) or "decision"
        reading.understanding.offer(
            item, now, _DECIDES, choices[0].line, _("choices of a decision")
        )
    choices = [
        item for item in choices if reading.understanding.offers[item.line].now == "decision"
    ]
    if not choices:
        return
    for item in choices:
        reading.understanding.claim(item, "decision", _("Choice of a decision, not work"))
    text = _("{count} boxes are the choices of one decision ({choices}, …).").format(
        count=len(choices), choices=item_words(choices[0])
    )
    reading.understanding.find(
        choices[0].line, NOTE, "decision_boxes", text, _("Decide at a gate.")
    )


def _read_item(
    section: Section,
    label: str,
    item: ListItem,
    parent: ItemFound | None,
    step: _Step,
    reading: Reading,
) -> None:
    found = parent
    box = _box(item, reading)
    if box is None:
        # Boxes below a plain bullet: the bullet says what they belong to.
        if parent is None and _has_box(item, reading) and item.box is None:
            reading.understanding.claim(item, "group", _("Group"))
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
    now = "item"
    if _is_trigger(section, reading.understanding):
        now = reading.understanding.chosen(item, *_TRIGGERS) or "trigger"
        reading.understanding.offer(item, now, _TRIGGERS, section.line, _("rollback triggers"))
    elif item.box is None:
        reading.understanding.offer(item, "item", _OFFERED, block_line(item, section, reading))
    if now == "trigger":
        reading.triggers.append(item)
        reading.understanding.claim(item, "trigger", _("Rollback trigger, kept with the plan"))
        return None
    raw = item.text if item.box else item.text.lstrip("☐☑☒⬜🔲✔\ufe0f ")
    found = _item(raw, item.line, box, section, label, parent, reading)
    for block, said in work.read_below(item, found.details, reading.year):
        if not _has_box(block, reading):
            reading.understanding.claim(block, "detail", said)
            reading.understanding.claim_rest(block, "detail", _("Belongs to the item above"))
    found.details.owner = found.details.owner or step.owner
    _match_step(found, step, reading)
    reading.understanding.claim_rest(_own_lines(item), "detail", _("Belongs to the item above"))
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
    urgent = not details.priority and any(work.is_urgent(t) for t in (label, *map(_title, path)))
    if (urgent or _GO_CRITERIA.search(label or section.title)) and details.required:
        details.blocking = True
    if details.due_offset_s is None:
        details.due_offset_s = span_of(section, label, reading.understanding).end_s
    return ItemFound(
        reading.next_number(), text, line, box, details, parent.number if parent else None
    )


def _title(section: Section) -> str:
    return section.title


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
    text = _("“{found}” was given the command of line {line}.").format(
        found=found.text[:60], line=command.line
    )
    reading.understanding.claim(command.line, "command", _("Command of an item below"))
    reading.understanding.find(
        found.line, NOTE, "command_guessed", text, _("Change it in the item.")
    )


def block_line(item: ListItem, section: Section, reading: Reading) -> int:
    """Where the lines that are offered together with a bullet begin: at its list."""
    if reading.lists_of is not section:
        reading.lists_of = section
        reading.list_lines = {
            inner.line: block.line
            for block in section.blocks
            if isinstance(block, ListBlock | Quote)
            for inner in walk(block)
            if isinstance(inner, ListItem)
        }
    return reading.list_lines.get(item.line, item.line)


def _drawn_boxes(section: Section, block: Paragraph, reading: Reading) -> None:
    """Lines such as "☐ Final check": work without a list; two boxes in a line are a choice.

    A bare "[ ] text" is work when somebody says so.
    """
    understanding = reading.understanding
    for number, row in block.rows:
        if understanding.is_claimed(number):
            continue
        chosen = understanding.chosen(number, "item", "text")
        several = len(_INLINE_BOX.findall(row)) > 1
        box = bare_box(row) if chosen == "item" else glyph_box(row)
        if several and not chosen:
            understanding.claim(number, "decision", _("Choice of a decision, not work"))
            text = _("Several boxes in one line are the choices of a decision, not items.")
            understanding.find(number, NOTE, "decision_boxes", text)
        elif box is not None or several:
            kinds = ("item", "text") if glyph_box(row) else _OFFERED
            kinds = _DECIDES if several else kinds
            understanding.offer(
                number, chosen or "item", kinds, section.line, _("lines with boxes")
            )
            if chosen != "text":
                _take_row(section, "", number, row, box or "open", reading)
        if several and not chosen:
            understanding.offer(number, "decision", _DECIDES)


def _take_row(
    section: Section, label: str, number: int, row: str, box: str, reading: Reading
) -> None:
    """Make an item of one line of text."""
    raw = BOX_AT_START.sub("", row).strip()
    found = _item(raw, number, box, section, label, None, reading)
    _cluster(section, label, number, reading).items.append(found)


def bare_box(row: str) -> str:
    """The state of a line that somebody calls work: that of its box, else open."""
    box = BOX_AT_START.match(row)
    mark = (box["mark"] or "").strip() if box else ""
    return "done" if mark and mark not in "☐⬜🔲" else "open"


def _read_templates(section: Section, label: str, block: Block, reading: Reading) -> None:
    """Boxes in code and comments are items where somebody chose so."""
    for inner in walk(block):
        if isinstance(inner, Fence | Html):
            for number, row in boxed_rows(inner):
                if reading.understanding.chosen(number, "item"):
                    what = _("boxes of a template")
                    reading.understanding.offer(number, "item", _OFFERED, inner.line, what)
                    _take_row(section, label, number, row, bare_box(row), reading)


def boxed_rows(block: Fence | Html) -> list[tuple[int, str]]:
    """The lines with a box in a code block or comment, by their number."""
    first = block.line + (1 if isinstance(block, Fence) and block.fenced else 0)
    rows = [(first + n, row.strip()) for n, row in enumerate(block.text.split("\n"))]
    return [(number, row) for number, row in rows if _IN_CODE.match(row[:WIDE])]


def _read_table(section: Section, label: str, table: Table, reading: Reading) -> None:
    understanding = reading.understanding
    if understanding.is_claimed(table):
        return
    rows = [row for row in tables.rows_of(table) if not understanding.is_claimed(row.row)]
    stated = bool(rows)
    if not rows:
        rows = [row for row in tables.any_rows(table) if understanding.chosen(row.row, "item")]
    if not rows:
        return
    if stated:
        understanding.claim(table, "table", _("Status table: its rows are items"))
        understanding.claim(table.line + 1, "table", "")
    taken = 0
    for row in rows:
        now = understanding.chosen(row.row, "item", "text") or "item"
        kinds = ("item", "text") if stated else _OFFERED
        understanding.offer(row.row, now, kinds, table.line, _("rows of a table"))
        if now == "item":
            _take_table_row(row, section, label, table, reading)
            taken += 1
    if stated and taken:
        text = _("{taken} rows of a status table became items.").format(taken=taken)
        understanding.find(table.line, NOTE, "table_items", text)


def _take_table_row(
    row: tables.RowFound, section: Section, label: str, table: Table, reading: Reading
) -> None:
    found = _item(row.text, row.row.line, row.state, section, label, None, reading)
    details = found.details
    details.owner = details.owner or row.owner
    details.due_at = details.due_at or work.due_of(row.due, reading.year)
    details.priority = details.priority or work.priority_of(row.priority)
    details.blocking = details.blocking or (details.required and details.priority == "P0")
    _cluster(section, label, table.line, reading).items.append(found)
