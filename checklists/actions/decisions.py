"""GO, HOLD or NO-GO: taken once, on the evidence of one moment, and never changed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

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
from warroom.rules.wording import moment_text

THE_RULE = _l("the rule")
# A rationale that is made out of what is true under the lock.
Reasoned = Callable[[GateSheet], str]


class Outdated(Refused):
    """The rule's word or the gate is not what the decider had read."""


@carried_out_again
def decide_gate(
    gate: Gate,
    word: str,
    *,
    by: User,
    rationale: str | Reasoned = "",
    hold_minutes: int | None = None,
    window_reason: str = "",
    seen: str = "",
    request_id: str | None = None,
) -> Decision:
    """Decide GO, HOLD or NO-GO on the evidence of this moment, which is frozen with the decision.

    GO and NO-GO end the gate; HOLD keeps it open for ``hold_minutes`` (default: the gate's own).
    GO outside the plan's window wants a ``window_reason``. ``seen`` is ``GateSheet.seen`` of the
    page that was decided on. What the branch starts is opened in the same change.

    A GO against the rule, or on a deviation that ``by`` accepted, is an override and wants a
    rationale.

    Raises NotAllowed unless ``by`` sits in the deciding role, Invalid for a missing rationale or GO
    before its time, Unconfirmed outside the window, Outdated when the rule says something else than
    was seen and than is decided, Refused when the gate is decided.
    """
    with change(gate.plan, by=by, request_id=request_id) as deciding:
        gate = fresh_gate(gate, deciding)
        role = deciding_role(gate, by)
        newest = gate.decisions.last()
        if newest is not None and deciding.repeated:
            return newest
        rationale = _reason(rationale, gate, deciding)
        minutes = gate.hold_minutes if hold_minutes is None else hold_minutes
        if newest is not None and _same_decision(newest, by, word, rationale, minutes, deciding):
            return newest
        refuse_decided(gate, _("Your decision was not taken."))
        sheet = gate_sheet(gate, deciding.at)
        _check_decision(sheet, word, rationale, seen, by)
        confirmed = _weigh(gate, word, by, deciding.at, window_reason)
        if word == gates.HOLD:
            demand_hold(minutes)
        return _write_decision(deciding, sheet, role, word, rationale, minutes, confirmed)


def _reason(rationale: str | Reasoned, gate: Gate, deciding: Change) -> str:
    if isinstance(rationale, str):
        return rationale.strip()
    return rationale(gate_sheet(gate, deciding.at)).strip()


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
    _check_decision(gate_sheet(gate, now), word, rationale.strip(), seen, by)
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
    """The author of the plan may not be the only one who says GO (law 10).

    A vote that was asked of somebody else for the author's own role is the author's.
    """
    if gate.plan.author_id != by.pk:
        return
    now = gate.votes.filter(superseded_by=None, word=gates.GO, gate_version=gate.version)
    own = standing(by, gate.plan).role_ids
    others = now.exclude(person=by).exclude(delegation__isnull=False, role__in=own)
    if not others.exists():
        raise Refused(
            _(
                "You wrote this plan. Its author may not be the only one to say GO: "
                "somebody else has to vote go first."
            )
        )


def refuse_decided(gate: Gate, lost: str) -> None:
    final = gate.decisions.filter(word__in=gates.FINAL).first()
    if final is not None:
        raise Refused(
            _(
                "{gate} was decided while you wrote: {word}, {person_name}, "
                "{at:%H:%M:%S} UTC. {lost}"
            ).format(
                gate=gate.title,
                word=gates.SHOWN[final.word],
                person_name=final.person_name,
                at=final.at,
                lost=lost,
            )
        )


def deciding_role(gate: Gate, by: User) -> Role:
    """The role as which a person decides a gate. Raises NotAllowed for whom it is not."""
    held = standing(by, gate.plan)
    if gate.decider is not None:
        if gate.decider_id not in held.role_ids:
            raise NotAllowed(
                _("{decider} decides {gate}. You do not sit in that role.").format(
                    decider=gate.decider.name, gate=gate.title
                )
            )
        return gate.decider
    deciding = held.roles_with(Right.DECIDE)
    if not deciding:
        raise NotAllowed(
            _("Your roles in this release do not decide {gate}.").format(gate=gate.title)
        )
    return deciding[0]


