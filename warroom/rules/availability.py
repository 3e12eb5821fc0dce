"""When a contact can be reached, as people write it, and when nobody can. Pure; times are UTC.

Understood: "24/7", "always", "07:00 to 22:00", "07:00-22:00 UTC", "7am to 10pm". Whatever else is
written ("on demand", "business hours", a time zone that is not UTC) is not understood, and nothing
is made up of it: such a contact counts as reachable.
"""

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

DAY = 24 * 60
Span = tuple[int, int]  # minutes since midnight, UTC; the end is not part of it

_ALWAYS = re.compile(r"24\s?/\s?7|24\s?x\s?7|24 hours|always|around the clock", re.I)
_CLOCK = r"(?P<h{0}>\d{{1,2}})(?::(?P<m{0}>\d{{2}}))?\s?(?P<p{0}>am|pm)?"
_SPAN = re.compile(
    rf"^\W*(?:from )?{_CLOCK.format(1)}\s*(?:-|–|—|to|until|till)\s*{_CLOCK.format(2)}"
    r"(?:\s*(?:UTC|GMT|Z))?\W*$",
    re.I,
)


def spans(text: str) -> list[Span] | None:
    """The minutes of the day in which somebody answers; None when the words say no hours."""
    if _ALWAYS.search(text):
        return [(0, DAY)]
    match = _SPAN.match(text.strip())
    if match is None or not (match["m1"] or match["p1"] or match["m2"] or match["p2"]):
        return None
    start, end = _minute(match, 1), _minute(match, 2)
    if start is None or end is None:
        return None
    if start == end:
        return [(0, DAY)]
    return [(start, end)] if start < end else [(start, DAY), (0, end)]


def _minute(match: re.Match, n: int) -> int | None:
    hour, minute, half = int(match[f"h{n}"]), int(match[f"m{n}"] or 0), match[f"p{n}"]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    found = hour * 60 + minute
    return found if minute < 60 and found <= DAY else None


def gaps(texts: Iterable[str]) -> list[Span]:
    """The minutes of a day in which none of these contacts answers; one over midnight is joined."""
    found = [spans(text) for text in texts]
    if None in found:
        return []
    free, at = [], 0
    for start, end in sorted(span for one in found for span in one or ()):
        if start > at:
            free.append((at, start))
        at = max(at, end)
    if at < DAY:
        free.append((at, DAY))
    if len(free) > 1 and free[0][0] == 0 and free[-1][1] == DAY:
        free = [*free[1:-1], (free[-1][0], free[0][1])]
    return free


def show(span: Span) -> str:
    """``22:00 to 07:00``"""
    start, end = (f"{minute // 60 % 24:02}:{minute % 60:02}" for minute in span)
    return _("{start} to {end}").format(start=start, end=end)
