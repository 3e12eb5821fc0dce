"""Decisions as they were taken, their proof and corrections, and what they started."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Router, Schema, Status

from checklists.actions.corrections import correct
from checklists.actions.followups import close_followup, open_followup
from checklists.documents.decision_record import record_markdown
from checklists.models import Correction, Decision, FollowUp
from checklists.queries.decision_records import record_of
from checklists.queries.followups import followups_of
from checklists.queries.verified import prove
from checklists.rules.followups import draft_of, title_of
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


def _found(plan: DeploymentPlan, key: str, number: int) -> Decision:
    if number > 2**31:
        raise Invalid("number", "There is no such decision.")
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
