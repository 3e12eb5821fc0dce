from warroom.actions.change import change
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan, Right, Role, Seat, User


def take_seat(plan: DeploymentPlan, role: Role, person: User, *, by: User) -> Seat:
    """Seat a person in a role. To seat who sits there already changes nothing."""
    with change(plan, by=by, right=Right.EDIT) as seating:
        seat, new = Seat.objects.get_or_create(role=role, user=person)
        if new:
            text = f"{person.display_name} is now {role.name}"
            seating.record("seat.taken", text, role=role.key, person=person.username)
    return seat


def leave_seat(plan: DeploymentPlan, role: Role, person: User, *, by: User) -> None:
    """Take a person out of a role. Raises Invalid for the last who may edit the plan.

    Without anybody who may edit, nobody could seat people any more.
    """
    with change(plan, by=by, right=Right.EDIT) as leaving:
        seats = Seat.objects.select_related("role").filter(role__plan=plan)
        editors = [seat for seat in seats if seat.role.may(Right.EDIT)]
        gone = [seat for seat in seats if seat.role_id == role.pk and seat.user_id == person.pk]
        if gone and editors == gone:
            raise Invalid(
                "role",
                f"{person.display_name} is the last who may edit this plan. "
                "Seat somebody else with that right first.",
            )
        for seat in gone:
            seat.delete()
            text = f"{person.display_name} is no longer {role.name}"
            leaving.record("seat.left", text, role=role.key, person=person.username)
