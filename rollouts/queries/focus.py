"""One metric writ large: its chart, its figures, and the values behind."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from checklists.rules.bands import Band, Bands, Bound, exact
from rollouts.models import PrometheusQuery, RollbackMode
from rollouts.probes.prometheus import ask_range
from rollouts.queries import watching
from rollouts.queries.chart_marks import EventMark, event_marks, graph_url
from rollouts.queries.targets import target_of
from rollouts.rules import sparkline
from warroom.models import DeploymentPlan
from warroom.rules.wording import day_text, duration_text, instant_text, moment_text

_RANK = {Band.RED: 0, Band.YELLOW: 1, Band.NO_DATA: 2, Band.GREEN: 3}
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class TimeMark:
    x: str
    text: str


@dataclass(frozen=True)
class Stretch:
    """Values of one part of the window: lowest, median and highest, with unit."""

    start: datetime
    lowest: str
    median: str
    highest: str


@dataclass(frozen=True)
class Focus:
    watched: watching.Watched
    chart: sparkline.Chart
    zone_labels: tuple[sparkline.Label, ...]
    times: tuple[TimeMark, ...]
    since_mark: TimeMark | None
    span: str
    median: str
    extreme: str
    extreme_at: datetime | None
    extreme_word: str
    to_red: str
    after_red: str  # what follows once it is red; "" where it has no red
    stretches: tuple[Stretch, ...]
    in_words: str
    marks: tuple[EventMark, ...] = ()
    graph_url: str = ""
    borrowed: str = ""  # since when the values are Prometheus' own, or why they are missing


@dataclass(frozen=True)
class Older:
    """Values from before we asked, as Prometheus kept them; ``text`` says so, or why not."""

    points: tuple[sparkline.Point, ...] = ()
    text: str = ""


def older(row: PrometheusQuery, now: datetime, span: timedelta) -> Older:
    """What Prometheus has of a window that begins before our own readings do.

    One SQL statement, and a call of two seconds at most where they do not reach back.
    """
    start = now - span
    first = row.samples.filter(at__gte=start).values_list("at", flat=True).first()
    until = first or now
    if until - start < span / 20:
        return Older()
    target = replace(target_of(row), deadline_s=2)
    found = ask_range(target, start.timestamp(), until.timestamp(), span.total_seconds() / 360)
    if not found.points:
        return Older(
            text=_("Before {until} nothing was read; {reason}.").format(
                until=moment_text(until), reason=found.reason
            )
        )
    return Older(
        found.points,
        _("Until {until} UTC the values are Prometheus’ own.").format(until=moment_text(until)),
    )


def choose(plan: DeploymentPlan, key: str = "") -> PrometheusQuery | None:
    """The metric named, else the one in the worst band; one SQL statement."""
    rows = list(watching.metrics(plan).select_related("source"))
    named = next((row for row in rows if row.key == key), None)
    return named or min(rows, key=lambda row: (_RANK[Band(row.band)], row.position), default=None)


def focus(
    row: PrometheusQuery, now: datetime, span: timedelta, before: Older | None = None
) -> Focus:
    """The metric over the last `span`, with what happened; three SQL statements.

    `before`: values from before we asked.
    """
    start, end = (now - span).timestamp(), now.timestamp()
    points = [*(before.points if before else ()), *watching.samples(row, now - span)]
    lower = sparkline.lower_is_better(row.bands)
    drawn = sparkline.chart(sparkline.thin(points, start, end, lower), row.bands, start, end)
    seen = [(at, value) for at, value in points if value is not None]
    values = [value for _unused, value in seen]
    worst = (max if lower else min)(seen, key=lambda p: p[1], default=None)
    return Focus(
        watched=watching.watched(row, now),
        chart=drawn,
        zone_labels=sparkline.zone_labels(row.bands, drawn, _zone_words(row)),
        times=_time_marks(drawn, span),
        since_mark=_since_mark(row, start, end),
        span=duration_text(span),
        median=row.show(statistics.median(values)) if values else _("none"),
        extreme=row.show(worst[1]) if worst else _("none"),
        extreme_at=datetime.fromtimestamp(worst[0], UTC) if worst else None,
        extreme_word=_("Highest") if lower else _("Lowest"),
        to_red=_to_red(row),
        after_red=_after_red(row),
        stretches=_stretches(row, points, span),
        in_words=_in_words(row, values, span),
        marks=event_marks(row, start, end),
        graph_url=graph_url(row, span.total_seconds()),
        borrowed=before.text if before else _begins(seen, start, span),
    )


def _zone_words(row: PrometheusQuery) -> dict[str, str]:
    bands: Bands | None = row.bands
    if bands is None:
        return {}
    words = {
        "z-acc": _("Yellow"),
        "z-best": _("Green: {side}").format(side=_side(bands.green, row.unit)),
    }
    if bands.red is not None:
        words["z-fail"] = _("Red: {side}").format(side=_side(bands.red, row.unit))
        low, high = sorted((bands.green.value, bands.red.value))
        words["z-acc"] = _("Yellow: {low} to {high}").format(
            low=exact(low), high=f"{exact(high)} {row.unit}".rstrip()
        )
    return words


def _begins(seen: Sequence[tuple[float, float]], start: float, span: timedelta) -> str:
    """Why most of the plot is empty, while the readings are younger than the window."""
    if not seen or seen[0][0] - start < span.total_seconds() / 4:
        return ""
    return _("Readings begin {at} UTC.").format(
        at=instant_text(datetime.fromtimestamp(seen[0][0], UTC), timezone.now())
    )


def _side(bound: Bound, unit: str) -> str:
    """``below 200 ms``, ``98 % or more``: where values of a band lie."""
    value = f"{exact(bound.value)} {unit}".rstrip()
    words = {
        "<": _("below {value}").format(value=value),
        "<=": _("{value} or less").format(value=value),
        ">": _("above {value}").format(value=value),
    }
    return (words | {">=": _("{value} or more").format(value=value)}).get(bound.op, value)


def _time_marks(drawn: sparkline.Chart, span: timedelta) -> tuple[TimeMark, ...]:
    said = "{:%H:%M}".format if span <= timedelta(hours=24) else day_text
    return tuple(
        TimeMark(x, said(datetime.fromtimestamp(at, UTC)))
        for at, x in zip(drawn.times, drawn.time_xs, strict=True)
    )


def _since_mark(row: PrometheusQuery, start: float, end: float) -> TimeMark | None:
    """Where the metric left its target, while it is out of it."""
    if row.band not in (Band.YELLOW, Band.RED) or row.band_since is None:
        return None
    at = row.band_since.timestamp()
    if not start < at <= end:
        return None
    return TimeMark(
        sparkline.px(sparkline.time_x(at, start, end)), f"{row.band_since:%H:%M} {row.band}"
    )


def _to_red(row: PrometheusQuery) -> str:
    """How far the latest value is from red."""
    if row.bands is None or row.bands.red is None or row.value is None:
        return _("no limit")
    if row.band == Band.NO_DATA:
        return _("unknown")
    return row.show(abs(row.bands.red.value - row.value)) if row.band != Band.RED else _("is red")


def _after_red(row: PrometheusQuery) -> str:
    """One SQL statement: the guardrail that acts on it, if any."""
    if row.bands is None or row.bands.red is None:
        return ""
    guarding = row.guardrails.filter(mode=RollbackMode.AUTOMATIC).order_by("window_s").first()
    return (
        _("{window_s} to rollback").format(window_s=duration_text(guarding.window_s))
        if guarding
        else _("it holds")
    )


def _stretches(
    row: PrometheusQuery, points: Sequence[sparkline.Point], span: timedelta
) -> tuple[Stretch, ...]:
    """Twelve rows at most, whole hours (or five minutes in a window of an hour)."""
    step = 300 if span <= HOUR else 3600 if span <= 12 * HOUR else 7200
    step = 86_400 if span > 24 * HOUR else step
    groups: dict[int, list[float]] = {}
    for at, value in points:
        if value is not None:
            groups.setdefault(int(at // step) * step, []).append(value)
    return tuple(
        Stretch(
            datetime.fromtimestamp(start, UTC),
            row.show(min(values)),
            row.show(statistics.median(values)),
            row.show(max(values)),
        )
        for start, values in sorted(groups.items())
    )


def _in_words(row: PrometheusQuery, values: Sequence[float], span: timedelta) -> str:
    if not values:
        return _("No values in the last {span}.").format(span=duration_text(span))
    return _("Between {show} and {show_max} in the last {span}; latest {show_values}.").format(
        show=row.show(min(values)),
        show_max=row.show(max(values)),
        span=duration_text(span),
        show_values=row.show(values[-1]),
    )
