"""Where something stands in a document: its headings, and the time that these give it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from warroom.documents.blocks import ListBlock, Paragraph, Section
from warroom.documents.plain import plain, without_marks
from warroom.documents.readers import Understanding
from warroom.rules.moments import ZONES, Moment, find_day
from warroom.rules.offsets import Offset, parse_offset

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


def announced(section: Section, wanted: re.Pattern) -> Iterator[tuple[str, ListBlock]]:
    """Lists below a heading, label or bullet that matches, each with what announced it."""
    label = section.title
    for block in section.blocks:
        if isinstance(block, Paragraph):
            label = announces(block) or section.title
        elif isinstance(block, ListBlock):
            if wanted.search(label):
                yield label, block
            for item in block.items:
                text = plain(item.text.split("\n")[0])[:120]
                if item.box is None and len(text) < 80 and wanted.search(text):
                    yield from ((text, b) for b in item.blocks if isinstance(b, ListBlock))


def heading_title(section: Section) -> str:
    """A heading without its number and without status marks."""
    return _NUMBER.sub("", without_marks(section.title)).strip(" :") or section.title


def span_of(section: Section, label: str, understanding: Understanding) -> Span:
    """The nearest time that label or headings give, the innermost first."""
    places = [(label, 0), *((step.title, step.line) for step in reversed(section.path()))]
    for text, line in places:
        offset = _offset(text, line, understanding) if text else None
        if offset is not None:
            return Span(offset.start_s, offset.end_s, offset.doubt)
        clock = clock_span(text, understanding.t0)
        if clock is not None:
            return clock
    return Span()


_UNITS = ("undated", "hours", "days")
_WITHOUT_UNIT = re.compile(
    r"(T\s?(?:[-–−+]|minus |-minus |plus )\s?\d+(?:[.,]\d+)?)(?![\d.,]|\s?[a-z])", re.I
)
_WORKING = re.compile(r"\b(?:working|business) (?=days?\b)", re.I)


def _offset(text: str, line: int, understanding: Understanding) -> Offset | None:
    """The offset of a heading; of "T-24" and of working days a person may say what they count."""
    offset = parse_offset(text)
    if offset is None or not line or not ("unit" in offset.doubt or "working" in offset.doubt):
        return offset
    kinds = _UNITS if "unit" in offset.doubt else ("undated", "days")
    unit = understanding.chosen(line, *kinds) or "undated"
    understanding.offer(line, unit, kinds, 1, "offsets")
    if unit == "undated":
        return offset
    return parse_offset(_WITHOUT_UNIT.sub(rf"\1 {unit}", _WORKING.sub("", text)))


_RANGE = re.compile(r"^\s*(?:to|until|bis|–|—|-)\s*(?P<rest>.{1,20})", re.I)


def days_of(title: str, understanding: Understanding) -> tuple[datetime | None, datetime | None]:
    """First and last instant of the days that a heading names: "Day 3 (Oct 15)", UTC.

    Days begin and end in the plan's time zone. Both None without a day, or without its year.
    """
    said = understanding.t0 or understanding.written
    day, rest = find_day(title, said.at.year if said else None)
    if day is None:
        return None, None
    until = _RANGE.match(rest)
    last = find_day(until["rest"], day.year)[0] if until else None
    number = re.match(r"\d{1,2}(?!\d|:)", until["rest"]) if until else None
    if last is None and number and day.day < int(number[0]) <= 28:
        last = day.replace(day=int(number[0]))
    zone = ZoneInfo(said.zone) if said else UTC
    start = datetime.combine(day, time(), zone)
    end = datetime.combine((last or day) + timedelta(days=1), time(), zone)
    return start.astimezone(UTC), end.astimezone(UTC)


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
