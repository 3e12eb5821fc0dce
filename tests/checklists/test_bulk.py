"""Several items are set at once, all or none, in one event. Law 2; scenarios 12, 19, 21, 53."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checklists.actions.bulk import Chosen, set_items_state
from checklists.actions.editing import edit_item, remove_item
from checklists.actions.items import set_item_state
from checklists.actions.signoffs import sign_off
from checklists.models import ChecklistItem, Phase, Revocation
from tests.conftest import make_item
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.live import panels
from warroom.models import TimelineEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def items(plan, phase):
    return [make_item(phase, n, f"Item {n}") for n in range(1, 6)]


def seen(items):
    return [Chosen(item.number, item.revision) for item in items]


def states():
    return list(ChecklistItem.objects.order_by("number").values_list("state", flat=True))


def test_several_items_are_set_by_one_event_that_names_them(plan, items, cast):
    set_items_state(plan, seen(items[:3]), "done", by=cast["thon"])
    assert states() == ["done"] * 3 + ["open"] * 2
    event = TimelineEvent.objects.get()
    assert (event.kind, event.text) == ("items.set", "1.1, 1.2 and 1.3 done.")
    assert event.data["items"] == {"1": "1.1", "2": "1.2", "3": "1.3"}
    assert event.data["before"] == {"1": "open", "2": "open", "3": "open"}
    assert (event.data["after"], event.data["phases"]) == ("done", [1])


def test_what_is_so_already_is_left_alone_and_a_repeat_is_no_event(plan, items, cast):
    set_item_state(items[0], "done", by=cast["cora"])
    for _ in range(2):
        set_items_state(plan, seen(items[:2]), "done", by=cast["thon"], request_id="r")
    assert TimelineEvent.objects.last().data["items"] == {"2": "1.2"}
    assert TimelineEvent.objects.count() == 2
    items[0].refresh_from_db()
    assert items[0].state_by_name == "Cora"


def test_one_that_changed_meanwhile_keeps_all_from_being_set_and_is_named(plan, items, cast):
    set_item_state(items[0], "blocked", by=cast["forge"], reason="Waits")
    edit_item(items[1], {"text": "Other"}, by=cast["cora"])
    remove_item(items[2], "Old", by=cast["cora"])
    with pytest.raises(Refused) as refused:
        set_items_state(plan, seen(items), "done", by=cast["thon"])
    told = refused.value.sentence
    assert "Forge changed 1.1 first: it is blocked" in told
    assert "Cora edited 1.2 first" in told and "Cora took 1.3 off the list." in told
    assert told.endswith("None of the 5 items was set.")
    assert "done" not in states()


def test_each_items_role_and_the_right_to_skip_are_asked(plan, items, cast, roles):
    ChecklistItem.objects.filter(pk=items[1].pk).update(role=roles["security-lead"])
    with pytest.raises(NotAllowed, match=r"1\.2 is for Security Lead"):
        set_items_state(plan, seen(items), "done", by=cast["thon"])
    with pytest.raises(NotAllowed, match=r"1\.1 is required"):
        set_items_state(plan, seen(items[:1]), "skipped", by=cast["thon"], reason="No")
    with pytest.raises(NotAllowed):
        set_items_state(plan, seen(items), "done", by=cast["vera"])
    set_items_state(plan, seen(items), "skipped", by=cast["cora"], reason="Dry run")
    assert "(required: 1.1, 1.2" in TimelineEvent.objects.get().text


@pytest.mark.parametrize(
    ("numbers", "state", "field"),
    [
        ([], "done", "items"),
        ([999], "done", "items"),
        ([1], "failed", "reason"),
        ([1], "finished", "state"),
    ],
)
def test_what_is_wrong_is_named(plan, items, cast, numbers, state, field):
    with pytest.raises(Invalid) as wrong:
        set_items_state(plan, [Chosen(n) for n in numbers], state, by=cast["cora"])
    assert wrong.value.field == field


def test_signatures_fall_under_every_phase_that_is_touched(plan, phase, items, cast, roles):
    later = Phase.objects.create(plan=plan, number=2, title="Later")
    far = make_item(later, 9, "Far")
    sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"])
    sign_off(plan, later, roles["on-call"], "approved", by=cast["thon"])
    whole = sign_off(plan, None, roles["on-call"], "approved", by=cast["thon"])
    set_items_state(plan, seen([items[0], far]), "done", by=cast["cora"])
    assert Revocation.objects.count() == 2 and not hasattr(whole, "revocation")
    event = TimelineEvent.objects.order_by("seq").last()
    assert event.data["revoked"] == ["on-call"] and event.data["phases"] == [1, 2]
    fragments = {(panel.name, key) for panel, key in panels.stale("checklist", plan, [event])}
    for wanted in (("item", "1"), ("item", "9"), ("signoffs", "1"), ("signoffs", "2")):
        assert wanted in fragments
    assert ("phase-sum", "2") in fragments


def test_a_hundred_items_cost_hardly_more_statements_than_one(plan, phase, cast):
    items = [make_item(phase, n, f"Item {n}") for n in range(1, 101)]

    def cost(chosen, state):
        with CaptureQueriesContext(connection) as captured:
            set_items_state(plan, chosen, state, by=cast["cora"])
        return len(captured)

    one = cost(seen(items[:1]), "doing")
    assert cost([Chosen(item.number) for item in items], "done") <= one + 4


def test_a_hundred_changed_rows_are_rendered_from_one_reading(plan, phase, cast):
    items = [make_item(phase, n, f"Item {n}") for n in range(1, 101)]
    set_items_state(plan, seen(items), "done", by=cast["cora"])
    plan.refresh_from_db()
    events, now = list(plan.events.all()), timezone.now()
    with CaptureQueriesContext(connection) as captured:
        rows = [
            panels.render(panel, plan, now, key)
            for panel, key in panels.stale("checklist", plan, events)
        ]
    assert len(rows) > 100 and len(captured) <= 40
