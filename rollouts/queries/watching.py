"""What the pages show of metrics and checks: each function costs a fixed number of statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.rules.bands import Band, show
from rollouts.models import HealthCheck, MetricSample, Probing, PrometheusQuery
from rollouts.rules import history, sparkline
from rollouts.rules.readings import NOT_JUDGED, as_read
from warroom.models import DeploymentPlan
from warroom.queries.once import once
from warroom.queries.there import there
from warroom.rules.wording import age_text, duration_text

STRIP_BLOCKS = 48
NOT_JUDGED_WORD = _l("Not judged")
# How a check of each kind is said to be, instead of the band's usual word.
WORDS = {
    "http": {Band.GREEN: _l("Up"), Band.YELLOW: _l("Slow"), Band.RED: _l("Down")},
    "tcp": {Band.GREEN: _l("Up"), Band.YELLOW: _l("Slow"), Band.RED: _l("Down")},
    "tls": {Band.GREEN: _l("Valid"), Band.YELLOW: _l("Ends soon"), Band.RED: _l("Bad")},
    "targets": {Band.GREEN: _l("All up"), Band.YELLOW: _l("Some down"), Band.RED: _l("Down")},
    "heartbeat": {Band.GREEN: _l("On time"), Band.YELLOW: _l("Late"), Band.RED: _l("Missing")},
}


@dataclass(frozen=True)
class Watched:
    """One metric or check as a page shows it at one instant."""

    row: Probing
    band: str
    signal: str  # the band, or "stale" for a reading that stopped coming
    word: str  # instead of the signal's usual word, or ""
    value: str  # figure or word, without unit; "no data" when there is none
    unit: str
    target: str
    note: str  # beside the target: since when, or how old the last value is
    trouble: str  # why there is no data, or ""

    @property
    def key(self) -> str:
        return self.row.key

    @property
    def name(self) -> str:
        return self.row.name

    @property
    def kind(self) -> str:
        return "metric" if isinstance(self.row, PrometheusQuery) else "check"


def metrics(plan: DeploymentPlan) -> QuerySet[PrometheusQuery]:
    return PrometheusQuery.objects.filter(plan=plan, enabled=True)


def checks(plan: DeploymentPlan) -> QuerySet[HealthCheck]:
    return HealthCheck.objects.filter(plan=plan, enabled=True)


def all_metrics_now(plan: DeploymentPlan, now: datetime) -> list[PrometheusQuery]:
    """All of them with their history, read once for everything that is shown of ``now`` (UTC)."""
    return once(
        plan, now, "metrics", lambda: list(there(plan, PrometheusQuery.objects.filter(plan=plan)))
    )


def all_checks_now(plan: DeploymentPlan, now: datetime) -> list[HealthCheck]:
    """All of them without their history, read once for everything that is shown of ``now``."""
    rows = HealthCheck.objects.filter(plan=plan).defer("history")
    return once(plan, now, "checks", lambda: list(there(plan, rows)))


def metrics_now(plan: DeploymentPlan, now: datetime) -> list[PrometheusQuery]:
    """Those of ``all_metrics_now`` that are asked."""
    return [row for row in all_metrics_now(plan, now) if row.enabled]


def checks_now(plan: DeploymentPlan, now: datetime) -> list[HealthCheck]:
    """Those of ``all_checks_now`` that are asked."""
    return [row for row in all_checks_now(plan, now) if row.enabled]


def watched(row: Probing, now: datetime) -> Watched:
    """A row as it counts at `now`: a reading that has grown old is stale, not green."""
    said = as_read(row.band, row.reason, row.read_at, row.fresh_s, now)
    stale = said.band is Band.NO_DATA and row.band != Band.NO_DATA
    unjudged = said.band is Band.NO_DATA and said.reason == NOT_JUDGED
    value, unit = _figure(row, said.band, keep=stale or unjudged)
    return Watched(
        row=row,
        band=said.band.value,
        signal="stale" if stale else said.band.value,
        word=_word(row, said.band, unjudged),
        value=value,
        unit=unit,
        target=_target(row),
        note=_note(row, said.band, now),
        trouble=_trouble(row, said.band, said.reason, now, shown=value != _("no data")),
    )


def _figure(row: Probing, band: Band, *, keep: bool) -> tuple[str, str]:
    if isinstance(row, HealthCheck) and row.kind == "heartbeat" and band is not Band.NO_DATA:
        return row.now_text, ""
    if isinstance(row, HealthCheck) and band is Band.RED and not row.answered:
        return _("failing"), ""
    if row.value is None or (band is Band.NO_DATA and not keep):
        return _("no data"), ""
    text = row.show(row.value)
    figure, _unused, unit = text.partition(" ")
    return figure, unit


def _word(row: Probing, band: Band, unjudged: bool) -> str:
    if unjudged:
        return str(NOT_JUDGED_WORD)
    if not isinstance(row, HealthCheck):
        return ""
    return str(WORDS.get(row.kind, WORDS["http"]).get(band, ""))


def _target(row: Probing) -> str:
    bands = row.bands
    if isinstance(row, HealthCheck) and row.kind == "heartbeat":
        return _("every {timedelta}").format(
            timedelta=duration_text(timedelta(seconds=row.interval_s))
        )
    if bands is None:
        return _("no bands set")
    if bands.green.op == "=" or getattr(row, "words", None):
        return _("target {show}").format(show=row.show(bands.green.value))
    return _("target {show}").format(show=show(bands.green, row.unit))


def _note(row: Probing, band: Band, now: datetime) -> str:
    if band in (Band.YELLOW, Band.RED) and row.band_since is not None:
        return _("for {now}").format(now=duration_text(now - row.band_since))
    return ""


def _trouble(row: Probing, band: Band, reason: str, now: datetime, *, shown: bool) -> str:
    """ "connection refused, last value 236 ms 3 min ago"."""
    if isinstance(row, HealthCheck) and band is Band.RED:
        return reason
    if band is not Band.NO_DATA or reason == NOT_JUDGED:
        return ""
    if shown:
        return reason
    if row.value is None or row.observed_at is None:
        return _("{reason}; never seen").format(reason=reason)
    return _("{reason}; last value {show}, {observed_at}").format(
        reason=reason, show=row.show(row.value), observed_at=age_text(row.observed_at, now)
    )


# --- tiles ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tile:
    watched: Watched
    spark: sparkline.Spark
    label: str  # the sparkline in words


def tiles(plan: DeploymentPlan, now: datetime, marked: datetime | None = None) -> list[Tile]:
    """Every metric as a tile; one SQL statement. ``marked`` (UTC): an instant to draw in."""
    return [_tile(row, now, marked) for row in metrics_now(plan, now)]


def _tile(row: PrometheusQuery, now: datetime, marked: datetime | None) -> Tile:
    points = [(at, value) for at, value, _unused in row.history.get("points", ())]
    mark = marked.timestamp() if marked else None
    spark = sparkline.spark(points, row.bands, row.unit, mark=mark)
    return Tile(watched(row, now), spark, _in_words(row, points))


def _in_words(row: PrometheusQuery, points: Sequence[sparkline.Point]) -> str:
    values = [value for _unused, value in points if value is not None]
    if not values:
        return _("{row}: no values yet.").format(row=row.name)
    span = duration_text(timedelta(seconds=points[-1][0] - points[0][0]))
    low, high = row.show(min(values)), row.show(max(values))
    between = (
        _("constant at {low}").format(low=low)
        if low == high
        else _("{low} to {high}").format(low=low, high=high)
    )
    return _("{row}, last {span}: {between}, latest {show}.").format(
        row=row.name, span=span, between=between, show=row.show(values[-1])
    )


# --- rows with their history ----------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    watched: Watched
    strip: tuple[tuple[str, str], ...]
    label: str
    detail: str


def metric_rows(plan: DeploymentPlan, now: datetime, span: timedelta) -> list[Row]:
    """Every metric with the last `span` in blocks; one SQL statement."""
    return [row_of(row, now, span, _bands_in_words(row)) for row in metrics_now(plan, now)]


def check_rows(plan: DeploymentPlan, now: datetime, span: timedelta) -> list[Row]:
    """Every health check with the last `span` in blocks; one SQL statement.

    Read once for all the panels that show it at ``now`` (UTC).
    """
    rows = once(plan, now, "checks-history", lambda: list(checks(plan)))
    return [row_of(row, now, span, asked_text(row)) for row in rows]


def asked_text(row: HealthCheck) -> str:
    """What a check asks, in a few words: "HTTP https://…", "a script, every 1 h"."""
    if row.kind == "heartbeat":
        return _("a script, every {timedelta}").format(
            timedelta=duration_text(timedelta(seconds=row.interval_s))
        )
    if row.kind == "targets":
        job = row.options.get("job", "")
        return _("targets of {job}").format(job=job) if job else _("all targets")
    return f"{row.kind.upper()} {row.url}"


def row_of(row: Probing, now: datetime, span: timedelta, detail: str) -> Row:
    end = now.timestamp()
    bands = history.blocks(row.history, end - span.total_seconds(), end, STRIP_BLOCKS)
    return Row(watched(row, now), sparkline.strip(bands), _strip_in_words(row, bands), detail)


@dataclass(frozen=True)
class Group:
    """Checks of one group: the worst of them, and how many pass."""

    name: str
    rows: tuple[Row, ...]
    summary: dict[str, int]
    worst: str

    @property
    def id(self) -> str:
        return slugify(self.name) or "group"


_WORST = ("red", "no_data", "yellow", "green")


def groups_of(rows: Sequence[Row]) -> list[Group]:
    """Each group with its rows, in the order of their first rows; those alone are left out."""
    named: dict[str, list[Row]] = {}
    for row in rows:
        if row.watched.row.group:
            named.setdefault(row.watched.row.group, []).append(row)
    return [_group(name, found) for name, found in named.items()]


def _group(name: str, rows: Sequence[Row]) -> Group:
    return Group(name, tuple(rows), *_summed([row.watched for row in rows]))


def sums_of(rows: Sequence[Watched]) -> list[Group]:
    """The same without rows, for a line each."""
    named: dict[str, list[Watched]] = {}
    for row in rows:
        named.setdefault(row.row.group, []).append(row)
    return [Group(name, (), *_summed(found)) for name, found in named.items()]


def _summed(rows: Sequence[Watched]) -> tuple[dict[str, int], str]:
    counts = summary(rows)
    return counts, next((band for band in _WORST if counts[band]), "no_data")


def _bands_in_words(row: PrometheusQuery) -> str:
    if row.bands is None:
        return _("shown, not judged")
    red = _(", red {show}").format(show=show(row.bands.red, row.unit)) if row.bands.red else ""
    return _("green {show}{red}").format(show=show(row.bands.green, row.unit), red=red)


def _strip_in_words(row: Probing, bands: Sequence[str]) -> str:
    words = {
        "green": _("green"),
        "yellow": _("yellow"),
        "red": _("red"),
        "no_data": _("without data"),
    }
    counts = Counter(band for band in bands if band)
    if not counts:
        return _("{row}: nothing seen yet").format(row=row.name)
    parts = [
        _("{band} in {count}").format(band=words[band], count=count)
        for band, count in counts.most_common()
    ]
    return _("{row} {parts} of {sum} blocks").format(
        row=row.name, parts=", ".join(parts), sum=sum(counts.values())
    )


def summary(rows: Sequence[Watched]) -> dict[str, int]:
    """How many there are of each band, in all, and ``unjudged``: read, but without bands."""
    counts = Counter("unjudged" if item.word == NOT_JUDGED_WORD else item.band for item in rows)
    kinds = [*(band.value for band in Band), "unjudged"]
    return {"all": len(rows), **{kind: counts[kind] for kind in kinds}}


def samples(query: PrometheusQuery, since: datetime) -> list[sparkline.Point]:
    """Readings of a metric since an instant, oldest first; one SQL statement."""
    rows = MetricSample.objects.filter(query=query, at__gte=since).order_by("at")
    return [(at.timestamp(), value) for at, value in rows.values_list("at", "value")]
