"""What an item can carry: required ones that are left out, N of M, values and work that runs."""

import pytest
from django.utils import timezone

from checklists.actions.items import set_count, set_item_state
from checklists.actions.signoffs import sign_off
from checklists.models import ChecklistItem, Revocation, SignOff
from checklists.queries.phases import checklist, one_row
from tests.conftest import make_item
from warroom.actions.refusals import Invalid, NotAllowed, Refused

pytestmark = pytest.mark.django_db
SCRIPT = {"HX-Request": "true"}


def row_of(plan, item, at=None):
    return one_row(plan, item.number, at or timezone.now())


def latest(plan):
    return plan.events.order_by("seq").last()


# --- required items are never left out silently ----------------------------------------------


@pytest.mark.parametrize("state", ["skipped", "not_applicable"])
@pytest.mark.parametrize("name", ["thon", "hudson", "forge", "root"])
def test_to_leave_out_what_is_required_wants_the_right_to_skip(item, cast, state, name):
    with pytest.raises(NotAllowed, match="right to skip required items"):
        set_item_state(item, state, by=cast[name], reason="No time")
    assert ChecklistItem.objects.get().state == "open"


@pytest.mark.parametrize("state", ["skipped", "not_applicable"])
def test_what_is_optional_is_left_out_by_whoever_ticks(phase, cast, plan, state):
    """S129: an "if needed" item is not applicable, with a reason."""
    item = make_item(phase, 3, "Archive the logs", required=False)
    assert set_item_state(item, state, by=cast["forge"], reason="No staging").state == state
    assert row_of(plan, item).left_out == ""


def test_a_required_item_that_was_left_out_is_marked_wherever_it_counts(
    plan, phase, item, cast, roles, client_of
):
    set_item_state(item, "skipped", by=cast["cora"], reason="Ran yesterday")
    assert row_of(plan, item).left_out == "required, skipped by Cora: Ran yesterday"
    assert "required, skipped" in latest(plan).text
    page = client_of(cast["vera"]).get(f"/plans/{plan.slug}/checklist/?phase=1").content.decode()
    assert "Required, skipped" in page and "1</b> required left out" in page
    signed = sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"])
    assert "Left out: 1.1 (required, skipped by Cora: Ran yesterday)." in signed.statement


# --- value against target --------------------------------------------------------------------


def test_a_value_below_its_target_is_taken_and_marked(plan, phase, cast, client_of):
    """S14, S125."""
    item = make_item(phase, 1, "Coverage", target="70%+")
    set_item_state(item, "done", by=cast["forge"], value="62 %")
    assert "62 % is below target" in latest(plan).text
    assert latest(plan).data["target"] == "missed"
    page = client_of(cast["vera"]).get(f"/plans/{plan.slug}/checklist/").content.decode()
    assert "Below target" in page
    set_item_state(item, "done", by=cast["forge"], value="72 %")
    assert latest(plan).data["target"] == "met" and row_of(plan, item).met


def test_a_target_is_shown_as_people_write_it(plan, phase, cast, client_of):
    make_item(phase, 1, "Pass rate", target=">= 95%")
    page = client_of(cast["vera"]).get(f"/plans/{plan.slug}/checklist/").content.decode()
    assert "target ≥ 95 %" in page and "&gt;= 95" not in page


# --- N of M ----------------------------------------------------------------------------------


@pytest.fixture
def panels_item(phase):
    return make_item(phase, 1, "Review all panels", count_of=7, count_unit="reviews")


def test_a_count_is_set_never_added_to(plan, panels_item, cast):
    """S36, law 3: twice the same tap is once."""
    for _ in range(2):
        set_count(panels_item, 3, by=cast["forge"])
    item = ChecklistItem.objects.get()
    assert (item.count_done, item.state, plan.events.count()) == (3, "doing", 1)
    assert "3 of 7 reviews" in latest(plan).text


def test_a_count_item_is_done_when_all_is_counted_or_with_a_reason(plan, panels_item, cast):
    set_count(panels_item, 3, by=cast["forge"])
    with pytest.raises(Invalid, match="It is at 3 of 7 reviews") as refused:
        set_item_state(panels_item, "done", by=cast["forge"])
    assert refused.value.field == "reason"
    done = set_item_state(panels_item, "done", by=cast["forge"], reason="Four are gone")
    assert done.state == "done"
    set_item_state(panels_item, "open", by=cast["forge"])
    assert set_item_state(panels_item, "done", by=cast["forge"], count=7).count_done == 7


def test_a_number_that_falls_short_again_reopens_and_revokes(plan, phase, panels_item, cast, roles):
    set_item_state(panels_item, "done", by=cast["forge"], count=7)
    sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"])
    assert set_count(panels_item, 6, by=cast["forge"]).state == "doing"
    assert Revocation.objects.get().signoff == SignOff.objects.get()


@pytest.mark.parametrize(("count", "said"), [(8, "at most 7"), (100_000, "at most 7")])
def test_a_count_beyond_its_end_is_refused(panels_item, cast, count, said):
    with pytest.raises(Invalid, match=said):
        set_count(panels_item, count, by=cast["forge"])


def test_an_item_that_counts_nothing_takes_no_count(item, cast):
    with pytest.raises(Invalid, match="counts nothing"):
        set_count(item, 1, by=cast["forge"])


def test_the_last_count_offers_to_set_the_item_done(plan, panels_item, cast, client_of):
    forge = client_of(cast["forge"])
    page = forge.get(f"/plans/{plan.slug}/checklist/").content.decode()
    assert f"/plans/{plan.slug}/items/1/count?count=1&amp;revision=0" in page
    answer = forge.post(f"/plans/{plan.slug}/items/1/count?count=7&revision=0", headers=SCRIPT)
    assert "1.1 is complete, 7 of 7: set it done." in answer.content.decode()
    late = forge.post(f"/plans/{plan.slug}/items/1/count?count=2&revision=0", headers=SCRIPT)
    assert late.status_code == 409
    for wrong in ("", "x", "-1", "9" * 50):
        path = f"/plans/{plan.slug}/items/1/count?count={wrong}"
        assert forge.post(path, headers=SCRIPT).status_code == 422


# --- refs ------------------------------------------------------------------------------------


def test_items_below_others_are_named_below_them(plan, phase):
    upper = [make_item(phase, n, f"Upper {n}") for n in (1, 2)]
    lower = [make_item(phase, n, f"Lower {n}", parent=upper[1]) for n in (3, 4)]
    deep = make_item(phase, 5, "Deep", parent=lower[1])
    last = make_item(phase, 6, "Last")
    wanted = ["1.1", "1.2", "1.2.1", "1.2.2", "1.2.2.1", "1.3"]
    assert [item.ref for item in (*upper, *lower, deep, last)] == wanted
    rows = checklist(plan, timezone.now()).phases[0].rows
    assert [row.item.ref for row in rows] == wanted


def test_an_item_that_is_gone_is_refused_in_words(plan, item, cast):
    ChecklistItem.objects.update(removed_at=timezone.now())
    with pytest.raises(Refused, match="off the list"):
        set_item_state(item, "done", by=cast["cora"])
