"""Signatures in the completed document: in the form's own blanks where it has them, else below."""

import re
from collections.abc import Iterator

from checklists.documents import boxed
from checklists.models import Condition, SignOff
from warroom.documents.blocks import Document, Section, Table
from warroom.documents.marks import escape
from warroom.documents.people import RoleFound
from warroom.documents.plain import is_blank, plain
from warroom.documents.writing import (
    Outline,
    Page,
    Writer,
    by_whom,
    plain_line,
    register_writer,
    stamp,
)
from warroom.models import DeploymentPlan, Right

BLANK = re.compile(r"_{3,}|…{2,}|\.{5,}|\[[ _]{3,}\]|✓ / ✗|☐")
_DATE = re.compile(r"date|datum|fecha|日期|time\b|when", re.I)
_WORD = re.compile(r"approv|decision|status|go\b|freigabe", re.I)
_NAME = re.compile(r"name|sign|unterschrift|firma|by\b|簽|签|姓名|nombre", re.I)
_FIELD = re.compile(
    r"^[\s>]*(?:[-*+][ \t]+)?\**(?P<label>[^:：|]{2,40}?)\**\s*[:：]\**(?P<rest>.*)$"
)
WORDS = {"approved": "approved", "conditional": "approved with conditions", "rejected": "rejected"}


def signatures_of(page: Page) -> list[SignOff]:
    """Every signature of a plan with what became of it, oldest first."""
    rows = SignOff.objects.filter(plan=page.plan).select_related("role", "revocation", "gate")
    return list(rows.select_related("superseded_by").prefetch_related("conditions__closed_by"))


def stands(signoff: SignOff) -> bool:
    return not hasattr(signoff, "superseded_by") and not hasattr(signoff, "revocation")


class Signed(Writer):
    name = "signatures"
    order = 60

    def outline(self, plan: DeploymentPlan, outline: Outline) -> None:
        roles = [role for role in plan.roles.all() if role.may(Right.SIGN)]
        if roles:
            outline.heading(2, "Sign-off")
            outline.add("| Role | Name | Signature | Date |", "|---|---|---|---|")
        for role in roles:
            outline.note("role", role, f"| {plain_line(role.name)} | | | |")

    def mark(self, page: Page) -> None:
        """A signer's own box, once the role has approved."""
        given = _of_the_release(signatures_of(page))
        for role in _signers(page):
            signoff = given.get(role.key)
            if signoff is not None and signoff.word != "rejected":
                page.lines[role.line - 1] = boxed.set_box(page.lines[role.line - 1], True)

    def write(self, page: Page) -> None:
        rows = signatures_of(page)
        given = _of_the_release(rows)
        for role in _signers(page):
            if role.key in given:
                _fill(page, role.line, given[role.key])
        for phase in page.plan.phases.all():
            line = page.line_of("phase", phase)
            _list(page, line, [row for row in rows if row.phase_id == phase.pk])
        whole = [row for row in rows if row.phase_id is None and row.gate_id is None]
        _list(page, None, whole)


def _of_the_release(rows: list[SignOff]) -> dict[str, SignOff]:
    """What each role said of the whole release and did not take back, by the role's key."""
    whole = [r for r in rows if r.phase_id is None and r.gate_id is None and not r.declaration]
    return {row.role.key: row for row in whole if stands(row)}


def _signers(page: Page) -> list[RoleFound]:
    found = page.understanding.parts.get("roles", ())
    return [role for role in found if role.signs and 0 < role.line <= len(page.lines)]


def _list(page: Page, line: int | None, rows: list[SignOff]) -> None:
    if rows:
        text = "\n".join(["**Signatures**", "", *(one for row in rows for one in said_of(row))])
        page.add(page.section_end(line) if line else len(page.lines), text)


