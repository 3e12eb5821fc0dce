"""Somebody is absent: tries to reach them, their one vote handed over, and taken back."""

from collections.abc import Sequence

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.actions.decisions import decide_gate, deciding_role, fresh_gate, refuse_decided
from checklists.models import Decision, Delegation, Gate, ReachTry
from checklists.queries.absence import Choice, Missing, missing_votes, tries_words
from checklists.queries.gates import GateSheet, gate_sheet
from checklists.rules.delegation import AGREED, NO
from checklists.rules.gates import HOLD
from warroom.actions.change import Change, change
from warroom.actions.messages import queue_mail
from warroom.actions.refusals import Invalid, NotAllowed, Refused, checked_reason
from warroom.models import Right, Role, User

HOW_LIMIT, RESULT_LIMIT = 40, 120
TEXT = _l(
    "{by} asks you to cast the vote of {role} at {gate} in the release {plan}, for "
    "{holder}.\n\nReason: {reason}\n\nThe vote is marked “for {holder}”; the seat stays "
    "theirs, and their own vote ends this. Vote here:\n\n{link}\n"
)


def log_try(
    gate: Gate, role: Role, how: str, result: str, *, by: User, request_id: str | None = None
) -> ReachTry:
    """Write down that somebody tried to reach the people of ``role``, and what came of it.

    Raises Invalid for what is left empty or is too long, NotAllowed without the right to vote or
    to decide, Refused when the gate is decided.
    """
    how, result = _words("how", how, HOW_LIMIT), _words("result", result, RESULT_LIMIT)
    with change(gate.plan, by=by, request_id=request_id) as trying:
        gate = fresh_gate(gate, trying)
        _demand_part(trying, gate)
        if trying.repeated:
            return gate.tries.filter(role=role, how=how, result=result).first()
        refuse_decided(gate, _("The try was not written down."))
        row = ReachTry.objects.create(
            gate=gate, role=role, how=how, result=result, by_name=trying.author_name, at=trying.at
        )
        text = _("{author_name} tried to reach {role} for {gate}: {how}, {result}").format(
            author_name=trying.author_name, role=role.name, gate=gate.title, how=how, result=result
        )
        trying.record("vote.tried", text, gate=gate.key, role=role.key, how=how, result=result)
    return row


def _words(field: str, text: str, limit: int) -> str:
    text = " ".join(text.replace("\0", "").split())
    if not text:
        raise Invalid(
            field, _("Say how you tried.") if field == "how" else _("Say what came of it.")
        )
    if len(text) > limit:
        raise Invalid(
            field,
            _("{field} has more than {limit} characters.").format(
                field=field.capitalize(), limit=limit
            ),
        )
    return text


def _demand_part(trying: Change, gate: Gate) -> None:
    held = trying.held
    if not (held.may(Right.VOTE) or held.may(Right.DECIDE) or gate.decider_id in held.role_ids):
        raise NotAllowed(_("Your roles in this release neither vote nor decide."))


# --- the vote in other hands ---------------------------------------------------------------


def delegate_vote(
    gate: Gate,
    role: Role,
    to: User,
    reason: str,
    *,
    by: User,
    agreed: str = "",
    request_id: str | None = None,
) -> Delegation:
    """Ask ``to`` to cast the missing vote of ``role`` at this gate, once; a letter tells them.

    ``agreed``: the holder's own words, wanted for whoever is no deputy; a holder who asks says them
    with the reason. Who was asked before is
    asked no more. Raises NotAllowed unless ``by`` decides the gate or holds the role, Invalid for
    the fields ``reason``, ``to`` and ``agreed``, Refused when it is too early, the vote is in, or
    the gate is decided.
    """
    reason, agreed = checked_reason(reason), checked_reason(agreed)
    if not reason:
        raise Invalid("reason", _("Say why; everybody sees it."))
    with change(gate.plan, by=by, request_id=request_id) as asking:
        gate = fresh_gate(gate, asking)
        if role.pk not in asking.held.role_ids:
            deciding_role(gate, by)
        else:
            agreed = agreed or reason  # the holder's own words are these
        stands = list(gate.delegations.filter(role=role, ended_at=None))
        same = next((one for one in stands if one.to_id == to.pk), None)
        if same is not None:
            return same
        refuse_decided(gate, _("Nobody was asked."))
        missing = _missing(asking, gate, role)
        _demand_may(missing, to, agreed)
        return _write(asking, gate, missing, to, reason, agreed, stands)


def _missing(asking: Change, gate: Gate, role: Role) -> Missing:
    """The missing vote as it stands under the lock; raises Refused where none is to be handed."""
    sheet = gate_sheet(gate, asking.at)
    row = next((row for row in sheet.votes if row.role.pk == role.pk), None)
    if row is None:
        raise NotAllowed(
            _("{role} does not vote at {gate}.").format(role=role.name, gate=gate.title)
        )
    if row.vote is not None:
        raise Refused(
            _("{person_name} has voted as {role}: {word}.").format(
                person_name=row.vote.person_name, role=role.name, word=row.vote.word
            )
        )
    if not row.holders:
        raise Refused(
            _("Nobody sits as {role}. Seat somebody there: then they vote.").format(role=role.name)
        )
    found = missing_votes(sheet, asking.held.role_ids)
    missing = next(one for one in found if one.role.pk == role.pk)
    if not missing.is_offered:
        raise Refused(
            _("It is too early to hand over the vote of {role}. {offer}").format(
                role=role.name, offer=missing.offer
            )
        )
    return missing


