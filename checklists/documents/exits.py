"""What must hold before a phase is over: the lines below "Success criteria" and the like."""

import re
from collections.abc import Iterator

from checklists.documents.found import PhaseFound
from checklists.documents.places import announces
from warroom.documents.blocks import Block, Document, ListBlock, ListItem, Paragraph, Section
from warroom.documents.plain import plain, without_marks
from warroom.documents.readers import NOTE, Understanding

EXIT = re.compile(
    r"\b(?:exit|success|completion|acceptance|done) criteria\b|definition of done"
    r"|abschlusskriterien|erfolgskriterien|criterios de (?:éxito|salida)|成功標準|完成標準",
    re.I,
)
LONGEST = 4_000
KINDS = ("exit", "item", "text")


def exit_lists(section: Section) -> Iterator[tuple[str, ListBlock]]:
    """Lists below a label, bullet or heading of exit criteria, with what announced them."""
    label = section.title
    for block in section.blocks:
        if isinstance(block, Paragraph):
            label = announces(block) or section.title
        elif isinstance(block, ListBlock):
            if EXIT.search(label):
                yield label, block
            else:
                yield from _below_bullets(block)


def _below_bullets(block: ListBlock) -> Iterator[tuple[str, ListBlock]]:
    for item in block.items:
        text = plain(item.text.split("\n")[0])
        if item.box is None and len(text) < 80 and EXIT.search(text):
            yield from ((text, inner) for inner in item.blocks if isinstance(inner, ListBlock))


def take_exits(phases: list[PhaseFound], document: Document, understanding: Understanding) -> None:
    """Give each phase the exit criteria that stand under its heading; boxes stay items."""
    by_line = {phase.line: phase for phase in phases}
    for section in document.sections:
        phase = next((by_line[s.line] for s in section.path() if s.line in by_line), None)
        if phase is None or section is understanding.title_section:
            continue
        found = [item for _, block in exit_lists(section) for item in block.items]
        free = [item for item in found if _is_free(item, understanding)]
        for item in found:
            if item.box is None and not understanding.chosen(item, "item"):
                now = "text" if understanding.chosen(item, "text") else "exit"
                if now == "text" or item in free:
                    understanding.offer(item, now, KINDS, found[0].line, "exit criteria")
        texts = [_words(item) for item in free]
        if texts:
            phase.exit_criteria = "\n".join(filter(None, [phase.exit_criteria, *texts]))[:LONGEST]
            for item in free:
                understanding.claim(item, "exit", f"Exit criterion of phase {phase.number}")
            text = f"{len(texts)} exit criteria of “{phase.title[:60]}” were kept with the phase."
            understanding.find(found[0].line, NOTE, "exit_criteria", text)


def _is_free(item: ListItem, understanding: Understanding) -> bool:
    known = understanding.claims.get(item.line)
    free = known is None or known.became in ("fact", "criterion")
    return item.box is None and free and not understanding.chosen(item, "item", "text")


def _words(block: Block) -> str:
    return without_marks(plain(block.text.split("\n")[0])) if isinstance(block, ListItem) else ""
