"""The evidence of a moment as plain JSON, and its digest (law 9). Times are UTC in ISO form.

Whoever knows more of what a gate was judged by adds a part of its own (``register_frozen``); the
digest is over all of it. A part is read once, under the lock, in the moment of the decision.
"""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from checklists.models import (
    ChecklistItem,
    Condition,
    Criterion,
    Decision,
    Gate,
    SignOff,
    Vote,
    Waiver,
)
from checklists.queries.criteria import CriterionRow, bands_of
from checklists.queries.gates import GateSheet
from checklists.queries.scopes import scope_of
from warroom.rules import chain

Part = Callable[[GateSheet], Any]
_parts: dict[str, Part] = {}


def register_frozen(name: str, part: Part) -> None:
    """Freeze ``part(sheet)`` as well, under ``name``. It gives plain JSON, its times as ISO in UTC.

    None says that there is nothing of it at this gate: then the name is left out.
    """
    _parts[name] = part


def frozen(sheet: GateSheet) -> dict[str, Any]:
    """Everything that a gate was judged by: values, sources, sample times, items, votes, rule."""
    parts = {name: found for name in sorted(_parts) if (found := _parts[name](sheet)) is not None}
    return chain.spoken(_core(sheet) | parts)


def _core(sheet: GateSheet) -> dict[str, Any]:
    gate, advice = sheet.gate, sheet.recommendation
    return {
        "plan": gate.plan.slug,
        "plan_name": gate.plan.name,
        "plan_version": gate.plan.version,
        "plan_revision": gate.plan.revision,
        "t0": _iso(gate.plan.t0),
        "window": {"opens": _iso(gate.plan.window_start), "closes": _iso(gate.plan.window_end)},
        "opens_at": _iso(sheet.opens_at),
        # The head of the timeline that the decision was taken on; its own event comes after it.
        "timeline": {"seq": gate.plan.timeline_seq, "hash": gate.plan.timeline_hash},
        "rehearsal": gate.plan.rehearsal,
        "gate": gate.key,
        "gate_version": gate.version,
        "title": gate.title,
        "rule_text": gate.rule_text,
        "bar": float(gate.bar) if gate.bar is not None else None,
        "bar_fail": float(gate.bar_fail) if gate.bar_fail is not None else None,
        "frozen_at": _iso(sheet.at),
        "recommendation": {
            "word": advice.word,
            "reasons": list(advice.reasons),
            "counts": advice.counts,
        },
        "criteria": [_criterion(row) for row in sheet.criteria],
        "votes": [_vote(vote) for vote in _votes(gate)],
        "missing_votes": [row.role.name for row in sheet.missing],
        "signatures": [_signature(row) for row in _signatures(gate)],
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
        "bounds": _bounds(criterion),
        "report_only": criterion.report_only,
        "source_kind": criterion.source,
        "params": criterion.params,
        "evidence_key": criterion.evidence_key,
        "valid_for_s": criterion.valid_for_s,
        "source": row.source,
        "url": row.url,
        "version": criterion.version,
        "weight": float(criterion.weight) if criterion.weight is not None else None,
        "area": criterion.area,
        "waived": row.accepted,
        "waiver": _waiver(row.waiver) if row.waiver else None,
        "judged": row.judged,
        "observed_at": _iso(row.observed_at),
        "age_s": round(row.age_s, 3) if row.age_s is not None else None,
        "sentence": row.sentence,
    }


def _bounds(criterion: Criterion) -> dict[str, list[Any]]:
    """The bounds as they were understood, operator and figure; what is not bounded is left out."""
    found = bands_of(criterion)
    sides = {"green": found.green, "red": found.red} if found else {}
    return {side: [bound.op, bound.value] for side, bound in sides.items() if bound}


def _waiver(waiver: Waiver) -> dict[str, Any]:
    return {
        "role": waiver.role.key,
        "person": waiver.person_name,
        "band": waiver.band,
        "text": waiver.text,
        "reason": waiver.reason,
        "statement": waiver.statement,
        "ends_at": _iso(waiver.ends_at),
        "withdrawn": waiver.withdrawn,
        "criterion_version": waiver.criterion_version,
        "at": _iso(waiver.at),
    }


def _votes(gate: Gate) -> Iterable[Vote]:
    related = ("role", "supersedes", "superseded_by", "delegation")
    return gate.votes.select_related(*related).prefetch_related("conditions")


def _vote(vote: Vote) -> dict[str, Any]:
    return {
        "role": vote.role.key,
        "role_name": vote.role.name,
        "person": vote.person_name,
        "word": vote.word,
        "reason": vote.reason,
        "at": _iso(vote.at),
        "gate_version": vote.gate_version,
        "conditions": [condition.number for condition in vote.conditions.all()],
        "delegated_from": vote.delegation.for_name if vote.delegation else "",
        "superseded": hasattr(vote, "superseded_by"),
    }


def _signatures(gate: Gate) -> Iterable[SignOff]:
    """Whatever stands signed in the release: criteria count it beyond the gate's own scope."""
    stands = SignOff.objects.filter(plan=gate.plan, superseded_by=None, revocation=None)
    return stands.select_related("role", "phase", "gate").order_by("at", "pk")


def _signature(row: SignOff) -> dict[str, Any]:
    return {
        "scope": scope_of(row).name,
        "gate": row.gate.key if row.gate else None,
        "phase": row.phase.number if row.phase else None,
        "declaration": row.declaration,
        "role": row.role.key,
        "role_name": row.role.name,
        "person": row.person_name,
        "word": row.word,
        "comment": row.comment,
        "score": float(row.score) if row.score is not None else None,
        "at": _iso(row.at),
    }


def _condition(condition: Condition) -> dict[str, Any]:
    return {
        "number": condition.number,
        "text": condition.text,
        "owner": condition.owner,
        "set_by": _set_by(condition),
        "due_at": _iso(condition.due_at),
        "blocking": condition.blocking,
        "closed_at": _iso(condition.closed_at),
        "closed_note": condition.closed_note,
    }


def _set_by(condition: Condition) -> str:
    given = condition.vote or condition.signoff
    return (
        _("{person_name} as {role}").format(person_name=given.person_name, role=given.role.name)
        if given
        else ""
    )


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
