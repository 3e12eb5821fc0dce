"""Risks: headings such as "Risk 1: ...", risk tables, and one table of fields per risk."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from checklists.documents.risk_level import compare_level
from checklists.documents.risk_offers import listed_risks
from checklists.documents.risk_parts import (
    IMPACT,
    PROBABILITY,
    SEVERITY,
    Facts,
    RiskFound,
    filled,
    labelled,
    of_facts,
    of_section,
    value,
)
from checklists.models import Risk
from warroom.documents.blocks import Block, Document, ListBlock, Paragraph, Section, Table, walk
from warroom.documents.blocks import ListItem as Item
from warroom.documents.plain import is_blank, plain, without_marks
from warroom.documents.readers import NOTE, Creation, Reader, Understanding, register
from warroom.models import DeploymentPlan

_HEADING = re.compile(
    r"^(?:risk|risiko|riesgo|risque)[\s#-]*(?P<id>\d+)\s*[:.–—-]\s*(?P<title>.+)$", re.I
)
_NAME = re.compile(r"^(?:risk|risiko|riesgo|risque|threat|bedrohung|description|title|name)", re.I)
_ID = re.compile(r"^(?:id|#|nr|risk[- ]?id|risiko-?id)$", re.I)
_RISK_ID = re.compile(r"^(?:risk|risiko|riesgo)[- ]?id$", re.I)
SUMMED_UP = 100  # risks with headings of their own that rows of tables are compared with
_STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "for",
        "from",
        "in",
        "is",
        "not",
        "of",
        "on",
        "or",
        "the",
        "to",
        "with",
        "during",
    ]
)


class Risks(Reader):
    name = "risks"
    order = 30

    def read(self, document: Document, understanding: Understanding) -> None:
        found: list[RiskFound] = []
        headed: list[tuple[int, frozenset[str]]] = []  # place in found, words of the title
        for section in document.sections:
            risk = _from_heading(section)
            if risk is not None:
                if len(headed) < SUMMED_UP:
                    headed.append((len(found), _words(risk.title)))
                found.append(risk)
                self._claim_section(section, understanding)
            for block in section.blocks:
                if isinstance(block, Table) and not understanding.is_claimed(block):
                    own = found.pop() if risk is not None and found else None
                    self._table(block, found, headed, understanding, own)
        found += listed_risks(document, understanding)
        compare_level(document, found, understanding)
        understanding.parts["risks"] = tuple(found)
        understanding.counts["risks"] = len(found)

    def _claim_section(self, section: Section, understanding: Understanding) -> None:
        understanding.claim(section.heading, "risk", _("Risk"))
        for block in section.blocks:
            if any(isinstance(inner, Item) and inner.box for inner in walk(block)):
                continue
            if isinstance(block, Paragraph | ListBlock):
                understanding.claim_rest(block, "risk", _("Belongs to the risk above"))
        for _unused, block in labelled(section):
            if not any(isinstance(inner, Item) and inner.box for inner in walk(block)):
                understanding.claim_rest(block, "risk", _("Belongs to the risk above"))

    def _table(
        self,
        table: Table,
        found: list[RiskFound],
        headed: list[tuple[int, frozenset[str]]],
        understanding: Understanding,
        own: RiskFound | None,
    ) -> None:
        """Read a table; ``own`` is the risk whose heading stands above it."""
        fields = list(_from_fields(table))
        if own is not None:
            found.append(filled(own, fields[0][1]) if fields else own)
        rows = [] if own and fields else fields or list(_from_rows(table))
        if fields or rows:
            understanding.claim(table, "risk", _("Table of risks"))
        summaries = 0
        for block, risk in rows:
            match = _summed_up(risk, headed)
            if match is None:
                found.append(risk)
                understanding.claim(block, "risk", _("Risk"))
            else:
                found[match] = filled(found[match], risk)
                understanding.claim(block, "risk", _("Summary of a risk above"))
                summaries += 1
        if summaries:
            text = _(
                "{summaries} rows repeat risks that stand above; they were not counted twice."
            ).format(summaries=summaries)
            understanding.find(table.line, NOTE, "risk_summary", text)

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        found, first = understanding.parts["risks"], 1
        if creation.extending:
            known = {risk.title: risk.number for risk in Risk.objects.filter(plan=plan)}
            found = [risk for risk in found if risk.title[:300] not in known]
            first = max(known.values(), default=0) + 1
        creation.made["risks"] = Risk.objects.bulk_create(
            Risk(
                plan=plan,
                number=number,
                title=risk.title[:300],
                severity=risk.severity[:60],
                probability=risk.probability[:60],
                probability_after=risk.probability_after[:60],
                impact=risk.impact,
                cause=risk.cause,
                trigger=risk.trigger,
                mitigation=risk.mitigation,
                mitigations=[{"phase": at, "text": text} for at, text in risk.mitigations],
                criteria=[{"if": c, "then": t, "word": w} for c, t, w in risk.criteria],
                owner=risk.owner[:120],
                source_line=creation.source(risk.line),
            )
            for number, risk in enumerate(found, start=first)
        )


def _from_heading(section: Section) -> RiskFound | None:
    match = _HEADING.match(without_marks(section.title))
    return of_section(match["title"].strip(), section) if match else None


def _from_rows(table: Table) -> Iterator[tuple[Block, RiskFound]]:
    """A table with a risk per row; it needs a name and a likelihood, or severity with impact."""
    heads = [without_marks(plain(cell)) for cell in table.header]
    name = next((n for n, h in enumerate(heads) if _NAME.match(h) and not _ID.match(h)), None)
    likely = any(PROBABILITY.search(h) for h in heads)
    grave = any(IMPACT.search(h) for h in heads) or any(SEVERITY.search(h) for h in heads)
    risky = any(re.match(r"risk|risiko|riesgo|risque|threat|bedrohung", h, re.I) for h in heads)
    listed = any(_RISK_ID.match(h) for h in heads) and len(heads) > 3
    if name is None or not (listed or (likely and grave and risky)):
        return
    for row in table.rows:
        title = plain(row.cells[name]) if name < len(row.cells) else ""
        if title and not is_blank(title):
            yield row, _risk(title, row.line, list(zip(heads, map(plain, row.cells), strict=False)))


def _from_fields(table: Table) -> Iterator[tuple[Block, RiskFound]]:
    """A table of two columns with one risk: ID, Title, Probability, Impact, one per row."""
    if len(table.header) != 2:
        return
    facts = [(plain(r.cells[0]), plain(r.cells[1])) for r in table.rows if len(r.cells) > 1]
    keys = [key for key, _unused in facts]
    if not any(_ID.match(k) for k in keys) or not any(PROBABILITY.search(k) for k in keys):
        return
    title = value(facts, re.compile(r"title|name|^description|^risk$", re.I))
    title = title or value(facts, _ID)
    yield table.rows[0], _risk(title or "Risk", table.line, facts)


def _risk(title: str, line: int, facts: Facts) -> RiskFound:
    return of_facts(title, line, [(key, without_marks(said)) for key, said in facts])


def _words(title: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]{3,}", title.lower())) - _STOP


def _summed_up(risk: RiskFound, headed: list[tuple[int, frozenset[str]]]) -> int | None:
    """The place of the risk with a heading of its own that a table's short name means."""
    short = _words(risk.title)
    if len(short) < 2:
        return None
    return next((n for n, long in headed if len(short & long) * 5 >= len(short) * 3), None)


register(Risks())
