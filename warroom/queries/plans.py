from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from warroom.models import DeploymentPlan, Right, Seat, User


def plans_for(person: User) -> QuerySet[DeploymentPlan]:
    """The plans that ``person`` may see: those with a seat, those written; an administrator all.

    Who stands in for a time sees the plan from the moment of the hand-over until the time is over.
    """
    plans = DeploymentPlan.objects.defer("source_text")
    if person.is_superuser:
        return plans
    held = Seat.objects.to_come(timezone.now()).filter(user=person)
    return plans.filter(Q(pk__in=held.values("role__plan")) | Q(author=person))


def editable_by(person: User) -> list[DeploymentPlan]:
    """The plans, newest first, that ``person`` may edit; two SQL statements at most."""
    if person.is_superuser:
        return list(DeploymentPlan.objects.defer("source_text").order_by("-pk"))
    seats = Seat.objects.active(timezone.now()).filter(user=person).select_related("role")
    plans = {seat.role.plan_id for seat in seats if seat.role.may(Right.EDIT)}
    found = DeploymentPlan.objects.filter(pk__in=plans).defer("source_text")
    return list(found.order_by("-pk"))


def seen_by(people: Iterable[User], plan_ids: Collection[int]) -> set[tuple[int, int]]:
    """Pairs of person and plan that ``plans_for`` would give, in two statements for all."""
    people = list(people)
    seats = Seat.objects.to_come(timezone.now())
    seats = seats.filter(user__in=people, role__plan__in=plan_ids)
    pairs = set(seats.values_list("user_id", "role__plan_id"))
    written = DeploymentPlan.objects.filter(author__in=people, pk__in=plan_ids)
    pairs |= set(written.values_list("author_id", "pk"))
    return pairs | {(one.pk, plan) for one in people if one.is_superuser for plan in plan_ids}


def get_plan(person: User, slug: str) -> DeploymentPlan:
    """Return the plan, or raise Http404 alike when there is none and when it is not theirs."""
    plan = plans_for(person).filter(slug=slug).first()
    if plan is None:
        raise Http404(_("No such release, or it is not yours to see."))
    # From here on this request speaks the language of the room.
    translation.activate(plan.language)
    return plan
