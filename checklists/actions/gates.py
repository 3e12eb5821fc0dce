"""Votes at a gate. Each is written once and never changed."""

from collections.abc import Sequence

from checklists.actions.conditions import Wanted, attach, checked
from checklists.actions.decisions import check_decision, decide_gate, deciding_role
from checklists.actions.decisions import fresh_gate as _fresh
from checklists.actions.decisions import refuse_decided as _refuse_decided
from checklists.models import Gate, Vote
from checklists.rules import votes
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import Role, User

__all__ = ["cast_vote", "check_decision", "decide_gate", "deciding_role"]


def cast_vote(
    gate: Gate,
    role: Role,
    word: str,
    *,
    by: User,
    reason: str = "",
    conditions: Sequence[Wanted] = (),
    request_id: str | None = None,
) -> Vote:
    """Vote at a gate as ``role``; return the vote. A change of mind supersedes the older vote.

    The same vote twice is one. Raises Invalid for what is filled in wrongly, NotAllowed without the
    seat or the right, Refused when the gate is decided or the person votes for another role here.
    """
    conditions, reason = checked(conditions), checked_reason(reason)
    if wrong := votes.vote_objection(word, reason, len(conditions)):
        raise Invalid(*wrong)
    with change(gate.plan, by=by, right="vote", role=role, request_id=request_id) as voting:
        gate = _fresh(gate, voting)
        newest = list(gate.votes.filter(superseded_by__isnull=True).select_related("role"))
        before = next((vote for vote in newest if vote.role_id == role.pk), None)
        if before is not None and (
            voting.repeated
            or (
                before.gate_version == gate.version
                and _same_vote(before, by, word, reason, conditions)
            )
        ):
            return before
        _refuse_decided(gate, "Your vote was not counted.")
        _refuse_two_roles(voting, newest, role)
        return _write_vote(voting, gate, role, word, reason, conditions, before)


def _refuse_two_roles(voting: Change, newest: Sequence[Vote], role: Role) -> None:
    """Law 10: nobody stands for two roles at one gate, but for those whom the plan names."""
    if voting.author.username in voting.plan.two_roles:
        return
    for vote in newest:
        if vote.person_id == voting.author.pk and vote.role_id != role.pk:
            raise Refused(
                f"{vote.person_name} votes here as {vote.role.name}. One person does not vote "
                f"for two roles; somebody else has to vote as {role.name}."
            )


def _same_vote(before: Vote, by: User, word: str, reason: str, wanted: list[Wanted]) -> bool:
    if (before.person_id, before.word, before.reason) != (by.pk, word, reason):
        return False
    return [c.text for c in before.conditions.all()] == [w.text.strip() for w in wanted]


def _write_vote(
    voting: Change,
    gate: Gate,
    role: Role,
    word: str,
    reason: str,
    conditions: list[Wanted],
    before: Vote | None,
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
        supersedes=before,
    )
    attach(voting, conditions, vote=vote, gate=gate)
    texts = [wanted.text.strip() for wanted in conditions]
    given = f" on condition: {'; '.join(texts)}" if texts else ""
    voting.record(
        "vote.changed" if before else "vote.cast",
        f"{role.name} votes {word} at {gate.title}{given}. {reason}".strip(),
        gate=gate.key,
        role=role.key,
        word=word,
        reason=reason,
        conditions=texts,
        before=before.word if before else None,
    )
    return vote
