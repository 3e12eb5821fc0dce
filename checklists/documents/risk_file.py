"""Risks and contingency scenarios in a plan file."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from django.utils.translation import gettext as _
from pydantic import Field

from checklists.documents.parts import Line, has_lines
from checklists.documents.said import CLAIMED, claimed
from checklists.models import Phase, Risk, RiskState, Scenario, ScenarioState
from checklists.rules.bands import Band
from checklists.rules.scenarios import MOST_ITEMS, TEXT_LIMIT, Wish, wishes_of
from warroom.documents import fields as f
from warroom.documents.portable import Part, register_part
from warroom.documents.readers import Creation
from warroom.models import DeploymentPlan
from warroom.rules import lengths

BANDS = tuple(band.value for band in Band)
ROW, MOST_ROWS = 1000, 30


class WatchFields(f.Strict):
    """A reading by its key, and the band at which it counts."""

    key: f.words(80)
    band: Literal[BANDS]


class StepFields(f.Strict):
    phase: Literal["before", "during", "after"]
    text: f.words(ROW)


class CaseFields(f.Strict):
    """If this, then that; ``holds`` is the reading by which the page says that it holds now."""

    case: f.words(ROW) = Field(alias="if")
    then: f.text(ROW) = ""
    word: Literal["", "proceed", "hold", "rollback"] = ""
    holds: WatchFields | None = None


class RiskFields(f.Strict):
    title: f.words(300)
    severity: f.text(60) = ""
    probability: f.text(60) = ""
    probability_after: f.text(60) = ""
    impact: f.text() = ""
    cause: f.text() = ""
    trigger: f.text() = ""
    mitigation: f.text() = ""
    mitigations: f.many(StepFields, MOST_ROWS) = []
    criteria: f.many(CaseFields, MOST_ROWS) = []
    owner: f.text(120) = ""
    state: Literal[tuple(RiskState.values)] = "open"
    reason: f.text() = ""
    by: f.text(150) = ""
    at: f.Instant = None
    line: int = Line


class RisksPart(Part):
    key, order, schema = "risks", 70, f.many(RiskFields)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        return [_risk(risk, has_lines(plan), states) for risk in plan.risks.all()]

    def count(self, value: list[RiskFields]) -> dict[str, int]:
        return {"risks": len(value)}

    def create(
        self, plan: DeploymentPlan, value: list[RiskFields] | None, creation: Creation
    ) -> None:
        creation.made["risks"] = Risk.objects.bulk_create(
            _risk_row(plan, number, one, creation) for number, one in enumerate(value or [], 1)
        )


_PLAIN = ("title", "severity", "probability", "probability_after", "impact", "cause", "trigger")
_PLAIN += ("mitigation", "owner")


def _risk(risk: Risk, lined: bool, states: bool) -> dict[str, Any]:
    return f.given(
        **{name: getattr(risk, name) for name in _PLAIN},
        mitigations=risk.mitigations,
        criteria=[_case(row) for row in risk.criteria],
        **(_done(risk, RiskState.OPEN) if states else {}),
        line=risk.source_line if lined else None,
    )


def _case(row: Mapping[str, str]) -> dict[str, Any]:
    watched = {"key": row["key"], "band": row["band"]} if row.get("key") else None
    said = {"if": row["if"], "then": row.get("then"), "word": row.get("word")}
    return f.given(**said, holds=watched)


def _done(row: Risk | Scenario, usual: str) -> dict[str, Any]:
    """What became of it; nothing where nobody said anything."""
    if row.state == usual and not row.state_at:
        return {}
    return {
        "state": None if row.state == usual else row.state,
        "reason": row.state_reason,
        "by": row.state_by_name.removesuffix(CLAIMED),
        "at": f.instant(row.state_at),
    }


def _risk_row(plan: DeploymentPlan, number: int, one: RiskFields, creation: Creation) -> Risk:
    return Risk(
        plan=plan,
        number=number,
        **{name: getattr(one, name) for name in _PLAIN},
        mitigations=[step.model_dump() for step in one.mitigations],
        criteria=[_kept_case(case) for case in one.criteria],
        **_state(one, RiskState.OPEN, creation),
        source_line=one.line if creation.made.get("lined", False) else None,
    )


def _kept_case(case: CaseFields) -> dict[str, str]:
    row = {"if": case.case, "then": case.then, "word": case.word}
    return row | ({"key": case.holds.key, "band": case.holds.band} if case.holds else {})


def _state(one: Any, usual: str, creation: Creation) -> dict[str, Any]:
    """As the file says, in the name of whom it says, else of the file."""
    said = one.state != usual
    author = creation.made.get("states_by", "") if said else ""
    at: datetime | None = one.at or (creation.at if said else None)
    return {
        "state": one.state,
        "state_reason": one.reason,
        "state_by_name": claimed(one.by) or author,
        "state_at": at,
    }


# --- scenarios ---------------------------------------------------------------------------------


class WishFields(f.Strict):
    """An item that a start puts into the room; ``due`` counts from the start."""

    text: f.words(TEXT_LIMIT)
    role: f.text(120) = ""
    blocking: bool = False
    required: bool = True
    due: f.Length | None = None


class ScenarioFields(f.Strict):
    """``risk`` and ``phase`` count the file's own risks and phases, from 1."""

    title: f.words(300)
    action: f.text() = ""
    decide: f.text() = ""
    duration: f.text(200) = ""
    items: f.many(WishFields, MOST_ITEMS) = []
    risk: int | None = None
    watch: WatchFields | None = None
    state: Literal[tuple(ScenarioState.values)] = "armed"
    reason: f.text() = ""
    by: f.text(150) = ""
    at: f.Instant = None
    phase: int | None = None
    line: int = Line


