"""Where something stands in a document: its headings, and the time that these give it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from warroom.documents.blocks import Paragraph, Section
from warroom.documents.plain import plain, without_marks
from warroom.documents.readers import Understanding
from warroom.rules.moments import ZONES, Moment, find_day
from warroom.rules.offsets import parse_offset

_CLOCK = re.compile(
    r"(?<![\d:])(?P<h>\d{1,2}):(?P<m>\d{2})(?![\d:])(?:\s+(?:UTC\s+)?"
    r"(?P<day>[A-Z][a-z]{2,8}\.? \d{1,2}))?"
)
_LEADING_CLOCK = re.compile(r"^\s*\d{1,2}:\d{2}\b")
_IN_BRACKETS = re.compile(r"\(([^()]*\d{1,2}:\d{2}[^()]*)\)")
_LABEL = re.compile(r"^(?:\*\*[^*]+\*\*\W*|[^.!?]{2,80}:\s*)$")
_NUMBER = re.compile(r"^(?:\d+(?:\.\d+)*[.)]|[IVX]+\.)\s+")


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds after T0; both None where nothing gives a time."""

    start_s: int | None = None
    end_s: int | None = None
    doubt: str = ""


def label_of(block: Paragraph) -> str:
    """The bold last line of a paragraph that announces what follows, in plain words; or ""."""
    row = block.rows[-1][1]
    return without_marks(plain(row)).strip(" :") if _is_bold_label(row) else ""


def _is_bold_label(row: str) -> bool:
    return row.startswith("**") and len(row) <= 120 and bool(_LABEL.match(row))


def announces(block: Paragraph) -> str:
    """As ``label_of``, for any last line that ends in a colon."""
    row = block.rows[-1][1]
    return plain(row).strip(" :") if len(row) <= 120 and _LABEL.match(row) else ""


def heading_title(section: Section) -> str:
    """A heading without its number and without status marks."""
    return _NUMBER.sub("", without_marks(section.title)).strip(" :") or section.title


def span_of(section: Section, label: str, understanding: Understanding) -> Span:
    """The nearest time that label or headings give, the innermost first."""
    for text in (label, *(step.title for step in reversed(section.path()))):
        offset = parse_offset(text) if text else None
        if offset is not None:
            return Span(offset.start_s, offset.end_s, offset.doubt)
        clock = clock_span(text, understanding.t0)
        if clock is not None:
            return clock
    return Span()


def clock_span(text: str, t0: Moment | None) -> Span | None:
    """The time of "09:15 - Execute" or "Stage 2 (21:00 Oct 23 - 09:00 Oct 24)", counted from T0.

    A clock without a day is on T0's day; an end before its start is on the next day. None without
    an exact T0.
    """
    if t0 is None or not t0.exact:
        return None
    bracket = _IN_BRACKETS.search(text)
    if not _LEADING_CLOCK.match(text) and bracket is None:
        return None
    found = [*_CLOCK.finditer(text if _LEADING_CLOCK.match(text) else bracket[1])][:2]
    zone = timedelta(hours=_zone_hours(text, t0))
    times: list[datetime] = []
    for match in found:
        at = _instant(match, t0, zone, times[-1] if times else None)
        if at is None:
            return None
        times.append(at)
    if not times:
        return None
    seconds = [round((at - t0.at).total_seconds()) for at in times]
    return Span(seconds[0], seconds[-1])


def _zone_hours(text: str, t0: Moment) -> float:
    for name, (hours, _, _) in ZONES.items():
        if re.search(rf"(?<![A-Za-z]){name}(?![A-Za-z])", text):
            return hours
    return ZONES[t0.said][0] if t0.said in ZONES else 0


def _instant(
    match: re.Match, t0: Moment, zone: timedelta, before: datetime | None
) -> datetime | None:
    hour, minute = int(match["h"]), int(match["m"])
    if hour > 23 or minute > 59:
        return None
    local_t0 = t0.at + zone
    day = find_day(match["day"], local_t0.year)[0] if match["day"] else None
    base = day or ((before + zone).date() if before else local_t0.date())
    at = datetime.combine(base, time(hour, minute), UTC) - zone
    if before is not None and day is None and at < before:
        at += timedelta(days=1)
    return at
