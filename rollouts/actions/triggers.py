"""What people may declare: the conditions that call for a rollback (S22, S140)."""

from __future__ import annotations

from django.utils.translation import gettext as _

from rollouts.models import RollbackTrigger
from warroom.actions.change import change
from warroom.actions.refusals import Invalid, checked_reason
from warroom.models import DeploymentPlan, User

LIMIT = 500


def add_trigger(
    plan: DeploymentPlan,
    text: str,
    *,
    by: User | str,
    priority: str = "P0",
    request_id: str | None = None,
) -> RollbackTrigger:
    """Write a trigger down; one that stands there already is given back, and nothing changes.

    Raises Invalid for ``text``, NotAllowed without the right to edit.
    """
    with change(plan, by=by, right="edit", request_id=request_id) as adding:
        said = " ".join(checked_reason(text, LIMIT).split())
        if not said:
            raise Invalid("text", _("Say what people would see."))
        rows = RollbackTrigger.objects.filter(plan=adding.plan)
        if known := rows.filter(text=said, retired_at=None).first():
            return known
        row = RollbackTrigger.objects.create(
            plan=adding.plan, text=said, priority=priority[:8], position=rows.count() + 1
        )
        adding.record(
            "trigger.added",
            _("Rollback trigger: {said}").format(said=said),
            trigger=row.pk,
            said=said,
        )
    return row


def retire_trigger(
    plan: DeploymentPlan, pk: int, *, by: User | str, request_id: str | None = None
) -> None:
    """Take a trigger off the list; runs that it caused keep its words."""
    with change(plan, by=by, right="edit", request_id=request_id) as retiring:
        row = RollbackTrigger.objects.filter(plan=retiring.plan, pk=pk, retired_at=None).first()
        if row is None:
            return
        row.retired_at = retiring.at
        row.save(update_fields=["retired_at"])
        retiring.record(
            "trigger.retired", _("No trigger any more: {row}").format(row=row.text), trigger=row.pk
        )
