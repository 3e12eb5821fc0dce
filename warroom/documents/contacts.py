"""Contacts and escalation levels of a document. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from warroom.documents.blocks import Block, Document, ListBlock, Paragraph, Section, Table
from warroom.documents.plain import is_blank, plain, without_marks

_COLUMNS = (
    ("role", re.compile(r"^(?:role|position|function|rolle|funktion|角色)$", re.I)),
    ("team", re.compile(r"^(?:\w+ )?team$", re.I)),
    ("name", re.compile(r"^(?:name|person|contact|primary|who|ansprechpartner|名字|姓名)$", re.I)),
    ("mail", re.compile(r"^(?:e-?mail|mail|電子郵件)$", re.I)),
    ("phone", re.compile(r"^(?:phone|tel(?:ephone|efon)?|mobile|handy|電話|电话|pager)$", re.I)),
    ("chat", re.compile(r"^(?:slack|chat|teams|handle|discord|telegram|mattermost)$", re.I)),
    (
        "availability",
        re.compile(r"^(?:availability|available|hours|coverage|erreichbarkeit)$", re.I),
    ),
    ("backup", re.compile(r"^(?:backup|deputy|secondary|stand-?in|vertretung)$", re.I)),
    ("level", re.compile(r"^(?:level|tier|escalation level|stufe)$", re.I)),
)
_REACH = ("phone", "mail", "chat")
_ESCALATION = re.compile(r"escalation|eskalation|escalad|升級|エスカレ", re.I)
_LEVEL = re.compile(
    r"^(?:level|tier|stufe|L)\s*(?P<n>\d{1,2})\s*[:：.–—-]?\s*(?P<name>.*?)"
    r"(?:\s*\((?P<from>\d+)\s*(?:[-–—]|to)\s*(?P<to>\d+)\s*min\w*\)"
    r"|\s*\((?P<after>\d+)\s*\+\s*min\w*\))?\s*$",
    re.I,
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_PHONE = re.compile(r"\+\d[\d ()/-]{6,20}\d")
_PLACEHOLDERS = re.compile(r"\[(?:todo|tbd|name|fill)|\{\{|_{3,}", re.I)
_CONTACT_HEADING = re.compile(r"contact|kontakt|contacto|聯絡|联系", re.I)

_PEOPLE = re.compile(
    r"^(?:\W|\d|\.)*(?:key |project |release |deployment )?"
    r"(?:roles|team|people|contacts?|who|responsib|rollen|personas|équipe|kontakte)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Contact:
    """``reach``: pairs of way (phone, mail, chat) and where to, in the order of the document."""

    name: str
    role: str
    line: int
    reach: tuple[tuple[str, str], ...] = ()
    availability: str = ""
    level: int | None = None
    in_plan: bool = True  # has a role in this plan; False for people of other teams


@dataclass(frozen=True, slots=True)
class Level:
    """Minutes since the escalation opened; None where the document says nothing."""

    number: int
    name: str
    line: int
    from_minute: int | None = None
    to_minute: int | None = None


def contacts_of(document: Document) -> Iterator[tuple[Contact, Block]]:
    """Contacts out of tables with a role and a way to reach, and out of lists below 'Contacts'.

    A table of roles and names alone adds those that no other table knows.
    """
    found = list(_everybody(document))
    known = {contact.role for contact, _unused, listed in found if listed}
    for contact, block, listed in found:
        if listed or contact.role not in known:
            yield contact, block


def _everybody(document: Document) -> Iterator[tuple[Contact, Block, bool]]:
    """Each contact, and whether it stands in a list of contacts rather than of roles."""
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Table):
                yield from _in_table(block, bool(_PEOPLE.search(section.title)))
            elif isinstance(block, ListBlock) and _CONTACT_HEADING.search(section.title):
                yield from ((contact, item, True) for contact, item in _in_list(block))


def _in_table(table: Table, people: bool) -> Iterator[tuple[Contact, Block, bool]]:
    columns = _columns(table.header)
    if not {"role", "team", "name"} & set(columns):
        return
    listed = any(way in columns for way in (*_REACH, "availability", "backup"))
    if not listed and not (people and {"role", "name"} <= set(columns)):
        return
    for row in table.rows:
        cell = {
            key: plain(row.cells[n]) if n < len(row.cells) else "" for key, n in columns.items()
        }
        contact = _contact(cell, row.line)
        if contact is not None:
            yield contact, row, listed


def _columns(header: tuple[str, ...]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for n, head in enumerate(header):
        for key, pattern in _COLUMNS:
            if key not in columns and pattern.match(without_marks(plain(head))):
                columns[key] = n
                break
    return columns


def _contact(cell: dict[str, str], line: int) -> Contact | None:
    team = "" if is_blank(cell.get("team", "")) else cell["team"]
    role = team if is_blank(cell.get("role", "")) else cell["role"]
    name = "" if is_blank(cell.get("name", "")) else cell["name"]
    if not role and not name:
        return None
    reach = tuple((way, cell[way][:200]) for way in _REACH if not is_blank(cell.get(way, "")))
    digits = re.search(r"\d+", cell.get("level", ""))
    available = cell.get("availability", "")
    if not is_blank(cell.get("backup", "")):
        available = (
            _("{available}; backup: {backup}")
            .format(available=available, backup=cell["backup"])
            .lstrip("; ")
        )
    return Contact(
        (name or role)[:120],
        role[:120],
        line,
        reach,
        "" if is_blank(available) else available[:200],
        int(digits[0]) if digits and len(digits[0]) < 3 else None,
        in_plan="role" in cell,
    )


def _in_list(block: ListBlock) -> Iterator[tuple[Contact, Block]]:
    """Lines such as "Deployment Lead: Cora (cora@example.org)"."""
    for item in block.items:
        text = plain(item.text.split("\n")[0])
        role, colon, rest = text.partition(":")
        reach = [("mail", mail) for mail in _MAIL.findall(rest)]
        reach += [("phone", phone) for phone in _PHONE.findall(rest)]
        named = reach or _PLACEHOLDERS.search(rest)
        if item.box is None and colon and named and len(role) < 60:
            name = (
                ""
                if _PLACEHOLDERS.search(rest)
                else _PHONE.sub("", _MAIL.sub("", rest)).split("(")[0].strip(" ,;-–")
            )
            yield Contact((name or role)[:120], role.strip(), item.line, tuple(reach)), item


def levels_of(document: Document) -> Iterator[tuple[Level, Block]]:
    """Escalation levels: "Level 1: Team (0-15 min)" in lists, or an ordered list under the word."""
    for section in document.sections:
        yield from _levels_in(section)


def _levels_in(section: Section) -> Iterator[tuple[Level, Block]]:
    label = section.title
    for block in section.blocks:
        if isinstance(block, Paragraph):
            label = block.rows[-1][1]
            continue
        if not isinstance(block, ListBlock):
            continue
        escalates = bool(_ESCALATION.search(label)) and len(label) < 90
        for place, item in enumerate(block.items, start=1):
            if item.box is not None:
                continue
            text = without_marks(plain(item.text.split("\n")[0]))
            match = _LEVEL.match(text)
            if match and (escalates or match["from"] or match["after"]):
                yield _level(match, item.line), item
            elif escalates and block.ordered:
                yield Level(place, text[:120], item.line), item


def _level(match: re.Match, line: int) -> Level:
    name = match["name"].strip(" :-–") or _("Level {n}").format(n=match["n"])
    start = match["from"] or match["after"]
    return Level(
        int(match["n"]),
        name[:120],
        line,
        int(start) if start and len(start) < 6 else None,
        int(match["to"]) if match["to"] and len(match["to"]) < 6 else None,
    )
