"""Accept a deviation, and take that back: signed, with a reason and an end (S15)."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.actions.decisions import fresh_gate, refuse_decided
from checklists.actions.duties import refuse_two_roles
from checklists.actions.undecided import fresh_criterion
from checklists.models import Criterion, Gate, Waiver
from checklists.queries.criteria import CriterionRow, covers, criterion_rows
from checklists.rules import waivers
from checklists.rules.bands import Band
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, NotAllowed, Refused, checked_reason
from warroom.models import Role, User
from warroom.rules.wording import full_instant

LOST = _l("Nothing was accepted.")


@dataclass(frozen=True)
class Paper:
    """What is to be signed, as it was filled in and passed the rules for it."""

    role: Role
    reason: str
    ends_at: datetime


def grant_waiver(
    criterion: Criterion,
    role: Role,
    *,
    by: User,
    reason: str,
    ends_at: datetime | None,
    seen_version: int | None = None,
    seen_band: str | None = None,
    request_id: str | None = None,
) -> Waiver:
    """Accept as ``role`` that a criterion is not green, until ``ends_at`` (UTC).

    The same acceptance twice is one; another one supersedes it. ``seen_version`` and ``seen_band``
    are what the signer saw: who saw another criterion or a better value is refused. Raises Invalid,
    NotAllowed without the seat or the right to sign, and Refused when the gate is decided, there is
    nothing to accept, or duties are to be separated (law 10).
    """
    with change(criterion.gate.plan, by=by, right="sign", role=role, request_id=request_id) as act:
        paper = _paper(act, role, reason, ends_at)
        gate = fresh_gate(criterion.gate, act)
        criterion = fresh_criterion(criterion, gate, LOST)
        before = _newest(criterion)
        if before is not None and act.repeated:
            return before
        refuse_decided(gate, LOST)
        [row] = criterion_rows(act.plan, [criterion], act.at)
        if before is not None and _same(before, row, by, paper):
            return before
        _refuse(act, gate, row, role, seen_version, seen_band)
        return _write(act, row, paper, before)


def withdraw_waiver(
    criterion: Criterion, *, by: User, reason: str = "", request_id: str | None = None
) -> Waiver | None:
    """Take back what was accepted: a new record beside it. None where nothing is accepted.

    What is taken back already stays so. Raises NotAllowed for who neither signed it nor sits in the
    role that did.
    """
    reason = checked_reason(reason)
    with change(criterion.gate.plan, by=by, right="sign", request_id=request_id) as taking:
        gate = fresh_gate(criterion.gate, taking)
        newest = _newest(criterion)
        if newest is None or newest.withdrawn or taking.repeated:
            return newest
        refuse_decided(gate, _("Nothing was taken back."))
        if by.pk != newest.person_id and newest.role_id not in taking.held.role_ids:
            raise NotAllowed(
                _("Only {person_name} or {role} can take it back.").format(
                    person_name=newest.person_name, role=newest.role.name
                )
            )
        return _take_back(taking, criterion, gate, newest, reason)


def _paper(act: Change, role: Role, reason: str, ends_at: datetime | None) -> Paper:
    reason = checked_reason(reason)
    if wrong := waivers.objection(reason, ends_at, act.at):
        raise Invalid(*wrong)
    return Paper(role, reason, ends_at)


def _newest(criterion: Criterion) -> Waiver | None:
    found = criterion.waivers.filter(superseded_by__isnull=True)
    return found.select_related("role").first()


def _same(before: Waiver, row: CriterionRow, by: User, paper: Paper) -> bool:
    said = (before.person_id, before.role_id, before.reason, before.ends_at, before.band)
    wanted = (by.pk, paper.role.pk, paper.reason, paper.ends_at, row.band.value)
    return said == wanted and covers(before, row.criterion, row.value)


def _refuse(
    act: Change,
    gate: Gate,
    row: CriterionRow,
    role: Role,
    seen_version: int | None,
    seen_band: str | None,
) -> None:
    label = row.criterion.label
    if row.criterion.report_only:
        raise Refused(
            _("{label} is for the report only: there is nothing to accept.").format(label=label)
        )
    if row.band is Band.GREEN:
        raise Refused(_("{label} is green now: there is nothing to accept.").format(label=label))
    if seen_version is not None and seen_version != row.criterion.version:
        raise Refused(
            _("{label} was changed while you wrote. Look at it, then accept. {lost}").format(
                label=label, lost=LOST
            )
        )
    if seen_band is not None and seen_band != row.band.value:
        now = waivers.stands(row.band, row.text)
        raise Refused(
            _("{label} is {now} now, which is not what you saw. {lost}").format(
                label=label, now=now, lost=LOST
            )
        )
    _refuse_author(act)
    refuse_two_roles(act, gate, role)


def _refuse_author(act: Change) -> None:
    if act.plan.author_id == act.author.pk:
        raise Refused(
            _(
                "You wrote this plan. Its author alone accepts no deviation from it: "
                "somebody else has to sign it."
            )
        )


def _write(act: Change, row: CriterionRow, paper: Paper, before: Waiver | None) -> Waiver:
    criterion, gate = row.criterion, row.criterion.gate
    waiver = Waiver.objects.create(
        criterion=criterion,
        criterion_version=criterion.version,
        role=paper.role,
        person=act.author,
        person_name=act.author_name,
        band=row.band.value,
        text=(row.text or row.why)[:300],
        value=row.value,
        reason=paper.reason,
        ends_at=paper.ends_at,
        statement=said(act.author_name, paper.role, row, full_instant(paper.ends_at)),
        at=act.at,
        supersedes=before,
    )
    act.record(
        "waiver.granted",
        f"{waiver.statement} {waiver.reason}",
        gate=gate.key,
        criterion=criterion.key,
        role=paper.role.key,
        band=waiver.band,
        value=waiver.text,
        ends_at=paper.ends_at.isoformat(),
        reason=paper.reason,
        version=criterion.version,
    )
    return waiver


def said(person: str, role: Role, row: CriterionRow, until: str) -> str:
    """What is signed, word for word. A page shows it before, with ``until`` still to be typed."""
    gate = row.criterion.gate
    return waivers.statement(
        person,
        role.name,
        row.criterion.label,
        waivers.stands(row.band, row.text),
        gate.title,
        until,
        rehearsal=gate.plan.rehearsal,
    )


def _take_back(
    taking: Change, criterion: Criterion, gate: Gate, newest: Waiver, reason: str
) -> Waiver:
    text = _("{author_name} withdraws what was accepted for {criterion} at {gate}").format(
        author_name=taking.author_name, criterion=criterion.label, gate=gate.title
    )
    taken = Waiver.objects.create(
        criterion=criterion,
        criterion_version=newest.criterion_version,
        role=newest.role,
        person=taking.author,
        person_name=taking.author_name,
        band=newest.band,
        text=newest.text,
        value=newest.value,
        reason=reason,
        ends_at=newest.ends_at,
        withdrawn=True,
        statement=f"{text}.",
        at=taking.at,
        supersedes=newest,
    )
    taking.record(
        "waiver.withdrawn",
        f"{text}. {reason}".strip(),
        gate=gate.key,
        criterion=criterion.key,
        role=newest.role.key,
        reason=reason,
    )
    return taken
