"""Criteria in words: rows of tables and bullets such as "Error rate < 1 %". Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from checklists.documents.places import announced
from checklists.rules.bands import Bound, parse_bound
from warroom.documents.blocks import ListItem, Row, Section
from warroom.documents.plain import is_blank, plain, without_marks

CRITERIA = re.compile(
    r"\b(?:exit|entry|success|go|go/no-go|completion|acceptance|decision|promotion|quality) criteri"
    r"|kriterien|critères|criterios|成功標準|準則",
    re.I,
)
_BULLET = re.compile(
    r"^(?P<label>[^<>≤≥=|]{2,60}?)\s*[:：]?\s*(?P<bound>(?:[<>]=?|[≤≥])\s*\d.{0,60})$"
)
_OPEN = re.compile(
    r"\b(?:TBD|TBA|to be (?:defined|measured|agreed|set)|baseline|offen|待定)\b|\[TODO\b|^\W*$",
    re.I,
)
_OPEN_BULLET = re.compile(r"^(?P<label>[^<>≤≥=|:]{2,60}):\s*(?P<rest>.{0,60})$")
_ENOUGH = re.compile(r"\s+(?:for|over|during|within|sustained|across|in|während)\s.*$", re.I)
_AGAINST = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


_AREA = re.compile(
    r"^(?:\d+[.)]\s*)?(?:(?P<technical>technical)|(?P<operational>operational|operations)"
    r"|(?P<business>business))(?:\s+(?:go/no-go\s+)?(?:readiness|criteria|requirements|checks?))?$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class CriterionFound:
    """Bounds as understood; ``green`` is None where the target is no number: a person judges.

    ``source`` is "" for a reading; ``boxes`` are the lines of the boxes that it counts.
    """

    key: str
    label: str
    line: int
    target: str
    acceptable: str = ""
    fail: str = ""
    green: Bound | None = None
    red: Bound | None = None
    unit: str = ""
    area: str = ""
    source: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    evidence_key: str = ""
    boxes: tuple[int, ...] = ()


def area_of(text: str) -> str:
    """The area that a label or a cell names alone: "Technical Readiness"; else ""."""
    match = _AREA.match(without_marks(text).strip(" :"))
    named = (name for name, said in match.groupdict().items() if said) if match else ()
    return next(iter(named), "")


def is_open(target: str) -> bool:
    """Whether a target is still to be set: empty, TBD, "baseline TBD", [TODO]."""
    return is_blank(target) or bool(_OPEN.search(target))


def read_row(
    row: Row,
    label: int,
    green: int | None,
    yellow: int | None,
    red: int | None,
    area: int | None = None,
) -> CriterionFound | None:
    """One row; with a column for failing only, whatever does not fail is green."""

    def cell(n: int | None) -> str:
        return plain(row.cells[n]) if n is not None and n < len(row.cells) else ""

    name, target = without_marks(cell(label)), cell(green)
    if not name or is_blank(name):
        return None
    target_bound, fail_bound = _bound(target), _bound(cell(red))
    if green is None and fail_bound:
        target_bound = _opposite(*fail_bound)
    elif target_bound and not fail_bound:
        target_bound = _reached(*target_bound)
    return CriterionFound(
        "",
        name,
        row.line,
        target,
        cell(yellow),
        cell(red),
        target_bound[0] if target_bound else None,
        fail_bound[0] if target_bound and fail_bound else None,
        (target_bound[1] or (fail_bound[1] if fail_bound else ""))[:20] if target_bound else "",
        area_of(cell(area)),
    )


def _bound(text: str) -> tuple[Bound, str] | None:
    """A bound, also of "1+ triggers", "99.9% (3 minutes)" and "< 1% for 15 minutes"."""
    text = without_marks(text)
    found = parse_bound(text) or parse_bound(re.sub(r"(?<=\d)\+\s+[a-z]+$", "+", text))
    return found or parse_bound(_ENOUGH.sub("", text))


def _reached(bound: Bound, unit: str) -> tuple[Bound, str]:
    """A share alone, such as a target of "90%", means at least that much."""
    return (Bound(">=", bound.value), unit) if bound.op == "=" and unit == "%" else (bound, unit)


def _opposite(bound: Bound, unit: str) -> tuple[Bound, str] | None:
    return (Bound(_AGAINST[bound.op], bound.value), unit) if bound.op in _AGAINST else None


def in_bullets(section: Section) -> Iterator[tuple[str, list[tuple[ListItem, CriterionFound]]]]:
    """Lists below a label of criteria in which at least one line names a number."""
    for label, block in announced(section, CRITERIA):
        found = [(item, of_bullet(item)) for item in block.items if item.box is None]
        known = [(item, criterion) for item, criterion in found if criterion is not None]
        if any(criterion.green for _, criterion in known):
            yield label, known


def of_bullet(item: ListItem) -> CriterionFound | None:
    """The criterion that a bullet with a number is, such as "Error rate < 1 %"; else None."""
    text = without_marks(plain(item.text.split("\n")[0][:200]))
    match = _BULLET.match(text)
    bound = _bound(match["bound"]) if match else None
    if match and bound:
        label, target = match["label"].strip(" :-"), match["bound"].strip()
        return CriterionFound("", label, item.line, target, green=bound[0], unit=bound[1][:20])
    still = _OPEN_BULLET.match(text)
    if still and is_open(still["rest"]) and still["rest"].strip():
        return CriterionFound("", still["label"].strip(), item.line, still["rest"].strip())
    return None
