"""Scores as documents write them: tables with or without weights, and lists. No database."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.text import slugify

from checklists.documents.places import announces
from warroom.documents.blocks import Document, ListBlock, ListItem, Paragraph, Row, Section, Table
from warroom.documents.plain import is_blank, plain, without_marks

LIMIT = 50
SCORED = re.compile(
    r"\bscore breakdown\b|\breadiness score\b|\bcategory scores?\b|\bweighted scores?\b"
    r"|\bscores? by (?:category|area)\b",
    re.I,
)
_WEIGHT = re.compile(r"^(?:weight(?:ing)?|gewicht(?:ung)?|peso|poids|權重|权重)\b(?!ed)", re.I)
_LABEL = re.compile(
    r"^(?:categor|area|dimension|criteri|bereich|kategorie|área|item|domain|factor|component)", re.I
)
_SCORE = re.compile(r"^(?:scores?|rating|punkte|bewertung|puntuación|puntaje|note|得分)\b", re.I)
_TARGET = re.compile(r"target|goal|minimum|threshold|ziel|required", re.I)
_STATUS = re.compile(r"^(?:status|result|verdict|ergebnis)", re.I)
_WHY = re.compile(
    r"justif|rationale|reason|comment|^notes?\b|^why\b|evidence|begründung|bemerkung", re.I
)
TOTAL = re.compile(r"^(?:sub)?total|^overall|^sum(?:me)?\b|^gesamt|^weighted", re.I)
_NUMBER = r"\d{1,4}(?:\.\d{1,4})?"
_VALUE = re.compile(rf"(?P<value>{_NUMBER})\s*(?:/\s*(?P<of>{_NUMBER})(?![\d/])|(?P<share>%))?")
_POINTS = re.compile(
    rf"^(?P<label>[^:：|]{{2,80}}?)\s*[:：]\s*(?P<value>{_NUMBER})\s*"
    rf"(?:/\s*(?P<of>{_NUMBER})(?![\d/])|(?P<share>%))(?P<rest>.*)$"
)
_SHARE = re.compile(
    rf"^(?P<label>[^:：|(]{{2,80}}?)\s*\((?P<weight>{_NUMBER})\s*%\)\s*"
    r"(?:[:：]\s*(?P<rest>.*))?$"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A score as it was written: ``value`` of ``of``; None where it names no scale."""

    value: Decimal
    of: Decimal | None

    def on(self, best: Decimal) -> Decimal:
        """Brought onto a scale to ``best``, to two places."""
        return round(self.value * best / self.of, 2) if self.of else self.value


@dataclass(frozen=True, slots=True)
class CategoryFound:
    """``weight`` in percent, as the document says, whatever they add up to; None without one."""

    key: str
    label: str
    weight: Decimal | None
    target: str
    line: int
    score: Figure | None = None
    why: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class ReadingFound:
    """One table or list of scores. ``overall`` is what it types below its own rows."""

    line: int
    rows: tuple[CategoryFound, ...]
    weighted: bool
    table: Table | None = None
    overall: CategoryFound | None = None

    @property
    def best(self) -> Decimal:
        """The scale it is written on: the one that all its scores name, else 100."""
        scales = {row.score.of for row in self.rows if row.score}
        if scales == {None}:
            most = max(row.score.value for row in self.rows if row.score)
            return Decimal(10) if most <= 10 else Decimal(100)
        return scales.pop() if len(scales) == 1 else Decimal(100)


def readings(document: Document, is_claimed) -> Iterator[ReadingFound]:
    """Every table and list of scores, in the document's order; ``is_claimed``: of a block."""
    for section in document.sections:
        label = section.title
        for block in section.blocks:
            if isinstance(block, Paragraph):
                label = announces(block) or label
            elif isinstance(block, Table) and not is_claimed(block):
                found = in_table(block)
                if found is not None:
                    yield found
            elif isinstance(block, ListBlock) and _is_of_scores(section, label):
                found = in_list(block)
                if found is not None:
                    yield found


def _is_of_scores(section: Section, label: str) -> bool:
    return bool(SCORED.search(section.title) or SCORED.search(label))


# --- tables --------------------------------------------------------------------------------


def in_table(table: Table) -> ReadingFound | None:
    """A table of categories with weights, or with scores against targets; else None."""
    heads = [without_marks(plain(cell)) for cell in table.header]
    columns = {
        name: next((n for n, head in enumerate(heads) if pattern.search(head)), None)
        for name, pattern in (
            ("label", _LABEL), ("weight", _WEIGHT), ("score", _SCORE),
            ("target", _TARGET), ("status", _STATUS), ("why", _WHY),
        )
    }  # fmt: skip
    weighted = columns["weight"] is not None
    if columns["label"] is None or not (weighted or _is_matrix(columns)):
        return None
    found = [one for row in table.rows if (one := _category(row, columns))]
    totals = [one for one in found if TOTAL.match(one.label)]
    rows = {one.key: one for one in found if one not in totals and _stands(one, weighted)}
    if len(rows) < 2 or len(rows) * 2 < len(found):
        return None
    kept = tuple(rows.values())[:LIMIT]
    return ReadingFound(table.line, kept, weighted, table, next(iter(totals), None))


