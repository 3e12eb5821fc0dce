"""Whether a success criterion was met: at its time, all the way before it, or by count. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import isfinite

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from checklists.rules.bands import Bound, parse_bound, show
from warroom.rules.wording import duration_text, moment_text, number_text

# What can be counted, and how it is called.
ROLLBACKS, AUTO_ROLLBACKS = "rollbacks", "auto_rollbacks"
MISSED_ROUNDS, CRITICAL_ALERTS = "missed_rounds", "critical_alerts"
FALSE_ALERTS, FAILING_CHECKS = "false_alerts", "failing_checks"
COUNTS = {
    ROLLBACKS: _l("Rollbacks"),
    AUTO_ROLLBACKS: _l("Rollbacks by rule"),
    MISSED_ROUNDS: _l("Missed rounds"),
    CRITICAL_ALERTS: _l("Critical alerts"),
    FALSE_ALERTS: _l("False alerts"),
    FAILING_CHECKS: _l("Failing health checks"),
}
NONE_OF_IT = Bound("=", 0)
# A reading is of an instant when it is at most so many intervals older.
INTERVALS = 2
Sample = tuple[datetime, float | None]  # UTC; None: no data


def span(length: timedelta | float) -> str:
    """ "48 h": as such criteria are written, not in days; what is no whole hour as elsewhere."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    return f"{seconds / 3600:g} h" if seconds and seconds % 3600 == 0 else duration_text(seconds)


@dataclass(frozen=True)
class Outcome:
    """``met`` None: there was no data, and ``reason`` says why (law 5: never met by silence)."""

    met: bool | None
    text: str = ""
    reason: str = ""


def at_time(
    samples: Sequence[Sample], bound: Bound, unit: str, at: datetime, interval_s: float
) -> Outcome:
    """By the newest sample at ``at`` (UTC), if it is not too old then."""
    known = [one for one in samples if one[0] <= at]
    if not known:
        return Outcome(None, reason=_("There is no reading of that time."))
    when, value = known[-1]
    if at - when > timedelta(seconds=INTERVALS * interval_s):
        return Outcome(
            None, reason=_("The last reading was {at} old.").format(at=duration_text(at - when))
        )
    if value is None or not isfinite(value):
        return Outcome(None, reason=_("There was no data at that time."))
    return Outcome(bound.holds(value), number_text(value, unit))


def all_the_way(
    samples: Sequence[Sample],
    bound: Bound,
    unit: str,
    start: datetime,
    end: datetime,
    interval_s: float,
) -> Outcome:
    """By every sample from ``start`` to ``end`` (UTC): all within the bound, and none missing.

    A value outside decides, wherever the gaps are; a gap longer than two intervals is no data.
    """
    own = [one for one in samples if start <= one[0] <= end]
    values = [value for _unused, value in own if value is not None and isfinite(value)]
    outside = [value for value in values if not bound.holds(value)]
    over = _("over {span}").format(span=span(end - start))
    if outside:
        far = max(outside, key=lambda value: abs(value - bound.value))
        text = ngettext(
            "{far} at worst {over}, {count} reading outside",
            "{far} at worst {over}, {count} readings outside",
            len(outside),
        ).format(far=number_text(far, unit), over=over, count=len(outside))
        return Outcome(False, text)
    if why := _gap(own, start, end, interval_s):
        return Outcome(None, reason=why)
    near = min(values, key=lambda value: abs(value - bound.value))
    text = ngettext(
        "{near} at worst {over}, {count} readings",
        "{near} at worst {over}, {count} readings",
        len(values),
    ).format(near=number_text(near, unit), over=over, count=len(values))
    return Outcome(True, text)


def _gap(samples: Sequence[Sample], start: datetime, end: datetime, interval_s: float) -> str:
    """Where nothing was measured for longer than two intervals, as a sentence; else ""."""
    good = [at for at, value in samples if value is not None and isfinite(value)]
    if not good:
        return _("Nothing was measured in that time.")
    limit = timedelta(seconds=INTERVALS * interval_s)
    for before, after in pairwise([start, *good, end]):
        if after - before > limit:
            return _("No data for {after} from {before} UTC.").format(
                after=duration_text(after - before), before=moment_text(before)
            )
    return ""


def by_count(count: int | None, bound: Bound | None, name: str, why: str = "") -> Outcome:
    """By a number of things; None where nothing would say if there were any."""
    if count is None:
        return Outcome(None, reason=why)
    return Outcome((bound or NONE_OF_IT).holds(count), f"{count} {name.lower()}")


def by_checks(found: Sequence[tuple[str, Outcome]], bound: Bound | None) -> Outcome:
    """By how many checks fail, each with its name and what it came to.

    Those that fail decide; without data of one it is not known that none fails (law 5).
    """
    failing = [name for name, one in found if one.met is False]
    silent = [(name, one.reason) for name, one in found if one.met is None]
    passing = _("{count} of {found_count} pass").format(
        count=len(found) - len(failing) - len(silent), found_count=len(found)
    )
    if not found:
        return Outcome(None, reason=_("No health check watches this release."))
    if not (bound or NONE_OF_IT).holds(len(failing)):
        return Outcome(
            False,
            _("{passing}; failing: {failing}").format(passing=passing, failing=", ".join(failing)),
        )
    if silent:
        return Outcome(None, passing, f"{silent[0][0]}: {silent[0][1]}")
    return Outcome(True, passing)


def read_bound(text: str, unit: str) -> Bound | None:
    """A bound as it is typed, in a metric's unit; None for no text. Raises ValueError."""
    if not text.strip():
        return None
    found = parse_bound(text)
    if found is None:
        raise ValueError(_("This is no bound. Like this: < 0.1 %, >= 98, = 0."))
    bound, written = found
    if written and unit and written != unit:
        raise ValueError(
            _("The metric is measured in {unit}, the bound is in {written}.").format(
                unit=unit, written=written
            )
        )
    return bound


def bound_text(op: str, value: float | None, unit: str = "") -> str:
    """ "< 0.1 %"; "" without a bound."""
    return show(Bound(op, value), unit) if op and value is not None else ""


def tally(states: Iterable[bool | None]) -> str:
    """ "4 met, 1 missed, 2 open"."""
    found = list(states)
    met, missed = found.count(True), found.count(False)
    parts = [_("{met} met").format(met=met)] + (
        [_("{missed} missed").format(missed=missed)] if missed else []
    )
    left = len(found) - met - missed
    return ", ".join([*parts, *([_("{left} open").format(left=left)] if left else [])])
