"""What pipelines read and do with signatures, conditions and gates. A token acts for its person."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from checklists.actions.conditions import Wanted, close_condition
from checklists.actions.gates import cast_vote, decide_gate
from checklists.actions.signoffs import sign_off
from checklists.models import Condition, Decision, Gate, SignOff
from checklists.queries.gates import GateSheet, final_of, gate_sheet, gates_of, opens_at
from checklists.queries.scopes import AT_GATE, Scope, find_scope, scope_of
from checklists.queries.signoffs import condition_rows
from warroom.actions.refusals import Invalid
from warroom.api import find_role, plan_of
from warroom.models import DeploymentPlan
from warroom.once import once

router = Router(tags=["checklists"])


# --- sign-offs -----------------------------------------------------------------------------


class ConditionIn(Schema):
    text: str
    owner: str = ""
    due: datetime | None = None
    blocking: bool = True

    def wanted(self) -> Wanted:
        """A due time without a zone is meant as UTC."""
        due = self.due
        if due is not None and due.tzinfo is None:
            due = due.replace(tzinfo=UTC)
        return Wanted(self.text, self.owner[:120], due, self.blocking)


class SignOffIn(Schema):
    """``scope``: the number of a phase, ``gate:`` and its key, ``plan``, or ``stable``."""

    scope: int | str
    role: str
    decision: str
    comment: str = ""
    score: Decimal | None = None
    conditions: list[ConditionIn] = []


class SignOffOut(Schema):
    """``revoked`` says what took the signature back; empty while it stands."""

    id: int
    scope: str
    role: str
    person: str
    decision: str
    statement: str
    comment: str
    score: float | None
    at: datetime
    supersedes: int | None
    revoked: str


@router.get("plans/{slug}/signoffs", response=list[SignOffOut])
def list_signoffs(request: HttpRequest, slug: str):
    """Every signature ever given in this release, oldest first."""
    plan = plan_of(request, slug)
    found = plan.signoffs.select_related("phase", "gate", "role", "revocation")
    return [_signoff(row) for row in found]


@router.post("plans/{slug}/signoffs", response={201: SignOffOut})
def post_signoff(request: HttpRequest, slug: str, body: SignOffIn):
    """Sign a phase, a gate or the whole release as a role of the token's person."""
    plan = plan_of(request, slug, "sign")
    scope = _scope(plan, str(body.scope))
    signed = sign_off(
        plan,
        scope.phase,
        find_role(plan, body.role),
        body.decision,
        by=request.user,
        gate=scope.gate,
        declaration=scope.declaration,
        comment=body.comment,
        score=body.score,
        conditions=[condition.wanted() for condition in body.conditions],
        request_id=once(request),
    )
    return Status(201, _signoff(signed))


def _signoff(row: SignOff) -> dict[str, Any]:
    scope = scope_of(row)
    revocation = getattr(row, "revocation", None)
    return {
        "id": row.pk,
        "scope": f"gate:{scope.gate.key}" if scope.gate else scope.key,
        "role": row.role.key,
        "person": row.person_name,
        "decision": row.word,
        "statement": row.statement,
        "comment": row.comment,
        "score": row.score,
        "at": row.at,
        "supersedes": row.supersedes_id,
        "revoked": revocation.sentence if revocation else "",
    }


def _scope(plan: DeploymentPlan, text: str) -> Scope:
    key = text.removeprefix("phase").lstrip("-: ") if text.startswith("phase") else text
    if key.startswith("gate:"):
        key = f"{AT_GATE}{key.removeprefix('gate:').strip()}"
    scope = find_scope(plan, key)
    if scope is None:
        raise Invalid(
            "scope",
            _(
                "There is nothing {text!r} to sign. Give the number of a phase, gate: "
                "and the key of a gate, 'plan', or 'stable'."
            ).format(text=text[:60]),
        )
    return scope


@router.get("plans/{slug}/conditions", response=list[dict[str, Any]])
def list_conditions(request: HttpRequest, slug: str):
    """Every condition with what became of it; ``void`` says why one no longer counts."""
    plan = plan_of(request, slug)
    return [_condition(row.condition) | {"void": row.void} for row in condition_rows(plan)]


class CloseIn(Schema):
    note: str


@router.post("plans/{slug}/conditions/{int:number}/close", response=dict[str, Any])
def post_close(request: HttpRequest, slug: str, number: int, body: CloseIn):
    """Say that a condition is met, and how."""
    plan = plan_of(request, slug, "sign")
    condition = plan.conditions.filter(number=number).first()
    if condition is None:
        raise Http404
    condition.plan = plan
    return _condition(
        close_condition(condition, body.note, by=request.user, request_id=once(request))
    )


# --- gates ---------------------------------------------------------------------------------


class GateOut(Schema):
    key: str
    title: str
    opens_at: datetime | None
    decision: str | None


