"""Decisions as they were taken, their proof and corrections, and what they started."""

from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema, Status

from checklists.actions.branches import set_branches
from checklists.actions.corrections import correct
from checklists.actions.followups import close_followup, open_followup
from checklists.actions.redating import set_new_date
from checklists.documents.decision_record import record_markdown
from checklists.models import Correction, Decision, FollowUp, Gate
from checklists.queries.decision_records import record_of
from checklists.queries.followups import branches_of, followups_of
from checklists.queries.verified import prove
from checklists.rules.followups import Step, draft_of, title_of
from checklists.rules.words import GO, HOLD, NO_GO
from warroom.actions.refusals import Invalid
from warroom.api import find_role, plan_of, zoned
from warroom.models import DeploymentPlan
from warroom.once import once
from warroom.problems import Instant

router = Router(tags=["checklists"])


class CorrectionIn(Schema):
    text: str


class FollowUpIn(Schema):
    """``role`` is a role's key; ``due`` has its zone."""

    text: str
    role: str = ""
    owner: str = ""
    due: Instant | None = None


class DoneIn(Schema):
    note: str


class NewDateIn(Schema):
    """``t0`` null: the date has been moved already. ``basis`` of a dry run of the shift."""

    t0: Instant | None = None
    reason: str = ""
    window_too: bool = False
    basis: str = ""


class StepIn(Schema):
    """``after_minutes``: due so long after the decision; ``role``: a role's key."""

    kind: str
    text: str
    role: str = ""
    after_minutes: int | None = None


class BranchesIn(Schema):
    go: list[StepIn] = []
    hold: list[StepIn] = []
    no_go: list[StepIn] = Field([], alias="no-go")


@router.get("plans/{slug}/gates/{key}/decisions", response=list[dict[str, Any]])
def list_decisions(request: HttpRequest, slug: str, key: str):
    """Every HOLD, GO and NO-GO of a gate, oldest first, without the evidence."""
    plan = plan_of(request, slug)
    gate = plan.gates.filter(key=key).first()
    if gate is None:
        raise Http404
    rows = gate.decisions.select_related("role").defer("evidence")
    return [_decision(row) for row in rows]


@router.get("plans/{slug}/gates/{key}/decisions/{int:number}", response=dict[str, Any])
def show_decision(request: HttpRequest, slug: str, key: str, number: int):
    """One decision with its frozen evidence, its proof, corrections and follow-ups."""
    found = _found(plan_of(request, slug), key, number)
    proof = prove(found)
    return _decision(found) | {
        "evidence": found.evidence,
        "verified": proof.holds,
        "wrong": list(proof.wrong),
        "corrections": [_correction(one) for one in found.corrections.all()],
        "followups": [_followup(one) for one in found.followups.select_related("role")],
    }


@router.get("plans/{slug}/gates/{key}/decisions/{int:number}/record", response={200: None})
def show_record(request: HttpRequest, slug: str, key: str, number: int):
    """The decision record as Markdown."""
    text = record_markdown(record_of(_found(plan_of(request, slug), key, number)))
    return HttpResponse(text, content_type="text/markdown; charset=utf-8")


@router.post(
    "plans/{slug}/gates/{key}/decisions/{int:number}/corrections", response={201: dict[str, Any]}
)
def post_correction(request: HttpRequest, slug: str, key: str, number: int, body: CorrectionIn):
    """Add what was wrong below a decision; the decision is never edited."""
    found = _found(plan_of(request, slug, "decide"), key, number)
    return Status(
        201, _correction(correct(found, body.text, by=request.user, request_id=once(request)))
    )


@router.get("plans/{slug}/followups", response=list[dict[str, Any]])
def list_followups(request: HttpRequest, slug: str):
    """What decisions started, to do and done."""
    return [_followup(row) for row in followups_of(plan_of(request, slug))]


