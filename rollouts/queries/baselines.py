"""Baselines beside what is read now; and the median of a span."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from checklists.rules.bands import Band, Bands, Bound, judge, show
from rollouts.models import Baseline, MetricSample, PrometheusQuery
from rollouts.queries.watching import Watched, watched
from warroom.models import DeploymentPlan
from warroom.rules.wording import number_text


@dataclass(frozen=True)
class Row:
    """A baseline as its page shows it. ``change`` is in percent of the baseline, "" unknown."""

    baseline: Baseline
    value: str
    target: str
    alert: str
    between: str  # the band between target and alert-if
    now: Watched | None
    band: Band
    change: str


def baseline_rows(plan: DeploymentPlan, now: datetime) -> list[Row]:
    """Every baseline with the metric's value of ``now`` (UTC); one SQL statement."""
    rows = Baseline.objects.filter(plan=plan).select_related("query").defer("query__history")
    return [_row(one, now) for one in rows]


def _row(one: Baseline, now: datetime) -> Row:
    target, alert = bound_of(one, "target"), bound_of(one, "alert")
    read = watched(one.query, now) if one.query else None
    value = one.query.value if read and read.band != Band.NO_DATA else None
    return Row(
        one,
        number_text(one.value, one.unit) if one.value is not None else "",
        show(target, one.unit) if target else "",
        show(alert, one.unit) if alert else "",
        _between(target, alert, one.unit),
        read,
        judge(Bands(target, alert), value) if target else Band.NO_DATA,
        _change(one.value, value),
    )


def bound_of(one: Baseline, side: str) -> Bound | None:
    """Its target or its alert-if; None where there is none."""
    op, value = getattr(one, f"{side}_op"), getattr(one, f"{side}_value")
    return Bound(op, value) if op and value is not None else None


def _between(target: Bound | None, alert: Bound | None, unit: str) -> str:
    """``1 to 5 %``: neither met nor alarming; "" where there is no such band."""
    if target is None or alert is None or target.value == alert.value:
        return ""
    low, high = sorted((target.value, alert.value))
    return _("{low} to {high}").format(low=number_text(low), high=number_text(high, unit))


def _change(base: float | None, value: float | None) -> str:
    if base is None or value is None or not base:
        return ""
    share = 100 * (value - base) / abs(base)
    return _("as it was") if abs(share) < 0.5 else f"{share:+.0f} %".replace("-", "−")


def median_of(rows: Iterable[PrometheusQuery], since: datetime) -> dict[int, float]:
    """The median of each metric's readings since an instant, by id; one SQL statement."""
    read = MetricSample.objects.filter(query__in=list(rows), at__gte=since, value__isnull=False)
    values: dict[int, list[float]] = {}
    for query, value in read.values_list("query_id", "value"):
        values.setdefault(query, []).append(value)
    return {query: statistics.median(found) for query, found in values.items()}


def metric_named(name: str, rows: Iterable[PrometheusQuery]) -> PrometheusQuery | None:
    """The metric that a table of a document means by a name: the same words, or all of them."""
    wanted = _words(name)
    found = {row: _words(row.name) for row in rows}
    same = [row for row, words in found.items() if words == wanted]
    within = [
        row for row, words in found.items() if wanted and (wanted <= words or words <= wanted)
    ]
    candidates = same or within
    return candidates[0] if len(candidates) == 1 or same else None


def _words(name: str) -> frozenset[str]:
    plain = "".join(letter if letter.isalnum() else " " for letter in name.lower())
    return frozenset(plain.split())
