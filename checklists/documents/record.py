"""What people did, written beside the plan and never taken from a file: it cannot be proven there.

Signatures with the statement that was signed, votes, decisions, conditions, notes, daily answers,
and results that were brought in.
"""

from typing import Any

from checklists.models import (
    Condition,
    DailyEntry,
    Decision,
    Delegation,
    ItemFile,
    ItemNote,
    ReachTry,
    SignOff,
    Vote,
)
from warroom.documents.fields import given, instant
from warroom.documents.portable import Part, register_part
from warroom.models import DeploymentPlan


class RecordPart(Part):
    """Brings no key of its own; it adds to ``record``."""

    key, order = "", 95

    def record(self, plan: DeploymentPlan) -> dict[str, Any]:
        return given(
            signatures=_signatures(plan),
            votes=_votes(plan),
            delegations=_delegations(plan),
            tries=_tries(plan),
            decisions=_decisions(plan),
            conditions=_conditions(plan),
            notes=_notes(plan),
            files=_files(plan),
            daily=_answers(plan),
            results=_results(plan),
        )


def _signatures(plan: DeploymentPlan) -> list[dict[str, Any]]:
    rows = SignOff.objects.filter(plan=plan).order_by("at", "pk")
    rows = rows.select_related("phase", "gate", "role", "revocation", "superseded_by")
    return [
        given(
            under=_under(one),
            role=one.role.key,
            by=one.person_name,
            word=one.word,
            score=float(one.score) if one.score is not None else None,
            comment=one.comment,
            statement=one.statement,
            at=instant(one.at),
            superseded=hasattr(one, "superseded_by") or None,
            revoked=_revoked(one),
        )
        for one in rows
    ]


def _under(one: SignOff) -> str:
    if one.phase is not None:
        return f"phase {one.phase.number}"
    return f"gate {one.gate.key}" if one.gate is not None else one.declaration or "plan"


def _revoked(one: SignOff) -> dict[str, Any] | None:
    if not hasattr(one, "revocation"):
        return None
    back = one.revocation
    return given(reason=back.sentence, by=back.by_name, at=instant(back.at))


def _votes(plan: DeploymentPlan) -> list[dict[str, Any]]:
    rows = Vote.objects.filter(gate__plan=plan).order_by("at", "pk")
    return [
        given(
            gate=one.gate.key,
            role=one.role.key,
            by=one.person_name,
            vote=one.word,
            reason=one.reason,
            at=instant(one.at),
            gate_version=one.gate_version if one.gate_version > 1 else None,
            for_=one.delegation.for_name if one.delegation else None,
            superseded=hasattr(one, "superseded_by") or None,
        )
        for one in rows.select_related("gate", "role", "superseded_by", "delegation")
    ]


def _delegations(plan: DeploymentPlan) -> list[dict[str, Any]]:
    rows = Delegation.objects.filter(gate__plan=plan).order_by("at", "pk")
    return [
        given(
            gate=one.gate.key,
            role=one.role.key,
            to=one.to_name,
            for_=one.for_name,
            by=one.by_name,
            reason=one.reason,
            agreed=one.agreed,
            at=instant(one.at),
            ended=instant(one.ended_at),
        )
        for one in rows.select_related("gate", "role")
    ]


def _tries(plan: DeploymentPlan) -> list[dict[str, Any]]:
    rows = ReachTry.objects.filter(gate__plan=plan).order_by("at", "pk")
    return [
        given(
            gate=one.gate.key,
            role=one.role.key,
            how=one.how,
            result=one.result,
            by=one.by_name,
            at=instant(one.at),
        )
        for one in rows.select_related("gate", "role")
    ]


def _decisions(plan: DeploymentPlan) -> list[dict[str, Any]]:
    rows = Decision.objects.filter(gate__plan=plan).order_by("at", "pk").defer("evidence")
    return [
        given(
            gate=one.gate.key,
            role=one.role.key if one.role else None,
            by=one.person_name,
            decision=one.word,
            recommended=one.recommendation,
            override=one.override or None,
            rationale=one.rationale,
            hold_until=instant(one.hold_until),
            evidence_sha256=one.evidence_sha256,
            at=instant(one.at),
        )
        for one in rows.select_related("gate", "role")
    ]


def _conditions(plan: DeploymentPlan) -> list[dict[str, Any]]:
    rows = Condition.objects.filter(plan=plan).order_by("number").select_related("closed_by")
    return [
        given(
            number=one.number,
            text=one.text,
            owner=one.owner,
            due=instant(one.due_at),
            blocking=one.blocking,
            closed=instant(one.closed_at),
            closed_by=one.closed_by.display_name if one.closed_by else None,
            note=one.closed_note,
        )
        for one in rows
    ]


def _notes(plan: DeploymentPlan) -> list[dict[str, Any]]:
    rows = ItemNote.objects.filter(item__plan=plan).order_by("at", "pk").select_related("item")
    return [
        given(item=one.item.text[:120], text=one.text, by=one.by_name, at=instant(one.at))
        for one in rows
    ]


def _files(plan: DeploymentPlan) -> list[dict[str, Any]]:
    rows = ItemFile.objects.filter(item__plan=plan).order_by("at", "pk").select_related("item")
    return [
        given(
            item=one.item.text[:120],
            name=one.name,
            size=one.size,
            sha256=one.sha256,
            by=one.by_name,
            at=instant(one.at),
        )
        for one in rows
    ]


def _answers(plan: DeploymentPlan) -> list[dict[str, Any]]:
    rows = DailyEntry.objects.filter(form__plan=plan).order_by("day", "at", "pk")
    return [
        given(
            form=one.form.key,
            day=one.day.isoformat(),
            answers=one.answers,
            by=one.by_name,
            at=instant(one.at),
            superseded=hasattr(one, "superseded_by") or None,
        )
        for one in rows.select_related("form", "superseded_by")
    ]


def _results(plan: DeploymentPlan) -> list[dict[str, Any]]:
    """Every result by name, value and checksum; files themselves stay where they are kept."""
    rows = plan.results.order_by("number").defer("figures", "notes")
    return [
        given(
            number=one.number,
            kind=one.kind,
            name=one.name,
            text=one.text,
            file=one.file_name,
            sha256=one.sha256,
            source=one.source,
            commit=one.commit,
            observed=instant(one.observed_at),
            counts=None if one.counts else False,
            why=one.why,
            by=one.by_name,
            at=instant(one.at),
        )
        for one in rows
    ]


register_part(RecordPart())
