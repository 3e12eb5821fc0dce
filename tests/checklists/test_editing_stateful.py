"""Any order of adding, editing, moving, removing, restoring and setting keeps the list whole.

Scenario 22 with random walks: after every step positions have no gaps, children stand below their
parents and under the same heading, numbers are for good, and the events replay to what is stored.
"""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checklists.actions.bulk import Chosen, set_items_state
from checklists.actions.editing import (
    add_item,
    edit_item,
    move_item,
    remove_item,
    restore_item,
)
from checklists.actions.groups import GroupWish, add_group, move_group, remove_group
from checklists.actions.items import set_item_state
from checklists.actions.phases import PhaseWish, add_phase, move_phase, remove_phase
from checklists.actions.placing import Where
from checklists.models import ChecklistItem, Phase, PhaseGroup
from checklists.rules.placement import Place, Spot, arranged, in_order, objection
from tests.checklists.test_together import holes, replayed, stored
from tests.conftest import make_plan
from warroom.actions.refusals import Refused
from warroom.models import User

SIZE = st.integers(0, 9)
WORDS = ["add", "edit", "move", "move", "set", "several", "phase", "phase-move", "phase-gone"]
WORDS += ["group", "group-move", "group-gone"]
STEP = st.tuples(
    st.sampled_from(["add", "move", "remove", "restore", *WORDS]),
    SIZE,
    SIZE,
    st.sampled_from(["phase", "group", "parent", "before", "after"]),
)


def pick(rows, n):
    rows = list(rows)
    return rows[n % len(rows)] if rows else None


def where(plan, n, word):
    """Somewhere in the plan, or None when there is no such thing."""
    items = ChecklistItem.objects.filter(plan=plan).order_by("number")
    groups = PhaseGroup.objects.filter(phase__plan=plan).order_by("pk")
    rows = {"phase": plan.phases.order_by("pk"), "group": groups}.get(word, items)
    one = pick(rows, n)
    return Where(**{word: one}) if one else None


def take(plan, step, by):
    """Carry out one step as far as it makes sense; whatever is refused changes nothing."""
    word, n, m, place = step
    item = pick(ChecklistItem.everything.filter(plan=plan).order_by("number"), n)
    phase = pick(plan.phases.order_by("pk"), n)
    group = pick(PhaseGroup.objects.filter(phase__plan=plan).order_by("pk"), n)
    spot = where(plan, m, place)
    if word == "add" and spot:
        add_item(plan, {"text": f"{n}-{m}"}, spot, by=by)
    elif word == "phase":
        add_phase(plan, PhaseWish(f"P{n}"), by=by, place=m + 1)
    elif phase and word in ("group", "phase-move", "phase-gone"):
        {
            "group": lambda: add_group(phase, GroupWish(f"G{n}"), by=by),
            "phase-move": lambda: move_phase(phase, m + 1, by=by),
            "phase-gone": lambda: remove_phase(phase, by=by),
        }[word]()
    elif group and word == "group-move":
        move_group(group, m + 1, by=by)
    elif group and word == "group-gone":
        remove_group(group, by=by)
    elif item and word == "move" and spot:
        move_item(item, spot, by=by)
    elif item and word == "several":
        numbers = {item.number, 1 + m % item.number}
        set_items_state(plan, [Chosen(one) for one in numbers], "doing", by=by)
    elif item and word in ("edit", "remove", "restore", "set"):
        {
            "edit": lambda: edit_item(item, {"text": f"{n}.{m}"}, by=by),
            "remove": lambda: remove_item(item, "Old", by=by),
            "restore": lambda: restore_item(item, by=by),
            "set": lambda: set_item_state(item, "done", by=by),
        }[word]()


@pytest.mark.django_db
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(STEP, min_size=5, max_size=20))
def test_the_list_stays_whole_whatever_people_do_to_it(db, steps):
    undo = transaction.savepoint()
    try:
        by = User.objects.create(username="root", is_superuser=True)
        plan = make_plan()
        Phase.objects.create(plan=plan, number=1, title="First")
        known: set[int] = set()
        for step in steps:
            try:
                with transaction.atomic():
                    take(plan, step, by)
            except Refused:
                pass
            assert holes(plan) == []
            numbers = set(
                ChecklistItem.everything.filter(plan=plan).values_list("number", flat=True)
            )
            assert known <= numbers  # nothing is ever gone
            known = numbers
            phases = list(plan.phases.values_list("number", flat=True))
            assert phases == [*range(1, len(phases) + 1)]
        assert replayed(plan) == stored(plan)
    finally:
        transaction.savepoint_rollback(undo)


# --- the rule alone ----------------------------------------------------------------------------

PLACES = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2), st.integers(0, 9)), max_size=12)


def forest(drawn):
    """Places that hang together: a child shares phase and heading with its parent."""
    places: list[Place] = []
    for item, (phase, group, parent) in enumerate(drawn, 1):
        above = next((p for p in places if p.item == parent), None)
        if above:
            places.append(Place(item, above.phase, above.group, above.item))
        else:
            places.append(Place(item, phase, group or None))
    return places


@given(PLACES, st.integers(1, 12), st.integers(1, 12), st.sampled_from(["before", "after", "in"]))
def test_a_move_loses_nothing_and_stands_where_it_was_wanted(drawn, item, beside, word):
    places = forest(drawn)
    by_id = {place.item: place for place in places}
    if item not in by_id or beside not in by_id:
        return
    at = by_id[beside]
    spot = (
        Spot(at.phase, at.group, at.item)
        if word == "in"
        else Spot(at.phase, at.group, at.parent, **{word: beside})
    )
    if objection(places, item, spot):
        return
    after = arranged(places, item, spot)
    assert sorted(place.item for place in after) == sorted(by_id)
    order = in_order([p for p in after if p.phase == spot.phase], [1, 2])
    assert sorted(order) == sorted(p.item for p in after if p.phase == spot.phase)
    if word == "before":
        assert order.index(item) < order.index(beside)
    else:
        assert order.index(item) > order.index(beside)
    assert arranged(after, item, spot) == after or word == "in"  # again changes nothing
