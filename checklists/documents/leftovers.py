"""What is no item but worth a word: rollback plans, success criteria, boxes in code, plain lists.

Runs after every other reader, so that it speaks only of what nobody understood.
"""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from checklists.documents.boxes import boxed_rows
from checklists.documents.found import ROLLBACK
from checklists.documents.offers import LIKELY, offer_rest
from warroom.documents.blocks import (
    Document,
    Fence,
    Html,
    ListBlock,
    ListItem,
    Paragraph,
    Section,
    walk,
)
from warroom.documents.plain import TICKS, plain
from warroom.documents.readers import NOTE, WARNING, Reader, Understanding, register

_BARE = re.compile(r"^\[[ xX]\]\s+\S")
_HALT = re.compile(
    r"\bhalt\b|auto-?\s?(?:matic )?(?:rollback|stop|abort)|rollback (?:trigger|condition|if)"
    r"|abort (?:if|crit)|stop (?:if|crit)|kill criteria",
    re.I,
)
_OVER = re.compile(r"[<>≤≥]=?\s*\d")
_TIMES = re.compile(r"time|target|duration", re.I)
_LIMIT = re.compile(r"[<≤]\s*\d+\s*(?:s|sec|min|minutes?|h|hours?)\b", re.I)
_SUCCESS = re.compile(r"success|stability|erfolg|acceptance criteria|éxito|成功", re.I)


class Leftovers(Reader):
    name = "leftovers"
    order = 900

    def read(self, document: Document, understanding: Understanding) -> None:
        for section in document.sections:
            path = " / ".join(step.title for step in understanding.path(section))
            if ROLLBACK.search(path):
                _rollback(section, understanding)
            if _HALT.search(section.title) or _HALT.search(path):
                _halts(section, understanding)
            if _SUCCESS.search(path):
                _success(section, understanding)
        _in_code(document, understanding)
        _bare_boxes(document, understanding)
        if not understanding.counts["items"]:
            _say_no_items(document, understanding)
        offer_rest(document, understanding)


def _free_items(section: Section, understanding: Understanding, ordered: bool) -> list[ListItem]:
    return [
        item
        for block in section.blocks
        if isinstance(block, ListBlock) and block.ordered == ordered
        for item in block.items
        if item.box is None and not understanding.is_claimed(item)
    ]


def _rollback(section: Section, understanding: Understanding) -> None:
    """Steps and time targets of a rollback plan stay text until a plan can run a rollback."""
    steps = _free_items(section, understanding, ordered=True)
    for number, item in enumerate(steps, start=1):
        understanding.claim(
            item, "step", _("Rollback step {number}, kept with the plan").format(number=number)
        )
    targets = [
        item
        for item in _free_items(section, understanding, ordered=False)
        if _TIMES.search(section.title) and _LIMIT.search(plain(item.text))
    ]
    for item in targets:
        understanding.claim(item, "target", _("Rollback target, kept with the plan"))
    for key, items in (("steps", steps), ("targets", targets)):
        understanding.rollback.setdefault(key, []).extend(plain(item.text) for item in items)
    if len(steps) > 1:
        text = _(
            "{count} numbered steps of a rollback are kept as text, not made to items."
        ).format(count=len(steps))
        understanding.find(steps[0].line, NOTE, "rollback_steps", text)


def _halts(section: Section, understanding: Understanding) -> None:
    """Bullets that say when to stop: "Error rate > 1% for 5 minutes". Triggers, not work."""
    found = [
        item
        for item in _free_items(section, understanding, ordered=False)
        if _OVER.search(plain(item.text.split("\n")[0][:200]))
        and not understanding.chosen(item, "item")
    ]
    for item in found:
        understanding.claim(item, "trigger", _("Rollback trigger, kept with the plan"))
    texts = [plain(item.text.split("\n")[0]) for item in found]
    understanding.rollback.setdefault("triggers", []).extend(texts)
    if found:
        text = _("{count} lines say when to stop: kept with the plan as rollback triggers.").format(
            count=len(found)
        )
        understanding.find(found[0].line, NOTE, "halt_rules", text)


def _success(section: Section, understanding: Understanding) -> None:
    found = [line for line, row in _rows(section) if row.lstrip("-* ").startswith(tuple(TICKS))]
    found = [line for line in found if not understanding.is_claimed(line)]
    for line in found:
        understanding.claim(line, "success", _("Success criterion, kept as text"))
    if found:
        text = _(
            "{count} lines start with ✅ under “{section}”: criteria, not ticks, kept as text."
        ).format(count=len(found), section=section.title[:60])
        understanding.find(found[0], NOTE, "success_criteria", text)


def _rows(section: Section) -> Iterator[tuple[int, str]]:
    for block in section.blocks:
        for inner in walk(block):
            if isinstance(inner, Paragraph):
                yield from inner.rows
            elif isinstance(inner, ListItem) and inner.box is None:
                yield inner.line, inner.text


def _in_code(document: Document, understanding: Understanding) -> None:
    for kind, name, code in (
        (Fence, _("code blocks"), "boxes_in_code"),
        (Html, "comments", "boxes_in_comments"),
    ):
        lines = [
            number
            for block in document.blocks_with_headings()
            if isinstance(block, kind)
            for number, _unused in boxed_rows(block)
            if not understanding.chosen(number, "item")
        ]
        if lines:
            text = _(
                "{count} boxes stand in {name}; they are no items and were left alone."
            ).format(count=len(lines), name=name)
            understanding.find(
                lines[0], NOTE, code, text, _("Make items of them where they stand below.")
            )


def _bare_boxes(document: Document, understanding: Understanding) -> None:
    """Paragraphs "[ ] text" without a list marker: offered, not taken by force."""
    found = [
        line
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Paragraph)
        for line, row in block.rows
        if _BARE.match(row) and not understanding.is_claimed(line)
    ]
    if found:
        text = _("{count} lines start with a box but are no list; they were kept as text.").format(
            count=len(found)
        )
        way_out = _("Make items of them where they stand below.")
        understanding.find(found[0], WARNING, "bare_boxes", text, way_out)


def _say_no_items(document: Document, understanding: Understanding) -> None:
    """No box in the whole document: say where the work seems to be."""
    steps = bullets = first = 0
    for section in document.sections:
        numbered = _free_items(section, understanding, ordered=True)
        plain_ones = _free_items(section, understanding, ordered=False)
        likely = plain_ones if LIKELY.search(section.title) else []
        steps, bullets = steps + len(numbered), bullets + len(likely)
        if not first and (numbered or likely):
            first = (numbered or likely)[0].line
    text = _("No box was found, so there are no items.")
    if steps or bullets:
        text += _(
            " {steps} numbered steps and {bullets} bullets of checklists could be items."
        ).format(steps=steps, bullets=bullets)
    way_out = _("Make items of what is work.")
    understanding.find(first, WARNING, "no_items", text, way_out)


register(Leftovers())
