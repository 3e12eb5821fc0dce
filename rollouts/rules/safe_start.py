"""Until when a rollback may start and still be over in time. Pure; UTC, seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from warroom.rules.wording import span_text

WARN = timedelta(minutes=30)
TARGET, DRILL = "target", "drill"


@dataclass(frozen=True)
class Way:
    """A procedure as this rule sees it: what it aims at, and its slowest run that worked."""

    key: str
    name: str
    target_s: int | None = None
    slowest_s: float | None = None
    slowest: str = ""  # which run that was: “Drill 3, 15 Oct”


@dataclass(frozen=True)
class SafeStart:
    """The latest start of one procedure. ``by`` is target or drill: which of them is longer."""

    key: str
    name: str
    at: datetime
    needs_s: float
    reserve_s: int
    by: str
    because: str
    protected_until: datetime

    def passed(self, now: datetime) -> bool:
        """Whether there is no way back inside the window any more."""
        return now > self.at

    def soon(self, now: datetime) -> bool:
        """Whether less than half an hour is left, or none."""
        return now >= self.at - WARN

    @property
    def needs(self) -> str:
        """``20:00 + 5:00 reserve``."""
        return _("{needs_s} + {reserve_s} reserve").format(
            needs_s=span_text(self.needs_s), reserve_s=span_text(self.reserve_s)
        )


def starts(ways: Sequence[Way], protected_until: datetime, reserve_s: int) -> list[SafeStart]:
    """The latest start of each way that says how long it takes, in their order.

    A way needs its target, or as long as its slowest run where that took longer: one quick drill
    is no promise.
    """
    found = []
    for way in ways:
        needs = max((one for one in (way.target_s, way.slowest_s) if one is not None), default=None)
        if needs is None:
            continue
        by_drill = way.slowest_s is not None and needs != way.target_s
        found.append(
            SafeStart(
                key=way.key,
                name=way.name,
                at=protected_until - timedelta(seconds=needs + reserve_s),
                needs_s=needs,
                reserve_s=reserve_s,
                by=DRILL if by_drill else TARGET,
                because=_("as {slowest} took").format(slowest=way.slowest)
                if by_drill
                else _("by its target"),
                protected_until=protected_until,
            )
        )
    return found


def earliest(found: Sequence[SafeStart]) -> SafeStart | None:
    """The one that counts: the earliest; None where nothing says how long it takes."""
    return min(found, key=lambda one: one.at, default=None)


def warning(start: SafeStart, now: datetime) -> str:
    """The sentence for the top of every page; "" while there is time."""
    if not start.soon(now):
        return ""
    needs = _("{start} needs {needs}, protected until {protected_until:%H:%M} UTC").format(
        start=start.name, needs=start.needs, protected_until=start.protected_until
    )
    if start.passed(now):
        return _(
            "The latest safe start of a rollback was {at:%H:%M} UTC: {needs}. Going "
            "forward wants a written reason."
        ).format(at=start.at, needs=needs)
    return _("A rollback has to start by {at:%H:%M} UTC: {needs}.").format(at=start.at, needs=needs)
