"""What a line of work says about itself: owner, value, target, command, due. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.utils.translation import gettext as _

from checklists.documents import amounts
from warroom.documents.blocks import Block, Fence, ListBlock, ListItem, Paragraph
from warroom.documents.plain import CROSSES, TICKS, is_blank, plain, without_marks
from warroom.rules.moments import ZONES, find_day
from warroom.rules.offsets import parse_offset

LONGEST = 2_000
_MENTION = re.compile(r"(?<![\w/.@])@([A-Za-z][\w-]{1,38}(?:/[\w-]{1,38})?)")
_OWNER = re.compile(
    r"\(?\b(?:owner|assignee|assigned to|responsible|verantwortlich|dri)\s*[:=]\s*([^()|;]{2,80})",
    re.I,
)
_RATIO = re.compile(r"(?<![\w/.,])(\d[\d,.]*)\s?/\s?(\d[\d,.]*)(?![\w/.])")
_OF = re.compile(r"\b(\d[\d,]*) of (\d[\d,]*)\b")
_PERCENT = re.compile(r"(?<![\w<>≤≥=.-])(?<![<>≤≥=] )(\d+(?:[.,]\d+)?)\s?%")
_TARGET = re.compile(
    r"(?:[<>≤≥]=?\s?\d[\d.,]*\s?(?:%|ms|s|min(?:utes)?|h|hours?)?|\b\d[\d.,]*\s?%\+|\b\d[\d.,]*\+)"
)
_OWN_OFFSET = re.compile(r"\(\s*T\s?[-+−]\s?\d|^\W*T\s?[-+−]\s?\d|^\+\s?\d")
_DUE = re.compile(r"\b(?:due|by|until|before|on)\b:?\s+(.{3,40})", re.I)
_ASIDE = re.compile(r"\(([^()]*\d[^()]*)\)\W*$")  # "(24 Oct 09:00 UTC)" at the end
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?!\d)")
_PRIORITY = re.compile(r"(?<![\w-])P(?P<n>[0-4])(?![\w-])")
_DOTS = (("🔴", "P0"), ("🟠", "P1"), ("🟡", "P2"), ("🔵", "P3"), ("⚪", "P4"))
_OWNER_LINE = re.compile(
    r"^(?:owners?|responsible|assignee|verantwortlich|responsable|dri|負責人)\s*[:：]\s*(.{2,80})$",
    re.I,
)
_OPTIONAL = re.compile(
    r"non-?blocking|if (?:needed|required|necessary|applicable|containerized|using|cloud)\b"
    r"|\(if [^()]{2,60}\)|\boptional\b|recommended|nice[- ]to[- ]have|not required"
    r"|falls nötig|si aplica|可選|可选",
    re.I,
)
_BLOCKING = re.compile(r"\bblocking\b|\bblocker\b|\bmust\b|\bmandatory\b|\bcritical path\b", re.I)
_DETAIL = re.compile(r"^(?P<key>[\w /-]{2,30}?)\s*:\s*(?P<value>.*)$", re.S)
_COMMAND_KEYS = re.compile(r"^(?:command|commands|run|cmd|execute|befehl|commande)$", re.I)
_EXPECTED_KEYS = re.compile(
    r"^(?:expect(?:ed)?(?: (?:result|output|value))?|should (?:be|show)|erwartet)$", re.I
)
_OWNER_KEYS = re.compile(
    r"^(?:owner|assignee|assigned to|responsible|who|verantwortlich|dri)$", re.I
)
_DUE_KEYS = re.compile(r"^(?:due(?: date| by)?|deadline|by|termin|fällig(?: am)?)$", re.I)
_PRIORITY_KEYS = re.compile(r"^(?:priority|prio|priorität|prioridad)$", re.I)
_EVIDENCE_KEYS = re.compile(r"^(?:evidence|proof|nachweis|beleg|report|link|evidencia)$", re.I)
_VALUE_KEYS = re.compile(r"^(?:value|result|measured|actual|ergebnis)$", re.I)
_TARGET_KEYS = re.compile(r"^(?:target|threshold|goal|ziel)$", re.I)
_URL = re.compile(r"https?://[^\s<>()\"'`]+[^\s<>()\"'`.,;:]")


@dataclass(slots=True)
class Details:
    owner: str = ""
    value: str = ""
    target: str = ""
    command: str = ""
    expected: str = ""
    evidence_url: str = ""
    due_offset_s: int | None = None
    due_at: datetime | None = None
    required: bool = True
    blocking: bool = False
    priority: str = ""
    count_done: int | None = None
    count_of: int | None = None
    count_unit: str = ""
    duration_s: int | None = None


def item_text(text: str) -> str:
    """The words of an item on one line, without a closing decoration."""
    words = plain(text)
    while words and words[-1] in TICKS + CROSSES + "\ufe0f":
        words = words[:-1].rstrip()
    return words[:LONGEST]


def details(text: str, done: bool, optional: bool, year: int | None) -> Details:
    """What the words of an item say. A number in a done item is its value, else its target."""
    found = Details(required=not (optional or _OPTIONAL.search(text)))
    found.priority = priority_of(text)
    urgent = found.priority == "P0" or bool(_BLOCKING.search(text))
    found.blocking = found.required and urgent
    owner = _OWNER.search(text)
    mention = _MENTION.search(text)
    if owner and not is_blank(owner[1]):
        found.owner = owner[1].strip(" .,")[:120]
    elif mention:
        found.owner = mention[0]
    target = _TARGET.search(text)
    found.target = target[0].strip()[:120] if target else ""
    found.duration_s = amounts.duration_s(text)
    found.count_done, found.count_of, found.count_unit = amounts.counted(text)
    if done and not found.count_of:
        found.value = measured(text)
    offset = parse_offset(text) if _OWN_OFFSET.search(text) else None
    found.due_offset_s = offset.end_s if offset else None
    found.due_at = _due(text, year)
    return found


def measured(text: str) -> str:
    """The measured value that a line states: "98.28% (1,026/1,044)", "5/5", "3 of 7"."""
    percent, ratio = _PERCENT.search(text), _RATIO.search(text) or _OF.search(text)
    if percent and ratio:
        return f"{percent[0].strip()} ({ratio[0].strip()})"[:120]
    found = ratio or percent
    return found[0].strip()[:120] if found else ""


def priority_of(text: str) -> str:
    """P0 to P4 as written, or as the coloured dot at the start says; "" without either."""
    match = _PRIORITY.search(text)
    if match:
        return f"P{match['n']}"
    return next((name for dot, name in _DOTS if text.lstrip(" *[(").startswith(dot)), "")


def is_urgent(title: str) -> bool:
    """Whether a heading or label says that everything below it is P0."""
    return priority_of(title) == "P0"


def owner_of(block: Paragraph) -> str:
    """Who owns all that follows: a line "**Owner**: Platform Owner" for itself."""
    for _unused, row in block.rows:
        match = _OWNER_LINE.match(without_marks(plain(row)))
        if match and not is_blank(match[1]):
            return match[1].strip(" .,")[:120]
    return ""


def _due(text: str, year: int | None) -> datetime | None:
    match = _DUE.search(text)
    found = due_of(match[1], year) if match else None
    if found is None:
        aside = _ASIDE.search(text)
        found = due_of(aside[1], year) if aside else None
    return found


def due_of(text: str, year: int | None) -> datetime | None:
    """The instant that words such as "Fri 24 Oct", "2025-10-22 EOD", "24 Oct 09:00 CET" mean.

    A day without a clock is due at its end; without a zone UTC is meant.
    """
    day, rest = find_day(text, year)
    if day is None:
        return None
    clock = None if re.search(r"EOD|end of day", rest, re.I) else _CLOCK.search(rest)
    if clock is None or int(clock[1]) > 23 or int(clock[2]) > 59:
        return datetime.combine(day, time(23, 59), UTC)
    zone = next((ZONES[word][0] for word in re.findall(r"[A-Z]{1,4}", rest) if word in ZONES), 0)
    at = datetime.combine(day, time(int(clock[1]), int(clock[2])), UTC)
    return at - timedelta(hours=zone)


def read_below(item: ListItem, found: Details, year: int | None = None) -> list[tuple[Block, str]]:
    """Fill ``found`` from what hangs below an item; say for each block what it became."""
    became: list[tuple[Block, str]] = []
    last = ""
    for block in item.blocks:
        if isinstance(block, Fence):
            _add_fence(found, block, last)
            became.append(
                (block, _("Command of the item") if last != "expected" else _("Expected output"))
            )
        elif isinstance(block, Paragraph):
            last = _read_detail(plain(block.text), found, year) or last
            became.append((block, _("Belongs to the item above")))
        elif isinstance(block, ListBlock):
            for sub in block.items:
                if sub.box is None:
                    last = _read_sub(sub, found, year) or last
                    became.append((sub, _DETAIL_LABELS.get(last, _("Belongs to the item above"))))
    return became


_DETAIL_LABELS = {
    "owner": "Owner of the item",
    "command": "Command of the item",
    "expected": "Expected output of the item",
    "value": "Value of the item",
    "target": "Target of the item",
    "due": "Due time of the item",
    "priority": "Priority of the item",
    "evidence": "Evidence of the item",
}


def _read_sub(sub: ListItem, found: Details, year: int | None) -> str:
    kind = _read_detail(plain(sub.text), found, year)
    for block in sub.blocks:
        if isinstance(block, Fence):
            _add_fence(found, block, kind)
    return kind


def _read_detail(text: str, found: Details, year: int | None = None) -> str:
    """Read "Owner: X", "Command: ...", "Expected: ..."; return what it was, "" for a remark."""
    match = _DETAIL.match(text)
    if match is None:
        _take_url(text, found)
        return ""
    key, value = match["key"].strip(), match["value"].strip()
    if is_blank(value):
        return ""
    if _COMMAND_KEYS.match(key):
        found.command = _joined(found.command, value)
        return "command"
    if _EXPECTED_KEYS.match(key):
        found.expected = _joined(found.expected, value)
        return "expected"
    if _OWNER_KEYS.match(key):
        found.owner = value[:120]
        return "owner"
    if _VALUE_KEYS.match(key):
        found.value = value[:120]
        return "value"
    if _DUE_KEYS.match(key):
        found.due_at = due_of(value, year) or found.due_at
        return "due"
    if _PRIORITY_KEYS.match(key):
        found.priority = priority_of(value) or found.priority
        found.blocking = found.blocking or (found.required and found.priority == "P0")
        return "priority"
    if _EVIDENCE_KEYS.match(key) and _URL.search(value):
        found.evidence_url = found.evidence_url or _URL.search(value)[0][:500]
        return "evidence"
    if _TARGET_KEYS.match(key):
        found.target = value[:120]
        return "target"
    _take_url(text, found)
    return ""


def _take_url(text: str, found: Details) -> None:
    url = _URL.search(text)
    if url and re.search(r"evidence|report|link|see|nachweis|beleg", text, re.I):
        found.evidence_url = found.evidence_url or url[0][:500]


def _joined(before: str, more: str) -> str:
    return f"{before}\n{more}".strip()[:4000]


def _add_fence(found: Details, fence: Fence, after: str) -> None:
    text = fence.text.rstrip()
    if after == "expected":
        found.expected = _joined(found.expected, text)
    else:
        found.command = _joined(found.command, text)


# --- a step's commands, matched to its boxes -------------------------------------------------

_WORD = re.compile(r"[a-z]{4,}")
NEAR = 40  # commands before a box that may be its own


def words(text: str) -> set[str]:
    """The telling words of a text, shorn of plural and tense."""
    return {re.sub(r"(?:ing|ed|es|s)$", "", w) for w in _WORD.findall(text.lower())} - {""}


@dataclass(frozen=True, slots=True)
class CommandFound:
    """One command of a code block with the comment above it; ``line`` is that of the command."""

    comment: str
    command: str
    line: int


def commands_of(fence: Fence) -> list[CommandFound]:
    """The commands of a shell block, each with the comment that stands above it."""
    found: list[CommandFound] = []
    comment = ""
    for n, row in enumerate(fence.text.split("\n"), start=1):
        row = row.strip()
        if row.startswith("#"):
            comment = row.lstrip("# ")
        elif row:
            found.append(CommandFound(comment, row, fence.line + n))
    return found


def match_command(text: str, commands: list[CommandFound]) -> CommandFound | None:
    """The one command that shares two telling words with a box's text; None when unsure."""
    mine = words(without_marks(text))
    commands = commands[-NEAR:]
    scores = sorted(
        ((len(mine & words(f"{c.comment} {c.command}")), -n) for n, c in enumerate(commands)),
        reverse=True,
    )
    if not scores or scores[0][0] < 2:
        return None
    return commands[-scores[0][1]]


def match_expected(text: str, rows: list[str]) -> str:
    """The expected line that shares most telling words with a box's text, if any does."""
    mine = words(text)
    rows = rows[-NEAR:]
    scored = sorted(((len(mine & words(row)), -n) for n, row in enumerate(rows)), reverse=True)
    return rows[-scored[0][1]] if scored and scored[0][0] >= 1 else ""
