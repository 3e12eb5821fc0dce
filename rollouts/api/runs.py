"""Procedures, rollbacks and drills for scripts: read, start a drill, close steps, end, enter."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from rollouts.actions.drills import enter_drill, start_drill
from rollouts.actions.run_ends import finish_run
from rollouts.actions.run_steps import set_step, state_of
from rollouts.models import ProcedureStep, RollbackProcedure, RollbackRun, RunStep
from rollouts.queries.procedures import procedures_now
from rollouts.queries.runs import legs_of
from rollouts.queries.safe_start import total_s
from warroom.actions.refusals import Invalid
from warroom.api import plan_of, zoned
from warroom.models import DeploymentPlan
from warroom.once import once
from warroom.problems import Instant

router = Router(tags=["rollouts"])


class DrillIn(Schema):
    """``procedure``: its key, "" the default. With ``started_at`` and ``seconds`` by segment it is
    one that was held before, entered from notes by ``held_by``; else it starts now.
    """

    procedure: str = ""
    place: str
    reason: str = ""
    started_at: Instant | None = None
    seconds: dict[str, float] = {}
    downtime_s: float | None = None
    held_by: str = ""
    note: str = ""
    worked: bool = True


class StepIn(Schema):
    """``state``: open, done, skipped or failed; the last two want a ``note``."""

    state: str
    note: str = ""


class EndIn(Schema):
    """``outcome``: verified or failed."""

    outcome: str
    saw: str
    downtime_s: float | None = None


class PlannedOut(Schema):
    position: int
    segment: str
    title: str
    kind: str
    target_s: int | None
    command: str
    expected: str
    blocking: bool
    watches: str
    hold_s: int


class ProcedureOut(Schema):
    """Lengths are seconds. ``watches``: the key of the metric or check that shows the step."""

    key: str
    name: str
    target_s: int | None
    downtime_target_s: int | None
    to_percent: int
    to_text: str
    parts: list[str]
    command: str
    is_default: bool
    steps: list[PlannedOut]


class StepOut(Schema):
    position: int
    segment: str
    title: str
    kind: str
    state: str
    target_s: int | None
    blocking: bool
    done_at: datetime | None
    done_by: str
    note: str


class LegOut(Schema):
    segment: str
    target_s: int | None
    seconds: float | None
    missed: bool


class RunOut(Schema):
    """``outcome``: "" while it runs, verified or failed. ``noted_at``: entered from notes."""

    number: int
    drill: bool
    place: str
    name: str
    cause: str
    reason: str
    from_percent: int
    to_percent: int
    target_s: int | None
    seconds: float | None
    downtime_target_s: int | None
    downtime_s: float | None
    started_at: datetime
    started_by: str
    commander: str
    ended_at: datetime | None
    ended_by: str
    outcome: str
    saw: str
    noted_at: datetime | None
    false_positive_at: datetime | None
    redeployed_at: datetime | None
    legs: list[LegOut]
    steps: list[StepOut]


@router.get("plans/{slug}/procedures", response=list[ProcedureOut])
def list_procedures(request: HttpRequest, slug: str):
    """The ways back, the default first."""
    plan = plan_of(request, slug)
    return [_procedure(row) for row in procedures_now(plan, timezone.now())]


def _procedure(row: RollbackProcedure) -> dict[str, Any]:
    names = set(ProcedureOut.model_fields) - {"steps"}
    steps = [_planned(step) for step in row.steps.all()]
    return {name: getattr(row, name) for name in names} | {"steps": steps}


def _planned(step: ProcedureStep) -> dict[str, Any]:
    names = set(PlannedOut.model_fields) - {"watches"}
    watched = step.query or step.health_check
    own = {"watches": watched.key if watched else ""}
    return {name: getattr(step, name) for name in names} | own


@router.get("plans/{slug}/runs", response=list[RunOut])
def list_runs(request: HttpRequest, slug: str):
    """Rollbacks and drills, newest first; the last 100."""
    plan = plan_of(request, slug)
    rows = RollbackRun.objects.filter(plan=plan).select_related("guardrail")
    return [_out(row) for row in rows.prefetch_related("steps")[:100]]


@router.get("plans/{slug}/runs/{number}", response=RunOut)
def one_run(request: HttpRequest, slug: str, number: int):
    return _out(_find(plan_of(request, slug), number))


@router.post("plans/{slug}/drills", response={201: RunOut})
def post_drill(request: HttpRequest, slug: str, body: DrillIn):
    """Start a drill, or enter one that was held before. It moves no production traffic."""
    plan = plan_of(request, slug, "tick")
    procedure = _procedure_of(plan, body.procedure)
    if body.started_at is None:
        run = start_drill(
            plan,
            procedure,
            body.place,
            by=request.user,
            reason=body.reason,
            request_id=once(request),
        )
        return Status(201, _out(_find(plan, run.number)))
    if procedure is None:
        raise Invalid("procedure", _("Name the procedure that was drilled."))
    run = enter_drill(
        plan,
        procedure,
        body.place,
        zoned("started_at", body.started_at),
        body.seconds,
        by=request.user,
        held_by=body.held_by,
        note=body.note,
        worked=body.worked,
        downtime_s=body.downtime_s,
        request_id=once(request),
    )
    return Status(201, _out(_find(plan, run.number)))


@router.put("plans/{slug}/runs/{number}/steps/{position}", response=RunOut)
def put_step(request: HttpRequest, slug: str, number: int, position: int, body: StepIn):
    """Set what became of a step. 409 while a step that blocks is open before it, or
    while the metric or check of the step does not show it; without data a note is wanted.
    """
    plan = plan_of(request, slug, "tick")
    run = _find(plan, number)
    if not run.steps.filter(position=position).exists():
        raise Http404
    set_step(run, position, body.state, by=request.user, note=body.note, request_id=once(request))
    return _out(_find(plan, number))


@router.post("plans/{slug}/runs/{number}/finish", response=RunOut)
def finish(request: HttpRequest, slug: str, number: int, body: EndIn):
    """End a run. Verified wants every step done or left out with a reason."""
    plan = plan_of(request, slug, "tick")
    finish_run(
        _find(plan, number),
        body.outcome,
        body.saw,
        by=request.user,
        downtime_s=body.downtime_s,
        request_id=once(request),
    )
    return _out(_find(plan, number))


def _procedure_of(plan: DeploymentPlan, key: str) -> RollbackProcedure | None:
    if not key:
        return None
    found = RollbackProcedure.objects.filter(plan=plan, key=key, retired_at=None).first()
    if found is None:
        raise Invalid("procedure", _("This release has no procedure {key!r}.").format(key=key[:80]))
    return found


def _find(plan: DeploymentPlan, number: int) -> RollbackRun:
    rows = RollbackRun.objects.filter(plan=plan, number=number).select_related("guardrail")
    found = rows.prefetch_related("steps").first() if number < 32_768 else None
    if found is None:
        raise Http404
    found.plan = plan
    return found


def _out(run: RollbackRun) -> dict[str, Any]:
    steps, now = list(run.steps.all()), timezone.now()
    names = set(RunOut.model_fields) - {"legs", "steps", "seconds"}
    legs = [
        {
            "segment": leg.segment,
            "target_s": leg.target_s,
            "seconds": leg.seconds(now),
            "missed": leg.missed(now),
        }
        for leg in legs_of(run, steps)
    ]
    own = {"legs": legs, "steps": [_step(step) for step in steps], "seconds": total_s(run)}
    return {name: getattr(run, name) for name in names} | own


def _step(step: RunStep) -> dict[str, Any]:
    names = set(StepOut.model_fields) - {"state"}
    return {name: getattr(step, name) for name in names} | {"state": state_of(step)}
