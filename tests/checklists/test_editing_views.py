"""The forms that change the list, with and without script. S14 S97 S102 S123.

Scenarios 12, 19, 21, 52, 53, 56.
"""

import re
from html import unescape

import pytest
from django.utils import timezone

from checklists.actions.editing import edit_item, remove_item
from checklists.actions.groups import GroupWish, add_group
from checklists.actions.items import set_item_state
from checklists.actions.signoffs import sign_off
from checklists.models import ChecklistItem, Phase, PhaseGroup, Revocation
from tests.conftest import make_item, make_plan
from warroom.live import panels
from warroom.models import TimelineEvent

pytestmark = pytest.mark.django_db

SCRIPT = {"HX-Request": "true"}
PLAN = "/plans/genesis-4/"


@pytest.fixture
def cora(cast, client_of):
    return client_of(cast["cora"])


@pytest.fixture
def signed(plan, phase, cast, roles):
    return sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"])


def hidden(page, name):
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


def test_an_item_is_added_beside_the_checklist_and_its_due_time_is_said_back(plan, phase, cora):
    plan.t0 = timezone.now().replace(
        year=2100, month=10, day=23, hour=9, minute=0, second=0, microsecond=0
    )
    plan.save()
    page = cora.get(f"{PLAN}checklist/").content.decode()
    assert "Add an item" in page and 'placeholder="20:55 or T+11:55"' in page
    sent = {"text": "Cover confirmed", "where": hidden(page, "where"), "required": "on"}
    sent |= {"due": "20:55", "named": hidden(page, "named"), "quick": "1"}
    answer = cora.post(f"{PLAN}items/add", sent, follow=True)
    assert "Added as 1.1. Due 23 Oct 2100 20:55 UTC, T+11:55." in unescape(answer.content.decode())
    item = ChecklistItem.objects.get()
    assert (item.text, item.required, item.blocking) == ("Cover confirmed", True, False)


def test_with_script_the_form_comes_back_empty_with_the_fragments(plan, phase, cora):
    sent = {"text": "x", "where": "phase-1", "quick": "1", "named": ""}
    page = cora.post(f"{PLAN}items/add", sent, headers=SCRIPT).content.decode()
    assert 'id="list-1"' in page and 'data-live="phases"' in page and 'id="add-item"' in page
    assert 'value="x"' not in page
    wrong = cora.post(f"{PLAN}items/add", sent | {"due": "soon"}, headers=SCRIPT)
    page = wrong.content.decode()
    assert wrong.status_code == 422 and 'value="x"' in page and 'value="soon"' in page
    assert "is no time. Write 20:55, T+11:55, T-2h or 2025-10-23 21:15" in page


def test_bad_input_loses_nothing_without_script(plan, phase, cora):
    sent = {"text": "Half written", "command": "make x", "where": "phase-1", "runs": "long"}
    answer = cora.post(f"{PLAN}items/add", sent)
    page = answer.content.decode()
    assert answer.status_code == 422 and "Half written" in page and "make x" in page
    assert "is no length of time. Write 24h" in page


def test_the_form_names_whose_signature_falls_before_it_is_saved(plan, item, signed, cora):
    page = cora.get(f"{PLAN}items/1/edit").content.decode()
    assert "<b>Thon</b> as On-Call, phase 1" in page
    sent = {"text": "Other", "required": "on", "named": hidden(page, "named"), "revision": "0"}
    cora.post(f"{PLAN}items/1/edit", sent)
    assert Revocation.objects.get().signoff_id == signed.pk
    page = cora.get(f"{PLAN}checklist/?phase=1").content.decode()
    assert "Revoked by the later change of 1.1: text" in page


def test_a_signature_given_meanwhile_is_asked_about_and_nothing_typed_is_lost(
    plan, item, cora, cast, roles
):
    page = cora.get(f"{PLAN}items/1/edit").content.decode()
    sign_off(plan, item.phase, roles["on-call"], "approved", by=cast["thon"])
    sent = {"text": "Mine", "required": "on", "named": hidden(page, "named"), "revision": "0"}
    answer = cora.post(f"{PLAN}items/1/edit", sent)
    page = answer.content.decode()
    assert answer.status_code == 409 and 'value="Mine"' in page
    assert "Thon signed as On-Call while you wrote" in page
    assert not Revocation.objects.exists()
    cora.post(f"{PLAN}items/1/edit", sent | {"named": hidden(page, "named")})
    assert Revocation.objects.count() == 1


