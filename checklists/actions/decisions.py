"""GO, HOLD or NO-GO: taken once, on the evidence of one moment, and never changed."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from checklists.actions.followups import start_branch
from checklists.models import Decision, FollowUp, Gate
from checklists.queries.frozen import digest, frozen
from checklists.queries.gates import GateSheet, gate_sheet
from checklists.rules import gates
from warroom.actions.again import carried_out_again
from warroom.actions.change import Change, change
from warroom.actions.lifecycle import outside_window, weigh
from warroom.actions.plans import demand_hold
from warroom.actions.refusals import REASON_LIMIT, Invalid, NotAllowed, Refused
from warroom.models import Right, Role, User
from warroom.queries.people import standing


class Outdated(Refused):
    """The rule's word or the gate is not what the decider had read."""


@carried_out_again
def decide_gate(
    gate: Gate,
    word: str,
    *,
    by: User,
    rationale: str = "",
    hold_minutes: int | None = None,
    window_reason: str = "",
    seen: str = "",
    request_id: str | None = None,
) -> Decision:
    """Decide GO, HOLD or NO-GO on the evidence of this moment, which is frozen with the decision.

    GO and NO-GO end the gate; HOLD keeps it open for ``hold_minutes`` (default: the gate's own).
    GO outside the plan's window wants a ``window_reason``. ``seen`` is ``GateSheet.seen`` of the
    page that was decided on. What the branch starts is opened in the same change.

    Raises NotAllowed unless ``by`` sits in the deciding role, Invalid for a missing rationale or GO
    before its time, Unconfirmed outside the window, Outdated when the rule says something else than
    was seen, Refused when the gate is decided.
    """
    rationale = rationale.strip()
    with change(gate.plan, by=by, request_id=request_id) as deciding:
        gate = fresh_gate(gate, deciding)
        role = deciding_role(gate, by)
        newest = gate.decisions.last()
        if newest is not None and (
            deciding.repeated or _same_decision(newest, by, word, rationale, deciding)
        ):
            return newest
        refuse_decided(gate, "Your decision was not taken.")
        sheet = gate_sheet(gate, deciding.at)
        _check_decision(sheet, word, rationale, seen)
        confirmed = _weigh(gate, word, by, deciding.at, window_reason)
        minutes = gate.hold_minutes if hold_minutes is None else hold_minutes
        if word == gates.HOLD:
            demand_hold(minutes)
        return _write_decision(deciding, sheet, role, word, rationale, minutes, confirmed)


def check_decision(
    gate: Gate,
    word: str,
    rationale: str,
    *,
    by: User,
    window_reason: str = "",
    seen: str = "",
) -> None:
    """Raise what ``decide_gate`` would raise now, so that a form is judged before the password.

    What is decided already is left to ``decide_gate``, which knows a repeated click.
    """
    if gate.decisions.filter(word__in=gates.FINAL).exists():
        return
    now = timezone.now()
    _check_decision(gate_sheet(gate, now), word, rationale.strip(), seen)
    _weigh(gate, word, by, now, window_reason)


def _weigh(gate: Gate, word: str, by: User, now: datetime, reason: str) -> dict[str, Any]:
    """What speaks against GO: its author alone, and the end of the window. Data for the event."""
    if word != gates.GO:
        return {}
    _refuse_author_alone(gate, by)
    data = weigh(outside_window(gate.plan, now), reason, "window_reason")
    return data | {"window_reason": reason.strip()} if data else {}


def fresh_gate(gate: Gate, under: Change) -> Gate:
    """The gate as it is now that the plan's row is locked."""
    gate = Gate.objects.select_related("decider").get(pk=gate.pk)
    gate.plan = under.plan
    return gate


def _refuse_author_alone(gate: Gate, by: User) -> None:
    """The author of the plan may not be the only one who says GO (law 10)."""
    if gate.plan.author_id != by.pk:
        return
    standing = gate.votes.filter(superseded_by__isnull=True, word=gates.GO)
    if not standing.exclude(person=by).exists():
        raise Refused(
            "You wrote this plan. Its author may not be the only one to say GO: somebody else has "
            "to vote go first."
        )


def refuse_decided(gate: Gate, lost: str) -> None:
    final = gate.decisions.filter(word__in=gates.FINAL).first()
    if final is not None:
        raise Refused(
            f"{gate.title} was decided while you wrote: {gates.SHOWN[final.word]}, "
            f"{final.person_name}, {final.at:%H:%M:%S} UTC. {lost}"
        )


