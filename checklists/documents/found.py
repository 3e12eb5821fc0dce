"""What the checklist of a document is made of, before anything is stored."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from checklists.documents.places import Span
from checklists.documents.work import Details
from warroom.documents.blocks import Document, ListItem, Section
from warroom.documents.readers import Understanding

ROLLBACK = re.compile(r"roll-?\s?back|回滾|回滚|back-?out", re.I)
_OPTIONAL = re.compile(r"\(if [^()]{2,60}\)|\boptional\b|if needed|recommended|si aplica", re.I)


def is_optional(title: str) -> bool:
    return bool(_OPTIONAL.search(title))


@dataclass(slots=True)
class ItemFound:
    """One item to be. ``parent`` is the number of another item, ``group`` an index of its phase."""

    number: int
    text: str
    line: int
    state: str
    details: Details
    parent: int | None = None
    position: int = 0


@dataclass(slots=True)
class GroupFound:
    """Items under one heading or label; ``title`` is "" directly below the phase."""

    title: str
    line: int
    span: Span
    optional: bool = False
    items: list[ItemFound] = field(default_factory=list)


@dataclass(slots=True)
class PhaseFound:
    number: int
    title: str
    line: int
    span: Span
    required: bool = True
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    exit_criteria: str = ""
    groups: list[GroupFound] = field(default_factory=list)

    @property
    def items(self) -> list[ItemFound]:
        return [item for group in self.groups for item in group.items]


@dataclass(slots=True)
class Cluster:
    """Work that stands together: its section, the bold label above it, and its items."""

    section: Section
    label: str
    line: int
    items: list[ItemFound] = field(default_factory=list)


@dataclass(slots=True)
class Reading:
    """What is carried along while one document is read."""

    document: Document
    understanding: Understanding
    year: int | None
    clusters: list[Cluster] = field(default_factory=list)
    number: int = 0
    triggers: list[ListItem] = field(default_factory=list)
    owners: dict[int, str] = field(default_factory=dict)  # by the line of a section's heading
    # Where each bullet's list begins, of the section that was asked for last.
    lists_of: Section | None = None
    list_lines: dict[int, int] = field(default_factory=dict)

    def next_number(self) -> int:
        self.number += 1
        return self.number
