"""The document on its way out: the team's own Markdown, completed.

Every line stands exactly where and as it stood; only box marks (and the state cells of status
tables) are set, and what is inserted stands between marks (``documents/marks.py``), so that
``strip`` gives the source back. The normal form is ``plan.source_text``: line ends are LF, without
a byte order mark, a Mac Roman mis-reading repaired. Each app brings its writers, as it does with
readers.

A plan without a document is first written down from its structure; the rest is the same.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.conf import settings
from django.utils import timezone

from warroom.documents import marks
from warroom.documents.blocks import Rule, Section, Table
from warroom.documents.choices import as_text
from warroom.documents.marks import escape
from warroom.documents.parse import parse
from warroom.documents.readers import Understanding, read_all
from warroom.models import DeploymentPlan
from warroom.rules.rehearsal import MARK

_TABLE_END = re.compile(r"\|\s*\Z")
_BACKSLASHES = re.compile(r"\\+\Z")


def stamp(at: datetime) -> str:
    """An instant as the document says it: ``2025-10-23 09:16 UTC``."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def by_whom(name: str, at: datetime | None) -> str:
    """`` by Cora, 2025-10-23 09:16 UTC``, as far as it is known."""
    who = f" by {escape(name)}" if name else ""
    return who + (f", {stamp(at)}" if at else "")


@dataclass(slots=True)
class Page:
    """A document that is being completed. Line numbers are 1-based, of the source.

    ``understanding`` is of the lines as they are now, with their boxes set. ``lines_of`` says where
    a plan without a document was written down: line numbers by (kind of row, its key).
    """

    plan: DeploymentPlan
    lines: list[str]
    understanding: Understanding
    at: datetime
    ends: bool = True  # whether the last line ends in a line break
    lines_of: dict[tuple[str, int], int] = field(default_factory=dict)
    rows: set[int] = field(default_factory=set)  # lines that are rows of tables
    rules: set[int] = field(default_factory=set)  # lines that divide
    _words: dict[int, list[str]] = field(default_factory=dict)
    _blocks: dict[int, list[str]] = field(default_factory=dict)
    _fills: dict[int, list[tuple[int, int, str]]] = field(default_factory=dict)

    def line_of(self, kind: str, row: object) -> int | None:
        """The line that a row of the plan came from, None for what was added in the room."""
        line = row.source_line or self.lines_of.get((kind, row.pk))  # type: ignore[attr-defined]
        return line if line and line <= len(self.lines) else None

    def say(self, line: int, text: str) -> None:
        """Insert words at the end of a line, in a table inside its last cell."""
        self._words.setdefault(line, []).append(marks.words(text))

    def add(self, line: int, text: str) -> None:
        """Insert whole lines after a line; 0 puts them at the top."""
        self._blocks.setdefault(line, []).append(text)

    def fill(self, line: int, start: int, end: int, text: str) -> bool:
        """Put words in the place of a blank in a line; False where the blank cannot be kept.

        Columns count from 0; where both are the same, the words are put in between.
        """
        blank = self.lines[line - 1][start:end]
        filled = marks.instead(blank, text) if blank else marks.words(text)
        if filled is None:
            return False
        self._fills.setdefault(line, []).append((start, end, filled))
        return True

    def section_end(self, line: int, inner: bool = True) -> int:
        """The last line with words of the section around a line; ``inner``: with those below it."""
        sections = self.understanding.document.sections
        place = max(n for n, one in enumerate(sections) if one.line <= line or n == 0)
        after = _next_section(sections, place, inner)
        end = after.line - 1 if after else len(self.lines)
        while end > line and self._is_bare(end):
            end -= 1
        return end

    def _is_bare(self, line: int) -> bool:
        return not self.lines[line - 1].strip() or line in self.rules

    def text(self) -> str:
        """The lines with everything that was inserted."""
        parts = [self._block(0)]
        for number, line in enumerate(self.lines, start=1):
            last = number == len(self.lines)
            parts.append(self._with_words(number, line))
            parts.append("" if last and not self.ends else "\n")
            if not last or self.ends:
                parts.append(self._block(number))
        if self.lines and not self.ends:
            parts += [marks.words(f"\n\n{one}\n") for one in self._blocks.get(len(self.lines), [])]
        return "".join(parts)

    def _block(self, number: int) -> str:
        return "".join(marks.block(one) for one in self._blocks.get(number, []))

    def _with_words(self, number: int, line: str) -> str:
        said = "".join(self._words.get(number, []))
        place = _place_of_words(line, number in self.rows) if said else 0
        changes = [*self._fills.get(number, []), *([(place, place, said)] if said else [])]
        for start, end, new in sorted(changes, reverse=True):
            line = line[:start] + new + line[end:]
        return line


def _next_section(sections: list[Section], place: int, inner: bool) -> Section | None:
    level = sections[place].level
    after = sections[place + 1 :]
    return next((one for one in after if not inner or one.level <= level), None)


def _place_of_words(line: str, in_table: bool) -> int:
    """Where words can be put at the end of a line: before blanks, a break, a closing pipe."""
    end = len(line.rstrip())
    if in_table and (pipe := _TABLE_END.search(line[:end])):
        return len(line[: pipe.start()].rstrip())
    if (slashes := _BACKSLASHES.search(line[:end])) and len(slashes[0]) % 2:
        return end - 1
    return end


class Writer:
    """Completes its part of a document. Lower ``order`` writes first."""

    name = ""
    order = 100

    def outline(self, plan: DeploymentPlan, outline: "Outline") -> None:
        """Write the structure of a plan that has no document."""

    def mark(self, page: Page) -> None:
        """Set boxes and state cells in ``page.lines``; nothing else of a line changes."""

    def write(self, page: Page) -> None:
        """Insert what people did."""


