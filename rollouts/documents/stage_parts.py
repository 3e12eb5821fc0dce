"""The stages of a rollout in a plan file."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import Field

from checklists.documents.parts import Line, has_lines
from rollouts.documents.parts import CadenceStep, cadence_of, step_of
from rollouts.models import Stage
from warroom.documents import fields as f
from warroom.documents.portable import Part, register_part
from warroom.documents.readers import Creation
from warroom.models import DeploymentPlan

HOLD_S = Stage._meta.get_field("hold_s").default


class RoundStep(CadenceStep):
    """A round every so often until this age of the stage, and what is done at it."""

    duties: f.many(f.words(300), 20) = []


class StageFields(f.Strict):
    name: f.text(200) = ""
    from_: int = Field(alias="from", ge=0, le=100)
    to: int = Field(ge=0, le=100)
    at: f.Offset = None
    soak: f.Length = 0
    hold: f.Length = HOLD_S
    gate: f.key(60) = ""
    cadence: f.many(RoundStep, 20) = []
    auto_advance: bool = False
    rollback: Literal["", "off", "recommend", "automatic"] = ""
    explanation: f.text() = ""
    command: f.text() = ""
    line: int = Line


class StagesPart(Part):
    key, order, schema = "stages", 93, f.many(StageFields, 1000)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        lined = has_lines(plan)
        stages = plan.stages.select_related("gate").order_by("number", "pk")
        return [_stage(stage, lined) for stage in stages]

    def record(self, plan: DeploymentPlan) -> dict[str, Any]:
        """How far the rollout got: a fact of that release, not of another made of its file."""
        begun = [stage for stage in plan.stages.all() if stage.started_at or stage.ended_at]
        if not begun:
            return {}
        return {
            "stages": [
                f.given(
                    stage=stage.number,
                    state=stage.state,
                    started=f.instant(stage.started_at),
                    soak_from=f.instant(stage.soak_from),
                    soak_observed=f.length(int(stage.observed_s)) if stage.observed_s else None,
                    soak_claimed=f.length(int(stage.claimed_s)) if stage.claimed_s else None,
                    ended=f.instant(stage.ended_at),
                )
                for stage in begun
            ]
        }

    def check(self, value: list[StageFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        gates = [gate.key for gate in whole.get("gates", ())]
        for n, stage in enumerate(value):
            yield from f.unknown(stage.gate, gates, ("stages", n, "gate"), "gate")

    def count(self, value: list[StageFields]) -> dict[str, int]:
        return {"stages": len(value)}

    def create(
        self, plan: DeploymentPlan, value: list[StageFields] | None, creation: Creation
    ) -> None:
        gates = {gate.key: gate for gate in creation.made["gates"]}
        lined = creation.made.get("lined", False)
        Stage.objects.bulk_create(
            Stage(
                plan=plan,
                number=number,
                name=one.name,
                from_percent=one.from_,
                to_percent=one.to,
                offset_s=one.at,
                soak_s=one.soak,
                hold_s=one.hold,
                gate=gates.get(one.gate),
                cadence=_rounds_of(one.cadence),
                auto_advance=one.auto_advance,
                rollback_mode=one.rollback,
                explanation=one.explanation,
                command=one.command,
                source_line=one.line if lined else None,
            )
            for number, one in enumerate(value or [], start=1)
        )


def _rounds_of(steps: Iterable[RoundStep]) -> list[dict[str, Any]]:
    kept = zip(cadence_of(steps), steps, strict=True)
    return [row | ({"duties": list(one.duties)} if one.duties else {}) for row, one in kept]


def _stage(stage: Stage, lined: bool) -> dict[str, Any]:
    return f.given(
        name=stage.name,
        from_=stage.from_percent,
        to=stage.to_percent,
        at=f.offset(stage.offset_s),
        soak=f.length(stage.soak_s) if stage.soak_s else None,
        hold=None if stage.hold_s == HOLD_S else f.length(stage.hold_s),
        gate=stage.gate.key if stage.gate else None,
        cadence=[step_of(step) | f.given(duties=step.get("duties")) for step in stage.cadence],
        auto_advance=stage.auto_advance or None,
        rollback=stage.rollback_mode,
        explanation=stage.explanation,
        command=stage.command,
        line=stage.source_line if lined else None,
    )


register_part(StagesPart())