@router.post("plans/{slug}/followups", response={201: dict[str, Any]})
def post_followup(request: HttpRequest, slug: str, body: FollowUpIn):
    """Add one by hand."""
    plan = plan_of(request, slug, "tick")
    row = open_followup(
        plan,
        body.text,
        by=request.user,
        role=find_role(plan, body.role) if body.role else None,
        owner=body.owner,
        due_at=zoned("due", body.due),
        request_id=once(request),
    )
    return Status(201, _followup(row))


@router.post("plans/{slug}/followups/{int:number}/done", response=dict[str, Any])
def post_done(request: HttpRequest, slug: str, number: int, body: DoneIn):
    """Close one with a note; 409 when somebody else closed it."""
    plan = plan_of(request, slug, "tick")
    row = followups_of(plan).filter(number=number).first()
    if row is None:
        raise Http404
    row.plan = plan
    return _followup(close_followup(row, body.note, by=request.user, request_id=once(request)))


@router.post("plans/{slug}/followups/{int:number}/date", response=dict[str, Any])
def post_date(request: HttpRequest, slug: str, number: int, body: NewDateIn):
    """Set the new date that a follow-up asks for; after a NO-GO the gate is held again."""
    plan = plan_of(request, slug, "edit")
    row = followups_of(plan).filter(number=number).first()
    if row is None:
        raise Http404
    row.plan = plan
    set_new_date(
        row,
        zoned("t0", body.t0),
        by=request.user,
        reason=body.reason,
        window_too=body.window_too,
        basis=body.basis,
        request_id=once(request),
    )
    return _followup(followups_of(plan).get(number=number))


@router.get("plans/{slug}/gates/{key}/branches", response=dict[str, list[StepIn]])
def list_branches(request: HttpRequest, slug: str, key: str):
    """What starts by itself on go, hold and no-go."""
    return _branches(_gate(plan_of(request, slug), key))


@router.put("plans/{slug}/gates/{key}/branches", response=dict[str, list[StepIn]])
def put_branches(request: HttpRequest, slug: str, key: str, body: BranchesIn):
    """Let these steps start, all three branches as a whole; one that is left out starts nothing."""
    gate = _gate(plan_of(request, slug, "edit"), key)
    steps = {GO: body.go, HOLD: body.hold, NO_GO: body.no_go}
    steps = {word: [Step(**one.dict()) for one in some] for word, some in steps.items()}
    set_branches(gate, steps, by=request.user, request_id=once(request))
    return _branches(gate)


def _branches(gate: Gate) -> dict[str, list[dict[str, Any]]]:
    return {word: [asdict(step) for step in steps] for word, steps in branches_of(gate)}


def _gate(plan: DeploymentPlan, key: str) -> Gate:
    gate = plan.gates.filter(key=key).first()
    if gate is None:
        raise Http404
    gate.plan = plan
    return gate


def _found(plan: DeploymentPlan, key: str, number: int) -> Decision:
    if number > 2**31:
        raise Invalid("number", _("There is no such decision."))
    rows = Decision.objects.filter(gate__plan=plan, gate__key=key, pk=number)
    found = rows.select_related("gate__plan", "role").first()
    if found is None:
        raise Http404
    return found


def _decision(one: Decision) -> dict[str, Any]:
    return {
        "id": one.pk,
        "decision": one.word,
        "person": one.person_name,
        "role": one.role.key if one.role else None,
        "at": one.at,
        "rationale": one.rationale,
        "recommendation": one.recommendation,
        "reasons": one.reasons,
        "override": one.override,
        "hold_until": one.hold_until,
        "evidence_sha256": one.evidence_sha256,
    }


def _correction(one: Correction) -> dict[str, Any]:
    return {"text": one.text, "by": one.by_name, "at": one.at}


def _followup(one: FollowUp) -> dict[str, Any]:
    return {
        "number": one.number,
        "kind": one.kind,
        "text": title_of(one.text),
        "draft": draft_of(one.text),
        "role": one.role.key if one.role else None,
        "owner": one.owner,
        "due": one.due_at,
        "decision": one.decision_id,
        "done_at": one.done_at,
        "done_by": one.done_by_name,
        "note": one.note,
    }
