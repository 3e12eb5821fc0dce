"""The box of a line and the state cell of a row, set without touching anything else. Pure."""

import re
from collections.abc import Iterable

from checklists.documents.tables import ALL_WORDS, cell_state

_BOX = re.compile(
    r"^(?P<lead>[\s>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)+\\?\[)"
    r"(?P<mark>\s{1,3}|x|X|[✅✓✔☑]\ufe0f?)(?=\\?\](?:\s|$))"
)
_DRAWN = re.compile(r"^(?P<lead>[\s>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(?P<mark>[☐☑☒⬜🔲])")
_CELL = re.compile(r"(?:\\\||[^|])*")
EMOJI = {"open": "⬜", "doing": "🔄", "done": "✅", "failed": "❌", "blocked": "🚫"}
EMOJI |= {"skipped": "⏭", "not_applicable": "n/a"}
_WORDS = {
    "open": "Open",
    "doing": "In progress",
    "done": "Done",
    "failed": "Failed",
    "blocked": "Blocked",
    "skipped": "Skipped",
    "not_applicable": "n/a",
}
_SIGN = re.compile(r"(?:\[[ xX]?\]|:[a-z_]+:|[⬜🔲☐⏳📋🔄🚧🟡✅✓✔☑🟢❌✗✘🔴🚫⛔⏭]\ufe0f?)")
_SQUARE = re.compile(r"^\[[ xX]?\]")
_DRAWN_STATES = {"open": "☐", "done": "☑"}


def is_done(mark: str) -> bool:
    return bool(mark.strip())


def set_box(line: str, done: bool, tick: str = "x") -> str:
    """The line with its first box set; as it was when it says so already or has no box."""
    match = _BOX.match(line) or _DRAWN.match(line)
    if match is None:
        return line
    mark = match["mark"]
    drawn = mark in "☐☑☒⬜🔲"
    said = mark in "☑☒" if drawn else is_done(mark)
    if said == done:
        return line
    new = ("☑" if done else "☐") if drawn else (tick if done else " ")
    return line[: match.start("mark")] + new + line[match.end("mark") :]


def usual_tick(lines: Iterable[str]) -> str:
    """The mark that a document ticks its boxes with: the first one found, else ``x``."""
    for line in lines:
        match = _BOX.match(line)
        if match and is_done(match["mark"]):
            return match["mark"]
    return "x"


def cells(line: str) -> list[tuple[int, int]]:
    """Where the cells of a table's row stand in its line, without the blanks around them."""
    begin = len(line) - len(line.lstrip(" \t>"))
    begin += line[begin : begin + 1] == "|"
    found = []
    while begin <= len(line):
        end = _CELL.match(line, begin).end()  # type: ignore[union-attr]
        text = line[begin:end]
        start = begin + len(text) - len(text.lstrip())
        found.append((start, max(start, begin + len(text.rstrip()))))
        begin = end + 1
    return found


def set_cell(line: str, column: int, state: str, known: dict[str, str]) -> str:
    """The row with its state cell set in the table's own words, of which ``known`` are in use.

    Words beside the sign stay; a cell that says more than a state in words is left as it is.
    """
    places = cells(line)
    if column >= len(places):
        return line
    start, end = places[column]
    said = line[start:end]
    sign = _SIGN.match(said)
    rest = said[sign.end() :] if sign else said
    alone = not rest.strip() or _only_a_state(rest)
    story = not alone and (sign is None or state in ("skipped", "not_applicable"))
    if cell_state(said) == state or story:
        return line
    new = known.get(state) if alone else None
    new = new or _in_the_manner_of(said, state) + ("" if alone else rest)
    return line if cell_state(new) != state else line[:start] + new + line[end:]


def _only_a_state(text: str) -> bool:
    words = text.strip("* ").lower()
    return words in ALL_WORDS


def reusable(cell: str) -> bool:
    """Whether a cell's words fit other rows as well: no figures, no story."""
    sign = _SIGN.match(cell)
    rest = cell[sign.end() :] if sign else cell
    return not rest.strip() or _only_a_state(rest)


def _in_the_manner_of(said: str, state: str) -> str:
    if _SQUARE.match(said.strip()):
        return {"done": "[x]", "open": "[ ]"}.get(state, said)
    if said.startswith(":"):
        return {"done": ":white_check_mark:", "failed": ":x:"}.get(state, said)
    if said.strip()[:1] in ("☐", "☑"):
        return _DRAWN_STATES.get(state, said)
    if said.strip("* ")[:1].isascii() and said.strip("* ")[:1].isalpha():
        return _WORDS[state]
    return EMOJI[state]
