"""What happened to an item, and who changed it last."""

from django.db.models import Q, QuerySet

from checklists.models import ChecklistItem
from warroom.models import DeploymentPlan, TimelineEvent


def events_of(item: ChecklistItem) -> QuerySet[TimelineEvent]:
    """The events that name the item, alone or among several, newest first."""
    named = Q(data__item=item.number) | Q(data__items__has_key=str(item.number))
    kinds = Q(kind__startswith="item") | Q(kind__startswith="section.")
    events = TimelineEvent.objects.filter(named, kinds, plan_id=item.plan_id)
    return events.order_by("-seq")


def last_change(item: ChecklistItem) -> TimelineEvent | None:
    """The newest event that changed the item; a note changes nothing."""
    return events_of(item).exclude(kind="item.noted").first()


def all_known(plan: DeploymentPlan, numbers: set[int]) -> bool:
    """Whether the plan has, or had, an item of each number."""
    rows = ChecklistItem.everything.filter(plan=plan, number__in=numbers)
    return rows.count() == len(numbers)
