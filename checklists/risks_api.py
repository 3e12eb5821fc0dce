"""Risks and contingency for pipelines: list, write down, say what became of it, start, clear."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema, Status

from checklists.actions import risks as actions
from checklists.actions import scenarios
from checklists.models import Risk, Scenario
from checklists.queries.risks import RiskRow, ScenarioRow, risk_sheet
from warroom.actions.refusals import Invalid, Refused
from warroom.api import plan_of
from warroom.models import DeploymentPlan
from warroom.once import once

router = Router(tags=["checklists"])
MOST_NUMBER = 32_767


class MitigationIn(Schema):
    """``phase``: before, during or after."""

    phase: str
    text: str


class CriterionIn(Schema):
    """If this, then that. ``word``: proceed, hold, rollback or none. ``key`` names a reading and
    ``band`` (green, yellow, red, no_data) says while what it holds.
    """

    case: str = Field(alias="if")
    then: str = ""
    word: str = ""
    key: str = ""
    band: str = ""

    @property
    def said(self) -> dict[str, str]:
        row = self.dict()
        return {"if": row.pop("case"), **row}


class SaysIn(Schema):
    """What a risk says, in the words of people: ``severity`` P1 or high, ``probability`` 20 %."""

    title: str | None = None
    severity: str | None = None
    probability: str | None = None
    probability_after: str | None = None
    impact: str | None = None
    cause: str | None = None
    trigger: str | None = None
    mitigation: str | None = None
    mitigations: list[MitigationIn] | None = None
    criteria: list[CriterionIn] | None = None
    owner: str | None = None

    @property
    def said(self) -> dict[str, Any]:
        given = {name: value for name, value in self.dict().items() if value is not None}
        if self.criteria is not None:
            given["criteria"] = [row.said for row in self.criteria]
        return given


class NewRiskIn(SaysIn):
    pass


class RiskIn(SaysIn):
    """What is left out stays as it is. 409 when ``revision`` is no longer the risk's."""

    revision: int | None = None


class StateIn(Schema):
    """``state``: open, watched, occurred or closed; the last two want a reason."""

    state: str
    reason: str = ""
    revision: int | None = None


class LineOut(Schema):
    """``holds`` names the reading by which the row holds now; "" while none does."""

    case: str = Field(alias="if")
    then: str
    word: str
    holds: str


class RiskOut(Schema):
    """``level``: low, medium, high or "not rated", after mitigation. Times are UTC."""

    number: int
    title: str
    severity: str
    probability: str
    probability_after: str
    level: str
    unread: list[str]
    impact: str
    cause: str
    trigger: str
    mitigation: str
    mitigations: list[MitigationIn]
    criteria: list[LineOut]
    owner: str
    state: str
    reason: str
    by: str
    at: datetime | None
    revision: int


class RisksOut(Schema):
    """``overall``: low, medium, high, none (no risk is open), or "" where it cannot be told."""

    overall: str
    sentence: str
    risks: list[RiskOut]


class ScenarioOut(Schema):
    """``state``: armed, in-force or cleared. ``time`` says that its time has come, and by what.

    ``phase`` is the number of the phase with its items, ``open`` how many of them are open.
    """

    number: int
    title: str
    action: str
    decide: str
    duration: str
    items: list[dict[str, Any]]
    risk: int | None
    watch_key: str
    watch_band: str
    state: str
    time: str
    reason: str
    by: str
    at: datetime | None
    phase: int | None
    open: int
    revision: int


class NewScenarioIn(Schema):
    """``title``: if; ``action``: then. ``items``: texts, or rows as they are listed. ``risk``: its
    number. ``watch_key`` names a reading and ``watch_band`` the band at which its time has come.
    """

    title: str = ""
    action: str = ""
    decide: str = ""
    duration: str = ""
    items: list[str | dict[str, Any]] = []
    risk: int | None = None
    watch_key: str = ""
    watch_band: str = ""


class ScenarioIn(NewScenarioIn):
    """What is left out stays as it is. 409 when ``revision`` is no longer the scenario's."""

    revision: int | None = None


class SeenIn(Schema):
    revision: int | None = None


class ClearIn(SeenIn):
    reason: str


@router.get("plans/{slug}/risks", response=RisksOut, by_alias=True)
def list_risks(request: HttpRequest, slug: str):
    """All risks, rated, and the overall level."""
    sheet = risk_sheet(plan_of(request, slug), timezone.now())
    return {
        "overall": sheet.overall.level,
        "sentence": sheet.overall.sentence,
        "risks": [_risk(row) for row in sheet.risks],
    }


@router.post("plans/{slug}/risks", response={201: RiskOut}, by_alias=True)
def add_risk(request: HttpRequest, slug: str, body: NewRiskIn):
    """Write a risk down. The same Idempotency-Key writes it down once."""
    plan = plan_of(request, slug, "edit")
    risk = actions.add_risk(plan, body.said, by=request.user, request_id=once(request))
    return Status(201, _one_risk(plan, risk.number))


@router.patch("plans/{slug}/risks/{int:number}", response=RiskOut, by_alias=True)
def change_risk(request: HttpRequest, slug: str, number: int, body: RiskIn):
    """Change what a risk says."""
    plan = plan_of(request, slug, "edit")
    risk = _find(plan, Risk, number)
    said = body.said
    said.pop("revision", None)
    actions.edit_risk(
        risk, said, by=request.user, seen_revision=body.revision, request_id=once(request)
    )
    return _one_risk(plan, number)


