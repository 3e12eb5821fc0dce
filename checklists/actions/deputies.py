"""Whom the holder of a role names, beforehand, to vote when they cannot."""

from django.utils.translation import gettext as _

from checklists.models import Deputy
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, NotAllowed
from warroom.models import DeploymentPlan, Right, Role, Seat, User


def name_deputy(
    plan: DeploymentPlan, role: Role, person: User, *, by: User, request_id: str | None = None
) -> Deputy:
    """Name ``person`` deputy for the votes of ``role``; named twice is named once.

    Raises NotAllowed unless ``by`` sits in the role or may edit the plan, Invalid for the field
    ``person`` where they have no seat in this release or sit in the role itself.
    """
    with change(plan, by=by, request_id=request_id) as naming:
        _demand_own(naming, role)
        found = Deputy.objects.filter(role=role, person=person).first()
        if found is not None:
            return found
        if Seat.objects.active(naming.at).filter(user=person, role=role).exists():
            raise Invalid(
                "person",
                _("{display_name} sits as {role} already.").format(
                    display_name=person.display_name, role=role.name
                ),
            )
        seats = Seat.objects.to_come(naming.at).filter(user=person, role__plan=naming.plan)
        if not seats.exists():
            raise Invalid(
                "person",
                _(
                    "{display_name} has no seat in this release and does not see it. "
                    "Seat them first, in any role."
                ).format(display_name=person.display_name),
            )
        row = Deputy.objects.create(
            role=role, person=person, named_by_name=naming.author_name, at=naming.at
        )
        text = _("{display_name} is deputy for the votes of {role}").format(
            display_name=person.display_name, role=role.name
        )
        naming.record("role.deputy_named", text, role=role.key, person=person.username)
    return row


def remove_deputy(
    plan: DeploymentPlan, role: Role, person: User, *, by: User, request_id: str | None = None
) -> None:
    """Take a deputy off; votes that were delegated to them stand. Twice changes nothing."""
    with change(plan, by=by, request_id=request_id) as removing:
        _demand_own(removing, role)
        found = Deputy.objects.filter(role=role, person=person).first()
        if found is None:
            return
        found.delete()
        text = _("{display_name} is no deputy for the votes of {role} any more").format(
            display_name=person.display_name, role=role.name
        )
        removing.record("role.deputy_removed", text, role=role.key, person=person.username)


def _demand_own(naming: Change, role: Role) -> None:
    if role.plan_id != naming.plan.pk:
        raise Invalid("role", _("This release has no such role."))
    if role.pk not in naming.held.role_ids and not naming.held.may(Right.EDIT):
        raise NotAllowed(
            _("Only who sits as {role}, or may edit the plan, names its deputies.").format(
                role=role.name
            )
        )
