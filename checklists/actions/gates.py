"""Votes and judgements at a gate. Each is written once and never changed."""

from collections.abc import Sequence

from checklists.actions.conditions import Wanted, attach, checked
from checklists.actions.decisions import check_decision, decide_gate, deciding_role
from checklists.actions.decisions import fresh_gate as _fresh
from checklists.actions.decisions import refuse_decided as _refuse_decided
from checklists.models import Criterion, Evidence, Gate, Vote
from checklists.queries.criteria import bands_of, judgement_key
from checklists.rules import bands, votes
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import Role, User
from warroom.rules.wording import number_text

__all__ = ["cast_vote", "check_decision", "decide_gate", "deciding_role", "judge_criterion"]


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


def judge_criterion(
    criterion: Criterion,
    *,
    by: User,
    band: str = "",
    value: float | None = None,
    note: str = "",
    request_id: str | None = None,
) -> Evidence:
    """A person's judgement of a criterion that nothing measures: a band, or a value to be judged.

    It stands until a newer judgement or a measurement. Raises Invalid for an unknown band, a value
    without bounds or a missing note, Refused when it is measured or its gate is decided.
    """
    band = _judged_band(criterion, band, value)
    note = note.strip()
    if not note:
        raise Invalid("note", "Say what the judgement rests on.")
    gate = criterion.gate
    with change(gate.plan, by=by, right="vote", request_id=request_id) as judging:
        gate = _fresh(gate, judging)
        _refuse_decided(gate, "Your judgement was not counted.")
        measured = Evidence.objects.filter(plan=gate.plan, key=criterion.evidence_key).first()
        if criterion.evidence_key and measured is not None:
            raise Refused(
                f"{criterion.label} is measured by {measured.source or 'a check'}. "
                "A judgement does not replace a measurement."
            )
        if judging.repeated:
            return Evidence.objects.get(plan=gate.plan, key=judgement_key(criterion))
        return _write_judgement(judging, criterion, band, value, note[:500])


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


def _judged_band(criterion: Criterion, band: str, value: float | None) -> str:
    if value is None:
        if band not in (bands.Band.GREEN, bands.Band.YELLOW, bands.Band.RED):
            raise Invalid("band", "A judgement is green, yellow or red.")
        return band
    limits = bands_of(criterion)
    if limits is None:
        raise Invalid("value", f"{criterion.label} has no bounds; judge it green, yellow or red.")
    judged = bands.judge(limits, value)
    if judged is bands.Band.NO_DATA:
        raise Invalid("value", "The value is no finite number.")
    return judged.value


def _write_judgement(
    judging: Change, criterion: Criterion, band: str, value: float | None, note: str
) -> Evidence:
    shown = number_text(value, criterion.unit) if value is not None else ""
    evidence, _ = Evidence.objects.update_or_create(
        plan=judging.plan,
        key=judgement_key(criterion),
        defaults={
            "label": criterion.label,
            "value": value,
            "unit": criterion.unit,
            "text": shown,
            "band": band,
            "reason": note,
            "observed_at": judging.at,
            "source": f"judgement of {judging.author_name}",
            "updated_at": judging.at,
        },
    )
    judging.record(
        "criterion.judged",
        f"{criterion.label} judged {band}{f' at {shown}' if shown else ''}: {note}",
        gate=criterion.gate.key,
        criterion=criterion.key,
        band=band,
        value=value,
    )
    return evidence
