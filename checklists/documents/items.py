"""The checklist itself: phases, groups and items."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from checklists.documents import tables, work
from checklists.documents.places import Span, heading_title, label_of, span_of
from checklists.documents.work import Details
from checklists.models import ChecklistItem, Phase, PhaseGroup
from warroom.documents.blocks import (
    Block,
    Document,
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
from warroom.documents.plain import has_tick, plain, without_marks
from warroom.documents.readers import (
    NOTE,
    WARNING,
    Creation,
    Reader,
    Understanding,
    register,
)
from warroom.models import DeploymentPlan, Role
from warroom.rules.offsets import format_offset

_ROLLBACK = re.compile(r"roll-?\s?back|回滾|回滚|back-?out", re.I)
_TRIGGER = re.compile(r"trigger|conditions?\b|when to|觸發|auslöser", re.I)
_GO_CRITERIA = re.compile(r"go\s?/\s?no[- ]?go|go[- ]no[- ]go|go criteria", re.I)
_OPTIONAL = re.compile(r"\(if [^()]{2,60}\)|\boptional\b|if needed|recommended|si aplica", re.I)
_CHOICE = re.compile(
    r"^(?:no[- ]?go\b.*|go\b(?: (?:production|with|for|live|to)\b.*)?|hold|caution|rollback"
    r"|oui|non|yes|no|approved?|rejected?)$",
    re.I,
)
_PHASE_MARK = re.compile(r"\s*[(（](?:phase|teil|part)\s*\d+[)）]\s*$", re.I)
_COUNT_MARK = re.compile(r"\s*\(\d+\s*/\s*\d+[^()]{0,30}\)\s*$")
_INLINE_BOX = re.compile(r"(?:\[[ xX]\]|☐|☑)\s*\S")
_COMMAND_LABEL = re.compile(r"^commands?\b|^run\b|befehl", re.I)
_EXPECTED_LABEL = re.compile(r"^expected", re.I)


@dataclass(slots=True)
class ItemFound:
    """One item to be. ``parent`` is the number of another item, ``group`` an index of its phase."""

    number: int
    text: str
    line: int
    state: str
    details: Details
    parent: int | None = None
    position: int = 0


@dataclass(slots=True)
class GroupFound:
    """Items under one heading or label; ``title`` is "" directly below the phase."""

    title: str
    line: int
    span: Span
    optional: bool = False
    items: list[ItemFound] = field(default_factory=list)


@dataclass(slots=True)
class PhaseFound:
    number: int
    title: str
    line: int
    span: Span
    required: bool = True
    groups: list[GroupFound] = field(default_factory=list)

    @property
    def items(self) -> list[ItemFound]:
        return [item for group in self.groups for item in group.items]


@dataclass(slots=True)
class Cluster:
    """Work that stands together: its section, the bold label above it, and its items."""

    section: Section
    label: str
    line: int
    items: list[ItemFound] = field(default_factory=list)


@dataclass(slots=True)
class Reading:
    """What is carried along while one document is read."""

    document: Document
    understanding: Understanding
    year: int | None
    clusters: list[Cluster] = field(default_factory=list)
    number: int = 0
    triggers: list[ListItem] = field(default_factory=list)

    def next_number(self) -> int:
        self.number += 1
        return self.number


class Items(Reader):
    """Reads every box that nobody else has claimed, and rows of status tables."""

    name = "items"
    order = 50

    def read(self, document: Document, understanding: Understanding) -> None:
        t0 = understanding.t0 or understanding.written
        reading = Reading(document, understanding, t0.at.year if t0 else None)
        for section in document.sections:
            _read_section(section, reading)
        phases = _phases(reading)
        understanding.parts["phases"] = tuple(phases)
        _label_lines(phases, understanding)
        items = [item for phase in phases for item in phase.items]
        understanding.counts.update(
            task_items=sum(1 for _, b in document.blocks() if isinstance(b, ListItem) and b.box),
            phases=len(phases),
            items=len(items),
            done=sum(1 for item in items if item.state == "done"),
        )
        _say_triggers(reading)

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


# --- reading one section -------------------------------------------------------------------


@dataclass(slots=True)
class _Step:
    """The commands and expected lines that stand above the boxes of one section."""

    commands: list[work.CommandFound] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)


def _read_section(section: Section, reading: Reading) -> None:
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
    optional = any(_is_optional(step.title) for step in path) or _is_optional(label)
    details = work.details(text, box == "done", optional, reading.year)
    if _GO_CRITERIA.search(label or section.title) and details.required:
        details.blocking = True
    if details.due_offset_s is None:
        details.due_offset_s = span_of(section, label, reading.understanding).end_s
    return ItemFound(
        reading.next_number(), text, line, box, details, parent.number if parent else None
    )


def _is_optional(title: str) -> bool:
    return bool(_OPTIONAL.search(title))


def _is_trigger(section: Section, understanding: Understanding) -> bool:
    path = [step.title for step in understanding.path(section)]
    rollback = any(_ROLLBACK.search(title) for title in path)
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


# --- phases and groups ---------------------------------------------------------------------


def _phases(reading: Reading) -> list[PhaseFound]:
    phases: list[PhaseFound] = []
    owners: list[Section | None] = []
    depth = _phase_depth(reading)
    for cluster in reading.clusters:
        path = reading.understanding.path(cluster.section)
        owner = path[min(depth, len(path) - 1)] if path else None
        if not phases or owners[-1] is not owner:
            phases.append(_phase(len(phases) + 1, owner, cluster, reading.understanding))
            owners.append(owner)
        _add_group(phases[-1], owner, cluster, reading.understanding)
    for phase in phases:
        for position, item in enumerate(phase.items, start=1):
            item.position = position
    return phases


def _phase_depth(reading: Reading) -> int:
    """0: the outermost heading below the title is the phase. One deeper while a single heading
    holds all the work and none of it directly."""
    depth = 0
    while True:
        paths = [reading.understanding.path(cluster.section) for cluster in reading.clusters]
        if any(len(path) <= depth + 1 for path in paths) or not paths:
            return depth
        if len({id(path[depth]) for path in paths}) > 1:
            return depth
        if len({id(path[depth + 1]) for path in paths}) < 2:
            return depth
        depth += 1


def _phase(
    number: int, owner: Section | None, cluster: Cluster, understanding: Understanding
) -> PhaseFound:
    if owner is None or owner.heading is None:
        return PhaseFound(number, understanding.title or "Checklist", cluster.line, Span())
    title = _PHASE_MARK.sub("", heading_title(owner)) or owner.title
    required = not (_is_optional(owner.title) or _ROLLBACK.search(owner.title))
    return PhaseFound(number, title, owner.line, span_of(owner, "", understanding), bool(required))


def _add_group(
    phase: PhaseFound, owner: Section | None, cluster: Cluster, understanding: Understanding
) -> None:
    section = cluster.section
    heading = "" if section is owner or section.heading is None else heading_title(section)
    heading = _COUNT_MARK.sub("", heading)
    if section is understanding.title_section:
        heading = ""
    title = " · ".join(part for part in (heading, cluster.label) if part)
    line = section.line if heading else cluster.line
    span = span_of(section, cluster.label, understanding) if title else Span()
    optional = _is_optional(section.title) or _is_optional(cluster.label)
    phase.groups.append(GroupFound(title, line, span, optional, cluster.items))


# --- what is said about it -----------------------------------------------------------------


def _label_lines(phases: list[PhaseFound], understanding: Understanding) -> None:
    for phase in phases:
        due = format_offset(phase.span.end_s)
        understanding.claim(
            phase.line, "phase", f"Phase {phase.number}" + (f", {due}" if due else "")
        )
        for group in phase.groups:
            if group.title:
                due = format_offset(group.span.end_s)
                understanding.claim(group.line, "group", "Group" + (f", due {due}" if due else ""))
                if group.span.doubt:
                    text = f"The time of “{group.title}” {group.span.doubt}."
                    understanding.find(group.line, NOTE, "offset_doubt", text)
            for item in group.items:
                understanding.claim(item.line, "item", _item_label(phase, item))
        if phase.span.doubt:
            text = f"The time of “{phase.title}” is a guess: {phase.span.doubt}."
            understanding.find(phase.line, NOTE, "offset_doubt", text, "Set it in the plan.")
    _say_heading_ticks(phases, understanding)
    _say_claimed_counts(phases, understanding)


def _item_label(phase: PhaseFound, item: ItemFound) -> str:
    parts = [f"Item {phase.number}.{item.position}"]
    due: str | datetime | None = format_offset(item.details.due_offset_s)
    if item.details.due_at is not None:
        due = f"{item.details.due_at:%-d %b %Y %H:%M} UTC"
    if item.state != "open":
        parts.append("ticked" if item.state == "done" else item.state)
    if due:
        parts.append(f"due {due}")
    if not item.details.required:
        parts.append("optional")
    elif item.details.blocking:
        parts.append("blocking")
    if item.parent is not None:
        parts.append("below another")
    return ", ".join(parts)


def _headings(phases: list[PhaseFound]) -> Iterator[tuple[int, list[ItemFound]]]:
    for phase in phases:
        yield phase.line, phase.items
        for group in phase.groups:
            if group.title and group.line != phase.line:
                yield group.line, group.items


def _say_heading_ticks(phases: list[PhaseFound], understanding: Understanding) -> None:
    lines = understanding.document.lines
    ticked = [n for n, _ in _headings(phases) if n <= len(lines) and has_tick(lines[n - 1])]
    text = "The tick mark is dropped: no tick is imported without a name."
    for number in ticked:
        understanding.claims[number].severity = WARNING
        understanding.claims[number].note = text
    if ticked:
        more = f" The same in {len(ticked) - 1} more headings." if len(ticked) > 1 else ""
        understanding.find(ticked[0], WARNING, "heading_tick", text + more)


_CLAIM = re.compile(
    r"(?P<done>\d+)\s*/\s*(?P<all>\d+)\s*(?P<what>[\w ]{0,30}?)\b(?:complete|done)", re.I
)


def _say_claimed_counts(phases: list[PhaseFound], understanding: Understanding) -> None:
    """Counts are computed (law 11): a claimed "(10/10 Complete)" is checked against the boxes."""
    lines = understanding.document.lines
    headings = {number: items for number, items in _headings(phases)}
    current: list[ItemFound] = []
    for number, line in enumerate(lines, start=1):
        current = headings.get(number, current)
        if line.startswith("#") and number not in headings:
            current = []
        if not current or number in {item.line for item in current} or "/" not in line:
            continue
        if number in headings or "**" in line:
            for claim in _CLAIM.finditer(plain(line)):
                _check_claim(number, claim, current, understanding)


def _check_claim(
    number: int, claim: re.Match, items: list[ItemFound], understanding: Understanding
) -> None:
    if re.search(r"critical|required|blocking", claim["what"], re.I):
        items = [item for item in items if item.details.required]
    done = sum(1 for item in items if item.state == "done")
    if (int(claim["done"]), int(claim["all"])) == (done, len(items)):
        return
    text = f"The document claims {claim[0].strip()}; counted: {done} of {len(items)}."
    understanding.find(number, WARNING, "claimed_count", text, "Warroom counts for itself.")


def _say_triggers(reading: Reading) -> None:
    if not reading.triggers:
        return
    first = reading.triggers[0].line
    reading.understanding.rollback["triggers"] = [
        work.item_text(trigger.text) for trigger in reading.triggers
    ]
    text = (
        f"{len(reading.triggers)} boxes name conditions for a rollback: they are triggers to "
        "declare, not work to tick, and are kept with the plan."
    )
    reading.understanding.find(first, WARNING, "rollback_triggers", text)


register(Items())
