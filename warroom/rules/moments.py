"""Dates and times as people write them in plans, to instants. Pure; no clock, no locale."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone

from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

# A small table on purpose: abbreviations are ambiguous, so each one here is a decision.
# hours east of UTC, the IANA zone a plan gets, what else the letters may mean
ZONES: dict[str, tuple[float, str, str]] = {
    "UTC": (0, "UTC", ""),
    "GMT": (0, "UTC", ""),
    "Z": (0, "UTC", ""),
    "EST": (-5, "America/New_York", ""),
    "EDT": (-4, "America/New_York", ""),
    "CST": (-6, "America/Chicago", _l("China or Cuba")),
    "CDT": (-5, "America/Chicago", ""),
    "MST": (-7, "America/Denver", ""),
    "MDT": (-6, "America/Denver", ""),
    "PST": (-8, "America/Los_Angeles", ""),
    "PDT": (-7, "America/Los_Angeles", ""),
    "WET": (0, "Europe/Lisbon", ""),
    "BST": (1, "Europe/London", _l("Bangladesh")),
    "CET": (1, "Europe/Berlin", ""),
    "CEST": (2, "Europe/Berlin", ""),
    "EET": (2, "Europe/Helsinki", ""),
    "EEST": (3, "Europe/Helsinki", ""),
    "MSK": (3, "Europe/Moscow", ""),
    "IST": (5.5, "Asia/Kolkata", _l("Ireland or Israel")),
    "SGT": (8, "Asia/Singapore", ""),
    "HKT": (8, "Asia/Hong_Kong", ""),
    "JST": (9, "Asia/Tokyo", ""),
    "KST": (9, "Asia/Seoul", ""),
    "AEST": (10, "Australia/Sydney", ""),
    "AEDT": (11, "Australia/Sydney", ""),
}
# Outside these years a plan is a typing error, and instants near the ends overflow.
YEARS = range(1970, 2200)
# What any database keeps, whatever offset it came with; what is posted lies between these.
KEPT_YEARS = range(1970, 9999)
NOT_KEPT = format_lazy(
    _l("An instant lies in the years {first} to {last}, in UTC."),
    first=KEPT_YEARS[0],
    last=KEPT_YEARS[-1],
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero janeiro",
            "february feb februar",
            "march mar märz",
            "april apr",
            "may mai mayo",
            "june jun juni",
            "july jul juli",
            "august aug",
            "september sep sept",
            "october oct oktober okt",
            "november nov",
            "december dec dezember dez",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ISO = re.compile(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_MONTH_FIRST = re.compile(
    rf"\b({_MONTH})\.? (\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:\d)(?:,? (\d{{4}}))?", re.I
)
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th|\.)? ({_MONTH})\b\.?(?:,? (\d{{4}}))?", re.I)
_DOTTED = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b")
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?(?:\s?([ap])\.?m\b)?", re.I)
_SHIFT = re.compile(r"(?:UTC|GMT)?\s?([+-−])(\d{1,2}):?(\d{2})?(?!\d)", re.I)
_ZONE = re.compile(rf"(?<![A-Za-z])({'|'.join(ZONES)})(?![A-Za-z])")


@dataclass(frozen=True, slots=True)
class Moment:
    """``at`` is in UTC. ``zone`` is the IANA name, ``said`` the letters that stood there.

    ``exact`` is False when only a day was named; ``doubt`` says what had to be assumed.
    """

    at: datetime
    zone: str
    said: str
    exact: bool
    doubt: str = ""


def can_be_kept(at: datetime) -> bool:
    """Whether an instant lies in the years that are kept, once it is in UTC (as it is without)."""
    try:
        utc = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        return False
    return utc.year in KEPT_YEARS


def parse_moment(text: str) -> Moment | None:
    """The first date in ``text`` with its clock and zone; None without a valid date.

    Without a zone UTC is assumed, without a clock 00:00; both are said in ``doubt``.
    """
    day, rest = find_day(text)
    if day is None:
        return None
    clock = _CLOCK.search(rest) or _CLOCK.search(text)
    found = _time(clock)
    if clock is not None and found is None:
        return None
    shift, zone, said, doubt = _zone(text, clock)
    at = datetime.combine(day, found or time(), timezone(shift)).astimezone(UTC)
    if found is None:
        doubt = _("no time of day: 00:00 assumed") + (f"; {doubt}" if doubt else "")
    return Moment(at, zone, said, found is not None, doubt)


_TO = re.compile(
    r"\s*[–—]\s*|\s+-\s+|\s+(?:to|until|till|bis)\s+|(?<=\d:\d\d)-(?=\d)|(?<=Z)-(?=\d)", re.I
)


def parse_window(text: str, zone: str = "") -> tuple[Moment, Moment] | None:
    """Begin and end of "2025-10-23 09:00 - 13:00 UTC"; None without two clocks in their order.

    An end without a day is on the day of the begin, or on the next. A zone that stands once is
    meant for both; ``zone``, such as "CET", is meant where none stands.
    """
    begin, *rest = _TO.split(text, maxsplit=1)
    day, _unused = find_day(begin)
    if day is None or not rest or not _CLOCK.search(rest[0]):
        return None
    named, after = find_day(rest[0], day.year)
    end = f"{(named or day).isoformat()} {after if named and _CLOCK.search(after) else rest[0]}"
    pair = [parse_moment(begin), parse_moment(end)]
    said = next((one.said for one in reversed(pair) if one and one.said), zone)
    first, last = (
        parse_moment(f"{words} {said}") if one and not one.said else one
        for one, words in zip(pair, (begin, end), strict=True)
    )
    if not first or not last or not first.exact or not last.exact:
        return None
    if last.at <= first.at and named is None:
        last = replace(last, at=last.at + timedelta(days=1))
    return (first, last) if last.at > first.at else None


def find_day(text: str, year: int | None = None) -> tuple[date | None, str]:
    """The first day named in ``text`` and what follows it; ``year`` stands in for a missing one."""
    for pattern, order in (
        (_ISO, "ymd"),
        (_MONTH_FIRST, "Mdy"),
        (_DAY_FIRST, "dMy"),
        (_DOTTED, "dmy"),
    ):
        match = pattern.search(text)
        if match:
            day = _day(match, order, year)
            if day is not None:
                return day, text[match.end() :]
    return None, text


def _day(match: re.Match, order: str, year: int | None) -> date | None:
    parts = dict(zip(order, match.groups(), strict=True))
    month = _MONTHS[parts["M"].lower()] if "M" in parts else int(parts["m"])
    years = int(parts["y"]) if parts["y"] else year
    if years is None:
        return None
    if years not in YEARS:
        return None
    try:
        return date(years, month, int(parts["d"]))
    except ValueError:
        return None


def _time(match: re.Match | None) -> time | None:
    if match is None:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4] and hour <= 12:
        hour = hour % 12 + (12 if match[4].lower() == "p" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return time(hour, minute, second)


def _zone(text: str, clock: re.Match | None) -> tuple[timedelta, str, str, str]:
    rest = clock.string[clock.end() :].lstrip() if clock else ""
    shift = _SHIFT.match(rest)
    if shift and int(shift[2]) <= 14 and int(shift[3] or 0) < 60:
        sign = 1 if shift[1] == "+" else -1
        size = sign * timedelta(hours=int(shift[2]), minutes=int(shift[3] or 0))
        return size, "UTC", shift[0].strip(), ""
    if rest[:1] == "Z":
        return timedelta(), "UTC", "Z", ""
    match = _ZONE.search(text)
    if match is None:
        return timedelta(), "UTC", "", _("no time zone: UTC assumed")
    hours, zone, other = ZONES[match[1]]
    doubt = (
        _("{match} read as {zone}, it may also mean {other}").format(
            match=match[1], zone=zone, other=other
        )
        if other
        else ""
    )
    return timedelta(hours=hours), zone, match[1], doubt
