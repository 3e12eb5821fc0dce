"""Status tables: rows of work with a state column. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from warroom.documents.blocks import Row, Table
from warroom.documents.plain import is_blank, plain, without_marks

_STATE_COLUMN = re.compile(
    r"^(?:status|state|done\??|checked|complete[d?]?|erledigt|stand|estado|statut|狀態|状态|完成|ok\??|results?|outcome|ergebnis|pass(?:ed)?\??)$",
    re.I,
)
_OWNER_COLUMN = re.compile(r"^(?:owner|assignee|who|responsible|verantwortlich|responsable)", re.I)
_DUE_COLUMN = re.compile(
    r"^(?:due(?: date| by)?|deadline|by when|by|termin|fällig|date|datum|fecha)$", re.I
)
_PRIORITY_COLUMN = re.compile(r"^(?:priority|prio|priorität|prioridad|優先級|优先级)$", re.I)
_NUMBER_COLUMN = re.compile(
    r"^(?:#|nr\.?|no\.?|id|test ?id|step|priority|prio|priorität|prioridad|優先級|优先级)$", re.I
)
_TEXT_COLUMN = re.compile(
    r"item|task|check|step|action|activity|description|criteri|aufgabe|test|name|what|gate|client"
    r"|command|deliverable|requirement|thema|bereich|kriterium|ítem|tarea|componente|檢查|检查|項目",
    re.I,
)
_WORDS_OF = {
    "open": "[ ] ☐ ⬜ 🔲 ⏳ 📋 open todo to_do pending not_started planned offen ausstehend",
    "doing": "🔄 🚧 🟡 in_progress doing started ongoing wip in_arbeit :construction:",
    "done": "[x] ✅ ✓ ✔ ☑ 🟢 done complete yes ok pass finished erledigt fertig "
    ":white_check_mark: :heavy_check_mark:",
    "failed": "❌ ✗ ✘ 🔴 fail :x:",
    "blocked": "🚫 ⛔ blocked blockiert",
    "skipped": "⏭ skipped übersprungen",
    "not_applicable": "n/a na n.a. not_applicable entfällt",
}
_STATES = tuple(
    (state, tuple(word.replace("_", " ") if word[0] != ":" else word for word in words.split()))
    for state, words in ((k, v.replace("[ ]", "[_]")) for k, v in _WORDS_OF.items())
)
# What a cell may say of a state in words, and nothing more.
ALL_WORDS = frozenset(
    word.replace("_", " ") for words in _WORDS_OF.values() for word in words.split()
) | {"completed", "passed", "failed", "finished"}
_CHOICE = re.compile(r"(?:\[[ xX]\]|☐|☑|⬜)")


@dataclass(frozen=True, slots=True)
class RowFound:
    row: Row
    text: str
    state: str
    owner: str = ""
    due: str = ""
    priority: str = ""


def cell_state(text: str) -> str | None:
    """The state that a cell says; None for another word, or for a choice of two boxes."""
    text = text.replace("*", "").strip().lstrip("\ufe0f")
    if len(_CHOICE.findall(text)) > 1:
        return None
    text = re.sub(r"^\[\s*\]", "[ ]", text.lower())
    return next((state for state, words in _STATES if text.startswith(words)), None)


def rows_of(table: Table) -> list[RowFound]:
    """The rows of a status table; [] when the table is not one in every row.

    An empty state is open where other rows of the table have one.
    """
    columns = _columns(table)
    if columns["state"] is None or columns["text"] is None or not table.rows:
        return []
    found = list(_read(table, columns))
    stated = any(cell_state(_cell(row.row, columns["state"])) for row in found)
    return found if stated and len(found) == len(table.rows) else []


def any_rows(table: Table) -> list[RowFound]:
    """Every row that has words, for those that somebody makes items of."""
    columns = _columns(table)
    found = [_row(row, columns) for row in table.rows]
    return [row for row in found if row.text and not is_blank(row.text)]


def _columns(table: Table) -> dict[str, int | None]:
    heads = [without_marks(plain(cell)) for cell in table.header]

    def first(pattern: re.Pattern) -> int | None:
        return next((n for n, head in enumerate(heads) if pattern.match(head)), None)

    state = first(_STATE_COLUMN)
    return {
        "state": state,
        "text": _text_column(heads, state),
        "owner": first(_OWNER_COLUMN),
        "due": first(_DUE_COLUMN),
        "priority": first(_PRIORITY_COLUMN),
    }


def state_column(table: Table) -> int | None:
    """The place of the column that says states, counted from 0."""
    return _columns(table)["state"]


def _text_column(heads: list[str], state: int | None) -> int | None:
    free = [n for n, head in enumerate(heads) if n != state and not _NUMBER_COLUMN.match(head)]
    return next((n for n in free if _TEXT_COLUMN.search(heads[n])), free[0] if free else None)


def _cell(row: Row, column: int | None) -> str:
    return row.cells[column] if column is not None and column < len(row.cells) else ""


def _row(row: Row, columns: dict[str, int | None]) -> RowFound:
    said = {key: plain(_cell(row, columns[key])) for key in ("text", "owner", "due", "priority")}
    state = cell_state(_cell(row, columns["state"])) or "open"
    owner = "" if is_blank(said["owner"]) else said["owner"][:120]
    return RowFound(row, said["text"], state, owner, said["due"], said["priority"])


def _read(table: Table, columns: dict[str, int | None]) -> Iterator[RowFound]:
    for row in table.rows:
        found, said = _row(row, columns), _cell(row, columns["state"])
        if not found.text or is_blank(found.text):
            return
        if cell_state(said) is None and plain(said).strip(" -–—"):
            return
        yield found
