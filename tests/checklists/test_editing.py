"""People change the list itself, and what was signed falls visibly. S14 S97 S102 S123.

Scenarios 12 and 19 (a repeated request has one effect), 21 (a late form is refused).
"""

import pytest

from checklists.actions.bulk import Chosen, set_items_state
from checklists.actions.editing import (
    add_item,
    edit_item,
    move_item,
    remove_item,
    restore_item,
)
from checklists.actions.groups import GroupWish, add_group, edit_group, move_group, remove_group
from checklists.actions.items import add_item_note, set_item_state
from checklists.actions.phases import (
    PhaseWish,
    add_phase,
    edit_phase,
    move_phase,
    phase_shown,
    remove_phase,
)
from checklists.actions.placing import Where
from checklists.actions.revoking import SignedMeanwhile
from checklists.actions.signoffs import sign_off
from checklists.models import ChecklistItem, Phase, PhaseGroup, Revocation, SignOff
from checklists.rules.due_text import Due
from tests.conftest import make_item, make_plan
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import TimelineEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def cora(cast):
    return cast["cora"]


@pytest.fixture
def later(plan):
    return Phase.objects.create(plan=plan, number=2, title="Stage 1")


@pytest.fixture
def three(phase):
    return [make_item(phase, n, f"Item {n}") for n in (1, 2, 3)]


@pytest.fixture
def signed(plan, phase, later, cast, roles):
    """Thon signed phase 1, Hudson phase 2 and the whole release."""
    return {
        "phase 1": sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"]),
        "phase 2": sign_off(plan, later, roles["security-lead"], "approved", by=cast["hudson"]),
        "whole": sign_off(plan, None, roles["security-lead"], "approved", by=cast["hudson"]),
    }


def refs(phase):
    items = ChecklistItem.objects.filter(phase=phase).order_by("position")
    return [(item.ref, item.text) for item in items]


def texts(phase):
    return [text for _, text in refs(phase)]


def last():
    return TimelineEvent.objects.order_by("seq").last()


def fallen():
    return set(Revocation.objects.values_list("signoff", flat=True))


# --- items -----------------------------------------------------------------------------------


def test_an_item_is_added_with_all_that_people_say_of_it(plan, phase, cora, roles):
    item = add_item(
        plan,
        {
            "text": "  Attach the\nload test ",
            "required": False,
            "blocking": True,
            "role": roles["on-call"],
            "owner": "Thon",
            "due": Due(offset_s=-7200),
            "command": "make load",
            "expected": "ok",
            "target": "22/22",
            "count_of": 7,
            "count_unit": "attached",
            "runs": 86_400,
            "state": "done",  # not for people to add
        },
        Where(phase),
        by=cora,
    )
    item = ChecklistItem.objects.get(pk=item.pk)
    assert (item.number, item.position, item.text) == (1, 1, "Attach the load test")
    assert (item.required, item.blocking, item.role.key) == (False, True, "on-call")
    assert (item.due_offset_s, item.duration_s, item.count_of) == (-7200, 86_400, 7)
    assert (item.state, item.added_by_name) == ("open", "Cora")
    assert (last().kind, last().data["item"], last().data["phase"]) == ("item.added", 1, 1)
    assert last().data["fields"]["due"] == "T-2:00"


def test_an_added_item_stands_where_it_is_wanted(plan, phase, three, cora):
    add = lambda text, where: add_item(plan, {"text": text}, where, by=cora)  # noqa: E731
    add("After 1", Where(after=three[0]))
    add("Before 1", Where(before=three[0]))
    under = add("Under 3", Where(parent=three[2]))
    add("Beside it", Where(before=under))
    add("Last", Where(phase))
    assert texts(phase) == [
        "Before 1",
        "Item 1",
        "After 1",
        "Item 2",
        "Item 3",
        "Beside it",
        "Under 3",
        "Last",
    ]
    positions = ChecklistItem.objects.order_by("position").values_list("position", flat=True)
    assert list(positions) == [*range(1, 9)]
    assert sorted(ChecklistItem.objects.values_list("number", flat=True)) == [*range(1, 9)]
    assert dict((t, r) for r, t in refs(phase))["Beside it"] == "1.5.1"


def test_the_same_request_adds_one_item(plan, phase, cora):
    """Scenario 12, the item part: the answer was lost and the form is sent again."""
    first, again = (
        add_item(plan, {"text": "Once"}, Where(phase), by=cora, request_id="r1") for _ in range(2)
    )
    assert first.pk == again.pk
    assert ChecklistItem.objects.count() == TimelineEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": " \0 "}, "text"),
        ({}, "text"),
        ({"text": "x" * 4001}, "text"),
        ({"text": "x", "owner": "y" * 121}, "owner"),
        ({"text": "x", "count_of": 0}, "count_of"),
    ],
)
def test_what_is_wrong_is_named_by_its_field_and_nothing_is_added(plan, phase, cora, fields, field):
    with pytest.raises(Invalid) as wrong:
        add_item(plan, fields, Where(phase), by=cora)
    assert wrong.value.field == field
    assert not ChecklistItem.objects.exists() and not TimelineEvent.objects.exists()


