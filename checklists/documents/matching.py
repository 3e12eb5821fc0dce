"""An edited document beside a plan's rows: which item of it is which row, and what differs."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from checklists.documents import fields
from checklists.documents.found import GroupFound, PhaseFound
from checklists.documents.items import group_row, item_row, phase_row
from checklists.documents.sheet import Place, Sheet, longest_rise, places, sheet_of
from checklists.documents.writers import THE_DOCUMENT
from checklists.models import ChecklistItem, ItemFile, ItemNote, ItemState, Phase, PhaseGroup
from checklists.queries.standing import standing_approvals
from checklists.rules.items import too_early
from warroom.documents import comparing
from warroom.documents.comparing import Difference, Entry
from warroom.documents.readers import Creation
from warroom.documents.reading import Reading
from warroom.documents.writing import source_page
from warroom.models import DeploymentPlan
from warroom.rules.wording import duration_text

Part = TypeVar("Part", Phase, PhaseGroup)
COMPARED = {"text", "owner", "due_offset_s", "due_at", "required", "blocking", "target"}
COMPARED |= {"count_of", "count_unit", "duration_s", "evidence_url", "command", "expected"}
ITEM_FIELDS = [one for one in fields.ITEM if one.name in COMPARED]
SECTION = {"title", "offset_s", "end_offset_s", "required", "optional", "exit_criteria"}
# States that a document may bring to an item that is still open in the room.
TICKS = {"doing", "done", "failed", "blocked"}
STILL_OPEN = {ItemState.OPEN, ItemState.DOING}


@dataclass(frozen=True, slots=True)
class Found:
    """A difference and what it is about; ``place`` is in the new document."""

    difference: Difference
    row: ChecklistItem | Phase | PhaseGroup | None = None
    place: Place | None = None
    field: fields.Field | None = None
    made: ChecklistItem | Phase | PhaseGroup | None = None


@dataclass(slots=True)
class Matching:
    """The rows of a plan and the items of an edited document, matched."""

    sheet: Sheet
    new: dict[int, Place]  # by line of the new document
    base_line: dict[int, int] = field(default_factory=dict)  # new line -> line of the old one
    rows: dict[int, ChecklistItem] = field(default_factory=dict)  # new line -> row
    phase_rows: dict[int, Phase] = field(default_factory=dict)  # by id() of what was found
    group_rows: dict[int, PhaseGroup] = field(default_factory=dict)
    phases: list[PhaseFound] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    moved: set[int] = field(default_factory=set)  # new lines
    reading_parts: dict[str, Any] = field(default_factory=dict)

    @property
    def creation(self) -> Creation:
        return Creation(by="", at=self.sheet.page.at)

    def made(self, place: Place) -> ChecklistItem:
        """The row that an item of the new document would make."""
        nowhere = Phase(plan=self.sheet.page.plan)
        return item_row(nowhere, None, place.item, self.sheet.roles, self.creation)


def matching(plan: DeploymentPlan, reading: Reading, at: datetime) -> Matching:
    """Compare; in a dozen SQL statements, and in linear time. Writes nothing."""
    sheet = sheet_of(source_page(plan, at))
    found = Matching(sheet, places(reading.understanding))
    found.reading_parts = reading.understanding.parts
    found.phases = list(reading.understanding.parts.get("phases", ()))
    _match_items(found)
    _match_sections(found)
    _find_moved(found)
    found.found = [*_sections(found), *_items(found), *_gone(found)]
    return found


def _home(place: Place) -> tuple[str, ...]:
    return (place.phase.title, place.group.title)


def _match_items(found: Matching) -> None:
    old_lines, new_lines = sorted(found.sheet.found), sorted(found.new)
    old = [Entry(found.sheet.found[n].item.text, _home(found.sheet.found[n])) for n in old_lines]
    new = [Entry(found.new[n].item.text, _home(found.new[n])) for n in new_lines]
    by_line = {line: row for row in found.sheet.items if (line := found.sheet.lines.get(row.pk))}
    for n, o in comparing.match(old, new).items():
        found.base_line[new_lines[n]] = old_lines[o]
        if row := by_line.get(old_lines[o]):
            found.rows[new_lines[n]] = row
    _adopt(found)


def _adopt(found: Matching) -> None:
    """What was added in the room and now stands in the document too is the same item."""
    loose: dict[tuple[str, str], list[ChecklistItem]] = defaultdict(list)
    for row in reversed(found.sheet.items):
        if found.sheet.place(row) is None and row.removed_at is None:
            loose[row.phase.title, row.text].append(row)
    for line, place in found.new.items():
        rows = loose.get((place.phase.title, place.item.text))
        if line not in found.base_line and rows:
            found.rows[line] = rows.pop()


def _match_sections(found: Matching) -> None:
    """New phases and groups are the rows that most of their items belonged to, or of one name."""
    phase_row_of = {id(f): row for row in found.sheet.phases if (f := _found_phase(found, row))}
    group_row_of = {
        id(f): row
        for phase in found.sheet.phases
        for row in phase.groups.all()
        if (f := found.sheet.group_found.get(row.pk))
    }
    votes: dict[int, Counter] = defaultdict(Counter)
    for line, base in found.base_line.items():
        old, new = found.sheet.found[base], found.new[line]
        votes[id(new.phase)][id(old.phase)] += 1
        votes[id(new.group)][id(old.group)] += 1
    for phase in found.phases:
        mine = _elected(votes[id(phase)], phase_row_of, found.phase_rows)
        mine = mine or _by_title(phase.title, found.sheet.phases, found.phase_rows)
        if mine is None:
            continue
        found.phase_rows[id(phase)] = mine
        for group in phase.groups:
            row = _elected(votes[id(group)], group_row_of, found.group_rows)
            if row is None or row.phase_id != mine.pk:
                row = _by_title(group.title, mine.groups.all(), found.group_rows)
            if group.title and row is not None:
                found.group_rows[id(group)] = row


def _found_phase(found: Matching, row: Phase) -> PhaseFound | None:
    return found.sheet.phase_found.get(row.pk)


def _elected(votes: Counter, rows: dict[int, Part], taken: dict[int, Part]) -> Part | None:
    wanted = (rows[candidate] for candidate, _unused in votes.most_common() if candidate in rows)
    return _first_free(wanted, taken)


def _by_title(title: str, rows: Iterable[Part], taken: dict[int, Part]) -> Part | None:
    return _first_free((row for row in rows if row.title == title), taken)


def _first_free(rows: Iterable[Part], taken: dict[int, Part]) -> Part | None:
    known = {row.pk for row in taken.values()}
    return next((row for row in rows if row.pk not in known), None)


def _find_moved(found: Matching) -> None:
    new_line = {base: line for line, base in found.base_line.items()}
    steady: dict[int, list[int]] = defaultdict(list)
    for line in sorted(found.new):
        row, base = found.rows.get(line), found.base_line.get(line)
        if row is None or base is None:
            continue
        new, old = found.new[line], found.sheet.found[base]
        parent = old.parent_line
        at_home = (
            _same(found.phase_rows.get(id(new.phase)), old.phase, found.sheet.phase_found)
            and _same_group(found, new.group, old.group)
            and (new_line.get(parent, -1) if parent else None) == new.parent_line
        )
        if at_home:
            steady[id(new.phase)].append(line)
        else:
            found.moved.add(line)
    for lines in steady.values():
        rise = longest_rise([found.base_line[line] for line in lines])
        found.moved |= {line for line in lines if found.base_line[line] not in rise}


def _same(row: Phase | None, old: PhaseFound, known: dict[int, PhaseFound]) -> bool:
    return row is not None and known.get(row.pk) is old


def _same_group(found: Matching, new: GroupFound, old: GroupFound) -> bool:
    if not new.title or not old.title:
        return not new.title and not old.title
    row = found.group_rows.get(id(new))
    return row is not None and found.sheet.group_found.get(row.pk) is old


# --- the differences --------------------------------------------------------------------------


def _where(place: Place) -> str:
    return " › ".join(part for part in _home(place) if part)


def _items(found: Matching) -> Iterator[Found]:
    elsewhere = found.sheet.moved()
    before = ""
    for line in sorted(found.new):
        place, row = found.new[line], found.rows.get(line)
        made = found.made(place)
        if row is None and line not in found.base_line:
            said = Difference("new", f"line:{line}", made.text, _where(place), line)
            yield Found(said, place=place, made=made)
        elif row is not None and row.removed_at is None and line in found.base_line:
            yield from _changes(found, line, place, row, made)
            if line in found.moved:
                yield _move(found, line, place, row, before, row.pk in elsewhere)
        before = made.text


def _changes(
    found: Matching, line: int, place: Place, row: ChecklistItem, made: ChecklistItem
) -> Iterator[Found]:
    base = found.sheet.made(row)
    for one in ITEM_FIELDS:
        if said := _difference(one, base, made, row, f"item:{row.number}", row.text):
            where = {"where": _where(place), "line": line}
            yield Found(replace(said, **where), row, place, one, made)
    opened = base.state == ItemState.OPEN and row.state in STILL_OPEN
    if opened and made.state in TICKS and made.state != row.state:
        said = Difference(
            "ticked", f"item:{row.number}", row.text, _where(place), line, "state",
            base.state, made.state, row.state if row.state != base.state else "",
            _wants_reason(row, made.state, found.sheet.page.at),
        )  # fmt: skip
        yield Found(said, row, place, None, made)


def _wants_reason(row: ChecklistItem, state: str, now: datetime) -> str:
    """Why a tick is not taken without being asked: in the room it would want a reason."""
    if state != ItemState.DONE:
        return ""
    # The time that is left is not said: it would make another difference every second.
    if not too_early("", (None, None, ""), row.started_at, row.duration_s, now):
        return ""
    return _("It runs {duration_s} and they are not over: it wants a reason.").format(
        duration_s=duration_text(row.duration_s)
    )


def _difference(
    one: fields.Field, base: object, made: object, row: object, subject: str, what: str
) -> Difference | None:
    """What the document changed in a field, where the room does not say so already."""
    old, new, now = (getattr(thing, one.name) for thing in (base, made, row))
    if old == new or new == now:
        return None
    texts = [_text(one, value) for value in (old, new)]
    if now == old:
        return Difference("changed", subject, what, "", 0, one.label, *texts)
    asks = _("It was changed in the room as well.")
    return Difference("conflict", subject, what, "", 0, one.label, *texts, _text(one, now), asks)


def _text(one: fields.Field, value: object) -> str:
    return "" if value in (None, "") else one.write(value)


def _move(
    found: Matching, line: int, place: Place, row: ChecklistItem, before: str, elsewhere: bool
) -> Found:
    old = _where(found.sheet.found[found.base_line[line]])
    new = _where(place) + (
        _(", after “{before}”").format(before=before[:80]) if before else _(", first")
    )
    asks = _("It was moved in the room as well.") if elsewhere else ""
    said = Difference("moved", f"item:{row.number}", row.text, _where(place), line, "", old, new)
    return Found(replace(said, asks=asks), row, place)


def _gone(found: Matching) -> Iterator[Found]:
    plan = found.sheet.page.plan
    kept = {row.pk for row in found.rows.values()}
    gone = [
        row
        for row in found.sheet.items
        if row.pk not in kept and row.removed_at is None and found.sheet.place(row)
    ]
    if not gone:
        return
    busy = set(ItemNote.objects.filter(item__plan=plan).values_list("item_id", flat=True))
    busy |= set(ItemFile.objects.filter(item__plan=plan).values_list("item_id", flat=True))
    signed = {one.phase_id for one in standing_approvals(plan, found.sheet.phases, whole=False)}
    for row in gone:
        asks = _holds(found, row, row.pk in busy, row.phase_id in signed)
        where = _where(found.sheet.place(row))  # type: ignore[arg-type]
        said = Difference("gone", f"item:{row.number}", row.text, where, asks=asks)
        yield Found(said, row)


def _holds(found: Matching, row: ChecklistItem, busy: bool, signed: bool) -> str:
    """Why an item that is gone from the document is not taken off without being asked."""
    made = found.sheet.made(row)
    if row.state != made.state or row.state_by_name not in ("", THE_DOCUMENT):
        return _("It was set in the room: {state}.").format(state=row.get_state_display().lower())
    if busy or row.value != made.value or row.evidence_url != made.evidence_url:
        return _("Notes, files or values stand there.")
    return _("Its phase is signed.") if signed else ""


def _sections(found: Matching) -> Iterator[Found]:
    plan = found.sheet.page.plan
    for phase in found.phases:
        row = found.phase_rows.get(id(phase))
        base = found.sheet.made_phase(row) if row else None
        if row and base:
            made = phase_row(plan, phase)
            yield from _section(fields.PHASE, base, made, row, f"phase:{row.pk}", phase.line)
        for group in phase.groups:
            mine = found.group_rows.get(id(group))
            base_group = found.sheet.made_group(mine) if mine else None
            if mine and base_group:
                made_group = group_row(mine.phase, group, mine.position)
                name = f"group:{mine.pk}"
                yield from _section(fields.GROUP, base_group, made_group, mine, name, group.line)


def _section(
    own: tuple[fields.Field, ...],
    base: Phase | PhaseGroup,
    made: Phase | PhaseGroup,
    row: Phase | PhaseGroup,
    subject: str,
    line: int,
) -> Iterator[Found]:
    for one in own:
        said = (
            _difference(one, base, made, row, subject, row.title) if one.name in SECTION else None
        )
        if said:
            yield Found(replace(said, line=line), row, None, one, made)