class ScenariosPart(Part):
    key, order, schema = "scenarios", 71, f.many(ScenarioFields)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        rows = list(plan.scenarios.all())
        if not rows:
            return []
        risks, phases = _places(plan.risks.all()), _places(plan.phases.all())
        return [_scenario(row, risks, phases, has_lines(plan), states) for row in rows]

    def check(self, value: list[ScenarioFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        for n, one in enumerate(value):
            for name in ("risk", "phase"):
                most = len(whole.get(f"{name}s") or ())
                place = getattr(one, name)
                if place is not None and not 1 <= place <= most:
                    text = _("The file has no {name} {place}.").format(name=name, place=place)
                    yield (
                        ("scenarios", n, name),
                        text,
                        _("Count its risks from 1.")
                        if name == "risk"
                        else _("Count its phases from 1."),
                    )

    def create(
        self, plan: DeploymentPlan, value: list[ScenarioFields] | None, creation: Creation
    ) -> None:
        phases = list(Phase.objects.filter(plan=plan)) if any(o.phase for o in value or ()) else []
        Scenario.objects.bulk_create(
            _scenario_row(plan, number, one, phases, creation)
            for number, one in enumerate(value or [], start=1)
        )


def _places(rows: Iterable[Any]) -> dict[int, int]:
    return {row.pk: place for place, row in enumerate(rows, start=1)}


def _scenario(
    row: Scenario, risks: dict[int, int], phases: dict[int, int], lined: bool, states: bool
) -> dict[str, Any]:
    done = _done(row, ScenarioState.ARMED) if states else {}
    if done and row.phase_id:
        done["phase"] = phases.get(row.phase_id)
    watched = {"key": row.watch_key, "band": row.watch_band} if row.watch_key else None
    return f.given(
        title=row.title,
        action=row.action,
        decide=row.decide,
        duration=row.duration,
        items=[wish.data for wish in wishes_of(row.items)],
        risk=risks.get(row.risk_id) if row.risk_id else None,
        watch=watched,
        **done,
        line=row.source_line if lined else None,
    )


def _scenario_row(
    plan: DeploymentPlan,
    number: int,
    one: ScenarioFields,
    phases: list[Phase],
    creation: Creation,
) -> Scenario:
    return Scenario(
        plan=plan,
        number=number,
        title=one.title,
        action=one.action,
        decide=one.decide,
        duration=one.duration,
        items=[_wish(wish).data for wish in one.items],
        risk=creation.made["risks"][one.risk - 1] if one.risk else None,
        watch_key=one.watch.key if one.watch else "",
        watch_band=one.watch.band if one.watch else "",
        phase=phases[one.phase - 1] if one.phase else None,
        **_state(one, ScenarioState.ARMED, creation),
        source_line=one.line if creation.made.get("lined", False) else None,
    )


def _wish(one: WishFields) -> Wish:
    due = one.due if one.due is None or lengths.written(one.due) else None
    return Wish(one.text, one.role, one.blocking, one.required, due or None)


for part in (RisksPart(), ScenariosPart()):
    register_part(part)