def test_roles_and_places_of_another_release_are_not_taken(plan, phase, item, cora):
    """Scenario 52."""
    other = make_plan("other", "Other")
    foreign = Phase.objects.create(plan=other, number=1, title="Theirs")
    role = other.roles.create(key="x", name="X")
    theirs = make_item(foreign, 1, "Theirs")
    group = PhaseGroup.objects.create(phase=foreign, title="G", position=1)
    for where in (Where(foreign), Where(group=group), Where(parent=theirs), Where(after=theirs)):
        with pytest.raises(Invalid):
            add_item(plan, {"text": "x"}, where, by=cora)
        with pytest.raises(Invalid):
            move_item(item, where, by=cora)
    with pytest.raises(Invalid):
        edit_item(item, {"role": role}, by=cora)


def test_an_edit_tells_each_field_before_and_after(item, cora, roles):
    edit_item(item, {"text": "5 of 6", "role": roles["on-call"], "runs": 60}, by=cora)
    assert last().kind == "item.edited"
    assert last().data["changes"] == {
        "text": {"before": "Health checks pass, 5 of 5", "after": "5 of 6"},
        "role": {"before": "", "after": "on-call"},
        "runs": {"before": "", "after": "1m"},
    }
    assert last().text == "1.1 edited, text, role and runs: 5 of 6"


def test_a_change_of_plan_can_say_why(item, cora, phase):
    """S102: planned versus actual, and the reason for the change."""
    edit_item(item, {"due": Due(offset_s=3600)}, by=cora, reason="The window opens later.")
    assert last().text.endswith("Reason: The window opens later.")
    assert last().data["changes"]["due"] == {"before": "", "after": "T+1:00"}
    assert last().data["reason"] == "The window opens later."


def test_to_say_what_is_already_said_is_no_event(item, cora):
    edit_item(item, {"text": item.text, "required": True}, by=cora, seen_revision=7)
    assert not TimelineEvent.objects.exists()


def test_a_late_edit_and_a_late_tick_are_told_who_edited_first(item, cora, cast):
    """Scenario 21."""
    edit_item(item, {"text": "Now 6 of 6"}, by=cora, seen_revision=0)
    for late in (
        lambda: edit_item(item, {"text": "Mine"}, by=cast["root"], seen_revision=0),
        lambda: set_item_state(item, "done", by=cast["thon"], seen_revision=0),
        lambda: remove_item(item, "Old", by=cora, seen_revision=0),
    ):
        with pytest.raises(Refused, match=r"Cora edited 1\.1 first, at"):
            late()
    assert TimelineEvent.objects.count() == 1


