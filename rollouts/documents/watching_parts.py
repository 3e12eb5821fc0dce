"""Rounds of watching and success criteria in a plan file."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from django.utils.translation import gettext as _
from pydantic import Field

from checklists.documents.parts import Line, has_lines
from rollouts.models import HealthCheck, PrometheusQuery, Rollout, Stage, SuccessCriterion
from rollouts.queries.rounds import LATE_S, MISSED_HOLDS
from rollouts.rules import rounds
from rollouts.rules.rounds import Band
from rollouts.rules.success import COUNTS
from warroom.documents import fields as f
from warroom.documents.bounds import Bound, bound
from warroom.documents.portable import Part, register_part
from warroom.documents.readers import Creation
from warroom.models import DeploymentPlan

DAY_S = 86_400
MOST_S = 366 * DAY_S


class RoundFields(f.Strict):
    """A band of a cadence: so often until the stage has that age; the last may have no end.

    Without ``stage`` it belongs to the watching after the rollout.
    """

    stage: int = Field(None, ge=1)
    every: f.a_length(1, DAY_S)
    until: f.a_length(1, MOST_S) = None
    duties: list[f.words(300)] = Field([], max_length=50)


class RoundsPart(Part):
    key, order, schema = "rounds", 95, f.many(RoundFields, 1000)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        rollout = Rollout.objects.filter(plan=plan).first()
        own = rounds.read(rollout.cadence if rollout else ())
        found = [_band(None, band) for band in own]
        for stage in plan.stages.order_by("number", "pk"):
            found += [_band(stage.number, band) for band in rounds.read(stage.cadence)]
        return found

    def check(self, value: list[RoundFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        known = len(whole.get("stages") or ())
        for n, one in enumerate(value):
            if one.stage is not None and one.stage > known:
                stages = _("1 stage") if known == 1 else _("{known} stages").format(known=known)
                said = _("There is no stage {stage}: the file has {stages}.").format(
                    stage=one.stage, stages=stages
                )
                yield ("rounds", n, "stage"), said, _("The number of a stage, or leave it out.")

    def create(
        self, plan: DeploymentPlan, value: list[RoundFields] | None, creation: Creation
    ) -> None:
        bands: dict[int | None, list[Band]] = {}
        for one in value or []:
            band = Band(one.every, one.until, tuple(one.duties))
            bands.setdefault(one.stage, []).append(band)
        if watching := bands.pop(None, None):
            cadence = rounds.stored(watching)
            Rollout.objects.update_or_create(plan=plan, defaults={"cadence": cadence})
        for number, some in bands.items():
            Stage.objects.filter(plan=plan, number=number).update(cadence=rounds.stored(some))


def _band(stage: int | None, band: Band) -> dict[str, Any]:
    return f.given(
        stage=stage,
        every=f.length(band.every_s),
        until=f.length(band.until_s) if band.until_s else None,
        duties=list(band.duties) or None,
    )


class LimitFields(f.Strict):
    """When a round is late, and how many missed ones in a row hold."""

    late: f.a_length(1, DAY_S) = LATE_S
    missed: int = Field(MISSED_HOLDS, ge=1, le=100)


class LimitsPart(Part):
    key, order, schema = "round_limits", 96, LimitFields

    def write(self, plan: DeploymentPlan, *, states: bool) -> dict[str, Any] | None:
        row = Rollout.objects.filter(plan=plan).first()
        if row is None:
            return None
        late = None if row.round_late_s == LATE_S else f.length(row.round_late_s)
        missed = None if row.missed_holds == MISSED_HOLDS else row.missed_holds
        return f.given(late=late, missed=missed) or None

    def create(self, plan: DeploymentPlan, value: LimitFields | None, creation: Creation) -> None:
        if value is not None:
            limits = {"round_late_s": value.late, "missed_holds": value.missed}
            Rollout.objects.update_or_create(plan=plan, defaults=limits)


class SuccessFields(f.Strict):
    """``at`` counts from T0, or with ``since: full`` from when the last share is served."""

    key: f.key(60)
    text: f.words(300)
    group: f.text(120) = ""
    at: f.Offset = None
    since: Literal["", "full"] = ""
    metric: f.text(80) = ""
    check: f.text(80) = ""
    counts: Literal["", *COUNTS] = ""
    bound: Bound = None
    over: f.a_length(0, MOST_S) = 0
    line: int = Line


class SuccessPart(Part):
    key, order, schema = "success", 97, f.many(SuccessFields, 1000)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        lined = has_lines(plan)
        rows = plan.success_criteria.select_related("query", "health_check")
        return [_success(row, lined) for row in rows.order_by("position", "pk")]

    def record(self, plan: DeploymentPlan) -> dict[str, Any]:
        """What they came to: a fact of that release."""
        rows = plan.success_criteria.exclude(evaluated_at=None).order_by("position", "pk")
        found = [
            f.given(
                key=row.key,
                met=row.met,
                value=row.value_text,
                reason=row.reason,
                at=f.instant(row.evaluated_at),
                by=row.evaluated_by,
            )
            for row in rows
        ]
        return {"success": found} if found else {}

    def check(self, value: list[SuccessFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        yield from f.doubled(value, "key", ("success",))
        metrics = [one.key for one in whole.get("metrics") or ()]
        checks = [one.key for one in whole.get("checks") or ()]
        for n, one in enumerate(value):
            yield from f.unknown(one.metric, metrics, ("success", n, "metric"), "metric")
            yield from f.unknown(one.check, checks, ("success", n, "check"), "check")

    def create(
        self, plan: DeploymentPlan, value: list[SuccessFields] | None, creation: Creation
    ) -> None:
        metrics = {row.key: row for row in PrometheusQuery.objects.filter(plan=plan)}
        checks = {row.key: row for row in HealthCheck.objects.filter(plan=plan)}
        lined = creation.made.get("lined", False)
        SuccessCriterion.objects.bulk_create(
            SuccessCriterion(
                plan=plan,
                key=one.key,
                text=one.text,
                group=one.group,
                due_offset_s=one.at,
                since=one.since,
                query=metrics.get(one.metric),
                health_check=checks.get(one.check),
                counts=one.counts,
                op=one.bound[0] if one.bound else "",
                value=one.bound[1] if one.bound else None,
                over_s=one.over,
                position=place,
                source_line=one.line if lined else None,
            )
            for place, one in enumerate(value or [], start=1)
        )


def _success(row: SuccessCriterion, lined: bool) -> dict[str, Any]:
    return f.given(
        key=row.key,
        text=row.text,
        group=row.group,
        at=f.offset(row.due_offset_s),
        since=row.since,
        metric=row.query.key if row.query else "",
        check=row.health_check.key if row.health_check else "",
        counts=row.counts,
        bound=bound(row.op, row.value),
        over=f.length(row.over_s) if row.over_s else None,
        line=row.source_line if lined else None,
    )


for part in (RoundsPart(), LimitsPart(), SuccessPart()):
    register_part(part)
