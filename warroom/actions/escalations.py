"""Calls for help. A rule opens one within its own change; people acknowledge and close them."""

from __future__ import annotations

from django.db.models import Max
from django.utils.translation import gettext as _

from warroom.actions.change import Change, change
from warroom.actions.messages import queue_mail
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import DeploymentPlan, Escalation, EscalationContact, EscalationLevel, User

FIRST_LEVEL = 1


def open_escalation(
    changing: Change, cause: str, reason: str, *, url: str = "", level: int = FIRST_LEVEL
) -> Escalation | None:
    """Call a level, the first one, inside an open change; None where ``cause`` has called already.

    ``cause`` is the key of what calls (``drift``, ``guardrail:error-rate``), ``reason`` one
    sentence for people, ``url`` where to look. The caller's event should name ``E-<number>``;
    contacts of that level with a mail address get a letter from the outbox. ``level`` 2 is for
    what cannot wait for the first one to answer; where a plan has no such level, the highest that
    it has is called.
    """
    plan = changing.plan
    if plan.escalations.filter(cause=cause, closed_at=None).exists():
        return None
    level = _known_level(plan, level)
    newest = plan.escalations.aggregate(newest=Max("number"))["newest"] or 0
    opened = Escalation.objects.create(
        plan=plan,
        number=newest + 1,
        cause=cause[:80],
        reason=reason[:500],
        url=url or plan.get_absolute_url(),
        level=level,
        opened_at=changing.at,
        opened_by=changing.author_name,
    )
    for contact in EscalationContact.objects.filter(plan=plan, level__number=level):
        _write_to(changing, opened, contact)
    return opened


def _known_level(plan: DeploymentPlan, wanted: int) -> int:
    """The wanted level, or the highest below it that there is; levels start with the first."""
    if wanted <= FIRST_LEVEL:
        return FIRST_LEVEL
    known = EscalationLevel.objects.filter(plan=plan, number__lte=wanted)
    return known.aggregate(most=Max("number"))["most"] or FIRST_LEVEL


def _write_to(changing: Change, opened: Escalation, contact: EscalationContact) -> None:
    address = next((way["to"] for way in contact.reach if way.get("way") == "mail"), "")
    if not address:
        return
    try:
        queue_mail(
            changing,
            key=f"escalation:{opened.pk}:{contact.pk}",
            to=address,
            subject=f"{opened} {changing.plan.name}: {opened.reason}"[:200],
            text=_("{reason}\n\n{plan}, {opened}. Answer it in the room.\n").format(
                reason=opened.reason, plan=changing.plan.name, opened=opened
            ),
        )
    except Invalid:
        return  # what was typed as an address is none; the settings page says so


def settle(changing: Change, cause: str, reason: str) -> list[Escalation]:
    """End the open calls of ``cause`` inside an open change, because what called is over.

    Returns those that ended; the caller's event names them.
    """
    rows = list(changing.plan.escalations.filter(cause=cause, closed_at=None))
    for row in rows:
        row.closed_at, row.closed_by, row.closed_reason = changing.at, changing.author_name, reason
        row.save(update_fields=["closed_at", "closed_by", "closed_reason"])
    return rows


def acknowledge(plan: DeploymentPlan, number: int, *, by: User, request_id: str | None = None):
    """Say that somebody looks after it; a second time changes nothing. Returns the escalation.

    Raises Refused once it is closed, Escalation.DoesNotExist for a number that there is not.
    """
    with change(plan, by=by, right="tick", request_id=request_id) as taking:
        row = taking.plan.escalations.get(number=number)
        if row.acknowledged_at is not None:
            return row
        if row.closed_at is not None:
            raise Refused(
                _("{row} was closed by {closed_by}.").format(row=row, closed_by=row.closed_by)
            )
        row.acknowledged_at, row.acknowledged_by = taking.at, taking.author_name
        row.save(update_fields=["acknowledged_at", "acknowledged_by"])
        taking.record(
            "escalation.acknowledged", _("{row} acknowledged").format(row=row), number=row.number
        )
    return row


def close(
    plan: DeploymentPlan, number: int, reason: str, *, by: User, request_id: str | None = None
):
    """End a call with a reason; a second time changes nothing. Raises Invalid without a reason."""
    with change(plan, by=by, right="tick", request_id=request_id) as closing:
        row = closing.plan.escalations.get(number=number)
        if row.closed_at is not None:
            return row
        if not (why := checked_reason(reason)):
            raise Invalid("reason", _("Closing an escalation wants a reason."))
        row.closed_at, row.closed_by, row.closed_reason = closing.at, closing.author_name, why
        row.save(update_fields=["closed_at", "closed_by", "closed_reason"])
        closing.record(
            "escalation.closed",
            _("{row} closed: {why}").format(row=row, why=why),
            number=row.number,
            reason=why,
        )
    return row
