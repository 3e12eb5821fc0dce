"""The blocks of a parsed document. Lines are 1-based and inclusive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from warroom.documents.marks import Insertion


@dataclass(slots=True)
class Block:
    line: int
    end: int


@dataclass(slots=True)
class Heading(Block):
    level: int = 1
    text: str = ""


@dataclass(slots=True)
class Paragraph(Block):
    text: str = ""

    @property
    def rows(self) -> list[tuple[int, str]]:
        """Its source lines with their numbers."""
        return [(self.line + n, row.strip()) for n, row in enumerate(self.text.split("\n"))]


@dataclass(slots=True)
class Fence(Block):
    """A code block; ``info`` is the word after the back-ticks, "" when indented or unnamed."""

    info: str = ""
    text: str = ""
    fenced: bool = True


@dataclass(slots=True)
class Html(Block):
    text: str = ""
    comment: bool = False


@dataclass(slots=True)
class Rule(Block):
    pass


@dataclass(slots=True)
class Quote(Block):
    blocks: list[Block] = field(default_factory=list)


@dataclass(slots=True)
class ListItem(Block):
    """``box`` is None, "open" or "done"; ``text`` is its own text without the box."""

    text: str = ""
    box: str | None = None
    number: int | None = None
    blocks: list[Block] = field(default_factory=list)


@dataclass(slots=True)
class ListBlock(Block):
    ordered: bool = False
    items: list[ListItem] = field(default_factory=list)


@dataclass(slots=True)
class Row(Block):
    cells: tuple[str, ...] = ()


@dataclass(slots=True)
class Table(Block):
    header: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Section:
    """A heading and the blocks below it, up to the next heading of any level."""

    heading: Heading | None
    parent: Section | None = None
    blocks: list[Block] = field(default_factory=list)
    children: list[Section] = field(default_factory=list)

    @property
    def level(self) -> int:
        return self.heading.level if self.heading else 0

    @property
    def title(self) -> str:
        return self.heading.text if self.heading else ""

    @property
    def line(self) -> int:
        return self.heading.line if self.heading else 1

    def path(self) -> list[Section]:
        """From the outermost heading down to this section."""
        path: list[Section] = []
        section: Section | None = self
        while section is not None:
            path.append(section)
            section = section.parent
        return path[::-1]


@dataclass(slots=True)
class Document:
    """``lines`` are the lines as they were written; blocks point into them.

    ``insertions`` is what Warroom once wrote into it; it stands in no line any more.
    """

    text: str
    lines: list[str]
    sections: list[Section]
    front_matter: dict[str, str] = field(default_factory=dict)
    front_matter_end: int = 0
    escaped: bool = False
    insertions: list[Insertion] = field(default_factory=list)

    def blocks_with_headings(self) -> Iterator[Block]:
        """Every block in order, the headings of sections among them."""
        for section in self.sections:
            if section.heading is not None:
                yield section.heading
            for block in section.blocks:
                yield from walk(block)

    def blocks(self) -> Iterator[tuple[Section, Block]]:
        """Every block with its section, parents before children, in order."""
        for section in self.sections:
            for block in section.blocks:
                for inner in walk(block):
                    yield section, inner


def children(block: Block) -> list[Block]:
    if isinstance(block, ListBlock):
        return list(block.items)
    if isinstance(block, ListItem | Quote):
        return block.blocks
    return []


def walk(block: Block) -> Iterator[Block]:
    """The block and everything inside it; no recursion, so depth costs no stack."""
    stack = [block]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(reversed(children(top)))
