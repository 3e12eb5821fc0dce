from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.models import Evidence
from checklists.rules.bands import Band
from rollouts.actions.bulk import Written, insert_rows, update_rows, upsert_rows
from rollouts.models import CheckResult, HealthCheck, MetricSample, Probing, PrometheusQuery
from rollouts.probes import ProbeResult
from rollouts.queries.heartbeats import beat_of
from rollouts.rules import history
from rollouts.rules.heartbeat import judge
from rollouts.rules.readings import (
    HEALTH_CHECKS,
    Judged,
    counted,
    interval_at,
    judged,
    next_due,
)
from rollouts.rules.sustained import RedMemory, remember
from warroom.actions.change import RULE, Change, change
from warroom.live import doorbell
from warroom.models import DeploymentPlan

PANELS = ("metrics", "checks", "focus", "metric-table", "health")
FIELDS = [
    "due_at", "lease_until", "lease_token", "band", "band_since", "value", "reason",
    "observed_at", "read_at", "red_since", "red_at", "reds", "interval_s", "history",
]  # fmt: skip

# The history as it is written: to read its points takes longer than all else of a row.
TOLD = Cast("history", TextField())

EVIDENCE = (
    "label", "value", "unit", "text", "reason", "observed_at", "valid_for_s", "source",
    "updated_at", "band", "result",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What one claimed row brought. `token` is the lease under which it was asked."""

    row: Probing
    token: str
    result: ProbeResult


@dataclass(frozen=True)
class Turn:
    """A watched thing that changed its band."""

    row: Probing
    before: str


def record_results(plan: DeploymentPlan, outcomes: Sequence[Outcome]) -> int:
    """Keep the results of one kind of watched thing of one plan; return how many counted.

    A result whose lease has passed to somebody else is dropped (fencing). One event says which
    bands changed; without a change there is no event, only a ring for the panels. The number of
    SQL statements does not depend on the number of results.
    """
    if not outcomes:
        return 0
    model = type(outcomes[0].row)
    with change(plan, by=RULE) as recording:
        rows = _still_ours(model, outcomes)
        if not rows:
            return 0
        turns = [_take(row, result, recording) for row, result in rows]
        _save(model, rows, recording)
        turned = [turn for turn in turns if turn.before != turn.row.band]
        if turned:
            _record(recording, model, turned)
        else:
            transaction.on_commit(lambda: doorbell.ring(plan.pk, PANELS))
    return len(rows)


def _still_ours(
    model: type[Probing], outcomes: Sequence[Outcome]
) -> list[tuple[Probing, ProbeResult]]:
    locked = model.objects.select_for_update().defer("history").annotate(told=TOLD)
    rows = locked.in_bulk([outcome.row.pk for outcome in outcomes])
    return [
        (rows[outcome.row.pk], outcome.result)
        for outcome in outcomes
        if outcome.row.pk in rows and rows[outcome.row.pk].lease_token == outcome.token
    ]


def _take(row: Probing, result: ProbeResult, recording: Change) -> Turn:
    """Write a result into its row (in memory) and say what band it had before."""
    now, turn = recording.at, Turn(row, row.band)
    _keep_value(row, result, now)
    said = _said(row, result, now)
    memory = RedMemory(row.red_since, row.red_at)
    memory = remember(memory, now, said.band, timedelta(seconds=row.look_s))
    if row.band != said.band or row.band_since is None:
        row.band_since = now
    row.band, row.reason = said.band.value, said.reason[:500]
    row.red_since, row.red_at = memory.since, memory.last
    row.read_at = now
    row.history = Written(
        history.appended(row.told, now.timestamp(), result.value, said.band, int(row.look_s))
    )
    row.interval_s = int(interval_at(row.cadence, row.interval_s, _age_s(recording.plan, now)))
    row.due_at = next_due(row.due_at, row.look_s, now)
    row.lease_token, row.lease_until = "", None
    return turn


def _said(row: Probing, result: ProbeResult, now: datetime) -> Judged:
    """The band of an answer, its reason, and (in the row) how many bad ones came in a row."""
    if isinstance(row, HealthCheck):
        if row.kind == "heartbeat":
            heard = judge(beat_of(row), now)
            row.reds = heard.missed
            return Judged(heard.band, heard.reason)
        if result.total is not None:
            row.total = result.total
    said = judged(result.value, row.bands, row.unit, failed=result.failed, reason=result.reason)
    if result.ok and result.reason and said.band in (Band.YELLOW, Band.RED):
        said = Judged(said.band, f"{said.reason}; {result.reason}")
    said, row.reds = counted(said, row.reds, row.red_after)
    return said


def _keep_value(row: Probing, result: ProbeResult, now: datetime) -> None:
    """A metric keeps the time of its sample; what is asked directly was seen when it was read."""
    if result.value is not None:
        is_metric = isinstance(row, PrometheusQuery)
        row.value, row.observed_at = result.value, result.observed_at if is_metric else now
        row.observed_at = row.observed_at or now


def _age_s(plan: DeploymentPlan, now: datetime) -> float | None:
    return (now - plan.t0).total_seconds() if plan.t0 else None


def _save(
    model: type[Probing], rows: Sequence[tuple[Probing, ProbeResult]], recording: Change
) -> None:
    more = () if model is PrometheusQuery else ("total",)
    update_rows([row for row, _unused in rows], (*FIELDS, *more))
    if model is PrometheusQuery:
        insert_rows([_sample(row, r, recording.at) for row, r in rows])
    else:
        insert_rows([_check_result(row, r, recording.at) for row, r in rows if _is_new(row, r)])
    own = [_evidence(row, result, recording) for row, result in rows]
    upsert_rows([*own, *_counted(rows, recording)], ("plan", "key"), EVIDENCE)


def _sample(row: PrometheusQuery, result: ProbeResult, at: datetime) -> MetricSample:
    return MetricSample(
        query_id=row.pk, at=at, value=result.value, band=row.band, reason=row.reason
    )


def _is_new(row: HealthCheck, result: ProbeResult) -> bool:
    """What a heartbeat says is kept when it says it; between its words only a turn is kept."""
    said = result.ok or result.failed
    return said or row.kind != "heartbeat" or row.band_since == row.read_at


def _check_result(row: HealthCheck, result: ProbeResult, at: datetime) -> CheckResult:
    return CheckResult(
        health_check_id=row.pk,
        at=at,
        band=row.band,
        latency_ms=result.latency_ms,
        reason=row.reason,
        detail=_detail(row, result),
    )


def _detail(row: HealthCheck, result: ProbeResult) -> dict:
    """What a latency does not say: days left, how many of how many."""
    if result.value is None or row.unit == "ms":
        return dict(result.detail)
    return {"value": result.value, "unit": row.unit, **result.detail}


def _evidence(row: Probing, result: ProbeResult, recording: Change) -> Evidence:
    """The reading as gates see it. A failed check is a fact too: its value stays empty."""
    value, text = result.value, row.show(result.value)
    if row.band != Band.NO_DATA and row.bands is None and isinstance(row, HealthCheck):
        value, text = row.value, row.now_text
    return Evidence(
        plan_id=recording.plan.pk,
        key=row.key,
        label=row.name,
        value=value,
        unit=row.unit,
        text=text,
        reason="" if value is not None else row.reason,
        observed_at=result.observed_at or recording.at,
        valid_for_s=int(2 * row.fresh_s),
        source=row.promql[:500] if isinstance(row, PrometheusQuery) else row.url,
        updated_at=recording.at,
    )


def _counted(rows: Sequence[tuple[Probing, ProbeResult]], recording: Change) -> list[Evidence]:
    """ "5 of 5" of a health page that counts its own checks, under the key "health-checks".

    Written only when it was said: the last word ages into no data by itself. The first page that
    counts speaks for the plan.
    """
    row, labels = next(
        ((row, r.labels) for row, r in rows if isinstance(row, HealthCheck) and r.labels),
        (None, {}),
    )
    if row is None:
        return []
    return [
        Evidence(
            plan=recording.plan,
            key=HEALTH_CHECKS,
            label=_("Health checks"),
            value=float(labels["passing"]),
            unit=_("of {total}").format(total=labels["total"]),
            text=_("{passing} of {total}").format(passing=labels["passing"], total=labels["total"]),
            observed_at=recording.at,
            valid_for_s=int(2 * row.fresh_s),
            source=_("by the health page's own count, {url}").format(url=row.url)[:500],
            updated_at=recording.at,
        )
    ]


def forget_samples(before: datetime, limit: int = 20_000) -> int:
    """Delete single readings older than `before`; return how many.

    Readings are raw material, not record: what was decided on them is frozen in the decision, and
    every change of band is on the timeline. Bounded, so that a first run after long holds no lock
    for long.
    """
    gone = 0
    for model in (MetricSample, CheckResult):
        ids = list(model.objects.filter(at__lt=before).values_list("pk", flat=True)[:limit])
        for start in range(0, len(ids), 500):
            gone += model.objects.filter(pk__in=ids[start : start + 500]).delete()[0]
    return gone


# --- the event -----------------------------------------------------------------------------

_WORDS = {
    Band.GREEN: _l("green"),
    Band.YELLOW: _l("yellow"),
    Band.RED: _l("red"),
    Band.NO_DATA: _l("no data"),
}


def _record(recording: Change, model: type[Probing], turns: Sequence[Turn]) -> None:
    recording.record(
        _kind(model, turns),
        _sentence(turns),
        band=_worst(turns),
        changed=[
            {
                "key": turn.row.key,
                "from": turn.before,
                "to": turn.row.band,
                "value": turn.row.value if turn.row.band != Band.NO_DATA else None,
                "reason": turn.row.reason,
            }
            for turn in turns
        ],
    )


def _worst(turns: Sequence[Turn]) -> str:
    order = [Band.RED, Band.YELLOW, Band.NO_DATA, Band.GREEN]
    return min((turn.row.band for turn in turns), key=order.index)


def _kind(model: type[Probing], turns: Sequence[Turn]) -> str:
    if model is PrometheusQuery:
        return "metric.changed"
    bands = {turn.row.band for turn in turns}
    if Band.RED in bands:
        return "check.failed"
    return "check.recovered" if bands == {Band.GREEN} else "check.changed"


def _sentence(turns: Sequence[Turn]) -> str:
    """Names everything that turned; worst first, green ones together."""
    worst = [turn for turn in turns if turn.row.band != Band.GREEN]
    worst.sort(key=lambda turn: (turn.row.band != Band.RED, turn.row.band != Band.YELLOW))
    green = [turn.row.name for turn in turns if turn.row.band == Band.GREEN]
    said = [_clause(turn.row) for turn in worst[:5]]
    if len(worst) > 5:
        said.append(_("{count} more changed.").format(count=len(worst) - 5))
    if green:
        said.append(_("{listed} turned green.").format(listed=_listed(green)))
    return " ".join(said)


def _clause(row: Probing) -> str:
    if row.band == Band.NO_DATA:
        return _("{row}: no data, {reason}.").format(row=row.name, reason=row.reason)
    why = ", ".join(part for part in (row.now_text, row.reason) if part)
    return _("{row} turned {band}: {why}.").format(
        row=row.name, band=_WORDS[Band(row.band)], why=why
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:4])
    return (
        _("{shown} and {count} more").format(shown=shown, count=len(names) - 4)
        if len(names) > 4
        else shown
    )
