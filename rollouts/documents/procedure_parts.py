"""Rollback procedures in a plan file. Targets are what people are given: a rehearsal keeps them."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import Field

from checklists.documents.parts import Line, has_lines
from rollouts.models import HealthCheck, ProcedureStep, PrometheusQuery, RollbackProcedure, StepKind
from rollouts.queries.procedures import procedures_of
from warroom.documents import fields as f
from warroom.documents.portable import Part, register_part
from warroom.documents.readers import Creation
from warroom.models import DeploymentPlan

Kind = Literal["person", "stop_intake", "backup", "execute", "metric", "check"]


class StepFields(f.Strict):
    title: f.words(300)
    segment: f.words(60) = "execute"
    kind: Kind = "person"
    target: f.Length | None = None
    metric: f.text(80) = ""
    check: f.text(80) = ""
    hold: f.Length = 0
    command: f.text(4000) = ""
    expected: f.text(300) = ""
    blocking: bool = False


class ProcedureFields(f.Strict):
    key: f.key(80)
    name: f.words(200)
    target: f.Length | None = None
    downtime: f.Length | None = None
    to: int = Field(0, ge=0, le=100)
    to_text: f.text(200) = ""
    takes: list[f.words(40)] = Field([], max_length=20)
    command: f.text(4000) = ""
    default: bool = False
    steps: list[StepFields] = Field([], max_length=60)
    line: int = Line


class ProceduresPart(Part):
    key, order, schema = "procedures", 96, f.many(ProcedureFields, 40)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        lined = has_lines(plan)
        rows = sorted(procedures_of(plan), key=lambda row: (row.position, row.pk))
        return [_procedure(row, lined) for row in rows]

    def check(self, value: list[ProcedureFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        yield from f.doubled(value, "key", ("procedures",))
        metrics = [one.key for one in whole.get("metrics", ())]
        checks = [one.key for one in whole.get("checks", ())]
        for n, row in enumerate(value):
            for place, step in enumerate(row.steps):
                at = ("procedures", n, "steps", place)
                yield from f.unknown(step.metric, metrics, (*at, "metric"), "metric")
                yield from f.unknown(step.check, checks, (*at, "check"), "check")

    def create(
        self, plan: DeploymentPlan, value: list[ProcedureFields] | None, creation: Creation
    ) -> None:
        metrics = {row.key: row for row in PrometheusQuery.objects.filter(plan=plan)}
        checks = {row.key: row for row in HealthCheck.objects.filter(plan=plan)}
        default = next((one.key for one in value or [] if one.default), None)
        lined = creation.made.get("lined", False)
        for place, one in enumerate(value or [], start=1):
            row = RollbackProcedure.objects.create(
                plan=plan,
                key=one.key,
                name=one.name,
                target_s=one.target,
                downtime_target_s=one.downtime,
                to_percent=one.to,
                to_text=one.to_text,
                parts=list(one.takes),
                command=one.command,
                is_default=one.key == default if default else place == 1,
                position=place,
                source_line=one.line if lined else None,
            )
            ProcedureStep.objects.bulk_create(
                _step_row(row, position, step, metrics, checks)
                for position, step in enumerate(one.steps, start=1)
            )


def _step_row(
    row: RollbackProcedure,
    position: int,
    step: StepFields,
    metrics: Mapping[str, PrometheusQuery],
    checks: Mapping[str, HealthCheck],
) -> ProcedureStep:
    query, check = metrics.get(step.metric), checks.get(step.check)
    kind = StepKind.METRIC if query else StepKind.CHECK if check else step.kind
    return ProcedureStep(
        procedure=row,
        position=position,
        title=step.title,
        segment=step.segment,
        kind=kind,
        target_s=step.target,
        query=query,
        health_check=None if query else check,
        hold_s=step.hold,
        command=step.command,
        expected=step.expected,
        blocking=step.blocking,
    )


def _procedure(row: RollbackProcedure, lined: bool) -> dict[str, Any]:
    return f.given(
        key=row.key,
        name=row.name,
        target=_length(row.target_s),
        downtime=_length(row.downtime_target_s),
        to=row.to_percent or None,
        to_text=row.to_text,
        takes=row.parts,
        command=row.command,
        default=row.is_default or None,
        steps=[_step(step) for step in row.steps.all()],
        line=row.source_line if lined else None,
    )


def _step(step: ProcedureStep) -> dict[str, Any]:
    named = bool(step.query_id or step.health_check_id)
    return f.given(
        title=step.title,
        segment=step.segment,
        kind=None if step.kind == StepKind.PERSON or named else step.kind,
        target=_length(step.target_s),
        metric=step.query.key if step.query else None,
        check=step.health_check.key if step.health_check else None,
        hold=_length(step.hold_s or None),
        command=step.command,
        expected=step.expected,
        blocking=step.blocking or None,
    )


def _length(seconds: int | None) -> str | None:
    return None if seconds is None else f.length(seconds)


register_part(ProceduresPart())
