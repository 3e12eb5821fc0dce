"""Times and numbers as words, the same on every page, in the timeline and in the API's sentences.

All instants are UTC and aware; all spans are seconds or ``timedelta``. The minus of a T-offset is
U+2212, which is as wide as the plus.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from math import isfinite

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

MINUTE, HOUR, DAY = 60, 3600, 86_400
# What may stand right behind a figure in a document, and reads better with a blank before it.
UNIT = r"(?:%|(?:ms|s|min|h|[kKMGT]i?B|rps)\b)"
MONTHS = (
    _l("Jan"), _l("Feb"), _l("Mar"), _l("Apr"), _l("May"), _l("Jun"),
    _l("Jul"), _l("Aug"), _l("Sep"), _l("Oct"), _l("Nov"), _l("Dec"),
)  # fmt: skip
RANGE = re.compile(rf"(\d[\d.,]*)\s*({UNIT}?)\s*[-–]\s*(\d[\d.,]*)\s*({UNIT}?)")


def seconds_of(span: timedelta | float) -> float:
    return span.total_seconds() if isinstance(span, timedelta) else float(span)


def offset_text(span: timedelta | float) -> str:
    """``T+11:46``, ``T−2:00``, ``T+1d 0:00``: hours and minutes from T0, seconds dropped."""
    seconds = seconds_of(span)
    days, rest = divmod(int(abs(seconds)), DAY)
    hours, minutes = rest // HOUR, rest % HOUR // MINUTE
    sign = "−" if seconds < 0 and int(abs(seconds)) >= MINUTE else "+"
    return f"T{sign}{f'{days}d ' if days else ''}{hours}:{minutes:02}"


def clock_text(span: timedelta | float) -> str:
    """``T+11:46:18`` or ``T−1d 9:13:00``: the running clock."""
    seconds = seconds_of(span)
    return f"T{'−' if seconds < 0 else '+'}{span_text(seconds, hours=True)}"


def span_text(span: timedelta | float, *, hours: bool = False) -> str:
    """``13:42``, ``11:26:18``, ``1d 9:13:00``: as on a stopwatch; ``hours`` always shows hours."""
    whole = int(abs(seconds_of(span)))
    days, rest = divmod(whole, DAY)
    hour, minute, second = rest // HOUR, rest % HOUR // MINUTE, rest % MINUTE
    if days:
        return f"{days}d {hour}:{minute:02}:{second:02}"
    return f"{hour}:{minute:02}:{second:02}" if hour or hours else f"{minute}:{second:02}"


def late_text(span: timedelta | float) -> str:
    """``late by 8:29``, ``late by 12 d``: of days late nobody counts the seconds."""
    days = int(abs(seconds_of(span))) // DAY
    return _("late by {span}").format(span=f"{days} d" if days else span_text(span))


def duration_text(span: timedelta | float) -> str:
    """``6 s``, ``4 min``, ``1 h 42 min``, ``3 d 2 h``: a span in its two largest units."""
    whole = int(abs(seconds_of(span)))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    big, small = (HOUR, MINUTE) if whole < DAY else (DAY, HOUR)
    names = ("h", "min") if whole < DAY else ("d", "h")
    more = whole % big // small
    return f"{whole // big} {names[0]}" + (f" {more} {names[1]}" if more else "")


def age_text(at: datetime, now: datetime) -> str:
    """``6 s ago``; ``just now`` under a second and for clocks that run a little ahead."""
    seconds = (now - at).total_seconds()
    if seconds < 1:
        return _("just now")
    return _("{span} ago").format(span=duration_text(seconds))


def instant_text(at: datetime, now: datetime) -> str:
    """``20:44`` today, ``24 Oct 09:00`` on another day, ``24 Oct 2024 09:00`` in another year."""
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    if at.date() == now.date():
        return f"{at:%H:%M}"
    return moment_text(at) if at.year == now.year else dated_moment(at)


def day_text(at: datetime | date) -> str:
    """``24 Oct``: a day without its year; an instant's is its day in UTC."""
    at = at.astimezone(UTC) if isinstance(at, datetime) else at
    return _("{day} {month}").format(day=at.day, month=MONTHS[at.month - 1])


def moment_text(at: datetime) -> str:
    """``24 Oct 09:00``: a time of this year, or of one that is said nearby."""
    return f"{day_text(at)} {at.astimezone(UTC):%H:%M}"


def dated_moment(at: datetime) -> str:
    """``24 Oct 2025 09:00``."""
    at = at.astimezone(UTC)
    return f"{day_text(at)} {at.year} {at:%H:%M}"


def full_instant(at: datetime) -> str:
    """``24 Oct 2025 09:00 UTC``, where nothing says what day it is."""
    return f"{dated_moment(at)} UTC"


def number_text(value: float | int | None, unit: str = "") -> str:
    """``0.04 %``, ``1,026``, ``236 ms``, ``5 of 5``; ``no data`` for None, NaN and infinities."""
    if value is None or not isfinite(value):
        return _("no data")
    return f"{figure_text(value)} {unit}".rstrip()


def figure_text(value: float | int) -> str:
    """Four significant figures, but no digit of a whole number is lost; thousands with commas."""
    if float(value).is_integer():
        return f"{int(value):,}".replace("-", "−")
    size = abs(value)
    places = 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 0.1 else 4
    text = f"{value:,.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if text in ("0", "-0"):
        text = f"{value:.2g}"
    return text.replace("-", "−") if "e" not in text else text


def listed(words: Sequence[str]) -> str:
    """``4.1, 4.2 and 4.3``; "" for none."""
    words = [str(word) for word in words]
    if len(words) < 2:
        return "".join(words)
    return _("{first} and {last}").format(first=", ".join(words[:-1]), last=words[-1])


def target_text(text: str) -> str:
    """A bound as it is shown: ``>=98%`` as ``≥ 98 %``, ``200-500ms`` as ``200 ms to 500 ms``."""
    shown = str(text or "").strip().replace(">=", "≥").replace("<=", "≤")
    span = RANGE.fullmatch(shown)
    if span:
        low, unit, high, last = span.groups()
        shown = _("{low} to {high}").format(low=f"{low}{unit or last}", high=f"{high}{last}")
    shown = re.sub(r"([<>≤≥])\s*(?=\d)", r"\1 ", shown)
    return re.sub(rf"(?<=\d)(?={UNIT})", " ", shown)
