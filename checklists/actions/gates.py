"""Votes at a gate. Each is written once and never changed: a change of mind is a new one."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from checklists.actions.conditions import Wanted, attach, checked
from checklists.actions.decisions import (
    check_decision,
    decide_gate,
    deciding_role,
    fresh_gate,
    refuse_decided,
)
from checklists.actions.duties import refuse_two_roles
from checklists.actions.undecided import refuse_older_gate
from checklists.models import Delegation, Gate, Vote
from checklists.queries.absence import may_still
from checklists.queries.gates import gate_sheet
from checklists.queries.votes import voting_roles
from checklists.rules import votes
from checklists.rules.delegation import AGREED, NO
from warroom.actions.again import carried_out_again
from warroom.actions.change import Change, change, demand
from warroom.actions.refusals import Invalid, NotAllowed, checked_reason
from warroom.models import Right, Role, User

__all__ = ["cast_vote", "check_decision", "decide_gate", "deciding_role"]


@carried_out_again
def cast_vote(
    gate: Gate,
    role: Role,
    word: str,
    *,
    by: User,
    reason: str = "",
    conditions: Sequence[Wanted] = (),
    seen: int | None = None,
    request_id: str | None = None,
) -> Vote:
    """Vote at a gate as ``role``; return the vote. A change of mind supersedes the older vote.

    ``by`` sits in the role, or was asked to cast its vote here (``delegating``); a holder who
    votes after all ends the delegation. The same vote twice is one. ``seen``: the gate's version
    that the voter read; an older one is refused. Raises Invalid for what is filled in wrongly,
    NotAllowed without the seat or the right, Refused when the gate is decided, the person stands
    for another role here, or may not vote for the holder any more.
    """
    conditions, reason = checked(conditions), checked_reason(reason)
    if wrong := votes.vote_objection(word, reason, len(conditions)):
        raise Invalid(*wrong)
    with change(gate.plan, by=by, request_id=request_id) as voting:
        gate = fresh_gate(gate, voting)
        handed = _handed(voting, gate, role)
        before = gate.votes.filter(superseded_by__isnull=True, role=role).first()
        if before is not None and (
            voting.repeated
            or (
                before.gate_version == gate.version
                and _same_vote(before, by, word, reason, conditions)
            )
        ):
            return before
        refuse_decided(gate, _("Your vote was not counted."))
        refuse_older_gate(gate, seen, _("Your vote was not counted: look again, then vote."))
        _refuse_no_voter(gate, role)
        _refuse_handed(voting, gate, handed)
        refuse_two_roles(voting, gate, role, "vote")
        return _write_vote(voting, gate, role, word, reason, conditions, before, handed)


def _handed(voting: Change, gate: Gate, role: Role) -> Delegation | None:
    """The delegation by which the author votes, None for who sits in the role.

    Raises NotAllowed for whoever may vote by neither.
    """
    if role.pk not in voting.held.role_ids:
        found = gate.delegations.filter(role=role, to=voting.author, ended_at=None).first()
        if found is not None:
            return found
    demand(voting.plan, voting.author, Right.VOTE, role)
    return None


def _refuse_handed(voting: Change, gate: Gate, handed: Delegation | None) -> None:
    """Who was asked may stand otherwise by now: as decider, or as no deputy any more."""
    if handed is None:
        return
    may = may_still(gate_sheet(gate, voting.at), handed.role, voting.author)
    if may.word == NO or (may.word == AGREED and not handed.agreed):
        raise NotAllowed(
            _("You cannot vote for {for_name} any more. {why}").format(
                for_name=handed.for_name, why=may.why
            )
        )


def _refuse_no_voter(gate: Gate, role: Role) -> None:
    if role not in voting_roles(gate, [role]):
        raise NotAllowed(
            _("{role} does not vote at {gate}.").format(role=role.name, gate=gate.title)
        )


def _same_vote(before: Vote, by: User, word: str, reason: str, wanted: list[Wanted]) -> bool:
    if (before.person_id, before.word, before.reason) != (by.pk, word, reason):
        return False
    kept = [(c.text, c.owner, c.due_at, c.blocking) for c in before.conditions.all()]
    return kept == [(w.text.strip(), w.owner.strip(), w.due_at, w.blocking) for w in wanted]


def _write_vote(
    voting: Change,
    gate: Gate,
    role: Role,
    word: str,
    reason: str,
    conditions: list[Wanted],
    before: Vote | None,
    handed: Delegation | None,
) -> Vote:
    vote = Vote.objects.create(
        gate=gate,
        role=role,
        person=voting.author,
        person_name=voting.author_name,
        word=word,
        reason=reason,
        at=voting.at,
        gate_version=gate.version,
        delegation=handed,
        supersedes=before,
    )
    attach(voting, conditions, vote=vote, gate=gate)
    ended = "" if handed else _end_delegation(voting, gate, role)
    texts = [wanted.text.strip() for wanted in conditions]
    given = _(" on condition: {texts}").format(texts="; ".join(texts)) if texts else ""
    for_whom = _(" for {for_name}").format(for_name=handed.for_name) if handed else ""
    voting.record(
        "vote.changed" if before else "vote.cast",
        _("{role} votes {word}{for_whom} at {gate}{given}. {reason}{ended}")
        .format(
            role=role.name,
            word=word,
            for_whom=for_whom,
            gate=gate.title,
            given=given,
            reason=reason,
            ended=ended,
        )
        .strip(),
        gate=gate.key,
        role=role.key,
        word=word,
        reason=reason,
        conditions=texts,
        before=before.word if before else None,
        delegation=handed.pk if handed else None,
    )
    return vote


def _end_delegation(voting: Change, gate: Gate, role: Role) -> str:
    """The holder speaks for themselves again; what the timeline adds to its sentence."""
    asked = list(gate.delegations.filter(role=role, ended_at=None))
    for one in asked:
        one.ended_at = voting.at
        one.save(update_fields=["ended_at"])
    names = ", ".join(one.to_name for one in asked)
    return (
        _(" {names} votes for {for_name} no more.").format(names=names, for_name=asked[0].for_name)
        if asked
        else ""
    )
