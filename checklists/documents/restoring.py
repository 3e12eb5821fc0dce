"""What a completed document says of its items, restored when it is imported as a new release.

States, values, reasons and names come back as words of the document: who is named has not acted in
the new room, so the name gets "says the document" behind it. Signatures, votes, decisions and notes
are never imported. Runs after every other reader.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from checklists.documents import fields, said
from checklists.documents.sheet import ends_of, places
from checklists.models import ChecklistItem, Phase, PhaseGroup
from warroom.documents.blocks import Document
from warroom.documents.marks import Insertion, unescape
from warroom.documents.readers import NOTE, Creation, Reader, Understanding, register
from warroom.models import DeploymentPlan, Role

_SECTION = re.compile(r" — (?P<kind>phase|section) “(?P<title>.*?)” · ")
_NEVER = re.compile(r"^(?:[\s>]*- )?(?:\*\*)?(?:Signature|Vote|Decision|Note|File)\b", re.M)
NOT_HERE = f"{said.DASH}not an item here"


@dataclass(slots=True)
class Told:
    """What the insertions say, by the item's line; sections by kind, line and title."""

    items: dict[int, tuple[list[said.Event], dict[str, str]]] = field(default_factory=dict)
    sections: dict[tuple[str, int, str], tuple[list[said.Event], dict[str, str]]] = field(
        default_factory=dict
    )
    added: list[tuple[bool, str, list[said.Event], dict[str, str]]] = field(default_factory=list)
    not_here: set[int] = field(default_factory=set)


class Restoring(Reader):
    name = "restoring"
    order = 950

    def read(self, document: Document, understanding: Understanding) -> None:
        if not document.insertions:
            return
        found = places(understanding)
        ends = ends_of(document)
        line_of = {ends.get(line, line): line for line in found}
        told = Told()
        for insertion in document.insertions:
            _hear(told, insertion, line_of)
        understanding.parts["told"] = told
        understanding.counts["items"] += len(told.added) - len(told.not_here)
        text = _("This document was completed by a room: states come back, signatures do not.")
        understanding.find(0, NOTE, "completed", text)
        never = sum(len(_NEVER.findall(one.text)) for one in document.insertions)
        if never:
            text = _(
                "{never} signatures, votes, decisions, notes and files in it are not imported."
            ).format(never=never)
            understanding.find(0, NOTE, "not_imported", text)

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        told: Told | None = understanding.parts.get("told")
        if told is None or creation.extending:
            return
        roles = {role.key: role for role in plan.roles.all()}
        rows = list(
            plan.items.select_related("phase", "group").order_by("phase__number", "position")
        )
        by_line = {row.source_line: row for row in rows}
        for line in told.not_here:
            if line in by_line:
                rows.remove(by_line[line])
                by_line.pop(line).delete()
        _restore_sections(plan, told)
        placed = {}
        for line, (events, words) in told.items.items():
            if row := by_line.get(line):
                _restore(row, events, words, roles)
                placed |= {row.pk: words} if "place" in words else {}
        rows += _add(plan, told, rows, roles, placed)
        _arrange(plan, rows, placed)
        _save(rows)


def _hear(told: Told, insertion: Insertion, line_of: dict[int, int]) -> None:
    section = _SECTION.match(insertion.text)
    line = line_of.get(insertion.line)
    if section:
        events, words = said.read(insertion.text)
        key = (section["kind"], insertion.line, unescape(section["title"]))
        told.sections[key] = (events, words)
    elif insertion.text.startswith(NOT_HERE) and line:
        told.not_here.add(line)
    elif insertion.text.startswith(said.DASH) and line and not insertion.lines:
        told.items[line] = said.read(insertion.text.partition("<br>")[0])
    for done, text, rest in said.added_lines(insertion.text):
        told.added.append((done, text, *said.read(rest)))


def _restore(
    row: ChecklistItem,
    events: list[said.Event],
    words: dict[str, str],
    roles: dict[str, Role],
) -> None:
    for event in events:
        name = said.claimed(event.name)
        if event.word in said.WORDS:
            row.state = said.WORDS[event.word]
            row.state_reason = words.get("reason", "")
            row.state_by_name = name or "the document"
            row.state_at = event.at or row.state_at
        elif event.word == said.ADDED:
            row.added_at, row.added_by_name = event.at, name
        elif event.word == said.REMOVED:
            row.removed_at, row.removed_by_name = event.at, name
            row.removed_reason = words.get("removed because", "")
    fields.restore(fields.ITEM, row, words)
    if row.count_done is not None and row.count_done > (row.count_of or 0):
        row.count_done = row.count_of
    if "role" in words:
        row.role = roles.get(words["role"])


