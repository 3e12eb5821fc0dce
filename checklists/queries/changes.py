"""Who changed something last, for the answer to whoever came too late."""

from checklists.models import ChecklistItem
from warroom.models import TimelineEvent

LOOKED_BACK = 200  # events; what changed longer ago is told without a name


def last_change(item: ChecklistItem) -> TimelineEvent | None:
    """The newest event that changed the item. One SQL statement, for refusals only.

    What several items share, such as a bulk change, is found by its list ``items``, which not
    every database can search.
    """
    events = TimelineEvent.objects.filter(plan_id=item.plan_id, kind__startswith="item")
    newest = events.exclude(kind="item.noted").order_by("-seq")[:LOOKED_BACK]
    return next((event for event in newest if _names(event, item.number)), None)


def _names(event: TimelineEvent, number: int) -> bool:
    return event.data.get("item") == number or number in event.data.get("items", ())
