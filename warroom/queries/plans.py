from django.db.models import Q, QuerySet
from django.http import Http404

from warroom.models import DeploymentPlan, User


def plans_for(person: User) -> QuerySet[DeploymentPlan]:
    """The plans that ``person`` may see: those with a seat, those written; an administrator all."""
    plans = DeploymentPlan.objects.defer("source_text")
    if person.is_superuser:
        return plans
    return plans.filter(Q(roles__seats__user=person) | Q(author=person)).distinct()


def get_plan(person: User, slug: str) -> DeploymentPlan:
    """Return the plan, or raise Http404 alike when there is none and when it is not theirs."""
    plan = plans_for(person).filter(slug=slug).first()
    if plan is None:
        raise Http404("No such release, or it is not yours to see.")
    return plan
