"""Title, header facts and T0 of a document."""

import re
from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from warroom.documents.blocks import Document, ListBlock, Paragraph, Section
from warroom.documents.plain import is_blank, plain, without_marks
from warroom.documents.readers import NOTE, WARNING, Reader, Understanding, register
from warroom.rules.facts import ENVIRONMENT_KEYS, T0_KEYS, VERSION_KEYS, WINDOW_KEYS
from warroom.rules.moments import Moment, parse_moment, parse_window
from warroom.rules.offsets import format_span
from warroom.rules.wording import dated_moment

_BOLD_FACT = re.compile(r"^\*\*([^*]{1,60}?):?\*\*\s*:?\s*(.*)$")
_PLAIN_FACT = re.compile(r"^([A-Z][\w /()-]{1,40}):\s+(\S.*)$")
_ITALIC = re.compile(r"^\*([^*].*)\*$")
_STARTS = re.compile(r"window|go-?live|launch|deploy|cut-?over|release on|starts?\b|begins?", re.I)
_WRITTEN_KEYS = re.compile(
    r"^(?:date|created(?: at)?|generated(?: at)?|written|prepared(?: on)?|preparation date"
    r"|document date)$",
    re.I,
)


def fact_of(row: str, bold_only: bool = True) -> tuple[str, str] | None:
    """Key and value of a line such as ``**Date:** 2025-10-25``; values in plain words."""
    row = row.strip().rstrip("\\")
    italic = _ITALIC.match(row)
    match = _BOLD_FACT.match(row)
    if match is not None and ":" not in row:
        return None  # a bold line for itself states no fact
    if match is None and not bold_only:
        match = _PLAIN_FACT.match(italic[1] if italic else row)
    if match is None:
        return None
    return plain(match[1]), plain(match[2])


def fact_rows(section: Section) -> Iterator[tuple[int, str]]:
    """The lines directly below a heading, out of paragraphs and flat lists."""
    for block in section.blocks:
        if isinstance(block, Paragraph):
            yield from block.rows
        elif isinstance(block, ListBlock):
            for item in block.items:
                if item.box is None:
                    yield item.line, item.text.split("\n")[0]