def test_a_late_edit_keeps_what_was_typed_beside_what_is_true_now(plan, item, cora, cast):
    edit_item(item, {"text": "Theirs"}, by=cast["root"])
    sent = {"text": "Mine", "required": "on", "revision": "0", "named": ""}
    answer = cora.post(f"{PLAN}items/1/edit", sent)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Root edited 1.1 first" in page and 'value="Mine"' in page and "Theirs" in page
    assert hidden(page, "revision") == "1"
    assert cora.post(f"{PLAN}items/1/edit", sent | {"revision": "1"}).status_code == 302


def test_items_are_moved_by_plain_buttons_that_say_where_to(plan, phase, cora):
    for n in (1, 2, 3):
        make_item(phase, n, f"Item {n}")
    page = cora.get(f"{PLAN}checklist/edit?phase=1").content.decode()
    button = re.search(r'formaction="([^"]+)" name="where" value="([^"]+)" id="up-3"', page)
    for _ in range(2):  # a repeated one changes nothing
        answer = cora.post(button[1], {"where": button[2]})
    assert answer.url == f"{PLAN}checklist/edit?phase=1#up-3"
    assert list(ChecklistItem.objects.values_list("text", flat=True)) == [
        "Item 1",
        "Item 3",
        "Item 2",
    ]
    assert TimelineEvent.objects.count() == 1


def test_an_item_is_moved_to_another_phase_taken_off_and_put_back(plan, item, cora):
    later = Phase.objects.create(plan=plan, number=2, title="Later")
    cora.post(f"{PLAN}items/1/move", {"where": "phase-2", "revision": "0"})
    item.refresh_from_db()
    assert item.phase_id == later.pk
    answer = cora.post(f"{PLAN}items/1/remove", {"reason": "Not now"}, follow=True)
    assert "It can be put back here." in answer.content.decode()
    assert "Not now" in cora.get(f"{PLAN}checklist/edit?phase=2").content.decode()
    assert cora.get(f"{PLAN}items/1/").status_code == 404
    cora.post(f"{PLAN}items/1/restore")
    assert ChecklistItem.objects.get().pk == item.pk


def test_phases_and_headings_are_edited_on_one_page(plan, phase, item, cora):
    group = PhaseGroup.objects.create(phase=phase, title="A", position=1)
    cora.post(f"{PLAN}phases", {"title": "Close-out", "at": "T+48h"})
    cora.post(f"{PLAN}phases/2/move", {"place": "1"})
    assert list(plan.phases.values_list("title", flat=True)) == ["Close-out", "System readiness"]
    page = cora.get(f"{PLAN}checklist/edit?phase=2").content.decode()
    assert "Edit phase 2" in page and "Health checks pass" in page
    cora.post(f"{PLAN}phases/2/edit", {"title": "Readiness", "required": "on"})
    cora.post(f"{PLAN}phases/2/groups", {"title": "B"})
    cora.post(f"{PLAN}groups/{group.pk}/edit", {"title": "A, if needed", "optional": "on"})
    cora.post(f"{PLAN}groups/{group.pk}/move", {"place": "2"})
    phase.refresh_from_db()
    assert phase.title == "Readiness"
    assert list(phase.groups.values_list("title", flat=True)) == ["B", "A, if needed"]
    wrong = cora.post(f"{PLAN}phases/2/groups", {"title": "C", "at": "soon"})
    assert wrong.status_code == 422 and 'value="C"' in wrong.content.decode()
    cora.post(f"{PLAN}groups/{group.pk}/remove")
    cora.post(f"{PLAN}phases/1/remove")
    assert list(plan.phases.values_list("number", flat=True)) == [1]


def test_a_phase_that_somebody_changed_first_is_refused(plan, phase, cora):
    page = cora.get(f"{PLAN}checklist/edit").content.decode()
    seen = re.search(r'name="seen" value="([^"]*)"', page)[1].replace("&quot;", '"')
    cora.post(f"{PLAN}phases/1/edit", {"title": "First", "seen": seen})
    answer = cora.post(f"{PLAN}phases/1/edit", {"title": "Second", "seen": seen})
    assert answer.status_code == 409 and "Cora changed phase 1 first" in answer.content.decode()


