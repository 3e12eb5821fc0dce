"""What starts when a gate is decided, in a plan file; and what decisions started, in its record."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from checklists.documents.parts import role_keys
from checklists.models import BranchStep, Correction, FollowUp
from checklists.rules.followups import KINDS, MOST_STEPS, title_of
from warroom.documents import fields as f
from warroom.documents.portable import Part, register_part
from warroom.documents.readers import Creation
from warroom.models import DeploymentPlan

_YEAR = 366 * 86_400


class StepFields(f.Strict):
    text: f.words(2000)
    kind: Literal[KINDS] = "task"
    role: f.key(60) = ""
    after: f.a_length(most=_YEAR, step=60) = None


class BranchFields(f.Strict):
    gate: f.key(60)
    on: Literal["go", "hold", "no-go"]
    do: f.many(StepFields, MOST_STEPS) = []


class BranchesPart(Part):
    """Only gates with steps of their own are named; the others start what is usual."""

    key, order, schema = "branches", 55, f.many(BranchFields, 600)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        rows = BranchStep.objects.filter(gate__plan=plan).select_related("gate", "role")
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in rows.order_by("gate__number", "gate__pk", "branch", "position"):
            found.setdefault((row.gate.key, row.branch), []).append(_step(row))
        return [{"gate": gate, "on": word, "do": steps} for (gate, word), steps in found.items()]

    def check(self, value: list[BranchFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        gates = {gate.key for gate in whole.get("gates", ())}
        for n, branch in enumerate(value):
            yield from f.unknown(branch.gate, gates, ("branches", n, "gate"), "gate")
            for place, step in enumerate(branch.do):
                path = ("branches", n, "do", place, "role")
                yield from f.unknown(step.role, role_keys(whole), path, "role")

    def create(
        self, plan: DeploymentPlan, value: list[BranchFields] | None, creation: Creation
    ) -> None:
        gates = {gate.key: gate for gate in creation.made.get("gates", ())}
        BranchStep.objects.bulk_create(
            BranchStep(
                gate=gates[branch.gate],
                branch=branch.on,
                position=place,
                kind=step.kind,
                text=step.text,
                role=creation.made["roles"].get(step.role),
                after_minutes=None if step.after is None else step.after // 60,
            )
            for branch in value or []
            for place, step in enumerate(branch.do, start=1)
        )

    def record(self, plan: DeploymentPlan) -> dict[str, Any]:
        return f.given(followups=_followups(plan), corrections=_corrections(plan))


def _step(row: BranchStep) -> dict[str, Any]:
    return f.given(
        text=row.text,
        kind=None if row.kind == "task" else row.kind,
        role=row.role.key if row.role else None,
        after=None if row.after_minutes is None else f.length(row.after_minutes * 60),
    )


def _followups(plan: DeploymentPlan) -> list[dict[str, Any]]:
    rows = FollowUp.objects.filter(plan=plan).select_related("role", "decision__gate")
    return [
        f.given(
            number=one.number,
            gate=one.decision.gate.key if one.decision else None,
            on=one.decision.word if one.decision else None,
            text=title_of(one.text),
            role=one.role.key if one.role else None,
            owner=one.owner,
            due=f.instant(one.due_at),
            opened=f.instant(one.opened_at),
            done=f.instant(one.done_at),
            done_by=one.done_by_name,
            note=one.note,
        )
        for one in rows
    ]


def _corrections(plan: DeploymentPlan) -> list[dict[str, Any]]:
    rows = Correction.objects.filter(decision__gate__plan=plan).select_related("decision__gate")
    return [
        f.given(
            gate=one.decision.gate.key,
            decided=f.instant(one.decision.at),
            text=one.text,
            by=one.by_name,
            at=f.instant(one.at),
        )
        for one in rows
    ]


register_part(BranchesPart())