@router.put("plans/{slug}/risks/{int:number}/state", response=RiskOut, by_alias=True)
def put_risk_state(request: HttpRequest, slug: str, number: int, body: StateIn):
    """Say what became of a risk."""
    plan = plan_of(request, slug, "edit")
    risk = _find(plan, Risk, number)
    actions.set_risk_state(
        risk,
        body.state,
        body.reason,
        by=request.user,
        seen_revision=body.revision,
        request_id=once(request),
    )
    return _one_risk(plan, number)


@router.get("plans/{slug}/scenarios", response=list[ScenarioOut])
def list_scenarios(request: HttpRequest, slug: str):
    """All scenarios: those in force first, then those whose time has come."""
    sheet = risk_sheet(plan_of(request, slug), timezone.now())
    return [_scenario(row) for row in sheet.scenarios]


@router.post("plans/{slug}/scenarios", response={201: ScenarioOut})
def add_scenario(request: HttpRequest, slug: str, body: NewScenarioIn):
    """Write a scenario down. The same Idempotency-Key writes it down once."""
    plan = plan_of(request, slug, "edit")
    said = _scenario_said(plan, body)
    made = scenarios.add_scenario(plan, said, by=request.user, request_id=once(request))
    return Status(201, _one_scenario(plan, made.number))


@router.patch("plans/{slug}/scenarios/{int:number}", response=ScenarioOut)
def change_scenario(request: HttpRequest, slug: str, number: int, body: ScenarioIn):
    """Change what a scenario says; what it put into the room stays as it is."""
    plan = plan_of(request, slug, "edit")
    scenario, said = _find(plan, Scenario, number), _scenario_said(plan, body)
    given = {"seen_revision": body.revision, "request_id": once(request)}
    scenarios.edit_scenario(scenario, said, by=request.user, **given)
    return _one_scenario(plan, number)


def _scenario_said(plan: DeploymentPlan, body: NewScenarioIn) -> dict[str, Any]:
    said = body.dict(exclude_unset=True)
    said.pop("revision", None)
    if said.get("risk") is not None:
        said["risk"] = plan.risks.filter(number=said["risk"]).first()
        if said["risk"] is None:
            raise Invalid("risk", _("This release has no such risk."))
    return said


@router.post("plans/{slug}/scenarios/{int:number}/start", response=ScenarioOut)
def start(request: HttpRequest, slug: str, number: int, body: SeenIn):
    """Put a scenario in force, and its items into the room. What is in force stays so."""
    return _step(request, slug, number, scenarios.start_scenario, body)


@router.post("plans/{slug}/scenarios/{int:number}/clear", response=ScenarioOut)
def clear(request: HttpRequest, slug: str, number: int, body: ClearIn):
    """Say how it ended; its items stay."""
    return _step(request, slug, number, scenarios.clear_scenario, body, reason=body.reason)


@router.post("plans/{slug}/scenarios/{int:number}/arm", response=ScenarioOut)
def arm(request: HttpRequest, slug: str, number: int, body: SeenIn):
    """Make a cleared scenario ready again."""
    return _step(request, slug, number, scenarios.arm_scenario, body)


def _step(
    request: HttpRequest, slug: str, number: int, act: Any, body: SeenIn, **more: Any
) -> dict[str, Any]:
    plan = plan_of(request, slug, "tick")
    scenario = _find(plan, Scenario, number)
    act(
        scenario,
        by=request.user,
        seen_revision=body.revision,
        request_id=once(request),
        **more,
    )
    return _one_scenario(plan, number)


def _one_scenario(plan: DeploymentPlan, number: int) -> dict[str, Any]:
    rows = risk_sheet(_fresh(plan), timezone.now()).scenarios
    found = next((row for row in rows if row.scenario.number == number), None)
    if found is None:
        raise Refused(_("This scenario was removed meanwhile."))
    return _scenario(found)


def _find(plan: DeploymentPlan, model: type, number: int) -> Any:
    found = model.objects.filter(plan=plan, number=number).first() if number < MOST_NUMBER else None
    if found is None:
        raise Http404
    found.plan = plan
    return found


def _fresh(plan: DeploymentPlan) -> DeploymentPlan:
    return DeploymentPlan.objects.defer("source_text").get(pk=plan.pk)


def _one_risk(plan: DeploymentPlan, number: int) -> dict[str, Any]:
    rows = risk_sheet(_fresh(plan), timezone.now()).risks
    found = next((row for row in rows if row.risk.number == number), None)
    if found is None:
        raise Refused(_("This risk was removed meanwhile."))
    return _risk(found)


def _risk(row: RiskRow) -> dict[str, Any]:
    risk = row.risk
    return {
        **actions.shown(risk),
        "number": risk.number,
        "level": row.rated.level,
        "unread": list(row.rated.unread),
        "criteria": [
            {"if": line.case, "then": line.then, "word": line.word, "holds": line.holds}
            for line in row.criteria
        ],
        "state": risk.state,
        "reason": risk.state_reason,
        "by": risk.state_by_name,
        "at": risk.state_at,
        "revision": risk.revision,
    }


def _scenario(row: ScenarioRow) -> dict[str, Any]:
    scenario = row.scenario
    return {
        "number": scenario.number,
        "title": scenario.title,
        "action": scenario.action,
        "decide": scenario.decide,
        "duration": scenario.duration,
        "items": [wish.data for wish in row.wishes],
        "risk": scenario.risk.number if scenario.risk else None,
        "watch_key": scenario.watch_key,
        "watch_band": scenario.watch_band,
        "state": scenario.state,
        "time": row.time,
        "reason": scenario.state_reason,
        "by": scenario.state_by_name,
        "at": scenario.state_at,
        "phase": row.phase.phase.number if row.phase else None,
        "open": row.open,
        "revision": scenario.revision,
    }
