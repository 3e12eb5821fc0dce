"""What a document claims of its score: figures, the bar, strengths, gaps, confidence. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from checklists.documents.scores import SCORED
from warroom.documents.blocks import Block, Document, Heading, ListItem, Paragraph, Section, walk
from warroom.documents.plain import plain, without_marks

MOST = 20
_NUMBER = r"\d{1,4}(?:\.\d{1,4})?"
_CLAIM = re.compile(
    rf"^(?P<label>[^:：|]{{4,60}}?)\s*[:：]\s*(?P<value>{_NUMBER})\s*"
    rf"(?:/\s*(?P<best>{_NUMBER})(?![\d/])|(?P<share>%))"
)
_OF_SCORE = re.compile(r"\b(?:score|readiness)\b", re.I)
_OF_ALL = re.compile(
    r"\b(?:final|total|overall|production|deployment|launch|release|weighted|readiness)\b", re.I
)
_BAR = re.compile(
    rf"^(?:target|minimum|required|passing|go)\s+(?:readiness\s+)?score\s*[:：]\s*"
    rf"(?:≥|>=|at least)?\s*(?P<value>{_NUMBER})\s*"
    rf"(?:/\s*(?P<best>{_NUMBER})(?![\d/])|(?P<share>%))?",
    re.I,
)
_REMARKS = re.compile(
    r"^(?:strengths|(?:(?:minor|major|known|open|remaining) )?gaps|weaknesses|why not .{1,20})\W*$",
    re.I,
)
_CONFIDENCE = re.compile(r"^confidence(?: level)?\s*[:：]\s*(?P<text>.+)$", re.I)
_APPROVAL = re.compile(
    rf"^[^:：|]{{2,60}}[:：]\s*(?:{_NUMBER}\s*/\s*\d+(?:\.\d+)?\s*[-–—,]?\s*approved"
    rf"|approved\s*\({_NUMBER}\s*/\s*\d+)",
    re.I,
)
_OF_SCORES = re.compile(r"\b(?:readiness|final|overall|total) score\b", re.I)


@dataclass(frozen=True, slots=True)
class ClaimFound:
    """A figure that stands somewhere: ``value`` of ``best``, at a line."""

    label: str
    value: Decimal
    best: Decimal
    line: int

    def as_data(self) -> dict[str, str | int]:
        return {
            "label": self.label,
            "value": str(self.value),
            "best": str(self.best),
            "line": self.line,
        }


def claims_in(document: Document) -> list[ClaimFound]:
    """The figures that are called the score, each wording once, with the line of its first time."""
    found: dict[tuple[str, Decimal], ClaimFound] = {}
    for number, text in _lines(document):
        match = _CLAIM.match(text)
        label = match["label"].strip(" *") if match else ""
        if not match or not _OF_SCORE.search(label) or not _OF_ALL.search(label):
            continue
        best = Decimal(100) if match["share"] else Decimal(match["best"])
        value = Decimal(match["value"])
        if value <= best and len(found) < MOST and not _BAR.match(text):
            claim = ClaimFound(label[:60], value, best, number)
            found.setdefault((label.lower(), value), claim)
    return list(found.values())


def bar_in(document: Document) -> tuple[Decimal, Decimal | None] | None:
    """The score from which it is a go, with its scale (None: unnamed); None where none is told."""
    for _, text in _lines(document):
        match = _BAR.match(text)
        if match is not None:
            scale = Decimal(100) if match["share"] else None
            return Decimal(match["value"]), Decimal(match["best"]) if match["best"] else scale
    return None


def remarks_in(document: Document) -> list[dict[str, str | int]]:
    """Strengths, gaps and confidence, where a score is told: rows of label, text, line (S82).

    With them the scores that approvers gave, wherever they stand (S83).
    """
    found = [
        _remark("Approval", text, number)
        for number, text in _lines(document)
        if _APPROVAL.match(text) and not _OF_SCORE.search(text.partition(":")[0])
    ]
    for section in document.sections:
        if any(_OF_SCORES.search(s.title) or SCORED.search(s.title) for s in section.path()):
            found += _remarks(section)
    return found[:MOST]


def _remarks(section: Section) -> Iterator[dict[str, str | int]]:
    for top in section.blocks:
        for block in walk(top):
            if isinstance(block, Paragraph):
                for number, row in block.rows:
                    match = _CONFIDENCE.match(without_marks(plain(row)))
                    if match:
                        yield _remark("Confidence", match["text"], number)
            elif isinstance(block, ListItem):
                yield from _below(block)


def _below(item: ListItem) -> Iterator[dict[str, str | int]]:
    """The bullets below one that only says what they are: "Strengths:"."""
    label = _words(item.text)
    if not _REMARKS.match(label):
        return
    for inner in walk(item):
        if isinstance(inner, ListItem) and inner is not item:
            yield _remark(label.strip(" :"), _words(inner.text), inner.line)


def _remark(label: str, text: str, line: int) -> dict[str, str | int]:
    return {"label": label[:60], "text": text[:300], "line": line}


def _words(text: str) -> str:
    return without_marks(plain(text.split("\n")[0]))


def _lines(document: Document) -> Iterator[tuple[int, str]]:
    """Every line of headings, paragraphs and bullets in plain words; nothing of code."""
    for block in document.blocks_with_headings():
        yield from _of_block(block)


def _of_block(block: Block) -> Iterator[tuple[int, str]]:
    if isinstance(block, Heading | ListItem):
        yield block.line, _words(block.text)
    elif isinstance(block, Paragraph):
        for number, row in block.rows:
            yield number, without_marks(plain(row))
