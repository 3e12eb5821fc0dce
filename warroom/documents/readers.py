"""What was understood of a document, and the registry of the readers that understand it.

A reader claims lines ("this became an item") and leaves frozen parts for its ``create``. What no
reader claims is kept as text, and that is said too: no line is dropped silently.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from warroom.documents.blocks import (
    Block,
    Document,
    Fence,
    Heading,
    Html,
    ListItem,
    Row,
    Rule,
    Section,
    Table,
)
from warroom.models import DeploymentPlan, User
from warroom.rules.moments import Moment

WARNING = "warning"
NOTE = "note"
COUNTS = (
    "task_items",
    "phases",
    "items",
    "done",
    "roles",
    "contacts",
    "criteria",
    "queries",
    "stages",
    "risks",
)


@dataclass(slots=True)
class Line:
    """One line of the document: what it ``became``, in words (``label``), and what is odd."""

    number: int
    source: str
    became: str
    label: str = ""
    severity: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should look at. ``line`` is 1-based, 0 for the whole document."""

    line: int
    severity: str
    code: str
    text: str
    way_out: str = ""


@dataclass(slots=True)
class Understanding:
    """The whole of it; built up by the readers in their order."""

    document: Document
    title: str = ""
    title_section: Section | None = None
    facts: dict[str, str] = field(default_factory=dict)
    t0: Moment | None = None
    written: Moment | None = None
    version: str = ""
    environment: str = ""
    parts: dict[str, Any] = field(default_factory=dict)
    # Triggers, steps and targets of a rollback plan: no rows yet, kept in the import's event.
    rollback: dict[str, list[str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    lines: list[Line] = field(default_factory=list)
    claims: dict[int, Line] = field(default_factory=dict)

    def claim(
        self, block: Block | int, became: str, label: str = "", severity: str = "", note: str = ""
    ) -> None:
        """Say what a line became. A block claims its first line.

        The first claim stands; only a header fact gives way to whatever else its line says.
        """
        number = block if isinstance(block, int) else block.line
        known = self.claims.get(number)
        if (known is None or known.became == "fact") and 1 <= number <= len(self.document.lines):
            source = self.document.lines[number - 1]
            self.claims[number] = Line(number, source, became, label, severity, note)

    def claim_rest(self, block: Block, became: str, label: str = "") -> None:
        """Claim every line of a block that nobody has claimed yet."""
        for number in range(block.line, min(block.end, len(self.document.lines)) + 1):
            if number not in self.claims and self.document.lines[number - 1].strip():
                self.claim(number, became, label)

    def is_claimed(self, block: Block | int) -> bool:
        return (block if isinstance(block, int) else block.line) in self.claims

    def find(self, line: int, severity: str, code: str, text: str, way_out: str = "") -> None:
        self.findings.append(Finding(line, severity, code, text, way_out))

    def path(self, section: Section) -> list[Section]:
        """The headings above and of a section, without the document's own title."""
        return [step for step in section.path() if step is not self.title_section]

    @property
    def warnings(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == WARNING]

    @property
    def notes(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == NOTE]

    def as_data(self) -> dict[str, Any]:
        """The answer for pipelines: ``understood`` and ``findings``."""
        return {
            "understood": {key: self.counts[key] for key in COUNTS},
            "findings": [
                {"line": f.line, "severity": f.severity, "code": f.code, "text": f.text}
                for f in self.findings
            ],
        }


@dataclass(slots=True)
class Creation:
    """The rows that one import has made so far, for the readers of the floors above.

    ``by`` is a person or the name of a rule, ``at`` the one instant of the import (UTC).
    """

    by: User | str
    at: datetime
    made: dict[str, Any] = field(default_factory=dict)


class Reader:
    """Claims blocks of a document and makes rows of them. Lower ``order`` reads first."""

    name = ""
    order = 100

    def read(self, document: Document, understanding: Understanding) -> None:
        """Claim lines and leave parts. No database."""

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        """Make rows of this reader's parts, inside the import's one transaction."""


_readers: dict[str, Reader] = {}


def register(reader: Reader) -> None:
    _readers[reader.name] = reader


def registered() -> list[Reader]:
    return sorted(_readers.values(), key=lambda reader: (reader.order, reader.name))


def read_all(document: Document) -> Understanding:
    """Let every registered reader read, then account for every line. Pure but for the registry."""
    understanding = Understanding(document)
    for reader in registered():
        reader.read(document, understanding)
    _claim_the_rest(document, understanding)
    _mark_lines(understanding)
    understanding.findings.sort(key=lambda f: (f.severity != WARNING, f.line))
    understanding.lines = [
        understanding.claims[number] for number in range(1, len(document.lines) + 1)
    ]
    return understanding


_KEPT: tuple[tuple[type[Block], str, str], ...] = (
    (Fence, "code", "Code, kept as text"),
    (Table, "text", "Table, kept as text"),
    (Heading, "text", "Heading, kept as text"),
    (Rule, "rule", "Divider"),
)


def _claim_the_rest(document: Document, understanding: Understanding) -> None:
    for number in range(1, document.front_matter_end + 1):
        understanding.claim(number, "front matter", "Front matter, kept with the plan")
    for number, block in _unread_lines(document.blocks_with_headings()):
        known = number in understanding.claims or number > len(document.lines)
        if not known and document.lines[number - 1].strip():
            understanding.claim(number, *_kept(block))
    for number, line in enumerate(document.lines, start=1):
        if number not in understanding.claims:
            kept = ("text", "Kept as text") if line.strip() else ("blank", "")
            understanding.claim(number, *kept)


def _unread_lines(blocks: Iterable[Block]) -> Iterable[tuple[int, Block]]:
    """Lines of leaf blocks; of lists and items only their first line, their insides follow."""
    for block in blocks:
        if isinstance(block, ListItem | Row):
            yield block.line, block
        elif isinstance(block, Fence | Html | Table | Heading | Rule):
            for number in range(block.line, block.end + 1):
                yield number, block


def _kept(block: Block) -> tuple[str, str]:
    if isinstance(block, Html):
        return ("comment", "Comment, kept as text") if block.comment else ("text", "HTML, kept")
    if isinstance(block, ListItem):
        return "text", "Step, kept as text" if block.number is not None else "Bullet, kept as text"
    for kind, became, label in _KEPT:
        if isinstance(block, kind):
            return became, label
    return "text", "Kept as text"


def _mark_lines(understanding: Understanding) -> None:
    """Put each finding beside its line, the gravest first."""
    for finding in sorted(understanding.findings, key=lambda f: f.severity != WARNING):
        line = understanding.claims.get(finding.line)
        if line is not None and not line.severity:
            line.severity = finding.severity
            line.note = line.note or finding.text
