"""Technical, operational and business criteria of a go/no-go meeting, as the document lists them.

Boxes stay items, and the gate asks once per area that they are closed. Bullets are criteria of
their own: a few say what the room counts itself, the rest a person judges.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.documents.criteria import CriterionFound, area_of, of_bullet
from checklists.documents.found import PhaseFound
from checklists.documents.places import announces
from checklists.models import Source
from checklists.rules.bands import Bound
from warroom.documents.blocks import ListBlock, ListItem, Paragraph, Section, walk
from warroom.documents.plain import plain, without_marks
from warroom.documents.readers import NOTE, Understanding

_OFFERED = ("criterion", "text", "item")
_ALL = {"green": Bound(">=", 100.0), "unit": "%"}
_NONE = {"green": Bound("=", 0.0), "red": Bound(">=", 1.0)}
# What the room counts itself. Smoke, load and other tests of a kind are not "the tests".
_KNOWN: tuple[tuple[re.Pattern, dict[str, Any]], ...] = (
    (
        re.compile(
            r"\bcritical(?:\s*(?:/|,|and|or|&)\s*high)\b.*\b(?:resolved|fixed|open|clos)", re.I
        ),
        {"source": Source.FINDINGS, "params": {"severity": "high"}, **_NONE},
    ),
    (
        re.compile(
            r"^(?:no|all|zero|0)\s+(?:open\s+)?critical\s+(?:security\s+)?(?:finding|vuln)", re.I
        ),
        {"source": Source.FINDINGS, "params": {"severity": "critical"}, **_NONE},
    ),
    (
        re.compile(r"\bdry[- ]runs?\b.*\b(?:success|pass|complete|green)", re.I),
        {"source": Source.DRYRUNS, **_ALL},
    ),
    (
        re.compile(
            r"\bsign-?\s?offs?\b.*\b(?:given|obtained|complete|received|done|in place)", re.I
        ),
        {"source": Source.SIGNOFFS, **_ALL},
    ),
    (
        re.compile(
            r"^(?:all\s+)?(?:(?:the|automated|unit)\s+)?(?:tests?|test suite)\s+(?:are\s+)?pass",
            re.I,
        ),
        {"evidence_key": "tests.failed", **_NONE},
    ),
)
_SCORE = re.compile(r"^(?:(?:production|launch|overall|final)\s+)?(?:readiness\s+)?score$", re.I)


@dataclass(frozen=True, slots=True)
class AreaList:
    """One list of an area: where its label stands, and its lines."""

    area: str
    title: str
    line: int
    section: Section
    block: ListBlock


def area_lists(sections: Iterable[Section]) -> Iterator[AreaList]:
    """Lists below a heading, a label or a bullet that names an area alone."""
    for section in sections:
        label, line = section.title, section.line
        for block in section.blocks:
            if isinstance(block, Paragraph):
                line = block.rows[-1][0]
                label = announces(block) or section.title
            elif isinstance(block, ListBlock):
                title = without_marks(plain(label)).strip(" :")
                if area := area_of(title):
                    yield AreaList(area, title, line, section, block)


def criteria_of(found: AreaList, understanding: Understanding) -> list[CriterionFound]:
    """What the gate asks of one list: its boxes together, each of its bullets for itself."""
    boxes = [
        one.line
        for one in walk(found.block)
        if isinstance(one, ListItem)
        and one.box
        and not understanding.is_claimed(one)
        and not understanding.chosen(one, "text")
    ]
    criteria = [_counted(found, boxes, understanding)] if boxes else []
    return criteria + list(_judged(found, understanding))


def _counted(found: AreaList, boxes: Sequence[int], understanding: Understanding) -> CriterionFound:
    said = ngettext(
        "{area}: its box stay items, and the gate asks that they are closed.",
        "{area}: its {count} boxes stay items, and the gate asks that they are closed.",
        len(boxes),
    )
    text = said.format(area=found.title, count=len(boxes))
    understanding.find(found.line, NOTE, "criterion_of_items", text)
    return CriterionFound(
        "",
        found.title,
        found.line,
        "all closed",
        area=found.area,
        source=Source.ITEMS,
        boxes=tuple(boxes),
        **_ALL,
    )


def _judged(found: AreaList, understanding: Understanding) -> Iterator[CriterionFound]:
    for item in found.block.items:
        known = understanding.claims.get(item.line)
        if item.box is not None or (known is not None and known.became != "fact"):
            continue
        now = understanding.chosen(item, *_OFFERED) or "criterion"
        if now != "item":
            understanding.offer(item, now, _OFFERED, found.block.line, _("bullets of an area"))
        if now == "criterion":
            yield _of_line(item, found.area)


def _of_line(item: ListItem, area: str) -> CriterionFound:
    text = without_marks(plain(item.text.split("\n")[0][:200])).strip(" .;")
    measured = of_bullet(item)
    if measured is not None and measured.green is not None:
        score = _SCORE.match(measured.label)
        return replace(measured, area=area, source=Source.SCORE if score else "")
    for pattern, fields in _KNOWN:
        if pattern.search(text):
            return CriterionFound("", text, item.line, _target(fields), area=area, **fields)
    return CriterionFound("", text, item.line, "", area=area)


def _target(fields: dict[str, Any]) -> str:
    return "0" if "red" in fields else "100 %"


def items_asked(
    criterion: CriterionFound, phases: Iterable[PhaseFound], number: Callable[[PhaseFound], int]
) -> dict[str, Any]:
    """``params`` of a criterion that counts boxes: the groups in which they came to stand.

    ``number`` says which number a phase gets in the plan, 0 where that is not known yet.
    """
    groups, numbers = {}, {}
    for phase in phases:
        for group in phase.groups:
            if group.title and any(item.line in criterion.boxes for item in group.items):
                groups[group.title[:300]] = True
                numbers[number(phase)] = True
    known = [one for one in numbers if one]
    return {"phases": known, "groups": list(groups)} if groups else {"phases": known}