class Header(Reader):
    """Reads what stands above the first part: who, when, which version; and from it T0."""

    name = "header"
    order = 10

    def read(self, document: Document, understanding: Understanding) -> None:
        self._title(document, understanding)
        for key, value in document.front_matter.items():
            understanding.facts.setdefault(key, value)
        lines: dict[str, int] = {}
        for section in document.sections:
            if section.heading is None or section is understanding.title_section:
                self._facts(section, understanding, lines)
        self._encoding(document, understanding)
        self._times(document, understanding, lines)
        self._window(understanding, lines)

    def _title(self, document: Document, understanding: Understanding) -> None:
        headed = [section for section in document.sections if section.heading is not None]
        tops = [section for section in headed if section.level == 1]
        if len(tops) == 1 or (tops and headed and headed[0] is tops[0]):
            understanding.title_section = tops[0]
        title = tops[0] if tops else (headed[0] if headed else None)
        name = title.title if title else document.front_matter.get("title", "")
        if not name:
            name = next((plain(line) for line in document.lines if line.strip()), "")
        understanding.title = without_marks(name).strip(" #-:*")[:200] or _("Untitled checklist")
        if title is not None and title is understanding.title_section:
            understanding.claim(title.heading, "title", _("Release name"))

    def _facts(self, section: Section, understanding: Understanding, lines: dict[str, int]) -> None:
        for number, row in fact_rows(section):
            found = fact_of(row, bold_only=False)
            if found is None or not found[0]:
                continue
            key, value = found
            lines.setdefault(key, number)
            understanding.facts[key] = value
            understanding.claim(number, "fact", _("Note on the release"))
            if is_blank(value):
                understanding.find(
                    number, NOTE, "blank", _("“{key}” is a blank to fill.").format(key=key)
                )
        for key, value in understanding.facts.items():
            if VERSION_KEYS.match(key) and not is_blank(value):
                understanding.version = without_marks(value)[:60]
            elif ENVIRONMENT_KEYS.match(key) and not is_blank(value):
                understanding.environment = without_marks(value)[:60]

    def _encoding(self, document: Document, understanding: Understanding) -> None:
        if document.escaped:
            understanding.find(
                0,
                NOTE,
                "escaped",
                _("Every Markdown sign was escaped by a backslash; read without."),
            )

    def _times(
        self, document: Document, understanding: Understanding, lines: dict[str, int]
    ) -> None:
        for key, value in understanding.facts.items():
            if _WRITTEN_KEYS.match(key) and understanding.written is None:
                understanding.written = parse_moment(value)
        candidates = [
            (lines.get(key, 0), key, value)
            for key, value in understanding.facts.items()
            if T0_KEYS.match(key)
        ]
        candidates += self._elsewhere(document)
        candidates = self._as_chosen(candidates, understanding, lines)
        unread = None
        for number, key, value in candidates:
            moment = parse_moment(value)
            if moment is not None:
                self._take_t0(understanding, number, key, moment)
                return
            if unread is None and not is_blank(value) and not VERSION_KEYS.match(key):
                unread = (number, key, value)
        if unread is None and self._guess_t0(document, understanding):
            return
        self._say_no_t0(understanding, unread)

    def _as_chosen(
        self,
        candidates: list[tuple[int, str, str]],
        understanding: Understanding,
        lines: dict[str, int],
    ) -> list[tuple[int, str, str]]:
        """Any dated line of the header can be T-0, when somebody says so, and each can be none."""
        dated = {
            number: (number, key, understanding.facts[key])
            for key, number in lines.items()
            if parse_moment(understanding.facts[key]) is not None
        }
        dated |= {one[0]: one for one in candidates if one[0] and parse_moment(one[2]) is not None}
        chosen = [one for number, one in dated.items() if understanding.chosen(number, "t0")]
        kept = [one for one in candidates if not understanding.chosen(one[0], "fact")]
        taken = next((one for one in chosen + kept if one[0] in dated), (0, "", ""))
        for number, key, value in dated.values():
            kinds, now = ("t0", "fact"), "fact"
            if WINDOW_KEYS.match(key) and parse_window(value):
                kinds = ("t0", "window", "fact")
                now = understanding.chosen(number, *kinds) or "window"
            understanding.offer(number, "t0" if number == taken[0] else now, kinds)
        return chosen + kept

    def _guess_t0(self, document: Document, understanding: Understanding) -> bool:
        """A full date with clock and zone in the opening lines that speak of a start."""
        for section in document.sections:
            if section.heading is not None and section is not understanding.title_section:
                continue
            before = ""
            for number, row in fact_rows(section):
                moment = parse_moment(plain(row))
                if understanding.chosen(number, "fact"):
                    understanding.offer(number, "fact", ("t0", "fact"))
                    before = ""
                    continue
                if moment and moment.exact and moment.said and _STARTS.search(f"{before} {row}"):
                    moment = replace(moment, doubt=_("guessed from the words around it"))
                    self._take_t0(understanding, number, plain(row)[:60], moment)
                    return True
                before = row
        return False

    def _window(self, understanding: Understanding, lines: dict[str, int]) -> None:
        """The first line that names a window with its begin and end, unless it is chosen a note."""
        zone = understanding.t0.said if understanding.t0 else ""
        for key, value in understanding.facts.items():
            number = lines.get(key, 0)
            pair = parse_window(value, zone) if WINDOW_KEYS.match(key) else None
            if pair is None or understanding.chosen(number, "fact"):
                continue
            understanding.window = (pair[0].at, pair[1].at)
            shown = _("Window {opens} to {closes} UTC").format(
                opens=dated_moment(pair[0].at), closes=dated_moment(pair[1].at)
            )
            known = understanding.claims.get(number)
            t0 = known.label if known and "T-0 = " in known.label else ""
            understanding.claim(number, "fact", f"{t0}; {shown}" if t0 else shown)
            if pair[0].doubt:
                text = f"{shown}: {pair[0].doubt}."
                understanding.find(number, NOTE, "window_assumed", text, _("Set it in the plan."))
            return

    def _elsewhere(self, document: Document) -> Iterator[tuple[int, str, str]]:
        """Target dates further down, for documents without a header."""
        for section in document.sections:
            for number, row in fact_rows(section):
                found = fact_of(row)
                if found and T0_KEYS.match(found[0]):
                    yield number, *found

    def _take_t0(self, understanding: Understanding, number: int, key: str, moment: Moment) -> None:
        understanding.t0 = moment
        shown = _("T-0 = {at} UTC").format(at=dated_moment(moment.at))
        understanding.claims.pop(number, None)
        before = understanding.offers.pop(number, None)
        understanding.offer(number, "t0", before.kinds if before else ("t0", "fact"))
        understanding.claim(number, "fact", shown)
        if moment.doubt:
            understanding.find(
                number,
                NOTE,
                "t0_assumed",
                f"{shown}: {moment.doubt}.",
                _("Set T-0 before creating."),
            )
        written = understanding.written
        if written is not None and moment.at < written.at:
            gap = format_span((written.at - moment.at).total_seconds())
            understanding.find(
                number,
                WARNING,
                "target_before_document",
                _("{shown}. That is {gap} before the document’s own date.").format(
                    shown=shown, gap=gap
                ),
                _("Check “{key}” and the date above it.").format(key=key),
            )

    def _say_no_t0(self, understanding: Understanding, unread: tuple[int, str, str] | None) -> None:
        if unread is None:
            text = _("The document names no target time, so offsets count from a T-0 to be set.")
            understanding.find(0, NOTE, "t0_missing", text, _("Set T-0 before creating."))
            return
        number, key, value = unread
        text = _("“{key}: {value}” names no day of the calendar, so T-0 stays open.").format(
            key=key, value=value[:80]
        )
        understanding.find(number, WARNING, "t0_unreadable", text, _("Set T-0 before creating."))


register(Header())
