"""What people say of alerts: somebody looks after it, it is over, it was false."""

from __future__ import annotations

from django.utils.translation import gettext as _

from rollouts.actions.alerts import cause_of, row_of
from rollouts.models import Alert, AlertDrill
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, checked_reason
from warroom.models import User

NOTE = 500


def acknowledge(alert: Alert, *, by: User, request_id: str | None = None) -> Alert:
    """Say that somebody looks after an alert; a second time changes nothing.

    Its escalation is acknowledged with it, and the drill whose test alert it is. An alert that is
    over already may be acknowledged too: somebody has seen it. Raises NotAllowed without the right
    to tick.
    """
    with change(alert.plan, by=by, right="tick", request_id=request_id) as taking:
        row = Alert.objects.select_related("drill").get(pk=alert.pk)
        if row.acknowledged_at is not None or taking.repeated:
            return row
        row.acknowledged_at, row.acknowledged_by = taking.at, taking.author_name
        row.save(update_fields=["acknowledged_at", "acknowledged_by"])
        if row.drill is not None:
            _answer_drill(taking, row.drill)
            return row
        waiting = taking.plan.escalations.filter(
            cause=cause_of(row), closed_at=None, acknowledged_at=None
        )
        called = waiting.first()
        if called is not None:
            waiting.update(acknowledged_at=taking.at, acknowledged_by=taking.author_name)
        more = _(" {called} is acknowledged with it.").format(called=called) if called else ""
        text = _("Alert {row} acknowledged.{more}").format(row=row.name, more=more)
        taking.record("alert.acknowledged", text, **row_of(row))
    return row


def _answer_drill(taking: Change, drill: AlertDrill) -> None:
    text = _("Test alert {drill} acknowledged").format(drill=drill.name)
    if drill.acknowledged_at is None and drill.given_up_at is None:
        drill.acknowledged_at, drill.acknowledged_by = taking.at, taking.author_name
        drill.save(update_fields=["acknowledged_at", "acknowledged_by"])
        text += _(" {at:.0f} s after it was fired").format(
            at=(taking.at - drill.fired_at).total_seconds()
        )
    taking.record("drill.acknowledged", f"{text}.", drill=drill.key)


def end_alert(alert: Alert, note: str, *, by: User, request_id: str | None = None) -> Alert:
    """Say that an alert is over whose manager never said so, with why; again changes nothing."""
    with change(alert.plan, by=by, right="tick", request_id=request_id) as ending:
        row = Alert.objects.get(pk=alert.pk)
        if row.resolved_at is not None or ending.repeated:
            return row
        row.note = _note(note, _("Say how you know that it is over."))
        row.resolved_at, row.ended_by = ending.at, ending.author_name
        row.save(update_fields=["note", "resolved_at", "ended_by"])
        text = _("Alert {row} is over, says {ended_by}: {note}").format(
            row=row.name, ended_by=row.ended_by, note=row.note
        )
        ending.record("alert.resolved", text, note=row.note, **row_of(row))
    return row


def mark_false(alert: Alert, note: str, *, by: User, request_id: str | None = None) -> Alert:
    """Say that an alert fired and nothing was wrong (S143), with why; again changes nothing."""
    with change(alert.plan, by=by, right="tick", request_id=request_id) as marking:
        row = Alert.objects.get(pk=alert.pk)
        if row.false_at is not None or marking.repeated:
            return row
        row.note = _note(note, _("Say why nothing was wrong."))
        row.false_at, row.false_by = marking.at, marking.author_name
        row.save(update_fields=["note", "false_at", "false_by"])
        text = _("Alert {row} was false: {note}").format(row=row.name, note=row.note)
        marking.record("alert.marked_false", text, note=row.note, **row_of(row))
    return row


def _note(note: str, sentence: str) -> str:
    kept = checked_reason(note, NOTE)
    if not kept:
        raise Invalid("reason", sentence)
    return kept