def test_several_items_are_set_by_a_form_without_script(plan, phase, cora):
    for n in (1, 2, 3):
        make_item(phase, n, f"Item {n}")
    page = cora.get(f"{PLAN}items/bulk?phase=1").content.decode()
    boxes = re.findall(r'name="items" value="([^"]+)"', page)
    assert boxes == ["1@0", "2@0", "3@0"]
    sent = {"items": boxes[:2], "state": "blocked", "reason": "Network"}
    answer = cora.post(f"{PLAN}items/bulk?phase=1", sent, follow=True)
    assert "2 items set." in answer.content.decode()
    late = cora.post(f"{PLAN}items/bulk?phase=1", {"items": boxes, "state": "done"})
    page = late.content.decode()
    assert late.status_code == 409 and "Cora changed 1.1 first: it is blocked" in page
    assert len(re.findall(r'id="pick-\d" checked', page)) == 3 and "1@1" in page
    nothing = cora.post(f"{PLAN}items/bulk", {"state": "done"})
    assert nothing.status_code == 422 and "Choose at least one item." in nothing.content.decode()
    noreason = cora.post(f"{PLAN}items/bulk", {"items": "3@0", "state": "failed"})
    assert noreason.status_code == 422 and "wants a reason" in noreason.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "items/9/edit",
        "items/9/move",
        "items/9/remove",
        "items/9/restore",
        "phases/9/edit",
        "phases/9/move",
        "phases/9/remove",
        "phases/9/groups",
        "groups/{group}/edit",
        "groups/{group}/move",
        "groups/{group}/remove",
        "items/bulk",
    ],
)
def test_what_belongs_to_another_release_is_not_there(plan, item, cora, cast, path):
    """Scenario 52."""
    other = make_plan("other", "Other", author=cast["cora"])
    theirs = Phase.objects.create(plan=other, number=9, title="Theirs")
    make_item(theirs, 9, "Theirs")
    group = PhaseGroup.objects.create(phase=theirs, title="G", position=1)
    sent = {"items": "9", "state": "done", "text": "x", "title": "x", "place": "1"}
    answer = cora.post(f"{PLAN}{path.format(group=group.pk)}", sent)
    assert answer.status_code == 404
    assert not TimelineEvent.objects.exists()


def test_extra_fields_are_ignored(plan, phase, cora, cast):
    """Scenario 53: nobody adds an item that is done already, or in another's name."""
    sent = {"text": "x", "where": "phase-1", "state": "done", "number": "77", "added_by": "Thon"}
    sent |= {"added_by_name": "Thon", "removed_at": "2020-01-01", "phase": "9", "plan": "9"}
    cora.post(f"{PLAN}items/add", sent)
    item = ChecklistItem.objects.get()
    assert (item.state, item.number, item.added_by_name) == ("open", 1, "Cora")


def test_the_same_form_sent_twice_adds_once(plan, phase, cora):
    """Scenarios 12 and 19."""
    sent = {"text": "Once", "where": "phase-1", "request_id": "abc"}
    for _ in range(2):
        assert cora.post(f"{PLAN}items/add", sent).status_code == 302
    assert ChecklistItem.objects.count() == 1


@pytest.mark.parametrize(
    "bad", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7|add:7 }}"]
)
def test_what_people_type_is_shown_as_text_on_the_new_pages(plan, phase, cora, bad):
    """Scenario 56."""
    cora.post(f"{PLAN}items/add", {"text": bad, "where": "phase-1", "owner": bad, "target": bad})
    cora.post(f"{PLAN}phases", {"title": bad, "exit_criteria": bad})
    cora.post(f"{PLAN}phases/1/groups", {"title": bad})
    pages = ["checklist/edit", "items/bulk", "items/1/edit", "items/add", "items/1/", "checklist/"]
    pages.append("timeline/")
    for path in pages:
        page = cora.get(f"{PLAN}{path}").content.decode()
        assert "<script>alert" not in page and "<img src=x" not in page, path
    cora.post(f"{PLAN}items/1/remove", {"reason": bad})
    assert "<img src=x" not in cora.get(f"{PLAN}checklist/edit").content.decode()


def test_open_pages_learn_that_a_list_changed_and_removed_rows_vanish(plan, phase, cast):
    items = [make_item(phase, n, f"Item {n}") for n in (1, 2)]

    def told(change):
        plan.refresh_from_db()
        before, now = plan.timeline_seq, timezone.now()
        shape = panels.render(panels.get("list"), plan, now, "1").split("data-shape=")[1]
        change()
        fresh = type(plan).objects.get(pk=plan.pk)
        events = list(fresh.events.filter(seq__gt=before))
        stale = [(panel.name, key) for panel, key in panels.stale("checklist", fresh, events)]
        after = panels.render(panels.get("list"), fresh, now, "1").split("data-shape=")[1]
        return stale, shape != after

    stale, moved = told(lambda: remove_item(items[0], "Old", by=cast["cora"]))
    assert moved and ("list", "1") in stale and ("item", "1") in stale
    assert ("phase-list", "") in stale and ("signoffs", "1") in stale
    fresh = type(plan).objects.get(pk=plan.pk)
    assert panels.render(panels.get("item"), fresh, timezone.now(), "1") == ""  # sent as nothing
    stale, moved = told(lambda: add_group(phase, GroupWish("H"), by=cast["cora"]))
    assert ("list", "1") in stale
    stale, moved = told(lambda: set_item_state(items[1], "done", by=cast["cora"]))
    assert not moved and ("list", "1") not in stale