def deciding_role(gate: Gate, by: User) -> Role:
    """The role as which a person decides a gate. Raises NotAllowed for whom it is not."""
    held = standing(by, gate.plan)
    if gate.decider is not None:
        if gate.decider_id not in held.role_ids:
            raise NotAllowed(
                f"{gate.decider.name} decides {gate.title}. You do not sit in that role."
            )
        return gate.decider
    deciding = held.roles_with(Right.DECIDE)
    if not deciding:
        raise NotAllowed(f"Your roles in this release do not decide {gate.title}.")
    return deciding[0]


def _same_decision(newest: Decision, by: User, word: str, rationale: str, deciding: Change) -> bool:
    # The second click of a HOLD is the same hold; an hour later it is a new one.
    recent = word != gates.HOLD or deciding.at - newest.at < timedelta(seconds=30)
    said = (newest.person_id, newest.word, newest.rationale)
    return recent and said == (by.pk, word, rationale)


def _check_decision(sheet: GateSheet, word: str, rationale: str, seen: str) -> None:
    if seen and seen != sheet.seen:
        raise Outdated(
            f"The gate changed while you read. {_changed(sheet, seen)} Nothing was decided: look "
            "again, then decide."
        )
    opens = f"{sheet.opens_at:%d %b %H:%M} UTC" if sheet.opens_at else "the start"
    wrong = gates.decision_objection(
        word, sheet.recommendation.word, rationale, is_open=sheet.is_open, opens=opens
    )
    if wrong:
        raise Invalid(*wrong)
    if len(rationale) > REASON_LIMIT:
        raise Invalid("rationale", f"The rationale has more than {REASON_LIMIT} characters.")


def _changed(sheet: GateSheet, seen: str) -> str:
    was = gates.SHOWN.get(seen.partition(":")[0], "something else")
    now = sheet.recommendation
    if was == now.shown:
        return f"What people vote on was changed; the rule says {now.sentence}"
    return f"The rule said {was}; now it says {now.sentence}"


def _write_decision(
    deciding: Change,
    sheet: GateSheet,
    role: Role,
    word: str,
    rationale: str,
    minutes: int,
    confirmed: dict[str, Any],
) -> Decision:
    until = deciding.at + timedelta(minutes=minutes) if word == gates.HOLD else None
    decision = keep_decision(deciding, sheet, word, role=role, rationale=rationale, until=until)
    started = start_branch(deciding, sheet, decision)
    _record_decision(deciding, decision, minutes, confirmed, started)
    return decision


def keep_decision(
    deciding: Change,
    sheet: GateSheet,
    word: str,
    *,
    role: Role | None,
    rationale: str = "",
    until: datetime | None = None,
) -> Decision:
    """Write the row with its frozen evidence, within an open change; without a role, the rule's.

    ``until`` (UTC): when a HOLD is looked at again. The caller records the event.
    """
    evidence, advice = frozen(sheet), sheet.recommendation
    return Decision.objects.create(
        gate=sheet.gate,
        role=role,
        person=deciding.author if role else None,
        person_name=deciding.author_name,
        word=word,
        rationale=rationale,
        recommendation=advice.word,
        reasons=list(advice.reasons),
        override=word != advice.word,
        hold_until=until,
        evidence=evidence,
        evidence_sha256=digest(evidence),
        at=deciding.at,
    )


def _record_decision(
    deciding: Change,
    decision: Decision,
    minutes: int,
    confirmed: dict[str, Any],
    started: list[FollowUp],
) -> None:
    word, gate = decision.word, decision.gate
    outside = " ".join([*confirmed.get("overridden", ()), confirmed.get("window_reason", "")])
    said = [_sentence(decision), decision.rationale, _held(decision), outside, _started(started)]
    deciding.record(
        "gate.held" if word == gates.HOLD else "gate.decided",
        " ".join(part.strip() for part in said if part.strip()),
        gate=gate.key,
        word=word,
        recommendation=decision.recommendation,
        reasons=decision.reasons,
        override=decision.override,
        rationale=decision.rationale,
        hold_minutes=minutes if word == gates.HOLD else None,
        evidence_sha256=decision.evidence_sha256,
        decision=decision.pk,
        followups=[row.number for row in started],
        **confirmed,
    )


def _sentence(decision: Decision) -> str:
    how = "as the rule says"
    if decision.override:
        how = f"against the rule, which says {gates.SHOWN[decision.recommendation]}"
    shown = gates.SHOWN[decision.word]
    return f"{decision.gate.title}: {shown}, decided as {decision.decided_as}, {how}."


def _held(decision: Decision) -> str:
    until = decision.hold_until
    return f"Looked at again at {until:%d %b %H:%M} UTC." if until else ""


def _started(started: list[FollowUp]) -> str:
    """How many are left to do; what the product did at once is not worth a word here."""
    waiting = sum(row.done_at is None for row in started)
    return f"To do now: {waiting} follow-up{'s' if waiting > 1 else ''}." if waiting else ""
