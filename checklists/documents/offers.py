"""What could be work and was left as text: offered line by line and block by block, never taken."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from checklists.documents import tables
from checklists.documents.boxes import BOX_AT_START, boxed_rows
from checklists.documents.places import label_of
from warroom.documents.blocks import (
    Block,
    Document,
    Fence,
    Html,
    ListBlock,
    ListItem,
    Paragraph,
    Section,
    Table,
    walk,
)
from warroom.documents.plain import is_blank, plain
from warroom.documents.readers import Understanding

LIKELY = re.compile(
    r"check-?list|check\b|checks\b|steps?\b|procedure|tasks?\b|actions?\b|to-?do|plan\b|prepar|verif"
    r"|validat|pre-|post-|before|after|during|criteria|deliverable|priorit|sprint|session|stand-?up"
    r"|aufgaben|schritte|prüf|vorher|danach|tareas|pasos|previo|étapes|tâches|avant|après"
    r"|passos|antes|após|步驟|步骤|檢查|检查|清單|清单|작업|체크|手順|確認|шаг|задач",
    re.I,
)
PHASE = re.compile(r"\b(?:phase|stage)\b", re.I)
KINDS = ("text", "item")
FREE = frozenset(
    {"success", "step", "exit", "code", "comment", "trigger", "target"}
)  # said of text, still free


def offer_rest(document: Document, understanding: Understanding) -> None:
    """Offer bare boxes, boxes of templates, steps, bullets and rows; where nothing is, more."""
    bare = not understanding.counts["items"]
    phases = {phase.line for phase in understanding.parts["phases"]}
    for section in document.sections:
        path = " / ".join(step.title for step in understanding.path(section))
        likely = bool(LIKELY.search(path))
        within = bool(PHASE.search(path)) or any(s.line in phases for s in section.path())
        for number, group, what in _of_section(section, likely, within, bare):
            if _is_free(number, understanding):
                understanding.offer(number, "text", KINDS, group, what)


def _is_free(number: int, understanding: Understanding) -> bool:
    known = understanding.claims.get(number)
    return known is None or known.became in FREE


def _of_section(
    section: Section, likely: bool, within: bool, bare: bool
) -> Iterator[tuple[int, int, str]]:
    """Line, first line of its block, and what the lines of the block are called.

    ``within`` a phase bullets are offered whatever announces them; rows of tables are not.
    """
    label = False
    for block in section.blocks:
        yield from _templates(block)
        if isinstance(block, Paragraph):
            label = bool(LIKELY.search(label_of(block)))
            for number, row in block.rows:
                if BOX_AT_START.match(row):
                    yield number, section.line, _("lines with a box")
        elif isinstance(block, ListBlock):
            yield from _bullets(block, likely or within or label or bare)
            label = False
        elif isinstance(block, Table) and (likely or bare):
            rows = tables.any_rows(block) if len(block.header) > 1 else []
            for row in rows:
                yield row.row.line, block.line, _("rows of a table")


def _templates(block: Block) -> Iterator[tuple[int, int, str]]:
    for inner in walk(block):
        if isinstance(inner, Fence | Html):
            for number, _unused in boxed_rows(inner):
                yield number, inner.line, _("boxes of a template")


def _bullets(block: ListBlock, likely: bool) -> Iterator[tuple[int, int, str]]:
    """The steps of a numbered list, and bullets where work is to be expected."""
    what = _("numbered steps") if block.ordered else _("bullets")
    if not (likely or (block.ordered and len(block.items) > 1)):
        return
    for inner in walk(block):
        if isinstance(inner, ListItem) and inner.box is None and not is_blank(plain(inner.text)):
            yield inner.line, block.line, what