def _demand_may(missing: Missing, to: User, agreed: str) -> None:
    choice: Choice | None = next((one for one in missing.choices if one.user.pk == to.pk), None)
    if choice is None:
        raise Invalid(
            "to",
            _("{display_name} cannot be asked: they sit in no other role here.").format(
                display_name=to.display_name
            ),
        )
    if choice.may.word == NO:
        raise Invalid(
            "to",
            _("{choice} may not vote as {role}. {why}").format(
                choice=choice.name, role=missing.role.name, why=choice.may.why
            ),
        )
    if choice.may.word == AGREED and not agreed:
        raise Invalid(
            "agreed",
            _("{choice} is no deputy of {holder}. Attach what {holder} wrote.").format(
                choice=choice.name, holder=missing.holder
            ),
        )


def _write(
    asking: Change,
    gate: Gate,
    missing: Missing,
    to: User,
    reason: str,
    agreed: str,
    stands: Sequence[Delegation],
) -> Delegation:
    for one in stands:
        _end(asking, one)
    row = Delegation.objects.create(
        gate=gate,
        role=missing.role,
        to=to,
        to_name=to.display_name,
        for_name=missing.holder,
        by=asking.author,
        by_name=asking.author_name,
        reason=reason,
        agreed=agreed,
        at=asking.at,
    )
    _tell(asking, row)
    before = (
        _(", no longer {to_name}").format(to_name=", ".join(one.to_name for one in stands))
        if stands
        else ""
    )
    asking.record(
        "vote.delegated",
        _("{to_name} is asked to vote as {role} for {for_name} at {gate}{before}. {reason}").format(
            to_name=row.to_name,
            role=row.role.name,
            for_name=row.for_name,
            gate=gate.title,
            before=before,
            reason=reason,
        ),
        gate=gate.key,
        role=row.role.key,
        to=to.username,
        for_name=row.for_name,
        reason=reason,
        agreed=agreed,
        delegation=row.pk,
    )
    return row


def _tell(asking: Change, row: Delegation) -> None:
    """The letter goes out with the change; whoever has no address is asked in the room alone."""
    if not row.to.email:
        return
    page = reverse("gate", args=[asking.plan.slug, row.gate.key])
    queue_mail(
        asking,
        key=f"delegation:{row.pk}",
        to=row.to.email,
        subject=_("Vote as {role} for {for_name}: {gate}").format(
            role=row.role.name, for_name=row.for_name, gate=row.gate.title
        ),
        text=TEXT.format(
            by=row.by_name,
            role=row.role.name,
            gate=row.gate.title,
            plan=asking.plan.name,
            holder=row.for_name,
            reason=row.reason,
            link=f"{settings.PUBLIC_URL}{page}#vote",
        ),
    )


def take_delegation_back(
    delegation: Delegation, *, by: User, request_id: str | None = None
) -> Delegation:
    """Nobody votes by this delegation any more; a vote that was cast by it stands.

    To take it back twice changes nothing. Raises NotAllowed unless ``by`` decides the gate, holds
    the role or is the delegate, Refused when the gate is decided.
    """
    gate = delegation.gate
    with change(gate.plan, by=by, request_id=request_id) as ending:
        gate = fresh_gate(gate, ending)
        row = Delegation.objects.select_related("role").get(pk=delegation.pk)
        if by.pk != row.to_id and row.role_id not in ending.held.role_ids:
            deciding_role(gate, by)
        if row.ended_at is not None or ending.repeated:
            return row
        refuse_decided(gate, _("The delegation stays on record."))
        _end(ending, row)
        text = _("{to_name} is not asked any more to vote as {role} at {gate}").format(
            to_name=row.to_name, role=row.role.name, gate=gate.title
        )
        ending.record("vote.taken_back", text, gate=gate.key, role=row.role.key, delegation=row.pk)
    return row


def _end(ending: Change, row: Delegation) -> None:
    row.ended_at = ending.at
    row.save(update_fields=["ended_at"])


# --- on record, and hold -------------------------------------------------------------------


def hold_absent(gate: Gate, *, by: User, request_id: str | None = None) -> Decision:
    """Decide HOLD on the votes that are in; who is absent and how often tried stands as its reason.

    Who that is, is read under the lock. Raises as ``decide_gate`` does, and Refused where no vote
    is missing.
    """
    return decide_gate(gate, HOLD, by=by, rationale=_absent, request_id=request_id)


def _absent(sheet: GateSheet) -> str:
    tries = list(sheet.gate.tries.all())
    said = "; ".join(tries_words(row, tries) for row in sheet.missing)
    if not said:
        raise Refused(_("Every vote is in: nobody is absent. Decide on the gate's page."))
    return f"{said}."