def said_of(row: SignOff) -> list[str]:
    """A signature and its conditions as bullets."""
    what = f"declared {row.declaration}" if row.declaration else WORDS[row.word]
    parts = [f"- Signature{by_whom(row.person_name, None)} as {escape(row.role.name)}"]
    parts = [f"{parts[0]}, {stamp(row.at)}: {what}"]
    parts += [f"score {row.score}"] if row.score is not None else []
    parts += [escape(row.comment)] if row.comment else []
    if hasattr(row, "superseded_by"):
        parts.append("superseded by a later one")
    if hasattr(row, "revocation"):
        parts.append(escape(row.revocation.sentence))
    return [" · ".join(parts), *(condition_text(one) for one in row.conditions.all())]


def condition_text(condition: Condition) -> str:
    """A condition as a bullet: whether it blocks, whose it is, and whether it is met."""
    parts = [escape(condition.text)]
    parts += [f"owner {escape(condition.owner)}"] if condition.owner else []
    parts += [f"due {stamp(condition.due_at)}"] if condition.due_at else []
    if condition.closed_at:
        name = condition.closed_by.display_name if condition.closed_by else ""
        parts.append(f"closed{by_whom(name, condition.closed_at)}")
        parts += [escape(condition.closed_note)] if condition.closed_note else []
    else:
        parts.append("open")
    blocks = " (blocking)" if condition.blocking else ""
    return f"  - Condition {condition.number}{blocks}: {' · '.join(parts)}"


# --- the form's own blanks --------------------------------------------------------------------


def _fill(page: Page, line: int, signoff: SignOff) -> None:
    """Fill the form at a signer's line; say it behind the line where it has no blank."""
    document = page.understanding.document
    filled = False
    for number, start, end, label in _blanks(page, document, line):
        filled |= page.fill(number, start, end, _answer(label, signoff))
    if not filled:
        word = WORDS[signoff.word]
        page.say(line, f" — {word}{by_whom(signoff.person_name, signoff.at)}")


def _answer(label: str, signoff: SignOff) -> str:
    if _DATE.search(label):
        return stamp(signoff.at)
    if _WORD.search(label) and not _NAME.search(label):
        return ("✗ " if signoff.word == "rejected" else "✓ ") + WORDS[signoff.word]
    return escape(signoff.person_name)


def _blanks(page: Page, document: Document, line: int) -> Iterator[tuple[int, int, int, str]]:
    """Blanks of a signer: line, columns from and to, and the words that ask for them."""
    section = next((one for one in document.sections if one.heading and one.line == line), None)
    if section is not None:
        yield from _fields(page, section)
    elif line in page.rows:
        yield from _cells(page, document, line)
    else:
        text, before = page.lines[line - 1], 0
        for n, match in enumerate(BLANK.finditer(text)):
            label = text[before : match.start()] if n else ""
            before = match.end()
            if match[0] != "☐":
                yield line, match.start(), match.end(), label


def _fields(page: Page, section: Section) -> Iterator[tuple[int, int, int, str]]:
    end = page.section_end(section.line, inner=False)
    for number in range(section.line + 1, end + 1):
        text = page.lines[number - 1]
        field = _FIELD.match(text)
        blank = BLANK.search(text, field.start("rest")) if field else None
        if field and blank and _asks(field["label"]):
            yield number, blank.start(), blank.end(), field["label"]
        elif field and not field["rest"].strip() and _asks(field["label"]):
            yield number, len(text.rstrip()), len(text.rstrip()), field["label"]


def _asks(label: str) -> bool:
    return bool(_DATE.search(label) or _WORD.search(label) or _NAME.search(label))


def _cells(page: Page, document: Document, line: int) -> Iterator[tuple[int, int, int, str]]:
    table = next(b for _, b in document.blocks() if isinstance(b, Table) and _has(b, line))
    text = page.lines[line - 1]
    for head, (start, end) in zip(table.header, boxed.cells(text), strict=False):
        label, said = plain(head), text[start:end]
        if _asks(label) and is_blank(said) and not re.search(r"role|position", label, re.I):
            yield line, start, end, label


def _has(table: Table, line: int) -> bool:
    return any(row.line == line for row in table.rows)


register_writer(Signed())
