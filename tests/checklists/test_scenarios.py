"""Contingency: written down, started with one click, cleared, armed again. S86 S121."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checklists.actions.scenarios import (
    add_scenario,
    arm_scenario,
    clear_scenario,
    edit_scenario,
    remove_scenario,
    start_scenario,
)
from checklists.actions.signoffs import sign_off
from checklists.models import ChecklistItem, Criterion, Evidence, Phase, Scenario, SignOff
from checklists.queries.gates import gate_sheet
from checklists.queries.risks import risk_needs, risk_sheet, scenario_rows
from checklists.queries.standing import standing_approvals
from checklists.rules.due_text import NotUnderstood
from checklists.rules.scenarios import phase_title, typed_wish
from tests.checklists.test_costs import statements
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.live import panels
from warroom.models import DeploymentPlan, Lifecycle

pytestmark = pytest.mark.django_db

YELLOW = {
    "title": "A metric is yellow at a gate",
    "action": "Hold, watch 6 to 12 hours more",
    "decide": "Proceed when green, roll back when red",
    "duration": "6 to 12 hours",
    "items": [
        {"text": "Say that we hold", "role": "on-call", "blocking": True, "due": "30m"},
        {"text": "Read the logs", "role": "Thon"},
        "Look again",
    ],
    "watch_key": "gate:any",
    "watch_band": "yellow",
}


@pytest.fixture
def scenario(plan, cast):
    return add_scenario(plan, YELLOW, by=cast["cora"])


def fresh(plan):
    return DeploymentPlan.objects.get(pk=plan.pk)


def events(plan, kind):
    return list(plan.events.filter(kind=kind))


@pytest.mark.parametrize(
    ("line", "wish"),
    [
        ("Look again", ("Look again", "", False, True, None)),
        ("Call | on-call | blocking | 30m", ("Call", "on-call", True, True, 1800)),
        ("Call | 1h30m | Optional | Thon", ("Call", "Thon", False, False, 5400)),
        (" Call | | blocking ", ("Call", "", True, True, None)),
    ],
)
def test_an_item_is_typed_on_one_line(line, wish):
    found = typed_wish(line)
    assert (found.text, found.role, found.blocking, found.required, found.due_s) == wish
    assert typed_wish(found.line) == found


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("| on-call", "no text"),
        ("Call | Thon | Cora", "'Cora' is one too many"),
        ("Call | 5m | 10m", "one too many"),
    ],
)
def test_a_line_that_is_not_understood_says_why(line, says):
    with pytest.raises(NotUnderstood, match=says):
        typed_wish(line)


def test_a_phase_has_the_scenarios_title_and_its_generation():
    assert phase_title("Auto-rollback fires", 1, 300) == "Contingency: Auto-rollback fires"
    assert phase_title("Auto-rollback fires", 2, 300) == "Contingency: Auto-rollback fires (2)"
    assert len(phase_title("x" * 400, 12, 300)) == 300


def test_one_click_puts_the_items_into_the_room(plan, cast, phase, item, scenario):
    """S86: who started it, when, what came in; one event."""
    started = start_scenario(scenario, by=cast["forge"])
    assert (started.state, started.state_by_name) == ("in-force", "Forge")
    made = started.phase
    assert (made.number, made.title) == (2, "Contingency: A metric is yellow at a gate")
    say, read, look = made.items.all()
    assert (say.role.key, say.blocking, say.number, say.position) == ("on-call", True, 2, 1)
    assert say.due_at == started.state_at + timedelta(minutes=30)
    assert (read.role, read.owner, look.owner) == (None, "Thon", "")
    (event,) = events(plan, "scenario.started")
    assert event.data["items"] == {"2": "2.1", "3": "2.2", "4": "2.3"}
    assert event.text == (
        "Contingency 1 started: A metric is yellow at a gate. 3 items are in the room as phase 2."
    )


def test_to_start_twice_is_to_start_once(plan, cast, scenario):
    start_scenario(scenario, by=cast["forge"])
    start_scenario(scenario, by=cast["cora"])
    again = start_scenario(scenario, by=cast["forge"], seen_revision=0)
    assert again.state_by_name == "Forge"
    assert len(events(plan, "scenario.started")) == 1 and Phase.objects.count() == 1


def test_signatures_under_other_phases_stand(plan, cast, roles, phase, item, scenario):
    """What was signed is unchanged; the whole release has another list, and that is said."""
    sign_off(plan, phase, roles["security-lead"], "approved", by=cast["hudson"])
    SignOff.objects.create(
        plan=plan, role=roles["on-call"], person=cast["thon"], person_name="Thon",
        word="approved", statement="Whole.", at=timezone.now(),
    )  # fmt: skip
    started = start_scenario(scenario, by=cast["forge"])
    assert [one.role.key for one in standing_approvals(plan, [phase])] == ["security-lead"]
    (event,) = events(plan, "scenario.started")
    assert event.data["revoked"] == [] and event.data["revoked_whole"] == ["on-call"]
    assert "revokes the signature of On-Call under the whole release" in event.text
    assert started.phase.items.count() == 3


def test_its_blocking_items_hold_the_next_gate(plan, cast, gate, scenario):
    start_scenario(scenario, by=cast["forge"])
    sheet = gate_sheet(gate, timezone.now())
    assert [one.text for one in sheet.blocking] == ["Say that we hold"]


def test_it_is_cleared_with_a_reason_and_its_items_stay(plan, cast, scenario):
    start_scenario(scenario, by=cast["forge"])
    with pytest.raises(Invalid, match="how it ended"):
        clear_scenario(scenario, " ", by=cast["forge"])
    cleared = clear_scenario(scenario, "Green again.", by=cast["thon"])
    assert (cleared.state, cleared.state_reason) == ("cleared", "Green again.")
    assert set(ChecklistItem.objects.values_list("state", flat=True)) == {"open"}
    (event,) = events(plan, "scenario.cleared")
    assert event.text.endswith("Reason: Green again. 3 open items of it stay.")
    clear_scenario(scenario, "Once more.", by=cast["cora"])
    assert len(events(plan, "scenario.cleared")) == 1


def test_armed_again_it_starts_anew_with_a_phase_of_its_own(plan, cast, scenario):
    """A new try is a new generation."""
    start_scenario(scenario, by=cast["forge"])
    clear_scenario(scenario, "Green again.", by=cast["forge"])
    with pytest.raises(Refused, match=r"Forge cleared scenario 1 at .* Arm it again first"):
        start_scenario(scenario, by=cast["cora"])
    armed = arm_scenario(scenario, by=cast["forge"])
    assert (armed.state, armed.phase) == ("armed", None)
    started = start_scenario(scenario, by=cast["forge"])
    assert started.phase.title.endswith("(2)") and Phase.objects.count() == 2
    assert [event.data["generation"] for event in events(plan, "scenario.started")] == [1, 2]
    with pytest.raises(Refused, match="Clear it first"):
        arm_scenario(scenario, by=cast["cora"])


def test_a_late_click_does_not_start_a_new_generation(plan, cast, scenario):
    start_scenario(scenario, by=cast["forge"], seen_revision=0)
    clear_scenario(scenario, "Over.", by=cast["forge"])
    arm_scenario(scenario, by=cast["forge"])
    with pytest.raises(Refused, match="Forge changed scenario 1 first"):
        start_scenario(scenario, by=cast["forge"], seen_revision=0)
    assert len(events(plan, "scenario.started")) == 1


def test_what_does_not_apply_any_more_is_cleared_without_a_start(plan, cast, scenario):
    assert clear_scenario(scenario, "Targets are up.", by=cast["forge"]).state == "cleared"
    assert not Phase.objects.exists()


def test_a_scenario_without_items_is_in_force_without_a_phase(plan, cast):
    bare = add_scenario(plan, {"title": "Fire", "action": "Leave"}, by=cast["cora"])
    assert start_scenario(bare, by=cast["forge"]).phase is None
    (event,) = events(plan, "scenario.started")
    assert event.text == "Contingency 1 started: Fire."


def test_rights_and_fields_are_checked(plan, cast, scenario):
    with pytest.raises(NotAllowed):
        start_scenario(scenario, by=cast["vera"])
    with pytest.raises(NotAllowed):
        add_scenario(plan, {"title": "Fire"}, by=cast["forge"])
    for fields, field in (
        ({"title": ""}, "title"),
        ({"title": "a", "watch_key": "p95"}, "watch_band"),
        ({"title": "a", "watch_key": "p95", "watch_band": "pink"}, "watch_band"),
        ({"title": "a", "items": "b"}, "items"),
        ({"title": "a", "items": ["b"] * 51}, "items"),
        ({"title": "a", "items": ["b" * 1001]}, "items"),
    ):
        with pytest.raises(Invalid) as wrong:
            add_scenario(plan, fields, by=cast["cora"])
        assert wrong.value.field == field


def test_an_edit_is_one_event_and_a_late_one_is_refused(plan, cast, scenario):
    edit_scenario(scenario, {"decide": "Ask Cora"}, by=cast["cora"], seen_revision=0)
    edit_scenario(scenario, {"decide": "Ask Cora"}, by=cast["cora"], seen_revision=0)
    with pytest.raises(Refused, match="Cora changed scenario 1 first"):
        edit_scenario(scenario, {"decide": "Ask Thon"}, by=cast["cora"], seen_revision=0)
    assert len(events(plan, "scenario.changed")) == 1


def test_it_can_be_removed_until_it_was_started_or_the_release_runs(plan, cast, scenario):
    other = add_scenario(plan, {"title": "Fire"}, by=cast["cora"])
    remove_scenario(other, "Twice.", by=cast["cora"])
    assert Scenario.objects.count() == 1
    start_scenario(scenario, by=cast["cora"])
    with pytest.raises(Refused, match="in force or cleared"):
        remove_scenario(scenario, "Over.", by=cast["cora"])
    DeploymentPlan.objects.filter(pk=plan.pk).update(lifecycle=Lifecycle.DEPLOYING)
    with pytest.raises(Refused, match="Clear scenario 1 instead"):
        remove_scenario(scenario, "Over.", by=cast["cora"])


# --- watched by rule -----------------------------------------------------------------------------


def p95(gate, value, at):
    Criterion.objects.update_or_create(
        gate=gate, key="p95",
        defaults={"position": 9, "label": "P95 latency", "evidence_key": "load-p95", "unit": "ms",
                  "green_op": "<", "green_value": 200, "red_op": ">", "red_value": 500},
    )  # fmt: skip
    Evidence.objects.update_or_create(
        plan=gate.plan, key="load-p95",
        defaults={"value": value, "unit": "ms", "observed_at": at, "valid_for_s": 600,
                  "updated_at": at},
    )  # fmt: skip


def test_the_page_says_when_it_is_time_and_nothing_starts_by_itself(plan, cast, gate, scenario):
    now = timezone.now()
    p95(gate, 150, now)
    assert scenario_rows(fresh(plan), now)[0].state_text == "Armed"
    p95(gate, 236, now)
    (row,) = scenario_rows(fresh(plan), now)
    assert row.state_text == f"It is time: P95 latency is yellow since {now:%H:%M}"
    assert row.look == ("warn", "warn") and not events(plan, "scenario.started")
    p95(gate, 600, now)
    assert scenario_rows(fresh(plan), now)[0].state_text == "Armed"
    p95(gate, 236, now - timedelta(hours=1))  # too old to count
    assert scenario_rows(fresh(plan), now)[0].state_text == "Armed"


def test_a_reading_can_be_watched_by_its_key(plan, cast, gate, scenario):
    now = timezone.now()
    wanted = {"watch_key": "load-p95", "watch_band": "no_data"}
    edit_scenario(scenario, wanted, by=cast["cora"])
    p95(gate, 236, now - timedelta(hours=1))
    assert scenario_rows(fresh(plan), now)[0].time.startswith("P95 latency is without data")


def test_the_room_says_what_is_in_force_and_what_is_needed(plan, cast, gate, scenario, client_of):
    now = timezone.now()
    DeploymentPlan.objects.filter(pk=plan.pk).update(lifecycle=Lifecycle.DEPLOYING)
    p95(gate, 236, now)
    (need,) = risk_needs(fresh(plan), now)
    assert need.key == "tick" and need.title.startswith("Start contingency 1, or say why not")
    room = client_of(cast["forge"])
    assert 'id="in-force-1"' not in room.get(f"/plans/{plan.slug}/").content.decode()
    start_scenario(scenario, by=cast["forge"])
    body = room.get(f"/plans/{plan.slug}/").content.decode()
    assert "In force since" in body and "3 of 3 items open" in body
    assert "Contingency: A metric is yellow at a gate" in body
    (need,) = risk_needs(fresh(plan), timezone.now())
    assert need.title == "3 items of contingency 1 open"
    ChecklistItem.objects.update(state="done")
    (need,) = risk_needs(fresh(plan), timezone.now() + timedelta(seconds=1))
    assert need.title.startswith("Clear contingency 1") and need.optional


def test_a_closed_release_needs_nothing(plan, cast, scenario):
    start_scenario(scenario, by=cast["forge"])
    DeploymentPlan.objects.filter(pk=plan.pk).update(lifecycle=Lifecycle.ABORTED)
    assert risk_needs(fresh(plan), timezone.now()) == []


# --- pages ---------------------------------------------------------------------------------------


def test_it_is_started_from_the_page_with_and_without_script(plan, cast, scenario, client_of):
    forge, where = client_of(cast["forge"]), f"/plans/{plan.slug}/scenarios/1/"
    page = forge.get(f"/plans/{plan.slug}/risks/").content.decode()
    assert 'id="scenario-1-start"' in page and 'data-needs="tick"' in page
    answer = forge.post(f"{where}start", {"revision": "0"}, HTTP_HX_REQUEST="true")
    assert answer.status_code == 200 and b"In force since" in answer.content
    assert b'id="risk-matrix"' in answer.content
    assert forge.post(f"{where}start", {"revision": "0"}).status_code == 302
    form = forge.get(f"{where}clear")
    assert form.status_code == 200 and b"Its open items stay" in form.content
    assert forge.post(f"{where}clear", {"reason": "", "revision": "1"}).status_code == 422
    late = forge.post(f"{where}clear", {"reason": "Over", "revision": "0"})
    assert late.status_code == 409 and b"Over" in late.content
    assert forge.post(f"{where}clear", {"reason": "Over", "revision": "1"}).status_code == 302
    assert b"Cleared" in forge.get(f"/plans/{plan.slug}/risks/").content
    late = forge.post(f"{where}start", {"revision": "1"}, HTTP_HX_REQUEST="true")
    assert late.status_code == 409 and b"Arm it again first" in late.content
    assert forge.post(f"{where}arm", {"revision": "2"}).status_code == 302
    assert len(events(plan, "scenario.started")) == 1


def test_it_is_written_down_by_its_form(plan, cast, client_of):
    cora, where = client_of(cast["cora"]), f"/plans/{plan.slug}/scenarios/"
    sent = {"title": "Fire", "items": "Leave | on-call | blocking\nCall | 5m"}
    wrong = cora.post(f"{where}add", sent | {"items": "Leave | a | b"})
    assert wrong.status_code == 422 and b"Leave | a | b" in wrong.content
    assert cora.post(f"{where}add", sent).status_code == 302
    made = Scenario.objects.get()
    assert made.items == [
        {"text": "Leave", "role": "on-call", "blocking": True},
        {"text": "Call", "due": "5m"},
    ]
    page = cora.get(f"{where}1/edit").content.decode()
    assert "Leave | on-call | blocking\nCall | 5m" in page
    assert (
        cora.post(f"{where}1/edit", sent | {"title": "Flood", "revision": "0"}).status_code == 302
    )
    late = cora.post(f"{where}1/edit", sent | {"title": "Storm", "revision": "0"})
    assert late.status_code == 409 and b'value="Storm"' in late.content
    assert cora.post(f"{where}1/remove", {"remove-reason": "Twice."}).status_code == 302


def test_the_fragments_are_the_same_for_everybody(plan, cast, scenario, client_of):
    names = ("contingency", "risks", "risk-matrix", "risk-summary")
    bodies = []
    for name in ("cora", "vera"):
        page = client_of(cast[name]).get(f"/plans/{plan.slug}/risks/").content.decode()
        bodies.append(page.split('class="head__sub"')[1].split("<footer")[0])
    assert bodies[0] == bodies[1]
    now = timezone.now()
    for name in names:
        html = panels.render(panels.get(name), plan, now)
        assert f'id="{name}" data-live="{name}"' in html
        assert "<input" not in html and "<textarea" not in html and "csrf" not in html


def test_the_page_costs_the_same_with_one_and_with_many(plan, cast, gate, scenario):
    now = timezone.now()
    start_scenario(scenario, by=cast["forge"])
    add_scenario(plan, YELLOW, by=cast["cora"])
    few = statements(lambda: risk_sheet(fresh(plan), now))
    for _ in range(5):
        other = add_scenario(plan, YELLOW, by=cast["cora"])
        start_scenario(other, by=cast["forge"])
        add_scenario(plan, YELLOW, by=cast["cora"])
    assert statements(lambda: risk_sheet(fresh(plan), now)) <= few
