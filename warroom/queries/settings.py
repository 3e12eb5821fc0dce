"""Who saved the plan's settings last, and how often that was done."""

from dataclasses import dataclass

from django.utils import timezone

from warroom.models import DeploymentPlan, Right, Seat, TimelineEvent

# What changes the plan itself, not the work in it.
SAVING = ("plan.saved", "plan.shifted")


@dataclass(frozen=True)
class Version:
    """``number`` counts from 1, as the plan was made; forms carry the one that was seen."""

    number: int
    saved: TimelineEvent | None


def version(plan: DeploymentPlan) -> Version:
    """The version of a plan's settings, in two SQL statements."""
    saves = plan.events.filter(kind__in=SAVING)
    return Version(saves.count() + 1, saves.order_by("-seq").first())


def editors(plan: DeploymentPlan) -> list[str]:
    """Who may change the settings now, by name; one SQL statement."""
    seats = Seat.objects.active(timezone.now()).filter(role__plan=plan)
    names = [
        seat.user.display_name
        for seat in seats.select_related("role", "user").order_by("role__position")
        if seat.role.may(Right.EDIT)
    ]
    return list(dict.fromkeys(names))
