from collections.abc import Iterable

from checklists.models import ChecklistItem
from checklists.models.items import PLACED, Placed, places


def place_items(rows: Iterable[ChecklistItem]) -> None:
    """Give every row of a plan its place; they are all of it. No SQL statement."""
    by_phase: dict[int, list[ChecklistItem]] = {}
    for row in rows:
        by_phase.setdefault(row.phase_id, []).append(row)
    for of_phase in by_phase.values():
        found = places([(row.pk, row.parent_id, row.position, row.number) for row in of_phase])
        for row in of_phase:
            row.place = found[row.pk]


def name_items(items: Iterable[ChecklistItem]) -> list[ChecklistItem]:
    """Give items their places, so that each can say its ``ref``: one SQL statement for all."""
    items = list(items)
    phases = {item.phase_id for item in items}
    rows = ChecklistItem.everything.filter(phase__in=phases).order_by()
    by_phase: dict[int, list[Placed]] = {}
    for phase, *row in rows.values_list("phase_id", *PLACED):
        by_phase.setdefault(phase, []).append(tuple(row))
    found = {pk: place for placed in by_phase.values() for pk, place in places(placed).items()}
    for item in items:
        item.place = found.get(item.pk)
    return items
