"""Sign-off blocks: who signs. Pure; the forms are those that real documents use.

A heading per role with Name / Date / Approval below, a task list of roles, lines with blanks
("Role: ____ Date: ____"), a table of signatures, a list of approvals. A task list under a
"Signoff Checklist" whose lines name no role is work and stays so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from warroom.documents.blocks import (
    Block,
    Fence,
    ListBlock,
    ListItem,
    Paragraph,
    Section,
    Table,
    walk,
)
from warroom.documents.plain import is_blank, plain, without_marks

SIGNOFF = re.compile(
    r"sign[- ]?offs?\b|signatures?\b|signed by|approved by|approvals?\b|approvers?\b|freigabe"
    r"|unterschrift|firmas?\b|aprobaci|aprova|signature|簽核|簽署|批准|签字|승인|サインオフ|подпис",
    re.I,
)
_ROLE_HEADING = re.compile(r"^(?P<role>.{2,60}?)\s*(?:[-–—:]\s*)?sign[- ]?off\b", re.I)
_ROLE_WORDS = re.compile(
    r"\b(?:lead|on-?call|manager|owner|engineer|director|officer|architect|coordinator|commander|head|team"
    r"|devops|ops|operations|sre|qa|quality assurance|security|product|po|c[eitfo]o|ciso|dba|admin"
    r"|representative|sponsor|stakeholder|facilitator|responsable|verantwortliche?r?|leiter(?:in)?"
    r"|approver|reviewer|release manager|developer)\b"
    r"|負責人|工程師|經理|负责人|工程师|经理|人員|人$",
    re.I,
)
_BLANKS = re.compile(r"_{3,}|…{2,}|\.{5,}")
_FIELD = re.compile(
    r"^(?:name|date|approval|approved|signature|signed|time|datum|unterschrift|comments?|notes?"
    r"|名字|簽名|日期|時間)\b",
    re.I,
)
_ROLE_COLUMN = re.compile(
    r"^(?:role|position|function|rolle|funktion|rol|cargo|角色|职位|職位)$", re.I
)
_SIGN_COLUMN = re.compile(r"sign|unterschrift|firma|approv|簽|签|name|nombre|名", re.I)
_TEMPLATE = re.compile(
    r"sign[- ]?off|signature|signed|approv|unterschrift|firma|簽|签|批准|負責人|负责人|日期", re.I
)
WIDE = 200  # of a line in code, more than any line to sign takes
# "Thon", "Cora Lindqvist", "O. Hudson": capitalised words, so that no sentence is a person.
_HOLDER = re.compile(r"^@?[^\W\d_a-z][\w.'’-]{0,30}(?: [^\W\d_a-z][\w.'’-]{0,30}){0,3}$")
_NO_PERSON = re.compile(
    r"^(?:approved|rejected|pending|yes|no|complete|completed|done|ok|go|ready|signed)\b", re.I
)
_PERSON = re.compile(r"^[^()]{2,40}\([^()]+\)$")
_SPLIT = re.compile(r"\s*[:：]\s*")


@dataclass(frozen=True, slots=True)
class Signer:
    """A role that signs; ``person`` only when the document names one."""

    role: str
    line: int
    person: str = ""
    box: bool = False


def signers_of(section: Section, siblings_sign: bool) -> Iterator[tuple[Signer, Block]]:
    """Every signer that stands directly in ``section``, with the block that said so."""
    own = SIGNOFF.search(section.title)
    label_signs = False
    for block in section.blocks:
        signing = bool(own or siblings_sign or label_signs)
        if isinstance(block, Paragraph):
            yield from _in_paragraph(block, signing)
            label_signs = bool(SIGNOFF.search(block.rows[-1][1])) and len(block.rows[-1][1]) < 90
        elif isinstance(block, ListBlock):
            yield from _in_list(block, signing, bool(label_signs or own))
            label_signs = False
        elif isinstance(block, Table):
            yield from _in_table(block, signing)
            label_signs = False


def heading_role(section: Section) -> Signer | None:
    """The role of a heading such as "Technical Lead Sign-Off" with blank fields below it."""
    match = _ROLE_HEADING.match(without_marks(section.title))
    if match is None or not _ROLE_WORDS.search(match["role"]):
        return None
    fields = [
        item
        for block in section.blocks
        if isinstance(block, ListBlock)
        for item in block.items
        if _FIELD.match(plain(item.text))
    ]
    rows = [
        row
        for block in section.blocks
        if isinstance(block, Paragraph)
        for _, row in block.rows
        if _FIELD.match(plain(row))
    ]
    if not fields and not rows:
        return None
    return Signer(match["role"].strip(), section.line, _named(fields))


def _named(fields: list[ListItem]) -> str:
    for item in fields:
        text = plain(item.text)
        if text.lower().startswith("name"):
            value = _SPLIT.split(text, maxsplit=1)[-1]
            return "" if is_blank(value) else value[:120]
    return ""


def _in_paragraph(block: Paragraph, signing: bool) -> Iterator[tuple[Signer, Block]]:
    # One line to sign makes the blanks beside it lines to sign as well.
    signing = signing or any(SIGNOFF.search(row) and _BLANKS.search(row) for _, row in block.rows)
    for number, row in block.rows:
        if signing:
            role = _blank_line_role(row)
            if role:
                yield Signer(role, number), block


def _blank_line_role(row: str) -> str:
    """The role of "Platform Owner ____ Date: ____" or "**Sign-off**: Operations Lead ____"."""
    blanks = _BLANKS.search(row)
    if blanks is None:
        return ""
    before = without_marks(plain(row[: blanks.start()])).strip(" :：-*|")
    parts = [part for part in _SPLIT.split(before) if part and not SIGNOFF.fullmatch(part)]
    role = parts[-1].strip() if parts else ""
    return role if role and not _FIELD.match(role) and _ROLE_WORDS.search(role) else ""


def _in_list(block: ListBlock, signing: bool, named: bool) -> Iterator[tuple[Signer, Block]]:
    if not signing:
        return
    for item in block.items:
        text = item.text.split("\n")[0]
        role = _blank_line_role(text) or _bold_role(text, item)
        person = ""
        if not role and named and item.box is None:
            role = _claimed_role(text)
        if not role and named:
            role, person = _held_role(text)
        if role:
            yield Signer(role, item.line, person, box=item.box is not None), item


def _held_role(text: str) -> tuple[str, str]:
    """Role and holder of "On-Call: Thon": a role's name and a person's, nothing else."""
    role, colon, person = without_marks(plain(text)).partition(":")
    role, person = role.strip(), person.strip()
    if not colon or len(role.split()) > 4 or not _ROLE_WORDS.search(role) or _FIELD.match(role):
        return "", ""
    if is_blank(person):
        return role, ""
    shouted = len(person) > 2 and person.isupper()  # "PASS": a result, nobody's name
    held = _HOLDER.match(person) and not shouted and not _NO_PERSON.match(person)
    return (role, person[:120]) if held else ("", "")


def role_of(text: str) -> str:
    """What a line calls the role that signs it, when somebody says that it is one."""
    words = without_marks(plain(_BLANKS.split(text.split("\n")[0])[0]))
    return (_SPLIT.split(words)[0].strip(" :-*") or words)[:100] or "Signer"


def in_fences(section: Section) -> Iterator[tuple[Fence, Signer]]:
    """Lines to sign in code blocks that speak of a sign-off: "Release Manager : [Name]"."""
    for block in section.blocks:
        for inner in walk(block):
            if not isinstance(inner, Fence) or not _TEMPLATE.search(inner.text):
                continue
            for n, row in enumerate(inner.text.split("\n"), start=1):
                role = _template_role(row[:WIDE])
                if role:
                    yield inner, Signer(role, inner.line + n)


def _template_role(row: str) -> str:
    role = _blank_line_role(row)
    if role:
        return role
    name, colon, rest = without_marks(plain(row)).partition(":")
    name = name.strip(" -*•")
    signs = colon and is_blank(rest) and rest.strip() and _ROLE_WORDS.search(name)
    return name if signs and len(name.split()) < 5 and not _FIELD.match(name) else ""


def _bold_role(text: str, item: ListItem) -> str:
    """The role of "- [ ] **QA Lead**: Testing complete": bold, short, and a role."""
    match = re.match(r"^\*\*([^*]{2,60}?):?\*\*\s*[:：]?", text)
    if match is None or item.box is None:
        return ""
    role = plain(match[1])
    rest = text[match.end() :]
    is_role = _ROLE_WORDS.search(role) or (_BLANKS.search(rest) and len(role.split()) < 5)
    return role if is_role and not _FIELD.match(role) else ""


def _claimed_role(text: str) -> str:
    """The role of "Technical Lead: ✅ Approved (95.40/100)"."""
    parts = _SPLIT.split(plain(text), maxsplit=1)
    if len(parts) < 2 or not re.search(r"approv|reject|pending|ausstehend", parts[1], re.I):
        return ""
    role = without_marks(parts[0]).strip()
    if _PERSON.match(role):  # "Cora (Deployment Lead): 9.1/10": a person's past word, not a role
        return ""
    return role if len(role.split()) < 6 and _ROLE_WORDS.search(role) else ""


def _in_table(table: Table, signing: bool) -> Iterator[tuple[Signer, Block]]:
    heads = [plain(cell) for cell in table.header]
    roles = [n for n, head in enumerate(heads) if _ROLE_COLUMN.match(head)]
    signs = [n for n, head in enumerate(heads) if _SIGN_COLUMN.search(head)]
    signed = any(re.search(r"sign|unterschrift|firma|簽|签", head, re.I) for head in heads)
    if not roles or not signs or not (signing or signed):
        return
    names = [n for n in signs if re.search(r"name|nombre|名字|姓名", heads[n], re.I)]
    for row in table.rows:
        role = plain(row.cells[roles[0]]) if roles[0] < len(row.cells) else ""
        if role and not is_blank(role):
            person = plain(row.cells[names[0]]) if names and names[0] < len(row.cells) else ""
            yield Signer(role[:100], row.line, "" if is_blank(person) else person[:120]), row
