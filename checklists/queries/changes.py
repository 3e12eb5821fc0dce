"""What happened to an item, and who changed it last."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from checklists.models import ChecklistItem
from checklists.rules.items import PAST
from warroom.models import DeploymentPlan, TimelineEvent, User
from warroom.rules.wording import duration_text


def events_of(item: ChecklistItem) -> QuerySet[TimelineEvent]:
    """The events that name the item, alone or among several, newest first."""
    named = Q(data__item=item.number) | Q(data__items__has_key=str(item.number))
    kinds = Q(kind__startswith="item") | Q(kind__startswith="section.")
    events = TimelineEvent.objects.filter(named, kinds, plan_id=item.plan_id)
    return events.order_by("-seq")


def last_change(item: ChecklistItem) -> TimelineEvent | None:
    """The newest event that changed the item; a note changes nothing."""
    return events_of(item).exclude(kind="item.noted").first()


def who_was_first(item: ChecklistItem, person: User, now: datetime) -> Sequence[str]:
    """That the item was so before ``person`` said so, and who made it so; nothing when they did."""
    if item.state_by_id is None or item.state_by_id == person.pk or item.state_at is None:
        return ()
    who, state = item.state_by_name, PAST[item.state]
    before = duration_text(max(now - item.state_at, timedelta(seconds=1)))
    if item.state == "done":
        first = _("{who} ticked {ref} {before} before you.")
    else:
        first = _("{who} set {ref} to {state} {before} before you.")
    once = _("It is {state} once, by {who} at {at} UTC. Your click changed nothing.")
    told = {"who": who, "ref": item.ref, "state": state, "before": before}
    return [first.format(**told), once.format(**told, at=f"{item.state_at:%H:%M:%S}")]


def all_known(plan: DeploymentPlan, numbers: set[int]) -> bool:
    """Whether the plan has, or had, an item of each number."""
    rows = ChecklistItem.everything.filter(plan=plan, number__in=numbers)
    return rows.count() == len(numbers)
