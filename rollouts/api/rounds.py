"""Rounds of watching and success criteria for pipelines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from rollouts.actions import success
from rollouts.actions.recording import record_round
from rollouts.models import SuccessCriterion, WatchRound
from rollouts.queries import round_lists
from rollouts.queries.rounds import RoundRow, row_of, shown_now, watch_now
from rollouts.queries.success import SuccessRow, success_rows
from warroom.api import plan_of
from warroom.models import DeploymentPlan
from warroom.once import once

router = Router(tags=["rollout"])


class RoundOut(Schema):
    """``state``: next, due, done, late or missed. Times are UTC."""

    number: int
    stage: int | None
    due: datetime
    state: str
    result: str
    done: datetime | None
    by: str
    role: str
    action: str
    note: str
    readings: list[dict[str, Any]] | None = None


class PartOut(Schema):
    """The rounds of one stage in one of its runs, the newest first."""

    stage: int | None
    expected: int
    performed: int
    late: int
    missed: int
    next_due: datetime | None
    rounds: list[RoundOut]


class RoundIn(Schema):
    """``action``: none, investigate or rollback. A note is wanted when something is not green."""

    action: str = "none"
    note: str = ""


class SuccessOut(Schema):
    """``met`` is null while it is not decided; ``state``: ahead, due or evaluated."""

    key: str
    text: str
    group: str
    asks: str
    due: datetime | None
    state: str
    met: bool | None
    value: str
    reason: str
    evaluated: datetime | None
    by: str


class SuccessIn(Schema):
    """``query`` and ``check`` by key, ``bound`` as "< 0.1 %"; spans in seconds."""

    text: str
    group: str = ""
    due_offset_s: int | None = None
    since: str = ""
    query: str = ""
    check: str = ""
    counts: str = ""
    bound: str = ""
    over_s: int = 0


class SuccessWord(Schema):
    met: bool
    reason: str


@router.get("plans/{slug}/rounds", response=list[PartOut])
def list_rounds(request: HttpRequest, slug: str):
    """Every round, stage by stage, with how many were expected, performed, late and missed."""
    plan = plan_of(request, slug)
    return [_part(part) for part in round_lists.parts(plan, timezone.now())]


@router.post("plans/{slug}/rounds/{int:number}", response=RoundOut)
def post_round(request: HttpRequest, slug: str, number: int, body: RoundIn):
    """Record a round of what is watched now, with the values as they are measured.

    409 when somebody recorded it, when it was missed or is too early; 422 names the field.
    """
    plan = plan_of(request, slug, "tick")
    one = _find(plan, number)
    told = {"action": body.action, "note": body.note, "request_id": once(request)}
    recorded = record_round(one, by=request.user, **told)
    now = timezone.now()
    row = row_of(recorded, watch_now(plan, now), now)
    return _round(row) | {"readings": recorded.readings}


@router.get("plans/{slug}/success", response=list[SuccessOut])
def list_success(request: HttpRequest, slug: str):
    """Every success criterion, with what it came to."""
    return [_success(row) for row in success_rows(plan_of(request, slug), timezone.now())]


@router.post("plans/{slug}/success", response={201: SuccessOut})
def post_success(request: HttpRequest, slug: str, body: SuccessIn):
    """Add a success criterion. 422 names the field that is wrong."""
    plan = plan_of(request, slug, "edit")
    row = success.add_success(plan, body.dict(), by=request.user, request_id=once(request))
    return Status(201, _one(plan, row))


@router.put("plans/{slug}/success/{key}", response=SuccessOut)
def put_success(request: HttpRequest, slug: str, key: str, body: SuccessIn):
    """Change what a criterion asks. 409 once it was evaluated; 422 names the field."""
    plan = plan_of(request, slug, "edit")
    row = _criterion(plan, key)
    told = {"by": request.user, "request_id": once(request)}
    return _one(plan, success.edit_success(row, body.dict(), **told))


@router.delete("plans/{slug}/success/{key}", response={204: None})
def delete_success(request: HttpRequest, slug: str, key: str, reason: str = ""):
    """Take a criterion away that was not evaluated; 409 once it was."""
    plan = plan_of(request, slug, "edit")
    row = _criterion(plan, key)
    success.remove_success(row, reason, by=request.user, request_id=once(request))
    return Status(204, None)


@router.put("plans/{slug}/success/{key}/word", response=SuccessOut)
def put_success_word(request: HttpRequest, slug: str, key: str, body: SuccessWord):
    """Say whether it was met, where nothing measures it or there was no data."""
    plan = plan_of(request, slug, "vote")
    row = _criterion(plan, key)
    told = {"by": request.user, "request_id": once(request)}
    return _one(plan, success.judge_success(row, body.met, body.reason, **told))


def _criterion(plan: DeploymentPlan, key: str) -> SuccessCriterion:
    row = SuccessCriterion.objects.filter(plan=plan, key=key).select_related("plan").first()
    if row is None:
        raise Http404(_("There is no such success criterion."))
    return row


def _find(plan: DeploymentPlan, number: int) -> WatchRound:
    """The round of that number, of what is watched now or was watched last."""
    shown = shown_now(plan, timezone.now())
    rows = [row.round for row in shown.rows] if shown else []
    one = next((one for one in rows if one.number == number), None)
    if one is None:
        raise Http404(_("There is no such round."))
    one.plan = plan
    return one


def _part(part: round_lists.Part) -> dict[str, Any]:
    tally, rows = part.shown.tally, part.rows
    stage = part.shown.watch.stage if part.shown.watch else (rows[0].round.stage if rows else None)
    return {
        "stage": stage.number if stage else None,
        "expected": tally.expected,
        "performed": tally.performed,
        "late": tally.late,
        "missed": tally.missed,
        "next_due": tally.next_due,
        "rounds": [_round(row) for row in rows],
    }


def _round(row: RoundRow) -> dict[str, Any]:
    one = row.round
    return {
        "number": one.number,
        "stage": one.stage.number if one.stage else None,
        "due": one.due_at,
        "state": row.state,
        "result": one.result,
        "done": one.done_at,
        "by": one.done_by,
        "role": one.done_as,
        "action": one.action,
        "note": one.note,
    }


def _one(plan: DeploymentPlan, row: SuccessCriterion) -> dict[str, Any]:
    plan.refresh_from_db()
    rows = success_rows(plan, timezone.now())
    return _success(next(one for one in rows if one.criterion.pk == row.pk))


def _success(row: SuccessRow) -> dict[str, Any]:
    one = row.criterion
    return {
        "key": one.key,
        "text": one.text,
        "group": one.group,
        "asks": row.asks,
        "due": row.due,
        "state": row.state,
        "met": one.met,
        "value": one.value_text,
        "reason": one.reason,
        "evaluated": one.evaluated_at,
        "by": one.evaluated_by,
    }