class VoteIn(Schema):
    """``seen``: the ``seen`` of the gate that was read; a vote on an older version is refused."""

    role: str
    vote: str
    reason: str = ""
    conditions: list[ConditionIn] = []
    seen: str = ""

    def version(self) -> int | None:
        """The gate's version that was read. Raises Invalid for what is none."""
        number = self.seen.rpartition(":")[2]
        if self.seen and not (number.isascii() and number.isdecimal() and len(number) < 6):
            raise Invalid("seen", _("Send the gate's 'seen' as it was read: hold:3."))
        return int(number) if number else None


class DecisionIn(Schema):
    decision: str
    rationale: str = ""
    hold_minutes: int | None = None
    window_reason: str = ""
    seen: str = ""


@router.get("plans/{slug}/gates", response=list[GateOut])
def list_gates(request: HttpRequest, slug: str):
    """All gates with their GO or NO-GO, if they have one."""
    return [
        {
            "key": gate.key,
            "title": gate.title,
            "opens_at": opens_at(gate),
            "decision": final.word if (final := final_of(gate)) else None,
        }
        for gate in gates_of(plan_of(request, slug))
    ]


@router.get("plans/{slug}/gates/{key}", response=dict[str, Any])
def show_gate(request: HttpRequest, slug: str, key: str):
    """A gate as it stands now: what the rule says, and on what."""
    return _sheet(gate_sheet(_gate(plan_of(request, slug), key), timezone.now()))


@router.post("plans/{slug}/gates/{key}/votes", response={201: dict[str, Any]})
def post_vote(request: HttpRequest, slug: str, key: str, body: VoteIn):
    """Vote as a role of the token's person; the answer is the gate as it then stands."""
    plan = plan_of(request, slug, "vote")
    gate = _gate(plan, key)
    cast_vote(
        gate,
        find_role(plan, body.role),
        body.vote.lower(),
        by=request.user,
        reason=body.reason,
        conditions=[condition.wanted() for condition in body.conditions],
        seen=body.version(),
        request_id=once(request),
    )
    return Status(201, _sheet(gate_sheet(_gate(plan, key), timezone.now())))


@router.post("plans/{slug}/gates/{key}/decision", response={201: dict[str, Any]})
def post_decision(request: HttpRequest, slug: str, key: str, body: DecisionIn):
    """Decide the gate; the evidence of this moment is frozen under ``evidence_sha256``."""
    plan = plan_of(request, slug, "decide")
    decision = decide_gate(
        _gate(plan, key),
        body.decision.lower(),
        by=request.user,
        rationale=body.rationale,
        hold_minutes=body.hold_minutes,
        window_reason=body.window_reason,
        seen=body.seen,
        request_id=once(request),
    )
    return Status(201, _decision(decision) | {"evidence": decision.evidence})


def _gate(plan: DeploymentPlan, key: str) -> Gate:
    gate = Gate.objects.filter(plan=plan, key=key).select_related("decider").first()
    if gate is None:
        raise Http404
    gate.plan = plan
    return gate


def _sheet(sheet: GateSheet) -> dict[str, Any]:
    advice, latest = sheet.recommendation, sheet.decided or sheet.hold
    return {
        "key": sheet.gate.key,
        "title": sheet.gate.title,
        "opens_at": sheet.opens_at,
        "is_open": sheet.is_open,
        "recommendation": advice.word,
        "seen": sheet.seen,
        "reasons": list(advice.reasons),
        "counts": advice.counts,
        "criteria": [
            {
                "key": row.criterion.key,
                "label": row.criterion.label,
                "value": row.value,
                "text": row.text,
                "unit": row.criterion.unit,
                "verdict": row.band.value,
                "why": row.why,
                "observed_at": row.observed_at,
                "age_s": row.age_s,
                "judged": row.judged,
                "report_only": row.criterion.report_only,
            }
            for row in sheet.criteria
        ],
        "votes": [
            {
                "role": row.role.key,
                "vote": row.vote.word if row.vote else None,
                "person": row.vote.person_name if row.vote else None,
                "reason": row.vote.reason if row.vote else "",
                "at": row.vote.at if row.vote else None,
            }
            for row in sheet.votes
        ],
        "conditions": [_condition(condition) for condition in sheet.conditions],
        "decision": _decision(latest) if latest else None,
        "rehearsal": sheet.gate.plan.rehearsal,
        "usable_as_evidence": not sheet.gate.plan.rehearsal,
    }


def _condition(condition: Condition) -> dict[str, Any]:
    return {
        "number": condition.number,
        "text": condition.text,
        "owner": condition.owner,
        "due": condition.due_at,
        "blocking": condition.blocking,
        "closed_at": condition.closed_at,
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "id": decision.pk,
        "decision": decision.word,
        "person": decision.person_name,
        "role": decision.role.key if decision.role else None,
        "at": decision.at,
        "rationale": decision.rationale,
        "recommendation": decision.recommendation,
        "reasons": decision.reasons,
        "override": decision.override,
        "hold_until": decision.hold_until,
        "evidence_sha256": decision.evidence_sha256,
        "rehearsal": decision.gate.plan.rehearsal,
        "usable_as_evidence": not decision.gate.plan.rehearsal,
    }
