"""Where items stand: within a phase, under a heading, under another item. Pure; ids are numbers.

The order of a phase is that of its page: items without a heading, then heading by heading; an
item's children follow it. Positions are that order, counted from 1 without gaps.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Place:
    """Where one item stands. ``group`` and ``parent`` are ids, or None."""

    item: int
    phase: int
    group: int | None = None
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an item is wanted: beside ``before`` or ``after`` (ids), else as the last there."""

    phase: int
    group: int | None = None
    parent: int | None = None
    before: int | None = None
    after: int | None = None


def subtree(places: Sequence[Place], item: int) -> list[int]:
    """The item and all below it, parents before children."""
    children = _children(places)
    found: dict[int, None] = {}
    waiting = [item]
    while waiting:
        one = waiting.pop()
        # What stands below itself, which no action makes, ends here rather than never.
        if one not in found:
            found[one] = None
            waiting += reversed(children.get(one, []))
    return list(found)


def objection(places: Sequence[Place], item: int | None, spot: Spot) -> tuple[str, str] | None:
    """Why an item (None: a new one) cannot stand at ``spot``: (field, sentence), or None."""
    by_id = {place.item: place for place in places}
    below = set(subtree(places, item)) if item is not None else set()
    if spot.parent in below:
        return "parent", _("An item cannot stand under itself or under what stands below it.")
    for field in ("before", "after"):
        beside = getattr(spot, field)
        if beside is None:
            continue
        if beside in below:
            return field, _("An item cannot stand beside itself or what stands below it.")
        place = by_id.get(beside)
        if place is None or place.phase != spot.phase or place.parent != spot.parent:
            return field, _("The item to stand beside is not there. Name one at the same place.")
    return None


def arranged(places: Sequence[Place], item: int, spot: Spot) -> list[Place]:
    """All places after ``item``, known or new, went to ``spot``; its children go along.

    ``places`` are in order. The spot is one without ``objection``.
    """
    moved = set(subtree(places, item))
    mine = Place(item, spot.phase, spot.group, spot.parent)
    follow = [
        replace(place, phase=spot.phase, group=spot.group)
        for place in places
        if place.item in moved and place.item != item
    ]
    staying = [place for place in places if place.item not in moved]
    at = _index(staying, spot)
    return [*staying[:at], mine, *follow, *staying[at:]]


def _index(places: Sequence[Place], spot: Spot) -> int:
    for n, place in enumerate(places):
        if place.item == spot.before:
            return n
        if place.item == spot.after:
            return n + 1
    return len(places)


def in_order(places: Iterable[Place], groups: Sequence[int]) -> list[int]:
    """The items of one phase in the order of its page. ``groups``: its headings in their order.

    What names a parent or a heading that is not there stands by itself.
    """
    places = list(places)
    here = {place.item for place in places}
    known = set(groups)
    children = _children(places)
    roots: dict[int | None, list[int]] = {}
    for place in places:
        if place.parent not in here:
            roots.setdefault(place.group if place.group in known else None, []).append(place.item)
    waiting = [item for group in [None, *groups] for item in roots.get(group, [])][::-1]
    found: list[int] = []
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += reversed(children.get(one, []))
    return found


def _children(places: Iterable[Place]) -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for place in places:
        if place.parent is not None:
            children.setdefault(place.parent, []).append(place.item)
    return children


def moved_within(numbers: Sequence[int], one: int, place: int) -> list[int]:
    """``numbers`` with ``one`` at ``place`` (from 1; beyond the ends: at the end)."""
    rest = [number for number in numbers if number != one]
    at = max(0, min(len(rest), place - 1))
    return [*rest[:at], one, *rest[at:]]
