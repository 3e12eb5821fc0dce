"""What was understood of a document, and the registry of the readers that understand it.

A reader claims lines ("this became an item") and leaves frozen parts for its ``create``. What no
reader claims is kept as text, and that is said too: no line is dropped silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

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

# How people call one and many of what an import counts.
NOUNS = {
    "phases": ngettext_lazy("phase", "phases"),
    "groups": ngettext_lazy("group", "groups"),
    "items": ngettext_lazy("item", "items"),
    "done": ngettext_lazy("of them done", "of them done"),
    "roles": ngettext_lazy("role", "roles"),
    "contacts": ngettext_lazy("contact", "contacts"),
    "gates": ngettext_lazy("gate", "gates"),
    "criteria": ngettext_lazy("criterion", "criteria"),
    "queries": ngettext_lazy("metric", "metrics"),
    "stages": ngettext_lazy("stage", "stages"),
    "risks": ngettext_lazy("risk", "risks"),
    "scenarios": ngettext_lazy("scenario", "scenarios"),
    "categories": ngettext_lazy("readiness category", "readiness categories"),
}


def in_words(counts: Mapping[str, int], always: Iterable[str] = ()) -> list[tuple[int, str]]:
    """Each count that is not 0 with its noun, in the order of NOUNS; those of ``always`` too."""
    return [
        (counts[key], noun % counts[key])
        for key, noun in NOUNS.items()
        if counts.get(key) or key in always
    ]


@dataclass(slots=True)
class Line:
    """One line of the document: what it ``became``, in words (``label``), and what is odd.

    ``offer`` is what else a person may make of it; ``chosen``: it is as somebody chose.
    """

    number: int
    source: str
    became: str
    label: str = ""
    severity: str = ""
    note: str = ""
    offer: Offer | None = None
    chosen: bool = False

    @property
    def guessed(self) -> bool:
        """Whether it became something that could as well be something else."""
        return self.offer is not None and not self.chosen and self.offer.now not in LEFT


LEFT = frozenset({"text", "fact", "undated", "exit"})  # what an offer leaves as it stands


@dataclass(frozen=True, slots=True)
class Offer:
    """What a line may become: ``now`` is what it did, one of ``kinds`` (see choices.KINDS).

    Lines of one ``block`` (the number of its first line) are also offered together.
    """

    now: str
    kinds: tuple[str, ...]
    block: int
    what: str = "lines"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should look at. ``line`` is 1-based, 0 for the whole document."""

    line: int
    severity: str
    code: str
    text: str
    way_out: str = ""

    def as_data(self) -> dict[str, Any]:
        """What pipelines and the timeline are told."""
        return {
            "line": self.line,
            "severity": self.severity,
            "code": self.code,
            "text": self.text,
        }


@dataclass(slots=True)
class Understanding:
    """The whole of it; built up by the readers in their order."""

    document: Document
    title: str = ""
    title_section: Section | None = None
    facts: dict[str, str] = field(default_factory=dict)
    t0: Moment | None = None
    written: Moment | None = None
    window: tuple[datetime, datetime] | None = None  # UTC
    version: str = ""
    environment: str = ""
    parts: dict[str, Any] = field(default_factory=dict)
    # Triggers, steps and targets of a rollback plan: no rows yet, kept in the import's event.
    rollback: dict[str, list[str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    lines: list[Line] = field(default_factory=list)
    claims: dict[int, Line] = field(default_factory=dict)
    # What a person chose, by line, and what each line may become.
    choices: Mapping[int, str] = field(default_factory=dict)
    offers: dict[int, Offer] = field(default_factory=dict)

    def chosen(self, block: Block | int, *kinds: str) -> str:
        """What a person chose for a line, when it is one of ``kinds``; else ""."""
        choice = self.choices.get(block if isinstance(block, int) else block.line, "")
        return choice if choice in kinds else ""

    def offer(
        self,
        block: Block | int,
        now: str,
        kinds: tuple[str, ...],
        group: int = 0,
        what: str = "lines",
    ) -> None:
        """Let a person choose among ``kinds``; ``now`` is what the line became. The first stands.

        Lines with one ``group`` are offered together, and called ``what`` there.
        """
        number = block if isinstance(block, int) else block.line
        if number not in self.offers and 1 <= number <= len(self.document.lines):
            self.offers[number] = Offer(now, kinds, group or number, what)

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
            "findings": [finding.as_data() for finding in self.findings],
        }


@dataclass(slots=True)
class Creation:
    """The rows that one import has made so far, for the readers of the floors above.

    ``by`` is a person or the name of a rule, ``at`` the one instant of the import (UTC).
    """

    by: User | str
    at: datetime
    made: dict[str, Any] = field(default_factory=dict)
    # The plan is there already: make only what it lacks, number on, and touch nothing.
    extending: bool = False

    @property
    def by_name(self) -> str:
        return self.by if isinstance(self.by, str) else self.by.display_name

    def source(self, line: int) -> int | None:
        """A line of the plan's own document; what is added to a plan stands in another."""
        return None if self.extending else line


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


def read_all(document: Document, choices: Mapping[int, str] | None = None) -> Understanding:
    """Let every registered reader read, then account for every line. Pure but for the registry.

    ``choices``: what a person wants certain lines to be. One that makes no sense is a finding.
    """
    understanding = Understanding(document, choices=choices or {})
    for reader in registered():
        reader.read(document, understanding)
    _claim_the_rest(document, understanding)
    _mark_choices(understanding)
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
        understanding.claim(number, "front matter", _("Front matter, kept with the plan"))
    for number, block in _unread_lines(document.blocks_with_headings()):
        known = number in understanding.claims or number > len(document.lines)
        if not known and document.lines[number - 1].strip():
            understanding.claim(number, *_kept(block))
    for number, line in enumerate(document.lines, start=1):
        if number not in understanding.claims:
            kept = ("text", _("Kept as text")) if line.strip() else ("blank", "")
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
        return (
            ("comment", _("Comment, kept as text")) if block.comment else ("text", _("HTML, kept"))
        )
    if isinstance(block, ListItem):
        return "text", _("Step, kept as text") if block.number is not None else _(
            "Bullet, kept as text"
        )
    for kind, became, label in _KEPT:
        if isinstance(block, kind):
            return became, label
    return "text", _("Kept as text")


def _mark_choices(understanding: Understanding) -> None:
    """Put each offer beside its line, and say which choices hold and which came to nothing."""
    for number, offer in understanding.offers.items():
        line = understanding.claims[number]
        line.offer = offer
        line.chosen = understanding.choices.get(number) == offer.now
        if line.chosen:
            line.label = _("{line}, as you chose").format(line=line.label).lstrip(", ")
    for number, choice in sorted(understanding.choices.items()):
        offer = understanding.offers.get(number)
        if offer is None or offer.now != choice:
            text = _(
                "Line {number} cannot be read as “{choice}”; it was read as without it."
            ).format(number=number, choice=choice[:20])
            line = number if number in understanding.claims else 0
            understanding.find(line, NOTE, "choice_unused", text)


def _mark_lines(understanding: Understanding) -> None:
    """Put each finding beside its line, the gravest first."""
    for finding in sorted(understanding.findings, key=lambda f: f.severity != WARNING):
        line = understanding.claims.get(finding.line)
        if line is not None and not line.severity:
            line.severity = finding.severity
            line.note = line.note or finding.text
