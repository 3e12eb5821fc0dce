"""What an item's words in a completed document say, written and read back. Pure.

`` — done by Cora, 2025-10-23 09:16 UTC · value: 22/22 · no owner``: parts between middle dots,
which people's own words cannot hold (``documents/marks.py`` escapes them).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from warroom.documents.marks import SEPARATOR, escape, unescape
from warroom.documents.writing import by_whom
from warroom.rules import lengths
from warroom.rules.moments import YEARS
from warroom.rules.offsets import LONGEST_S

DASH = " — "
WORDS = {
    "reopened": "open",
    "started": "doing",
    "done": "done",
    "failed": "failed",
    "blocked": "blocked",
    "skipped": "skipped",
    "not applicable": "not_applicable",
}
ADDED, REMOVED, OFF = "added", "removed", "switched off"
_EVENT = re.compile(
    rf"(?P<word>{'|'.join([*WORDS, ADDED, REMOVED, OFF])})"
    r"(?: by (?P<name>.+?))?(?:, (?P<at>\d{4}-\d\d-\d\d \d\d:\d\d) UTC)?\Z"
)
_FIELD = re.compile(r"(?P<label>[a-z][a-z ]{1,30}): (?P<value>.*)\Z", re.S)

CLAIMED = ", says the document"  # behind the name of whoever an imported document names
NOBODY = "the document"
NAME_LIMIT = 150


def claimed(name: str) -> str:
    """A name as a document gives it: who is named has not acted in this room."""
    if name in ("", NOBODY) or name.endswith(CLAIMED) or len(name) + len(CLAIMED) > NAME_LIMIT:
        return name
    return f"{name}{CLAIMED}"


@dataclass(frozen=True, slots=True)
class Event:
    """Who did what when, as a document says it; ``word`` as in WORDS, ADDED, REMOVED or OFF."""

    word: str
    name: str = ""
    at: datetime | None = None

    def __str__(self) -> str:
        return f"{self.word}{by_whom(self.name, self.at)}"


def field_text(label: str, value: str) -> str:
    return f"{label}: {escape(value)}" if value else f"no {label}"


def write(parts: list[str]) -> str:
    """Events and fields as an insertion at the end of a line; "" for none."""
    return DASH + SEPARATOR.join(parts) if parts else ""


def read(text: str) -> tuple[list[Event], dict[str, str]]:
    """The events and fields of an insertion; what is neither is left out."""
    events: list[Event] = []
    fields: dict[str, str] = {}
    for part in text.split("\n", 1)[0].removeprefix(DASH).split(SEPARATOR):
        if event := _EVENT.match(part):
            events.append(_event(event))
        elif found := _FIELD.match(part):
            fields[found["label"]] = unescape(found["value"])
        elif part.startswith("no "):
            fields[part.removeprefix("no ")] = ""
    return events, fields


def _event(match: re.Match) -> Event:
    try:
        at = datetime.strptime(match["at"], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except (TypeError, ValueError):
        at = None
    return Event(match["word"], unescape(match["name"] or "")[:120], at)


def added_lines(text: str) -> Iterator[tuple[bool, str, str]]:
    """The lines of an insertion that are items added in the room: done, text, the rest."""
    for line in text.split("\n"):
        box, _, rest = line.lstrip(" >").partition("] ")
        if box in ("- [ ", "- [x") and f"{SEPARATOR}{ADDED}" in rest:
            words, _, more = rest.partition(SEPARATOR)
            yield box.endswith("x"), unescape(words), DASH + more


# --- values as text ---------------------------------------------------------------------------


def parse_length(text: str) -> int | None:
    """Seconds of ``1h30m``, of ten years at most; None for anything else."""
    seconds = lengths.read(text)
    return seconds if seconds is not None and seconds <= LONGEST_S else None


def parse_offset(text: str) -> int | None:
    """Seconds after T0 of ``T-2h`` and ``T+0``; None for anything else."""
    if text[:2] not in ("T-", "T+"):
        return None
    seconds = 0 if text[2:] == "0" else parse_length(text[2:])
    return None if seconds is None else seconds * (-1 if text[1] == "-" else 1)


def parse_instant(text: str) -> datetime | None:
    """An ISO 8601 instant with its zone, as UTC; None for anything else."""
    try:
        at = datetime.fromisoformat(text)
        at = at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
    return at if at and at.year in YEARS else None
