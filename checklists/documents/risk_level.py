"""The overall level that a document claims, beside the one that its risks come to."""

import re
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.documents.risk_parts import RiskFound
from checklists.rules.ratings import severity_of
from checklists.rules.risks import LEVELS, Overall, Rated, Said, Word, overall, rate
from warroom.documents.blocks import Document, Paragraph, Section
from warroom.documents.header import fact_of
from warroom.documents.plain import plain, without_marks
from warroom.documents.readers import NOTE, WARNING, Understanding

_OVERALL = re.compile(
    r"^(?:overall|residual|total|aggregate)\s+risk(?:\s+(?:level|rating|score))?$"
    r"|^(?:gesamt|rest)risiko$|^risk level$",
    re.I,
)
_HEADING = re.compile(r"^(?P<what>[\w\s]*\brisk(?: level)?):\s*(?P<word>.+)$", re.I)
SHOWN = {0: "high", 1: "high", 2: "medium", 3: "low", 4: "low"}


def compare_level(
    document: Document, risks: Sequence[RiskFound], understanding: Understanding
) -> None:
    """Say where the document's own word differs from what its risks come to (law 11)."""
    claims = list(_claims(document))
    rated = [_rated(number, risk) for number, risk in enumerate(risks, start=1)]
    computed = overall(rated)
    for line, word in claims:
        understanding.claim(
            line, "risk", _("Overall risk, as the document says: {word}").format(word=word)
        )
    if claims and risks and any(word != computed.level for _unused, word in claims):
        line, word = next(one for one in claims if one[1] != computed.level)
        text = _(
            "The document says {word}; its {count} risks come to more or less than that."
        ).format(word=word, count=len(risks))
        text += f" {computed.sentence}{_worst(rated, computed)}"
        way_out = _("Rate the risks, or write the level that they come to.")
        understanding.find(line, WARNING, "risk_level", text, way_out)
    elif claims and not risks:
        text = _(
            "The document says {claims} and lists no risks in a form that can be rated."
        ).format(claims=claims[0][1])
        understanding.find(claims[0][0], NOTE, "risk_level", text)


def _rated(number: int, risk: RiskFound) -> Rated:
    said = Said(f"R{number}", risk.severity, risk.probability, risk.probability_after, risk.impact)
    return rate(said)


def _worst(rated: Sequence[Rated], computed: Overall) -> str:
    """Which risks make it so: `` R1 asks to stop.``"""
    words = {level: word for word, level in LEVELS.items()}
    word = words.get(computed.level)
    if word in (None, Word.WATCH):
        return ""
    names = [risk.name for risk in rated if risk.word is word]
    said = ngettext("{risks} asks to {word}.", "{risks} ask to {word}.", len(names))
    return f" {said.format(risks=', '.join(names), word=word)}"


def _claims(document: Document) -> Iterator[tuple[int, str]]:
    for section in document.sections:
        if claim := _of_heading(section):
            yield claim
        for block in section.blocks:
            if isinstance(block, Paragraph):
                yield from _of_paragraph(block)


def _of_heading(section: Section) -> tuple[int, str] | None:
    match = _HEADING.match(without_marks(plain(section.title)))
    severity = severity_of(match["word"]) if match else None
    return (section.line, SHOWN[severity.rank]) if severity else None


def _of_paragraph(block: Paragraph) -> Iterator[tuple[int, str]]:
    for number, row in block.rows:
        fact = fact_of(row)
        if fact is None or not _OVERALL.match(without_marks(fact[0])):
            continue
        severity = severity_of(without_marks(fact[1]))
        if severity is not None:
            yield number, SHOWN[severity.rank]
