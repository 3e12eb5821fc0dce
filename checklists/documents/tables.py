"""Status tables: rows of work with a state column. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from warroom.documents.blocks import Row, Table
from warroom.documents.plain import is_blank, plain, without_marks

_STATE_COLUMN = re.compile(
    r"^(?:status|state|done\??|checked|complete[d?]?|erledigt|stand|estado|statut|狀態|状态|完成|ok\??)$",
    re.I,
)
_OWNER_COLUMN = re.compile(r"^(?:owner|assignee|who|responsible|verantwortlich|responsable)", re.I)
_NUMBER_COLUMN = re.compile(r"^(?:#|nr\.?|no\.?|id|step|priority|prio)$", re.I)
_TEXT_COLUMN = re.compile(
    r"item|task|check|step|action|activity|description|criteri|aufgabe|test|name|what|gate|client"
    r"|command|deliverable|requirement|thema|bereich|kriterium",
    re.I,
)
_WORDS_OF = {
    "open": "[ ] ☐ ⬜ 🔲 ⏳ 📋 open todo to_do pending not_started planned offen ausstehend",
    "doing": "🔄 🚧 🟡 in_progress doing started ongoing wip in_arbeit :construction:",
    "done": "[x] ✅ ✓ ✔ ☑ 🟢 done complete yes ok pass finished erledigt fertig "
    ":white_check_mark: :heavy_check_mark:",
    "failed": "❌ ✗ ✘ 🔴 fail :x:",
    "blocked": "🚫 ⛔ blocked blockiert",
}
_STATES = tuple(
    (state, tuple(word.replace("_", " ") if word[0] != ":" else word for word in words.split()))
    for state, words in ((k, v.replace("[ ]", "[_]")) for k, v in _WORDS_OF.items())
)
_CHOICE = re.compile(r"(?:\[[ xX]\]|☐|☑|⬜)")


@dataclass(frozen=True, slots=True)
class RowFound:
    row: Row
    text: str
    state: str
    owner: str


def cell_state(text: str) -> str | None:
    """The state that a cell says; None for another word, or for a choice of two boxes."""
    text = text.replace("*", "").strip().lstrip("\ufe0f")
    if len(_CHOICE.findall(text)) > 1:
        return None
    text = re.sub(r"^\[\s*\]", "[ ]", text.lower())
    return next((state for state, words in _STATES if text.startswith(words)), None)


def rows_of(table: Table) -> list[RowFound]:
    """The rows of a status table; [] when the table is not one in every row."""
    heads = [without_marks(plain(cell)) for cell in table.header]
    state = next((n for n, head in enumerate(heads) if _STATE_COLUMN.match(head)), None)
    text = _text_column(heads, state)
    if state is None or text is None or not table.rows:
        return []
    owner = next((n for n, head in enumerate(heads) if _OWNER_COLUMN.match(head)), None)
    found = list(_read(table, state, text, owner))
    return found if len(found) == len(table.rows) else []


def _text_column(heads: list[str], state: int | None) -> int | None:
    free = [n for n, head in enumerate(heads) if n != state and not _NUMBER_COLUMN.match(head)]
    return next((n for n in free if _TEXT_COLUMN.search(heads[n])), free[0] if free else None)


def _read(table: Table, state: int, text: int, owner: int | None) -> Iterator[RowFound]:
    for row in table.rows:
        if max(state, text) >= len(row.cells):
            return
        said, words = cell_state(row.cells[state]), plain(row.cells[text])
        if said is None or not words or is_blank(words):
            return
        who = plain(row.cells[owner]) if owner is not None and owner < len(row.cells) else ""
        yield RowFound(row, words, said, "" if is_blank(who) else who[:120])
