"""Who covers a role when: spans of time in which somebody has to sit, and those left empty.

Spans are half open (the end does not belong) and in UTC, so that a change of clocks in the plan's
zone neither makes nor hides an hour.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from warroom.rules.wording import instant_text

EVER = datetime.max.replace(tzinfo=UTC)
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, order=True)
class Span:
    """From an instant to another, UTC; NEVER and EVER stand for open ends."""

    starts: datetime = NEVER
    ends: datetime = EVER

    def words(self, now: datetime) -> str:
        """``22:00 to 24 Oct 07:00``, ``until 07:00``, ``from 22:00``: no day where it is today.

        The end leaves its day out when it is the day of the beginning.
        """
        if self.starts <= now or self.starts == NEVER:
            return (
                _("until {ends}").format(ends=instant_text(self.ends, now))
                if self.ends != EVER
                else _("for good")
            )
        if self.ends == EVER:
            return _("from {starts}").format(starts=instant_text(self.starts, now))
        starts, ends = self.starts.astimezone(UTC), self.ends.astimezone(UTC)
        same = starts.date() == ends.date()
        end = f"{ends:%H:%M}" if same else instant_text(self.ends, now)
        return _("{starts} to {end}").format(starts=instant_text(self.starts, now), end=end)


def wanted(t0: datetime | None, from_s: int | None, until_s: int | None) -> Span | None:
    """When a role has to be covered, from its seconds after T0; None when that is not asked for."""
    if t0 is None or from_s is None or until_s is None or until_s <= from_s:
        return None
    try:
        return Span(t0 + timedelta(seconds=from_s), t0 + timedelta(seconds=until_s))
    except OverflowError:
        return None


def gaps(span: Span, sittings: Iterable[Span]) -> list[Span]:
    """The parts of ``span`` in which nobody sits, in order. Linear in the sittings but to sort."""
    empty, reached = [], span.starts
    for sitting in sorted(sittings):
        if sitting.starts >= span.ends:
            break
        if sitting.starts > reached:
            empty.append(Span(reached, sitting.starts))
        reached = max(reached, sitting.ends)
    if reached < span.ends:
        empty.append(Span(reached, span.ends))
    return empty


def without(span: Span, taken: Iterable[Span]) -> list[Span]:
    """What is left of somebody's sitting when parts of it are lent to others."""
    return gaps(span, taken)


def overlap(one: Span, other: Span) -> bool:
    return one.starts < other.ends and other.starts < one.ends


def from_now(spans: Iterable[Span], now: datetime) -> list[Span]:
    """The parts that are not over; one that has begun begins now."""
    return [Span(max(span.starts, now), span.ends) for span in spans if span.ends > now]
