"""What a file would change before it counts."""

from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checklists.models import Criterion, Evidence, Source
from checklists.queries.criteria import CriterionRow, criterion_rows, evidence_now, waivers_now
from checklists.queries.gates import final_of, gates_now
from warroom.models import DeploymentPlan


@dataclass(frozen=True)
class FigureRow:
    """A figure of a file under its full key, and what stands under that key now."""

    key: str
    label: str
    text: str
    now_text: str


@dataclass(frozen=True)
class Turn:
    """A criterion as it counts now, and as it would with the file."""

    before: CriterionRow
    after: CriterionRow


def figure_rows(
    plan: DeploymentPlan, figures: list[dict[str, Any]], now: datetime
) -> list[FigureRow]:
    """The figures of a file beside what stands under their keys."""
    stands = evidence_now(plan, now)
    return [
        FigureRow(
            figure["key"],
            figure["label"],
            figure["text"],
            stands[figure["key"]].text if figure["key"] in stands else "",
        )
        for figure in figures
    ]


def turns(
    plan: DeploymentPlan,
    figures: list[dict[str, Any]],
    observed_at: datetime,
    valid_for_s: int,
    now: datetime,
) -> list[Turn]:
    """The criteria of open gates that figures would feed, as they are and as they would be."""
    keys = [figure["key"] for figure in figures]
    gates = {gate.pk: gate for gate in gates_now(plan, now) if final_of(gate) is None}
    asked = list(
        Criterion.objects.filter(gate__in=gates, source=Source.EVIDENCE, evidence_key__in=keys)
    )
    for criterion in asked:
        criterion.gate = gates[criterion.gate_id]
    before = criterion_rows(plan, asked, now)
    rows = [
        Evidence(
            plan=plan,
            key=figure["key"],
            value=figure["value"],
            unit=figure["unit"],
            text=figure["text"],
            observed_at=observed_at,
            valid_for_s=valid_for_s,
        )
        for figure in figures
    ]
    after = criterion_rows(_as_if(plan, rows, now), asked, now)
    return [Turn(one, other) for one, other in zip(before, after, strict=True)]


def _as_if(plan: DeploymentPlan, rows: list[Evidence], now: datetime) -> DeploymentPlan:
    """The plan as a reader would find it if these readings stood; see ``warroom.queries.once``."""
    read = {**evidence_now(plan, now), **{row.key: row for row in rows}}
    kept = {"evidence": read, "waivers": waivers_now(plan, now)}
    imagined = copy(plan)
    imagined._read_once = ((now, plan.timeline_seq), kept)
    return imagined
