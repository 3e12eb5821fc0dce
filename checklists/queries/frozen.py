"""The evidence of a moment as plain JSON, and its digest (law 9). Times are UTC in ISO form."""

import hashlib
from datetime import datetime
from typing import Any

from checklists.models import ChecklistItem, Condition, Decision, Vote
from checklists.queries.criteria import CriterionRow
from checklists.queries.gates import GateSheet
from warroom.rules import chain


def frozen(sheet: GateSheet) -> dict[str, Any]:
    """Everything that a gate was judged by: values, sources, sample times, items, votes, rule."""
    gate, advice = sheet.gate, sheet.recommendation
    return {
        "plan": gate.plan.slug,
        "plan_revision": gate.plan.revision,
        "rehearsal": gate.plan.rehearsal,
        "gate": gate.key,
        "title": gate.title,
        "rule_text": gate.rule_text,
        "frozen_at": _iso(sheet.at),
        "recommendation": {
            "word": advice.word,
            "reasons": list(advice.reasons),
            "counts": advice.counts,
        },
        "criteria": [_criterion(row) for row in sheet.criteria],
        "votes": [_vote(vote) for vote in gate.votes.select_related("role", "supersedes")],
        "missing_votes": [row.role.name for row in sheet.missing],
        "conditions": [_condition(condition) for condition in sheet.conditions],
        "items": [_item(item) for item in sheet.items],
    }


def digest(evidence: dict[str, Any]) -> str:
    """The SHA-256 of evidence as canonical JSON, 64 hexadecimal digits."""
    return hashlib.sha256(chain.canonical(evidence).encode()).hexdigest()


def is_untouched(decision: Decision) -> bool:
    """Whether the kept evidence still has the digest that was written with the decision."""
    return digest(decision.evidence) == decision.evidence_sha256


def _criterion(row: CriterionRow) -> dict[str, Any]:
    criterion = row.criterion
    return {
        "key": criterion.key,
        "label": criterion.label,
        "value": row.value,
        "text": row.text,
        "unit": criterion.unit,
        "verdict": row.band.value,
        "why": row.why,
        "green": row.green_text,
        "yellow": row.yellow_text,
        "red": row.red_text,
        "report_only": criterion.report_only,
        "source": row.source,
        "judged": row.judged,
        "observed_at": _iso(row.observed_at),
        "age_s": round(row.age_s, 3) if row.age_s is not None else None,
        "sentence": row.sentence,
    }


def _vote(vote: Vote) -> dict[str, Any]:
    return {
        "role": vote.role.key,
        "role_name": vote.role.name,
        "person": vote.person_name,
        "word": vote.word,
        "reason": vote.reason,
        "at": _iso(vote.at),
        "superseded": hasattr(vote, "superseded_by"),
    }


def _condition(condition: Condition) -> dict[str, Any]:
    return {
        "number": condition.number,
        "text": condition.text,
        "owner": condition.owner,
        "due_at": _iso(condition.due_at),
        "blocking": condition.blocking,
        "closed_at": _iso(condition.closed_at),
        "closed_note": condition.closed_note,
    }


def _item(item: ChecklistItem) -> dict[str, Any]:
    return {
        "number": item.number,
        "ref": item.ref,
        "text": item.text,
        "state": item.state,
        "reason": item.state_reason,
        "by": item.state_by_name,
        "at": _iso(item.state_at),
        "value": item.value,
        "blocking": item.blocking,
        "revision": item.revision,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
