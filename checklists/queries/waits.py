"""What is true of gates for which somebody waits, asked for all of them together."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from checklists.models import Decision, Gate
from checklists.queries.gates import final_of, gate_sheet, opens_at, runs
from checklists.rules.dialects import CLOSED, Verdict
from warroom.models import ApiToken, User
from warroom.queries.plans import seen_by


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who waits for which gate, by which token."""

    gate_id: int
    plan_id: int
    token_id: int
    person_id: int


def verdicts(gate_ids: Collection[int], now: datetime) -> dict[int, Verdict]:
    """Each gate's GO, NO-GO or HOLD that still runs at ``now`` (UTC); two SQL statements."""
    gates = list(Gate.objects.filter(pk__in=gate_ids).select_related("plan").defer(*_LARGE))
    taken: dict[int, list[Decision]] = {gate.pk: [] for gate in gates}
    rows = Decision.objects.filter(gate__in=gates).select_related("role").defer("evidence")
    for decision in rows:
        taken[decision.gate_id].append(decision)
    return {gate.pk: _verdict(gate, taken[gate.pk], now) for gate in gates}


_LARGE = ("plan__source_text",)


def _verdict(gate: Gate, taken: list[Decision], now: datetime) -> Verdict:
    opens = opens_at(gate)
    plain = Verdict(
        plan=gate.plan.slug,
        gate=gate.key,
        title=gate.title,
        url=f"{settings.PUBLIC_URL}{gate.plan.get_absolute_url()}gates/{gate.key}/",
        opens_at=opens.isoformat() if opens else None,
        rehearsal=gate.plan.rehearsal,
    )
    final = next((one for one in taken if one.word != "hold"), None)
    if final is None and gate.plan.is_closed:
        word = gate.plan.get_lifecycle_display().lower()
        return replace(
            plain, decision=CLOSED, reasons=(_("The release is closed: {word}.").format(word=word),)
        )
    counts = final or (taken[-1] if taken and runs(taken[-1], now) else None)
    return _told(plain, counts) if counts else plain


def _told(plain: Verdict, one: Decision) -> Verdict:
    return replace(
        plain,
        decision=one.word,
        by=one.person_name,
        role=one.decided_as,
        at=one.at.isoformat(),
        rationale=one.rationale,
        override=one.override,
        recommendation=one.recommendation,
        reasons=tuple(one.reasons),
        evidence_sha256=one.evidence_sha256,
        hold_until=one.hold_until.isoformat() if one.hold_until else None,
    )


def advised(verdict: Verdict, gate_id: int, now: datetime) -> Verdict:
    """The verdict of an undecided gate with what the rule says of it at ``now`` (UTC)."""
    gate = Gate.objects.select_related("plan", "decider").filter(pk=gate_id).first()
    if gate is None or final_of(gate) is not None:
        return verdict
    advice = gate_sheet(gate, now).recommendation
    return replace(verdict, recommendation=advice.word, reasons=tuple(advice.reasons))


def lapsed(tickets: Collection[Ticket]) -> dict[Ticket, str]:
    """Those who may wait no longer: "token" when it was revoked, "plan" when it is not theirs now.

    A fixed number of statements, however many tickets.
    """
    tokens = ApiToken.objects.filter(
        pk__in={one.token_id for one in tickets}, revoked_at=None, user__is_active=True
    )
    valid = set(tokens.values_list("pk", flat=True))
    people = User.objects.filter(pk__in={one.person_id for one in tickets}, is_active=True)
    seen = seen_by(people, {one.plan_id for one in tickets})
    gone = {one: "token" for one in tickets if one.token_id not in valid}
    return gone | {
        one: "plan"
        for one in tickets
        if one not in gone and (one.person_id, one.plan_id) not in seen
    }
