"""Bullets below "Medium-Risk Items" or "Remaining Risks": risks, where somebody says so."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from checklists.documents.risk_parts import RiskFound
from checklists.rules.ratings import severity_of
from warroom.documents.blocks import Document, ListBlock, Paragraph, Section
from warroom.documents.blocks import ListItem as Item
from warroom.documents.plain import plain, without_marks
from warroom.documents.readers import NOTE, Understanding

KINDS = ("text", "risk")
_LABEL = re.compile(
    r"^(?:(?P<level>critical|high|medium|low)[\s-]+)?(?:(?:remaining|residual|key|open|known)\s+)?"
    r"risks?(?:\s+items?)?(?:\s+identified)?$",
    re.I,
)
_MITIGATING = re.compile(r"^mitigating factors$|^risk mitigation(?:s|\s+factors)?$", re.I)
_PARTED = re.compile(r"\s+[-–—]\s+")


def listed_risks(document: Document, understanding: Understanding) -> list[RiskFound]:
    """Offer each bullet as a risk; give those that somebody chose."""
    found = []
    for section in document.sections:
        for label, block in _lists(section):
            if _MITIGATING.match(label):
                _factors(block, understanding)
            match = _LABEL.match(label)
            for item in _free(block, understanding) if match else ():
                chosen = understanding.chosen(item, *KINDS) or "text"
                understanding.offer(item, chosen, KINDS, block.line, "risks")
                if chosen == "risk":
                    understanding.claim(item, "risk", _("Risk"))
                    found.append(_risk(item, match["level"] or ""))
    return found


def _lists(section: Section) -> Iterator[tuple[str, ListBlock]]:
    """Lists with the label that stands right above them; else that of their heading."""
    label = plain(section.title)
    for block in section.blocks:
        if isinstance(block, Paragraph):
            label = plain(block.rows[-1][1])
        elif isinstance(block, ListBlock):
            yield without_marks(label).rstrip(": "), block


def _free(block: ListBlock, understanding: Understanding) -> list[Item]:
    return [one for one in block.items if one.box is None and not understanding.is_claimed(one)]


def _risk(item: Item, level: str) -> RiskFound:
    text = without_marks(plain(item.text.split("\n")[0]))
    title, *more = _PARTED.split(text, maxsplit=1)
    severity = level.capitalize() if severity_of(level) else ""
    return RiskFound(title[:300], item.line, severity, mitigation="".join(more))


def _factors(block: ListBlock, understanding: Understanding) -> None:
    """What makes the whole less risky belongs to no one risk: it stays text, and that is said."""
    rows = _free(block, understanding)
    for item in rows:
        understanding.claim(item, "text", _("Mitigating factor of the whole, left as text"))
    if rows:
        text = _("{count} mitigating factors are left as text: they belong to no one risk.").format(
            count=len(rows)
        )
        understanding.find(block.line, NOTE, "mitigating_factors", text)