def _is_matrix(columns: dict[str, int | None]) -> bool:
    others = (columns["target"], columns["status"])
    return columns["score"] is not None and any(one is not None for one in others)


def _stands(one: CategoryFound, weighted: bool) -> bool:
    # Without weights a bare number may count anything (a risk, a rank); a share or n/m is a score.
    return one.weight is not None if weighted else bool(one.score and one.score.of)


def _category(row: Row, columns: dict[str, int | None]) -> CategoryFound | None:
    def cell(name: str) -> str:
        n = columns[name]
        text = plain(row.cells[n]) if n is not None and n < len(row.cells) else ""
        return "" if is_blank(text) else without_marks(text)

    name = cell("label")
    if not name:
        return None
    return CategoryFound(
        key_of(name, row.line),
        name[:200],
        _weight(cell("weight")),
        cell("target")[:60],
        row.line,
        figure(cell("score")),
        cell("why")[:1000],
        cell("status")[:40],
    )


def key_of(name: str, line: int) -> str:
    return slugify(name.replace("/", " "))[:60].strip("-") or f"category-{line}"


def figure(text: str) -> Figure | None:
    """A score at the start of a text: "10/10", "18/20 (90%)", "100%", "9.5"; None without one."""
    match = _VALUE.match(text)
    if match is None:
        return None
    return _figure(match)


def _figure(match: re.Match) -> Figure | None:
    value = Decimal(match["value"])
    of = Decimal(100) if match["share"] else Decimal(match["of"]) if match["of"] else None
    if of is not None and not 0 <= value <= of:
        return None
    return Figure(value, of) if of != 0 else None


def _weight(text: str) -> Decimal | None:
    """Percent of "20%", "20 %" or "0.2" (a share of one)."""
    match = re.search(r"\d{1,3}(?:[.,]\d{1,3})?", text)
    if match is None:
        return None
    share = Decimal(match[0].replace(",", "."))
    share = share * 100 if share < 1 and "%" not in text else share
    return round(share, 2) if 0 < share <= 1000 else None


# --- lists ---------------------------------------------------------------------------------


def in_list(block: ListBlock) -> ReadingFound | None:
    """Bullets such as "Testing: 18/20 (90%)" or "Security (30%): all high ones resolved"."""
    lines = [(item, _words(item)) for item in block.items if item.box is None]
    shares = [one for item, text in lines if (one := _of_share(item, text))]
    if len(shares) >= 2 and len(shares) * 2 > len(block.items):
        return ReadingFound(block.line, tuple(shares)[:LIMIT], True)
    points = [one for item, text in lines if (one := _of_points(item, text))]
    totals = [one for one in points if TOTAL.match(one.label)]
    points = [one for one in points if one not in totals][:LIMIT]
    if len(points) < 2 or len(points) * 2 <= len(block.items):
        return None
    # Parts of 20 points that make 100 together weigh what they can bring.
    by_points = sum(one.score.of for one in points) == 100
    if by_points:
        points = [_as_share(one) for one in points]
    overall = next(iter(totals), None)
    return ReadingFound(block.line, tuple(points), by_points, None, overall)


def _words(item: ListItem) -> str:
    return without_marks(plain(item.text.split("\n")[0]))


def _of_share(item: ListItem, text: str) -> CategoryFound | None:
    match = _SHARE.match(text)
    if match is None or not 0 < Decimal(match["weight"]) <= 100:
        return None
    label, rest = match["label"].strip(), (match["rest"] or "").strip()
    score = figure(rest)
    if score is not None and score.of is None:
        score = None  # "3 scans are clean" is no score
    key = key_of(label, item.line)
    weight = round(Decimal(match["weight"]), 2)
    return CategoryFound(
        key, label, weight, "" if score else rest[:60], item.line, score, rest[:1000]
    )


def _of_points(item: ListItem, text: str) -> CategoryFound | None:
    match = _POINTS.match(text)
    found = _figure(match) if match else None
    if found is None:
        return None
    label = match["label"].strip()
    why = re.sub(rf"^\s*\(\s*{_NUMBER}\s*%\s*\)", "", match["rest"]).strip(" -–—:,")
    return CategoryFound(
        key_of(label, item.line), label[:200], None, "", item.line, found, why[:1000]
    )


def _as_share(one: CategoryFound) -> CategoryFound:
    of = one.score.of
    share = Figure(one.score.value * 100 / of, Decimal(100))
    return CategoryFound(one.key, one.label, of, "", one.line, share, one.why)