@dataclass(slots=True)
class Outline:
    """The lines of a document to be; ``note`` remembers where a row was written."""

    lines: list[str] = field(default_factory=list)
    lines_of: dict[tuple[str, int], int] = field(default_factory=dict)

    def add(self, *lines: str) -> None:
        self.lines += lines

    def note(self, kind: str, row: object, line: str) -> None:
        """Add the line of a row of the plan."""
        self.lines.append(line)
        self.lines_of[kind, row.pk] = len(self.lines)  # type: ignore[attr-defined]

    def heading(self, level: int, title: str) -> None:
        self.add(*([""] if self.lines else []), f"{'#' * level} {plain_line(title)}", "")


def plain_line(text: str) -> str:
    """Words as one line of a document that reads back as these words."""
    text = plain_words(text)
    text = re.sub(r"^([#+-])", r"\\\1", text)
    # A figure takes no backslash, and "0.04 %" is no list: only "4. " would be one.
    return re.sub(r"^(\d{1,9})([.)])(?=\s|$)", r"\1\\\2", text)


def plain_words(text: str) -> str:
    """The same for words that do not begin a line, such as those in a cell of a table."""
    return re.sub(r"([\\`*_\[\]<>~|])", r"\\\1", " ".join(text.split()))


_writers: dict[str, Writer] = {}


def register_writer(writer: Writer) -> None:
    _writers[writer.name] = writer


def writers() -> list[Writer]:
    return sorted(_writers.values(), key=lambda writer: (writer.order, writer.name))


def completed_document(plan: DeploymentPlan, at: datetime | None = None) -> str:
    """The plan's document with what people did, as of ``at`` (UTC, else now).

    Without a document it is written from the plan's structure.
    """
    page = marked_page(plan, at or timezone.now())
    for writer in writers():
        writer.write(page)
    page.add(len(page.lines), _closing(page))
    return page.text()


def marked_page(plan: DeploymentPlan, at: datetime) -> Page:
    """The document with its boxes set and nothing inserted yet."""
    text, lines_of = source_of(plan)
    page = _page(plan, text, at, lines_of)
    before = list(page.lines)
    for writer in writers():
        writer.mark(page)
    if page.lines == before:
        return page
    ended = "\n" if page.ends else ""
    return _page(plan, "\n".join(page.lines) + ended, at, lines_of)


def source_page(plan: DeploymentPlan, at: datetime) -> Page:
    """The document as it is kept, its boxes as they came."""
    text, lines_of = source_of(plan)
    return _page(plan, text, at, lines_of)


def source_of(plan: DeploymentPlan) -> tuple[str, dict[tuple[str, int], int]]:
    """The plan's document, or one written from its structure and where its rows stand in it."""
    if plan.source_text.strip():
        return plan.source_text, {}
    outline = Outline()
    for writer in writers():
        writer.outline(plan, outline)
    return "\n".join(outline.lines) + "\n", outline.lines_of


def choices_of(plan: DeploymentPlan) -> dict[int, str]:
    """What people chose for lines of the document when it was last read."""
    kinds = ("plan.imported", "plan.updated_from_document")
    event = plan.events.filter(kind__in=kinds).order_by("-seq").first()
    kept = event.data.get("choices") if event else None
    return {int(line): kind for line, kind in kept.items()} if isinstance(kept, dict) else {}


def _page(
    plan: DeploymentPlan, text: str, at: datetime, lines_of: dict[tuple[str, int], int]
) -> Page:
    document = parse(text)
    understanding = read_all(document, choices_of(plan) if not lines_of else None)
    # Not the document's lines: to read may repair a text that was damaged twice.
    lines = text.split("\n")
    ends = lines[-1] == ""
    page = Page(plan, lines[:-1] if ends else lines, understanding, at, ends, lines_of)
    for block in document.blocks_with_headings():
        if isinstance(block, Table):
            page.rows.update(row.line for row in block.rows)
        elif isinstance(block, Rule):
            page.rules.add(block.line)
    return page


def _closing(page: Page) -> str:
    plan = page.plan
    events = f"{plan.timeline_seq} event{'' if plan.timeline_seq == 1 else 's'}"
    link = settings.PUBLIC_URL + plan.get_absolute_url()
    chosen = as_text(choices_of(plan)) if plan.source_text.strip() else ""
    kind = "rehearsal" if plan.rehearsal else "room"
    return (
        f"---\n\n*Completed from the {kind} of {escape(plan.name)}, {stamp(page.at)} — timeline: "
        f"{events}, head `{plan.timeline_hash}`* — <{link}>"
        + (f"\n\n<!--wr-choices {chosen}-->" if chosen else "")
    )


class Head(Writer):
    """Title and header facts of a plan that has no document."""

    name = "head"
    order = 10

    def outline(self, plan: DeploymentPlan, outline: Outline) -> None:
        outline.heading(1, plan.name)
        known = {"Version": plan.version, "Environment": plan.environment}
        known |= {"T0": stamp(plan.t0) if plan.t0 else ""}
        facts = {str(key): str(value) for key, value in plan.facts.items()}
        facts |= {key: value for key, value in known.items() if value}
        for key, value in facts.items():
            outline.add(f"**{plain_line(key)}:** {plain_line(value)}\\")
        if facts:
            outline.lines[-1] = outline.lines[-1].removesuffix("\\")

    def write(self, page: Page) -> None:
        if page.plan.rehearsal:
            text = f"**{MARK}.** Nothing that is signed, decided or measured here is evidence."
            page.add(page.understanding.document.front_matter_end, text)


register_writer(Head())
