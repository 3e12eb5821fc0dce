"""'If needed' parts are switched off and on: S129, S130."""

import re

import pytest
from django.utils import timezone

from checklists.actions.editing import add_item, move_item
from checklists.actions.items import set_item_state
from checklists.actions.placing import Where
from checklists.actions.sections import switch_off, switch_on
from checklists.actions.signoffs import sign_off
from checklists.models import ChecklistItem, PhaseGroup, Revocation
from tests.conftest import make_item, make_plan, seat
from warroom.actions.refusals import Invalid, NotAllowed, Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(phase):
    return PhaseGroup.objects.create(
        phase=phase, title="Migration (if needed)", position=1, optional=True
    )


@pytest.fixture
def items(phase, group):
    return [make_item(phase, n, f"Migrate {n}", group=group) for n in range(1, 5)]


def states():
    return list(ChecklistItem.objects.order_by("number").values_list("state", flat=True))


def test_a_part_is_switched_off_in_one_event_and_back_on(plan, group, items, cast):
    """S130: what was done stays done, the rest goes and comes back."""
    set_item_state(items[0], "done", by=cast["cora"])
    set_item_state(items[1], "skipped", by=cast["cora"], reason="Ran before")
    count = plan.events.count()
    switch_off(group, "No schema change", by=cast["cora"])
    assert states() == ["done", "skipped", "not_applicable", "not_applicable"]
    event = plan.events.order_by("seq").last()
    assert (event.kind, plan.events.count()) == ("section.switched_off", count + 1)
    assert event.data["items"] == {"3": "1.3", "4": "1.4"}
    assert "No schema change" in event.text
    off = ChecklistItem.objects.get(number=3)
    assert off.off_with_section and "No schema change" in off.state_reason
    switch_on(group, by=cast["cora"])
    assert states() == ["done", "skipped", "open", "open"]
    assert not ChecklistItem.objects.filter(off_with_section=True).exists()
    assert plan.events.order_by("seq").last().kind == "section.switched_on"


def test_what_is_off_already_stays_off_without_an_event(plan, group, items, cast):
    for _ in range(2):
        switch_off(group, "No schema change", by=cast["cora"])
    for _ in range(2):
        switch_on(group, by=cast["cora"])
    assert plan.events.count() == 2


def test_a_part_that_is_required_is_not_switched_off(phase, group, items, cast):
    PhaseGroup.objects.update(optional=False)
    group.refresh_from_db()
    with pytest.raises(Refused, match="only 'if needed' parts"):
        switch_off(group, "No time", by=cast["cora"])
    with pytest.raises(Refused, match="only 'if needed' parts"):
        switch_off(phase, "No time", by=cast["cora"])
    assert states() == ["open"] * 4


def test_it_wants_a_reason_and_the_right_to_edit(group, items, cast):
    with pytest.raises(Invalid):
        switch_off(group, "  ", by=cast["cora"])
    for name in ("thon", "forge", "vera", "stranger"):
        with pytest.raises(NotAllowed):
            switch_off(group, "No", by=cast[name])
    assert states() == ["open"] * 4


def test_it_takes_back_what_was_signed(plan, phase, group, items, cast, roles):
    whole = sign_off(plan, None, roles["on-call"], "approved", by=cast["thon"])
    under = sign_off(plan, phase, roles["security-lead"], "approved", by=cast["hudson"])
    switch_off(group, "No schema change", by=cast["cora"])
    assert {one.signoff for one in Revocation.objects.all()} == {whole, under}
    sentence = Revocation.objects.first().sentence
    assert "Migration (if needed) switched off, Cora" in sentence


def test_an_item_that_is_off_with_its_part_is_not_set_alone(group, items, cast):
    switch_off(group, "No schema change", by=cast["cora"])
    with pytest.raises(Refused, match="Switch the section on first"):
        set_item_state(items[0], "done", by=cast["cora"])


def test_a_part_that_is_off_stays_off_when_its_phase_comes_back(plan, phase, group, items, cast):
    phase.required = False
    phase.save()
    other = make_item(phase, 5, "Other")
    switch_off(group, "No schema change", by=cast["cora"])
    switch_off(phase, "Not this time", by=cast["cora"])
    with pytest.raises(Refused, match="Switch the phase on first"):
        switch_on(group, by=cast["cora"])
    switch_on(phase, by=cast["cora"])
    assert states() == ["not_applicable"] * 4 + ["open"]
    other.refresh_from_db()
    assert not other.off_with_section


def test_the_list_shows_what_is_off_and_how_to_bring_it_back(plan, group, items, cast, client_of):
    cora = client_of(cast["cora"])
    path = f"/plans/{plan.slug}/groups/{group.pk}/switch"
    assert path in cora.get(f"/plans/{plan.slug}/checklist/").content.decode()
    assert cora.post(path, {"state": "off", "reason": " "}).status_code == 422
    assert cora.post(path, {"state": "maybe"}).status_code == 422
    assert cora.post(path, {"state": "off", "reason": "No <b>schema</b>"}).status_code == 302
    page = cora.get(f"/plans/{plan.slug}/checklist/").content.decode()
    assert "No &lt;b&gt;schema&lt;/b&gt;" in page and "Switch on" in page
    assert "Required, not applicable" not in page
    assert cora.post(path, {"state": "on"}).status_code == 302
    assert states() == ["open"] * 4


def test_parts_of_another_release_are_not_found(group, items, cast, client_of):
    other = make_plan("other")
    seat(other, cast["cora"], "lead", "Lead", ["edit"])
    cora = client_of(cast["cora"])
    for path in (f"groups/{group.pk}", "phases/1", "groups/999"):
        answer = cora.post(f"/plans/other/{path}/switch", {"state": "off", "reason": "x"})
        assert answer.status_code == 404


def test_what_comes_to_stand_in_a_part_that_is_off_is_off_with_it(plan, phase, group, items, cast):
    """Added or moved there it is not applicable; moved out, or switched on, it is open again."""
    switch_off(group, "No schema change", by=cast["cora"])
    added = add_item(plan, {"text": "Check the index"}, Where(group=group), by=cast["cora"])
    assert (added.state, added.off_with_section) == ("not_applicable", True)
    assert "No schema change" in added.state_reason
    assert "No schema change" in plan.events.get(kind="item.added").text
    out = move_item(added, Where(phase), by=cast["cora"])
    assert (out.state, out.state_reason, out.off_with_section) == ("open", "", False)
    back = move_item(out, Where(group=group), by=cast["cora"])
    assert back.state == "not_applicable"
    switch_on(group, by=cast["cora"])
    assert set(states()) == {"open"}


def test_a_new_item_is_offered_the_heading_with_work_left(
    plan, phase, group, items, cast, client_of
):
    early = PhaseGroup.objects.create(phase=phase, title="Before", position=2)
    PhaseGroup.objects.create(phase=phase, title="After", position=3)
    make_item(phase, 9, "Freeze", group=early)
    page, offered = client_of(cast["cora"]), r'value="((?:phase|group)-\d+)" selected>([^<]+)<'
    found = page.get(f"/plans/{plan.slug}/checklist/?phase=1").content.decode()
    assert [title for _, title in re.findall(offered, found)] == ["Before"]
    set_item_state(phase.items.get(number=9), "done", by=cast["cora"])
    PhaseGroup.objects.filter(title="After").update(off_at=timezone.now())
    PhaseGroup.objects.filter(title="Before").update(optional=True)
    found = page.get(f"/plans/{plan.slug}/checklist/?phase=1").content.decode()
    assert [value for value, _ in re.findall(offered, found)] == ["phase-1"]
