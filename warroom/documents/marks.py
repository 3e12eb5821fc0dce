"""What is written into a team's document, so that it can be taken out again byte for byte.

Inserted words stand between ``<!--wr-->`` and ``<!--/wr-->``; both are invisible comments, and what
is between them is shown. ``<!--wr+-->`` opens whole lines: the line break after its end mark
belongs to it. ``<!--wr=____-->`` keeps the blank in whose place the words stand. ``strip`` undoes
all three. Pure.
"""

import re
from dataclasses import dataclass

OPEN, CLOSE = "<!--wr-->", "<!--/wr-->"
OPEN_LINES = "<!--wr+-->"
LONGEST_BLANK = 60  # characters of a blank that can be filled in place
_OPENING = re.compile(r"<!--wr(?:\+|=([^<>]{1,60}))?-->\Z")
_TAIL = LONGEST_BLANK + 12
_BLANK = re.compile(r"[^<>\n-]{1,60}\Z")


@dataclass(frozen=True, slots=True)
class Insertion:
    """Words that stood in a document. ``line`` is 1-based, of the text without them."""

    line: int
    text: str
    lines: bool = False


@dataclass(slots=True)
class _Opened:
    place: int
    line: int
    begins: int
    lines: bool
    blank: str


def strip(text: str) -> tuple[str, list[Insertion]]:
    """The text without what was inserted, and that. In linear time; other comments stay.

    Marks without their counterpart stay as text. The result holds no pair of marks, also none that
    comes about by taking out another.
    """
    if CLOSE not in text:
        return text, []
    return _Stripper().run(text)


class _Stripper:
    """Copies the text and, at each ">", looks whether a mark has just come to stand there."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.opened: list[_Opened] = []
        self.found: list[Insertion] = []
        self.line = 1

    def run(self, text: str) -> tuple[str, list[Insertion]]:
        swallow = False
        for part in re.split(r"(?<=>)", text):
            if swallow and part.startswith("\n"):
                part = part[1:]
            self.out.extend(part)
            self.line += part.count("\n")
            swallow = self._look() if part.endswith(">") else False
        found = sorted(self.found, key=lambda one: one.line)
        return "".join(self.out), found

    def _look(self) -> bool:
        """Open or close at the end of what was copied; True when a line break goes with it."""
        if self.out[-3:-1] != ["-", "-"]:
            return False
        tail = "".join(self.out[-_TAIL:])
        if tail.endswith(CLOSE):
            return self._close()
        if mark := _OPENING.search(tail):
            begins = len(self.out)
            place = begins - len(mark[0])
            lines = mark[0] == OPEN_LINES
            self.opened.append(_Opened(place, self.line, begins, lines, mark[1] or ""))
        return False

    def _close(self) -> bool:
        while self.opened and self.opened[-1].begins > len(self.out) - len(CLOSE):
            self.opened.pop()
        if not self.opened:
            return False
        last = self.opened.pop()
        text = "".join(self.out[last.begins : -len(CLOSE)])
        self.found.append(Insertion(last.line, text, last.lines))
        del self.out[last.place :]
        self.out.extend(last.blank)
        self.line = last.line
        return last.lines


def words(text: str) -> str:
    """An insertion within a line."""
    return f"{OPEN}{text}{CLOSE}"


def block(text: str) -> str:
    """An insertion of whole lines, set apart by blank ones; goes before a line."""
    return f"{OPEN_LINES}\n\n{text}\n\n{CLOSE}\n"


def instead(blank: str, text: str) -> str | None:
    """Words in the place of a blank; None where this blank cannot be kept in a mark."""
    return f"<!--wr={blank}-->{text}{CLOSE}" if _BLANK.match(blank) else None


# --- people's words inside an insertion -------------------------------------------------------

SEPARATOR = " · "
_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "|": "&#124;",
    "·": "&middot;",
    "\n": "&#10;",
    "\t": "&#9;",
    "\u00a0": "&nbsp;",
} | {sign: f"\\{sign}" for sign in "\\`*_[]#~!$"}
_PLAIN = {code: sign for sign, code in _ESCAPES.items()}
_TO_ESCAPE = re.compile(r"[&<>|·\n\t\u00a0\\`*_\[\]#~!$]")
_ESCAPED = re.compile(r"\\[\\`*_\[\]#~!$]|&(?:amp|lt|gt|middot|nbsp|#124|#10|#9);")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")


def escape(text: str) -> str:
    """People's words as they can stand in an insertion: on one line, no mark-up, no end mark."""
    text = _CONTROL.sub(" ", text.replace("\r\n", "\n"))
    return _TO_ESCAPE.sub(lambda match: _ESCAPES[match[0]], text)


def unescape(text: str) -> str:
    """The words again, but for control characters, which became blanks."""
    return _ESCAPED.sub(lambda match: _PLAIN[match[0]], text)
