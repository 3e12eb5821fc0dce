"""What must hold before a phase is over: the lines below "Success criteria" and the like."""

import re

from django.utils.translation import gettext as _

from checklists.documents.found import PhaseFound
from checklists.documents.places import announced
from warroom.documents.blocks import Block, Document, ListItem
from warroom.documents.plain import plain, without_marks
from warroom.documents.readers import NOTE, Understanding

EXIT = re.compile(
    r"\b(?:exit|success|completion|acceptance|done) criteria\b|definition of done"
    r"|abschlusskriterien|erfolgskriterien|criterios de (?:éxito|salida)|成功標準|完成標準",
    re.I,
)
LONGEST = 4_000
KINDS = ("exit", "item", "text")


def take_exits(phases: list[PhaseFound], document: Document, understanding: Understanding) -> None:
    """Give each phase the exit criteria that stand under its heading; boxes stay items."""
    by_line = {phase.line: phase for phase in phases}
    for section in document.sections:
        phase = next((by_line[s.line] for s in section.path() if s.line in by_line), None)
        if phase is None or section is understanding.title_section:
            continue
        found = [item for _unused, block in announced(section, EXIT) for item in block.items]
        free = [item for item in found if _is_free(item, understanding)]
        for item in found:
            if item.box is None and not understanding.chosen(item, "item"):
                now = "text" if understanding.chosen(item, "text") else "exit"
                if now == "text" or item in free:
                    understanding.offer(item, now, KINDS, found[0].line, _("exit criteria"))
        texts = [_words(item) for item in free]
        if texts:
            phase.exit_criteria = "\n".join(filter(None, [phase.exit_criteria, *texts]))[:LONGEST]
            for item in free:
                understanding.claim(
                    item, "exit", _("Exit criterion of phase {phase}").format(phase=phase.number)
                )
            text = _("{count} exit criteria of “{phase}” were kept with the phase.").format(
                count=len(texts), phase=phase.title[:60]
            )
            understanding.find(found[0].line, NOTE, "exit_criteria", text)


def _is_free(item: ListItem, understanding: Understanding) -> bool:
    known = understanding.claims.get(item.line)
    free = known is None or known.became in ("fact", "criterion")
    return item.box is None and free and not understanding.chosen(item, "item", "text")


def _words(block: Block) -> str:
    return without_marks(plain(block.text.split("\n")[0])) if isinstance(block, ListItem) else ""