def _restore_sections(plan: DeploymentPlan, told: Told) -> None:
    for kind, model, own in (
        ("phase", Phase, fields.PHASE),
        ("section", PhaseGroup, fields.GROUP),
    ):
        mine = {"plan": plan} if kind == "phase" else {"phase__plan": plan}
        for row in model.objects.filter(**mine):
            heard = told.sections.get((kind, row.source_line or 0, row.title))
            if heard is None:
                continue
            events, words = heard
            for event in events:
                if event.word == said.OFF:
                    row.off_at, row.off_by_name = event.at, said.claimed(event.name)
            fields.restore(own, row, words)
            row.save()


def _add(
    plan: DeploymentPlan,
    told: Told,
    rows: list[ChecklistItem],
    roles: dict[str, Role],
    placed: dict[int, dict[str, str]],
) -> list[ChecklistItem]:
    phases = {phase.number: phase for phase in plan.phases.all()}
    number = max((row.number for row in rows), default=0)
    added = []
    for done, text, events, words in told.added:
        phase = phases.get(_place(words)[0])
        if phase is None:
            continue
        number += 1
        state = "done" if done else "open"
        row = ChecklistItem(
            plan=plan, phase=phase, number=number, position=1, text=text, state=state
        )
        _restore(row, events, words, roles)
        row.save()
        placed[row.pk] = words
        added.append(row)
    return added


def _place(words: dict[str, str], label: str = "place") -> tuple[int, int]:
    phase, _unused, rank = words.get(label, "").partition(".")
    known = phase.isascii() and phase.isdecimal() and rank.isascii() and rank.isdecimal()
    return (int(phase), int(rank)) if known and len(phase + rank) < 12 else (0, 0)


def _arrange(
    plan: DeploymentPlan, rows: list[ChecklistItem], placed: dict[int, dict[str, str]]
) -> None:
    """Put what the words place where they say, and count the positions anew."""
    if not placed:
        return
    phases = {phase.number: phase for phase in plan.phases.prefetch_related("groups")}
    lists: dict[int, list[ChecklistItem]] = defaultdict(list)
    for row in rows:
        if row.pk not in placed:
            lists[row.phase.number].append(row)
    moving = [(*_place(placed[row.pk]), row) for row in rows if row.pk in placed]
    for number, rank, row in sorted(moving, key=lambda one: one[:2]):
        if number in phases:
            row.phase = phases[number]
            lists[number].insert(max(rank - 1, 0), row)
            row.group = _group(row, placed[row.pk].get("group", ""))
    for mine in lists.values():
        for position, row in enumerate(mine, start=1):
            row.position = position
    for _unused, _unused, row in moving:
        phase, rank = _place(placed[row.pk], "below")
        mine = lists.get(phase, [])
        parent = mine[rank - 1] if 0 < rank <= len(mine) else None
        # The words may be anybody's: nothing stands below itself.
        row.parent = None if parent is None or _is_below(parent, row) else parent


def _is_below(item: ChecklistItem | None, top: ChecklistItem) -> bool:
    """Whether ``item`` is ``top`` or hangs below it."""
    while item is not None:
        if item is top or item.pk == top.pk:
            return True
        item = item.parent
    return False


def _group(row: ChecklistItem, title: str) -> PhaseGroup | None:
    if not title:
        return None
    groups = list(row.phase.groups.all())
    known = next((group for group in groups if group.title == title), None)
    return known or PhaseGroup.objects.create(
        phase=row.phase, title=title[:300], position=len(groups) + 1
    )


_SAVED = [
    *(one.name for one in fields.ITEM),
    *("phase", "group", "parent", "position", "role", "state", "state_reason", "state_by_name"),
    *("state_at", "added_at", "added_by_name", "removed_at", "removed_by_name", "removed_reason"),
]


def _save(rows: list[ChecklistItem]) -> None:
    ChecklistItem.everything.bulk_update(rows, _SAVED, batch_size=200)


register(Restoring())