def test_who_may_not_edit_is_refused(plan, phase, item, later, cast):
    thon = cast["thon"]
    for attempt in (
        lambda: add_item(plan, {"text": "x"}, Where(phase), by=thon),
        lambda: edit_item(item, {"text": "x"}, by=thon),
        lambda: move_item(item, Where(later), by=thon),
        lambda: remove_item(item, "x", by=thon),
        lambda: restore_item(item, by=thon),
        lambda: add_phase(plan, PhaseWish("x"), by=thon),
        lambda: edit_phase(phase, PhaseWish("x"), by=thon),
        lambda: move_phase(phase, 2, by=thon),
        lambda: remove_phase(phase, by=thon),
        lambda: add_group(phase, GroupWish("x"), by=thon),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert not TimelineEvent.objects.exists()


def test_another_order_is_free_and_makes_no_tick_late(plan, phase, later, three, signed, cora):
    move_item(three[2], Where(before=three[0]), by=cora)
    assert texts(phase) == ["Item 3", "Item 1", "Item 2"]
    assert last().text == "1.3 is now 1.1: Item 3"
    assert not fallen()
    set_item_state(three[2], "done", by=cora, seen_revision=0)


def test_to_move_where_it_stands_is_no_event(three, phase, cora):
    move_item(three[0], Where(before=three[1]), by=cora)
    move_item(three[2], Where(phase), by=cora)
    assert not TimelineEvent.objects.exists()


def test_a_parent_takes_its_children_along_and_never_stands_under_itself(
    plan, phase, later, three, cora
):
    move_item(three[1], Where(parent=three[0]), by=cora)
    move_item(three[2], Where(parent=three[1]), by=cora)
    for where in (
        Where(parent=three[0]),
        Where(parent=three[2]),
        Where(after=three[2]),
        Where(before=three[0]),
    ):
        with pytest.raises(Invalid):
            move_item(three[0], where, by=cora)
    group = add_group(later, GroupWish("Heading"), by=cora)
    move_item(three[0], Where(group=group), by=cora)
    assert refs(phase) == []
    assert refs(later) == [("2.1", "Item 1"), ("2.1.1", "Item 2"), ("2.1.1.1", "Item 3")]
    assert set(ChecklistItem.objects.values_list("phase", "group")) == {(later.pk, group.pk)}
    assert sorted(last().data["items"]) == ["1", "2", "3"]
    assert last().data["phases"] == [1, 2]


def test_what_is_taken_off_is_kept_with_its_reason_and_others_keep_their_names(
    phase, three, cora, cast
):
    move_item(three[1], Where(parent=three[0]), by=cora)
    add_item_note(three[0], "Seen", by=cora)
    remove_item(three[0], "Not in this release", by=cora)
    assert [text for _, text in refs(phase)] == ["Item 3"]
    gone = ChecklistItem.everything.get(pk=three[0].pk)
    assert (gone.removed_by_name, gone.removed_reason) == ("Cora", "Not in this release")
    assert last().data["items"] == {"1": "1.1", "2": "1.1.1"}
    assert "with 1 item below it" in last().text and "Reason: Not in this" in last().text
    assert refs(phase) == [("1.2", "Item 3")]
    for attempt in (
        lambda: set_item_state(three[1], "done", by=cast["thon"]),
        lambda: edit_item(three[0], {"text": "x"}, by=cora),
        lambda: move_item(three[0], Where(phase), by=cora),
    ):
        with pytest.raises(Refused, match="Cora took"):
            attempt()


def test_what_is_off_comes_back_where_it_stood_with_what_went_along(phase, three, cora):
    move_item(three[1], Where(parent=three[0]), by=cora)
    before = refs(phase)
    remove_item(three[1], "First", by=cora)
    remove_item(three[0], "Then", by=cora)
    with pytest.raises(Refused, match="Put that back first"):
        restore_item(three[1], by=cora)
    restore_item(three[0], by=cora)
    assert texts(phase) == ["Item 1", "Item 3"]  # 2 went before, on its own
    restore_item(three[1], by=cora)
    restore_item(three[1], by=cora)
    assert refs(phase) == before
    assert last().kind == "item.restored"


def test_to_take_off_wants_a_reason(item, cora):
    with pytest.raises(Invalid) as wrong:
        remove_item(item, "  ", by=cora)
    assert wrong.value.field == "reason"


# --- signatures ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "falls"),
    [
        ({"text": "Other"}, True),
        ({"required": False}, True),
        ({"blocking": True}, True),
        ({"due": Due(offset_s=60)}, True),
        ({"target": "23/23"}, True),
        ({"count_of": 3}, True),
        ({"owner": "Thon"}, False),
        ({"command": "make x"}, False),
        ({"expected": "y"}, False),
        ({"runs": 60}, False),
    ],
)
def test_an_edit_of_what_was_signed_takes_the_signatures_back(item, signed, cora, fields, falls):
    edit_item(item, fields, by=cora)
    wanted = {signed["phase 1"].pk, signed["whole"].pk} if falls else set()
    assert fallen() == wanted
    assert last().data.get("revoked", []) == (["on-call"] if falls else [])
    if falls:
        said = "this revokes the signature of On-Call under phase 1"
        assert said in last().text and "Security Lead under the whole release" in last().text
        sentence = signed["phase 1"].revocation.sentence
        assert sentence.startswith("Revoked by the later change of 1.1: ") and "Cora" in sentence
    assert SignOff.objects.count() == 3  # what was signed stays (law 4)


def test_adding_removing_and_restoring_take_signatures_back(plan, phase, item, signed, cora):
    lost = {signed["phase 1"].pk, signed["whole"].pk}
    add_item(plan, {"text": "x"}, Where(phase), by=cora)
    assert fallen() == lost
    remove_item(item, "Gone", by=cora)
    assert "signature" not in last().text  # nothing stood any more


def test_moving_between_phases_takes_back_those_of_both(item, later, signed, cora):
    move_item(item, Where(later), by=cora)
    assert fallen() == {one.pk for one in signed.values()}


def test_a_signature_that_nobody_named_is_not_taken_back_unawares(item, signed, cora):
    with pytest.raises(SignedMeanwhile, match="Hudson signed as Security Lead while you wrote"):
        edit_item(item, {"text": "x"}, by=cora, named=[signed["phase 1"].pk])
    assert not fallen() and not TimelineEvent.objects.filter(kind="item.edited").exists()
    edit_item(item, {"text": "x"}, by=cora, named=[one.pk for one in signed.values()])