def _same_decision(
    newest: Decision, by: User, word: str, rationale: str, minutes: int, deciding: Change
) -> bool:
    """The second click of a HOLD is the same hold; of another length or later it is a new one."""
    if (newest.person_id, newest.word, newest.rationale) != (by.pk, word, rationale):
        return False
    if word != gates.HOLD:
        return True
    length_s = (newest.hold_until - newest.at).total_seconds() if newest.hold_until else None
    return deciding.at - newest.at < timedelta(seconds=30) and length_s == minutes * 60


def accepted_by(sheet: GateSheet, person: User | None) -> list[str]:
    """The names of the criteria at which somebody accepted the deviation that counts now."""
    found = (row for row in sheet.criteria if row.accepted and not row.criterion.report_only)
    return [row.criterion.label for row in found if person and row.waiver.person_id == person.pk]


def _check_decision(sheet: GateSheet, word: str, rationale: str, seen: str, by: User) -> None:
    if seen and seen != sheet.seen and not _follows(sheet, word, seen):
        raise Outdated(
            _(
                "The gate changed while you read. {changed} Nothing was decided: look "
                "again, then decide."
            ).format(changed=_changed(sheet, seen))
        )
    opens = (
        _("{opens_at} UTC").format(opens_at=moment_text(sheet.opens_at))
        if sheet.opens_at
        else _("the start")
    )
    wrong = gates.decision_objection(
        word,
        sheet.recommendation.word,
        rationale,
        is_open=sheet.is_open,
        opens=opens,
        accepted=accepted_by(sheet, by),
    )
    if wrong:
        raise Invalid(*wrong)
    if len(rationale) > REASON_LIMIT:
        raise Invalid(
            "rationale",
            _("The rationale has more than {reason_limit} characters.").format(
                reason_limit=REASON_LIMIT
            ),
        )


def _follows(sheet: GateSheet, word: str, seen: str) -> bool:
    """Whether a decision is what the rule says by now, at the version of the gate that was seen.

    In a meeting votes come in after the page was opened; who decides as the rule then says goes
    against nothing that the page did not show.
    """
    version = seen.partition(":")[2]
    return version == str(sheet.gate.version) and word == sheet.recommendation.word


def _changed(sheet: GateSheet, seen: str) -> str:
    was = gates.SHOWN.get(seen.partition(":")[0], _("something else"))
    now = sheet.recommendation
    if was == now.shown:
        return _("What people vote on was changed; the rule says {now}").format(now=now.sentence)
    return _("The rule said {was}; now it says {now}").format(was=was, now=now.sentence)


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
    accepted = accepted_by(sheet, deciding.author) if word == gates.GO else []
    _record_decision(deciding, decision, minutes, confirmed | {"accepted": accepted}, started)
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

    ``until`` (UTC): when a HOLD is looked at again. A GO on what its decider accepted is marked as
    one against the rule is. The caller records the event.
    """
    evidence, advice = frozen(sheet), sheet.recommendation
    own = word == gates.GO and bool(accepted_by(sheet, deciding.author))
    return Decision.objects.create(
        gate=sheet.gate,
        role=role,
        person=deciding.author if role else None,
        person_name=deciding.author_name if role else str(THE_RULE),
        word=word,
        rationale=rationale,
        recommendation=advice.word,
        reasons=list(advice.reasons),
        override=word != advice.word or own,
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
    accepted = confirmed["accepted"]
    outside = " ".join([*confirmed.get("overridden", ()), confirmed.get("window_reason", "")])
    said = [
        _sentence(decision, accepted),
        decision.rationale,
        _held(decision),
        outside,
        _started(started),
    ]
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


def _sentence(decision: Decision, accepted: list[str]) -> str:
    how = _("as the rule says")
    if decision.word != decision.recommendation:
        how = _("against the rule, which says {recommendation}").format(
            recommendation=gates.SHOWN[decision.recommendation]
        )
    elif decision.override:
        how = _("on what {person_name} accepted: {accepted}").format(
            person_name=decision.person_name, accepted=", ".join(accepted)
        )
    shown = gates.SHOWN[decision.word]
    return _("{gate}: {shown}, decided as {decided_as}, {how}.").format(
        gate=decision.gate.title, shown=shown, decided_as=decision.decided_as, how=how
    )


def _held(decision: Decision) -> str:
    until = decision.hold_until
    return _("Looked at again at {until} UTC.").format(until=moment_text(until)) if until else ""


def _started(started: list[FollowUp]) -> str:
    """How many are left to do; what the product did at once is not worth a word here."""
    waiting = sum(row.done_at is None for row in started)
    said = ngettext("To do now: {count} follow-up.", "To do now: {count} follow-ups.", waiting)
    return said.format(count=waiting) if waiting else ""
