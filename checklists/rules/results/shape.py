"""What is read out of a result file, whatever its format; and how a wrong file is refused. Pure."""

import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from warroom.rules.wording import number_text

MB = 1024 * 1024
LIMIT_BYTES = 20 * MB
LARGEST = 1e15  # beyond it a figure is a fault of the tool, and no longer exact in a float
TEXT, TITLE, MESSAGE = 300, 200, 500


class WrongResult(Exception):
    """Why a file is no result, as one sentence; with the line (from 1) or the place within it."""

    def __init__(self, sentence: str, line: int | None = None, place: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.line, self.place = sentence, line, place

    def __str__(self) -> str:
        """The place first, as people look for it: "line 3: 11 columns, 21 expected"."""
        where = _("line {line}").format(line=self.line) if self.line is not None else self.place
        return f"{where}: {self.sentence}" if where else self.sentence


@dataclass(frozen=True)
class Figure:
    """One number of a result. ``value`` None is no data; ``text`` is the value as it is shown."""

    key: str
    label: str
    value: float | None
    unit: str
    text: str


@dataclass(frozen=True)
class Found:
    """One finding of a scanner. ``severity``: critical, high, medium, low or info.

    ``fingerprint`` is the same in each scan for the same rule at the same place. Of the code only
    the place is kept: a snippet can hold a secret.
    """

    rule: str
    title: str
    severity: str
    place: str
    message: str
    tool: str
    suppressed: bool
    fingerprint: str


@dataclass(frozen=True)
class Reading:
    """What a result file says. ``kind`` is a ResultKind, ``observed_at`` UTC or not in the file."""

    kind: str
    form: str
    title: str
    prefix: str
    text: str
    detail: str = ""
    figures: tuple[Figure, ...] = ()
    observed_at: datetime | None = None
    commit: str = ""
    notes: tuple[str, ...] = ()
    findings: tuple[Found, ...] = field(default=(), repr=False)
    # The scanners that looked to the end: what they do not list any more is not there any more.
    tools: tuple[str, ...] = ()

    def value(self, key: str) -> float | None:
        """The figure under ``key``; None without it, and where it is no data."""
        return next((one.value for one in self.figures if one.key == key), None)


def figure(key: str, label: str, value: float | None, unit: str = "", text: str = "") -> Figure:
    """A figure with its text; a value that is no number is no data."""
    value = number(value)
    return Figure(key, str(label), value, unit, text or number_text(value, unit))


def number(value: Any) -> float | None:
    """A finite number that fits, or None. Texts, true and false are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int):
        return float(value) if abs(value) <= LARGEST else None
    return value if math.isfinite(value) and abs(value) <= LARGEST else None


_NUMBER = re.compile(r"[+-]?\d{1,20}(?:\.\d{0,30})?(?:[eE][+-]?\d{1,3})?")


def typed(text: str | None) -> float | None:
    """The number that a text is, or None: "N/A", "NaN" and "" are none."""
    text = (text or "").strip()[:60]
    return number(float(text)) if _NUMBER.fullmatch(text) else None


def whole(text: str | None) -> int | None:
    """The whole number of zero or more that a text is, or None."""
    value = typed(text)
    return int(value) if value is not None and value >= 0 and value.is_integer() else None


def share(part: float, total: float) -> float | None:
    """``part`` of ``total`` in percent; of nothing there is no share, not all of it."""
    return 100 * part / total if total > 0 else None


def said(value: Any, limit: int = TEXT) -> str:
    """A text on one line, without controls, at most ``limit`` characters; "" for no text."""
    if not isinstance(value, str):
        return ""
    plain = value[: 4 * limit].encode("utf-8", "replace").decode().replace("\0", "")
    plain = " ".join("".join(c if c.isprintable() else " " for c in plain).split())
    return plain if len(plain) <= limit else plain[: limit - 1].rstrip() + "…"


def first_sentence(text: str) -> str:
    """What a longer text begins with, as a title: without its full stop; "" for no text."""
    return re.split(r"(?<=[.!?])\s|[\r\n]", text.strip(), maxsplit=1)[0].removesuffix(".")


def instant(value: Any) -> datetime | None:
    """An ISO instant as UTC, or None. Without a zone it is taken as UTC."""
    if not isinstance(value, str) or not 10 < len(value) < 40:
        return None
    try:
        at = datetime.fromisoformat(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def since_1970(seconds: float | None) -> datetime | None:
    """Seconds since 1970 (or milliseconds, where they are too many for seconds) as UTC."""
    if seconds is None or seconds <= 0:
        return None
    seconds = seconds / 1000 if seconds > 1e11 else seconds
    return datetime.fromtimestamp(seconds, UTC) if seconds < 1e11 else None


_COUNTED = {
    "error": ngettext_lazy("{count} error", "{count} errors"),
    "finding": ngettext_lazy("{count} finding", "{count} findings"),
    "test": ngettext_lazy("{count} test", "{count} tests"),
    "file": ngettext_lazy("{count} file", "{count} files"),
    "user": ngettext_lazy("{count} user", "{count} users"),
    "kind": ngettext_lazy("{count} kind", "{count} kinds"),
    "row": ngettext_lazy("{count} row", "{count} rows"),
    "block": ngettext_lazy("{count} block", "{count} blocks"),
    "threshold": ngettext_lazy("{count} threshold", "{count} thresholds"),
    "failure": ngettext_lazy("{count} failure", "{count} failures"),
    "target": ngettext_lazy("{count} target", "{count} targets"),
    "address": ngettext_lazy("{count} address", "{count} addresses"),
    "class": ngettext_lazy("{count} class", "{count} classes"),
    "suite": ngettext_lazy("{count} suite", "{count} suites"),
    "failed test": ngettext_lazy("{count} failed test", "{count} failed tests"),
    "tool": ngettext_lazy("{count} tool", "{count} tools"),
    "rule": ngettext_lazy("{count} rule", "{count} rules"),
    "exception": ngettext_lazy("{count} exception", "{count} exceptions"),
}


def count(amount: int, one: str) -> str:
    """``1 suite``, ``1,026 suites``: of what ``_COUNTED`` knows."""
    return (_COUNTED[one] % amount).format(count=f"{amount:,}")