# --- phases and headings ---------------------------------------------------------------------


def test_phases_are_added_moved_and_removed_without_gaps(plan, phase, later, cora):
    third = add_phase(plan, PhaseWish("Close-out", at=Due(offset_s=60)), by=cora)
    first = add_phase(plan, PhaseWish("Before all"), by=cora, place=1)
    move_phase(third, 2, by=cora)
    remove_phase(later, by=cora)
    found = list(plan.phases.values_list("number", "title"))
    assert found == [(1, "Before all"), (2, "Close-out"), (3, "System readiness")]
    move_phase(first, 99, by=cora)
    assert list(plan.phases.values_list("number", flat=True)) == [1, 2, 3]
    assert plan.phases.get(number=3) == first
    kinds = [event.kind for event in TimelineEvent.objects.order_by("seq")]
    assert kinds == ["phase.added", "phase.added", "phase.moved", "phase.removed", "phase.moved"]


def test_the_same_request_adds_one_phase_and_one_heading(plan, phase, cora):
    assert {add_phase(plan, PhaseWish("x"), by=cora, request_id="a").pk for _ in "12"} | {
        add_group(phase, GroupWish("x"), by=cora, request_id="b").pk for _ in "12"
    }
    assert (Phase.objects.count(), PhaseGroup.objects.count()) == (2, 1)


def test_a_phase_is_edited_by_taking_its_signatures_back(phase, later, signed, cora):
    edit_phase(phase, PhaseWish("Readiness", exit_criteria="All green"), by=cora)
    assert fallen() == {signed["phase 1"].pk, signed["whole"].pk}
    assert last().data["changes"]["title"]["after"] == "Readiness"


def test_a_late_edit_of_a_phase_is_told_who_was_first(phase, cora, cast):
    seen = phase_shown(phase)
    edit_phase(phase, PhaseWish("Readiness"), by=cora, seen=seen)
    with pytest.raises(Refused, match="Cora changed phase 1 first, at"):
        edit_phase(phase, PhaseWish("Mine"), by=cast["root"], seen=seen)


def test_a_phase_with_items_or_signatures_is_not_removed(plan, phase, item, later, signed, cora):
    with pytest.raises(Refused, match="has 1 item"):
        remove_phase(phase, by=cora)
    with pytest.raises(Refused, match="was signed"):
        remove_phase(later, by=cora)


def test_what_was_taken_off_outlives_its_phase(plan, phase, later, cora):
    item = add_item(plan, {"text": "x"}, Where(later), by=cora)
    remove_item(item, "No", by=cora)
    remove_phase(later, by=cora)
    assert last().data["kept"] == [item.number]
    restore_item(item, by=cora)
    assert texts(phase) == ["x"]


def test_headings_are_added_ordered_and_removed_and_items_follow(plan, phase, cora):
    a, b = (add_group(phase, GroupWish(title), by=cora) for title in "AB")
    for text, where in (("of B", Where(group=b)), ("of A", Where(group=a)), ("free", Where(phase))):
        add_item(plan, {"text": text}, where, by=cora)
    assert texts(phase) == ["free", "of A", "of B"]
    move_group(b, 1, by=cora)
    assert texts(phase) == ["free", "of B", "of A"]
    edit_group(a, GroupWish("A, if needed", at=Due(offset_s=60), optional=True), by=cora)
    remove_group(a, by=cora)  # its items go to the heading above
    assert texts(phase) == ["free", "of B", "of A"]
    assert ChecklistItem.objects.get(text="of A").group_id == b.pk
    remove_group(b, by=cora)
    assert set(ChecklistItem.objects.values_list("group", flat=True)) == {None}
    assert last().kind == "group.removed"


def test_the_order_of_headings_is_free(plan, phase, later, signed, cora):
    _, b = (PhaseGroup.objects.create(phase=phase, title=t, position=n) for n, t in enumerate("AB"))
    move_group(b, 1, by=cora)
    assert not fallen()
    add_group(phase, GroupWish("C"), by=cora)
    assert fallen() == {signed["phase 1"].pk, signed["whole"].pk}


def test_names_of_an_items_history_find_what_was_done_to_several(three, cora, cast):
    from_bulk = [Chosen(item.number, 0) for item in three]
    set_items_state(three[0].plan, from_bulk, "done", by=cora)
    with pytest.raises(Refused, match=r"Cora changed 1\.2 first: it is done"):
        edit_item(three[1], {"text": "x"}, by=cora, seen_revision=0)
