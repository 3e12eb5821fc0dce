"""A new date after a NO-GO: the schedule moves, and the gate is held again as a gate of its own.

A decision is final, so the old gate keeps its NO-GO. What is asked at the new one is what was asked
at the old one; votes and judgements are given anew.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from checklists.actions.followups import fresh_followup, mark_done, refuse_done
from checklists.models import BranchStep, Criterion, FollowUp, FollowUpKind, Gate
from checklists.queries.scopes import AT_GATE
from checklists.rules.followups import next_meeting, title_of
from checklists.rules.words import NO_GO
from warroom.actions.again import carried_out_again
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.actions.schedule import shift_t0
from warroom.models import DeploymentPlan, Right, User
from warroom.rules.schedule import Shift, Thing
from warroom.rules.wording import dated_moment

Followed = Callable[[Change, Gate, Gate], None]
_followed: list[Followed] = []


def register_succession(followed: Followed) -> None:
    """Call ``followed(change, old, new)`` when a gate is held again, within the open change."""
    if followed not in _followed:
        _followed.append(followed)


def held_anew(followup: FollowUp) -> Thing | None:
    """The gate that a new date holds again, as a row of the schedule; None without one in time.

    A new date moves it and what comes after it: what the gates before it released stays.
    """
    gate = _refused_gate(followup)
    if gate is None or gate.offset_s is None:
        return None
    title, _unused = next_meeting(gate.title, gate.key, _taken(followup.plan))
    return Thing(
        f"anew:{gate.pk}",
        title,
        gate.offset_s,
        over=False,
        note=_("held again, votes anew"),
        waits_for=f"gate:{gate.pk}",
    )


def _refused_gate(followup: FollowUp) -> Gate | None:
    decision = followup.decision
    return decision.gate if decision and decision.word == NO_GO else None


@carried_out_again
def set_new_date(
    followup: FollowUp,
    to: datetime | int | None,
    *,
    by: User,
    reason: str,
    window_too: bool = False,
    basis: str = "",
    request_id: str | None = None,
) -> DeploymentPlan:
    """Move the schedule from the gate on, hold the gate again, and close the follow-up.

    ``to``: a new T0 (aware), seconds, or None where the date has been moved already. All in one
    change; return the plan as it then is. Raises what ``shift_t0`` raises, and Refused when the
    follow-up was closed meanwhile.
    """
    if followup.kind != FollowUpKind.NEW_DATE:
        raise Invalid("shift", _("Only the follow-up that asks for a new date sets one."))
    if to is None or to == followup.plan.t0:
        return _hold_again(followup, by=by, reason=reason, request_id=request_id)
    return shift_t0(
        followup.plan,
        to,
        by=by,
        reason=reason,
        window_too=window_too,
        basis=basis,
        request_id=request_id,
        anew=held_anew(followup),
        along=lambda moving, shift: _follow(moving, followup, reason, shift),
    )


def _hold_again(
    followup: FollowUp, *, by: User, reason: str, request_id: str | None
) -> DeploymentPlan:
    if not (reason := checked_reason(reason)):
        raise Invalid("reason", _("Say why: the reason is shown to everybody."))
    with change(followup.plan, by=by, right=Right.EDIT, request_id=request_id) as closing:
        if closing.repeated:
            return closing.plan
        text, data = _follow(closing, followup, reason, None)
        closing.record("followup.done", f"{text} {reason}", note=reason, **data)
    return closing.plan


def _follow(
    moving: Change, followup: FollowUp, reason: str, shift: Shift | None
) -> tuple[str, dict[str, Any]]:
    """Close the follow-up and hold its gate again; the sentence and the data for the event."""
    row = fresh_followup(followup, moving)
    if row.done_at is not None:
        refuse_done(row)
    moved = (
        _("T0 {t0} UTC").format(t0=dated_moment(shift.t0))
        if shift and not shift.ahead
        else _("New date")
    )
    mark_done(moving, row, f"{moved}: {reason}")
    data: dict[str, Any] = {"followup": row.number}
    gate = _refused_gate(row)
    if gate is None:
        return _("Done: {title_of}.").format(title_of=title_of(row.text)), data
    gate.plan = moving.plan
    later_s = shift.by_s if shift and shift.ahead else 0
    opened = succeed(moving, gate, later_s)
    return _("{opened} is opened.").format(opened=opened.title), data | {"opened_gate": opened.key}


def succeed(moving: Change, gate: Gate, later_s: int = 0) -> Gate:
    """Open the gate that is held after a NO-GO, ``later_s`` seconds after it in the schedule.

    Within an open change, whose event says so. Raises Refused when it stands already.
    """
    if there := Gate.objects.filter(follows=gate).first():
        raise Refused(_("{there} is open already.").format(there=there.title))
    plan = moving.plan
    title, key = next_meeting(gate.title, gate.key, _taken(plan))
    Gate.objects.filter(plan=plan, number__gt=gate.number).update(number=F("number") + 1)
    criteria = list(Criterion.objects.filter(gate=gate))
    steps = list(BranchStep.objects.filter(gate=gate))
    offset_s = None if gate.offset_s is None else gate.offset_s + later_s
    own = {"key": key, "title": title, "number": gate.number + 1, "offset_s": offset_s}
    new = _copied(gate, **own, follows=gate, version=1, silence_due_at=None, source_line=None)
    new.save(force_insert=True)
    Criterion.objects.bulk_create(
        _copied(one, gate=new, version=1, params=_params_at(new, gate, one)) for one in criteria
    )
    BranchStep.objects.bulk_create(_copied(one, gate=new) for one in steps)
    for followed in _followed:
        followed(moving, gate, new)
    return new


def _params_at(new: Gate, old: Gate, criterion: Criterion) -> dict[str, Any]:
    """What is signed at the old gate is asked at the new one."""
    scopes = criterion.params.get("scopes")
    if not scopes:
        return criterion.params
    own = {f"{AT_GATE}{old.key}": f"{AT_GATE}{new.key}"}
    return criterion.params | {"scopes": [own.get(str(one), one) for one in scopes]}


def _taken(plan: DeploymentPlan) -> Sequence[str]:
    return list(Gate.objects.filter(plan=plan).values_list("key", flat=True))


def _copied(row: Any, **other: Any) -> Any:
    """A new row of the same kind with the same values, but for those given."""
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    values = {field.name: getattr(row, field.attname) for field in fields if not field.is_relation}
    values |= {field.attname: getattr(row, field.attname) for field in fields if field.is_relation}
    for name in other:
        values.pop(f"{name}_id", None)
    return type(row)(**values | other)
