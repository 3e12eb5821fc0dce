"""What a decision starts by itself, and the new date after a NO-GO. S60, S116, S121."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checklists.actions.branches import set_branches
from checklists.actions.conditions import Wanted
from checklists.actions.followups import close_followup, open_followup
from checklists.actions.gates import cast_vote, decide_gate
from checklists.actions.lifecycle import against_going_live
from checklists.actions.redating import held_anew, set_new_date
from checklists.models import BranchStep, Criterion, FollowUp, Gate
from checklists.queries.followups import followup_needs
from checklists.rules.followups import Step, next_meeting, read_step, write_step
from rollouts.models import Stage
from tests.checklists.conftest import measure
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.actions.schedule import preview_shift
from warroom.live.panels import stale
from warroom.models import Message, TimelineEvent

pytestmark = pytest.mark.django_db
BECAUSE = "The evidence does not carry a release today."


def no_go(gate, cast):
    return decide_gate(gate, "no-go", by=cast["cora"], rationale=BECAUSE)


def open_ones(plan):
    return [row.text.partition("\n")[0] for row in plan.followups.filter(done_at=None)]


def of_kind(plan, kind):
    return plan.followups.get(kind=kind)


# --- what starts -------------------------------------------------------------------------------


def test_go_confirms_the_schedule_and_tells_everybody_by_mail_once(plan, all_go, cast):
    """S60: the message of a stage goes out by itself, in the change that decided it."""
    for name in ("cora", "thon", "stranger"):
        cast[name].email = f"{name}@example.org"
        cast[name].save()
    type(plan).objects.filter(pk=plan.pk).update(t0=timezone.now() + timedelta(days=1))
    for _ in range(3):
        decide_gate(all_go, "go", by=cast["cora"])
    assert sorted(Message.objects.values_list("to", flat=True)) == [
        "cora@example.org",
        "thon@example.org",
    ]
    letter = Message.objects.first()
    assert letter.subject == "Genesis Phase 4: 5 to 10 %: GO"
    assert "/plans/genesis-4/gates/gate-1/" in letter.text and "Cora" in letter.text
    done = {row.kind: row.note for row in plan.followups.exclude(done_at=None)}
    assert done["announcement"] == "Mail to 2 people, 3 have no address."
    assert done["schedule"].startswith("T0 is ")
    assert TimelineEvent.objects.filter(kind="gate.decided").count() == 1


def test_where_nobody_has_an_address_the_announcement_is_left_to_do(plan, all_go, cast):
    decide_gate(all_go, "go", by=cast["cora"])
    assert open_ones(plan) == [
        "Confirm the schedule",
        "Tell everybody in the room: nobody has a mail address",
        "Write the status update for the public page",
    ]


def test_no_go_opens_one_for_each_thing_that_blocks(plan, all_go, cast, roles, blocking):
    """S116: the branch of the NO-GO, with the remediation plan, the new date and the notice."""
    measure(plan, "error-rate", 3.0)
    held = [Wanted("P95 below 200 ms", "Thon")]
    cast_vote(all_go, roles["deployment-lead"], "go", by=cast["cora"], conditions=held)
    cast_vote(all_go, roles["on-call"], "no-go", by=cast["thon"], reason="The disk is full")
    decision = no_go(all_go, cast)
    assert open_ones(plan) == [
        "Bring back to target: Error rate is 3 %, above its 1 % limit.",
        "Close 1.7: Confirm on-call cover",
        "Meet condition 1: P95 below 200 ms",
        "Answer the no-go of On-Call: The disk is full",
        "Write the remediation plan",
        "Set a new date",
        "Tell the stakeholders",
    ]
    assert plan.followups.get(number=3).owner == "Thon"
    assert plan.followups.get(number=4).role == roles["on-call"]
    draft = of_kind(plan, "notice").text
    assert "does not go ahead as planned" in draft and BECAUSE in draft
    event = plan.events.get(kind="gate.decided")
    assert event.data["followups"] == [1, 2, 3, 4, 5, 6, 7] and "7 follow-ups" in event.text
    assert of_kind(plan, "new-date").due_at == decision.at + timedelta(days=1)


def test_a_no_go_costs_the_same_with_one_red_and_with_many(plan, cast, roles):
    def statements(reds):
        gate = Gate.objects.create(plan=plan, key=f"g{reds}", number=reds + 5, title=f"G{reds}")
        steps = {"branch": "no-go", "kind": "blockers", "text": "x", "role": roles["on-call"]}
        BranchStep.objects.create(gate=gate, position=1, **steps)
        for n in range(reds):
            bounds = {"green_op": "<", "green_value": 1, "red_op": ">", "red_value": 2}
            named = {"key": f"c{n}", "label": f"C{n}", "evidence_key": "e", "position": n + 1}
            Criterion.objects.create(gate=gate, **named, **bounds)
        measure(plan, "e", 5, valid_for_s=999, unit="")
        with CaptureQueriesContext(connection) as captured:
            decide_gate(gate, "no-go", by=cast["cora"], rationale="Everything is red tonight.")
        assert plan.followups.filter(decision__gate=gate).count() == reds
        return len(captured)

    assert statements(1) == statements(30)


def test_hold_looks_again_when_it_ends_and_is_done_by_the_next_decision(plan, gate, cast):
    held = decide_gate(gate, "hold", by=cast["cora"], hold_minutes=30)
    row = plan.followups.get()
    assert (row.text, row.due_at) == ("Look again at the gate", held.hold_until)
    no_go(gate, cast)
    row.refresh_from_db()
    assert row.done_at and row.note == "Looked at again: NO-GO."


def test_a_gates_own_steps_take_the_place_of_the_usual_ones(plan, gate, cast, roles):
    steps = {
        "go": [Step("task", "Switch the flag on", "on-call", 60)],
        "hold": [],
        "no-go": [Step("task", "Open a ticket")],
    }
    set_branches(gate, steps, by=cast["cora"])
    set_branches(gate, steps, by=cast["cora"])
    assert plan.events.filter(kind="gate.changed").count() == 1
    no_go(gate, cast)
    assert open_ones(plan) == ["Open a ticket"]
    with pytest.raises(Refused, match="was decided while you wrote"):
        set_branches(gate, steps | {"go": []}, by=cast["cora"])


def test_who_may_not_edit_sets_no_steps_and_wrong_ones_are_said(gate, cast):
    with pytest.raises(NotAllowed):
        set_branches(gate, {"go": [Step("task", "x")]}, by=cast["thon"])
    for steps in (
        {"maybe": []},
        {"go": [Step("party", "x")]},
        {"go": [Step("task", " ")]},
        {"go": [Step("task", "x", "pope")]},
        {"go": [Step("task", "x")] * 51},
    ):
        with pytest.raises(Invalid):
            set_branches(gate, steps, by=cast["cora"])


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("Write it down", Step("task", "Write it down")),
        ("Write it | On-Call | 24h", Step("task", "Write it", "on-call", 1440)),
        ("notice | Tell them | 60m", Step("notice", "Tell them", "", 60)),
        ("blockers | Clear them", Step("blockers", "Clear them")),
    ],
)
def test_a_step_is_typed_as_a_line(line, step):
    roles = {"on-call": "on-call"}
    assert read_step(line, roles) == step
    assert read_step(write_step(step), roles) == step


@pytest.mark.parametrize("line", ["notice |", "x | pope", " | on-call"])
def test_a_line_that_is_not_understood_is_said(line):
    with pytest.raises(ValueError, match=r"."):
        read_step(line, {"on-call": "on-call"})


# --- what people do ----------------------------------------------------------------------------


def test_a_follow_up_is_closed_once_with_its_note(plan, gate, cast):
    no_go(gate, cast)
    row = of_kind(plan, "plan")
    with pytest.raises(Invalid):
        close_followup(row, " ", by=cast["thon"])
    close_followup(row, "In the wiki", by=cast["thon"])
    close_followup(row, "In the wiki", by=cast["thon"])
    with pytest.raises(Refused, match="Thon closed"):
        close_followup(row, "Mine", by=cast["cora"])
    with pytest.raises(NotAllowed):
        close_followup(of_kind(plan, "notice"), "x", by=cast["vera"])
    event = plan.events.get(kind="followup.done")
    assert event.data == {"followup": row.number, "note": "In the wiki", "gate": gate.key}


def test_open_pages_show_what_a_decision_started_and_what_is_done(plan, gate, cast, client_of):
    """The list of the release and the gate's own part are live."""
    client = client_of(cast["cora"])
    place = f"/plans/{plan.slug}/gates/{gate.key}/"
    assert b'<div id="gate-followups-gate-1" data-live' in client.get(place).content
    no_go(gate, cast)
    row = plan.followups.first()
    page = client.get(place).content.decode()
    assert 'data-live="gate-followups-gate-1"' in page and "To do" in page
    seq = plan.events.order_by("seq").last().seq
    close_followup(row, "Cleared by hand", by=cast["cora"])
    plan.refresh_from_db()
    events = list(plan.events.filter(seq__gt=seq))
    told = {(panel.name, key) for panel, key in stale("all", plan, events)}
    assert {("followups", ""), ("gate-followups", "gate-1")} <= told
    page = client.get(f"/plans/{plan.slug}/followups/").content.decode()
    assert 'data-live="followups"' in page and "Cleared by hand" in page


def test_a_decision_against_the_rule_is_marked_where_events_are_read(plan, gate, cast, client_of):
    client = client_of(cast["cora"])
    no_go(gate, cast)
    for address in ("", "timeline/"):
        page = client.get(f"/plans/{plan.slug}/{address}").content.decode()
        assert page.count(">Override</span>") == 1


def test_follow_ups_are_closed_in_a_closed_release_too(plan, gate, cast):
    no_go(gate, cast)
    type(plan).objects.filter(pk=plan.pk).update(lifecycle="aborted")
    assert close_followup(of_kind(plan, "notice"), "Told by mail", by=cast["thon"]).done_at


def test_one_is_added_by_hand_once(plan, cast):
    for _ in range(2):
        open_followup(plan, "Buy cake", by=cast["thon"], owner="Cora")
    assert FollowUp.objects.get().owner == "Cora"
    assert plan.events.get().kind == "followup.opened"


def test_the_room_needs_what_is_due(plan, gate, cast, roles):
    no_go(gate, cast)
    found = {need.title: need.key for need in followup_needs(plan, timezone.now())}
    assert found == {
        "Set a new date": "edit",
        "Tell the stakeholders": "edit",
        "Write the remediation plan": "edit",
    }


# --- the new date ------------------------------------------------------------------------------


@pytest.fixture
def refused(plan, gate, criterion, cast):
    plan.t0 = timezone.now().replace(microsecond=0) + timedelta(days=2)
    plan.save()
    gate.offset_s = -3600
    gate.save()
    Gate.objects.create(plan=plan, key="gate-2", number=2, title="10 to 25 %", offset_s=7200)
    no_go(gate, cast)
    plan.refresh_from_db()
    return of_kind(plan, "new-date")


def test_a_new_date_moves_the_plan_and_holds_the_gate_again(plan, gate, refused, cast):
    """S116, S121: the new date shifts the plan; the NO-GO stays, a second meeting is opened."""
    stage = Stage.objects.create(plan=plan, number=1, from_percent=5, to_percent=10, gate=gate)
    anew = held_anew(refused)
    shift = preview_shift(plan, 7 * 86_400, timezone.now(), anew=anew)
    before = plan.t0
    set_new_date(refused, 7 * 86_400, by=cast["cora"], reason="Fix first", basis=shift.basis)
    plan.refresh_from_db()
    assert plan.t0 - before == timedelta(days=7)
    second = Gate.objects.get(key="gate-1-2")
    assert second.title == "5 to 10 %, second meeting" and second.follows == gate
    assert [(g.key, g.number) for g in plan.gates.order_by("number")] == [
        ("gate-1", 1),
        ("gate-1-2", 2),
        ("gate-2", 3),
    ]
    assert [one.key for one in second.criteria.all()] == ["error-rate"]
    assert second.offset_s == gate.offset_s and not second.votes.exists()
    refused.refresh_from_db()
    assert refused.done_by == cast["cora"] and "Fix first" in refused.note
    event = plan.events.last()
    assert event.kind == "plan.shifted" and "second meeting is opened" in event.text
    assert event.data["opened_gate"] == "gate-1-2" and event.data["reason"] == "Fix first"
    stage.refresh_from_db()
    assert stage.gate == second


def test_the_second_meeting_speaks_for_the_gate_that_said_no_go(plan, gate, refused, cast):
    set_new_date(refused, 86_400, by=cast["cora"], reason="Fix first")
    plan.refresh_from_db()
    said = [one.sentence for one in against_going_live(plan, "deploying", timezone.now())]
    assert "5 to 10 % said NO-GO." not in said
    assert "5 to 10 %, second meeting is not decided." in said


def test_the_same_new_date_sent_twice_moves_once(plan, refused, cast):
    for _ in range(2):
        set_new_date(refused, 86_400, by=cast["cora"], reason="Fix", request_id="once")
    assert plan.gates.count() == 3
    with pytest.raises(Refused, match="Cora closed"):
        set_new_date(refused, 3600, by=cast["cora"], reason="Again")
    t0 = plan.t0
    plan.refresh_from_db()
    assert plan.t0 - t0 == timedelta(days=1)


def test_a_date_that_was_moved_already_holds_the_gate_again(plan, refused, cast):
    set_new_date(refused, None, by=cast["cora"], reason="Moved yesterday")
    assert plan.gates.filter(key="gate-1-2").exists()
    assert plan.events.last().kind == "followup.done"


def test_a_new_date_on_a_schedule_that_changed_is_refused_and_nothing_is_opened(
    plan, refused, cast
):
    with pytest.raises(Refused, match="changed since the preview"):
        set_new_date(refused, 86_400, by=cast["cora"], reason="Fix", basis="other")
    with pytest.raises(NotAllowed):
        set_new_date(refused, 86_400, by=cast["thon"], reason="Fix")
    assert plan.gates.count() == 2
    refused.refresh_from_db()
    assert refused.done_at is None


def test_after_t0_what_is_ahead_moves_and_the_gate_comes_later(plan, gate, cast):
    plan.t0 = timezone.now() - timedelta(hours=1)
    plan.save()
    gate.offset_s = 1800
    gate.save()
    Gate.objects.create(plan=plan, key="gate-2", number=2, title="10 to 25 %", offset_s=7200)
    no_go(gate, cast)
    plan.refresh_from_db()
    set_new_date(of_kind(plan, "new-date"), 86_400, by=cast["cora"], reason="Tomorrow")
    assert Gate.objects.get(key="gate-1-2").offset_s == 1800 + 86_400
    assert Gate.objects.get(key="gate-2").offset_s == 7200 + 86_400


@pytest.fixture
def day_two(plan, gate, cast):
    """Under way: stage 2 was released by a GO, then the gate at its own end says NO-GO."""
    plan.t0 = timezone.now().replace(microsecond=0) - timedelta(hours=1)
    plan.save()
    Gate.objects.filter(pk=gate.pk).update(offset_s=86_400, title="Day 2")
    other = Gate.objects.create(plan=plan, key="two", number=2, title="Stage 2")
    third = Gate.objects.create(plan=plan, key="three", number=3, title="Day 3", offset_s=172_800)
    at = {1: (0, other), 2: (100_000, gate), 3: (50_000, third), 4: (172_800, None)}
    for number, (offset_s, own) in at.items():
        Stage.objects.create(
            plan=plan,
            number=number,
            from_percent=number,
            to_percent=number + 1,
            offset_s=offset_s,
            gate=own,
        )
    decide_gate(other, "go", by=cast["cora"], rationale="Every number held, so we go on.")
    Gate.objects.filter(pk=other.pk).update(offset_s=43_200)
    gate.refresh_from_db()
    no_go(gate, cast)
    plan.refresh_from_db()
    return of_kind(plan, "new-date")


def test_a_new_date_leaves_what_another_gates_go_released(plan, gate, day_two, cast):
    set_new_date(day_two, 172_800, by=cast["cora"], reason="In two days")
    assert {one.number: one.offset_s for one in plan.stages.all()} == {
        1: 0,  # earlier, though it has not begun
        2: 100_000,  # released, though later
        3: 50_000 + 172_800,  # waits for this gate, though planned before it
        4: 172_800 + 172_800,
    }
    held = {one.key: one.offset_s for one in plan.gates.all()}
    assert held["two"] == 43_200 and held["three"] == 172_800 + 172_800
    assert held[f"{gate.key}-2"] == 86_400 + 172_800
    assert "Day 2, second meeting to" in plan.events.last().text


def test_the_preview_of_a_new_date_names_the_gate_itself(plan, day_two, cast, client_of):
    page = client_of(cast["cora"]).get(
        f"/plans/{plan.slug}/followups/{day_two.number}/?shift=%2B2d"
    )
    text = page.content.decode()
    assert "Day 2, second meeting" in text and "held again, votes anew" in text
    assert "Stage 4: 5 %" in text and "Stage 1: 2 %" not in text
    assert "or a new time for Day 2, second meeting" in text
    assert "what earlier gates released stays" in text


def test_a_new_date_that_has_passed_is_refused_in_words(plan, day_two, cast):
    with pytest.raises(Refused, match=r"would lie .* in the past, and 1 more"):
        set_new_date(day_two, -86_400, by=cast["cora"], reason="Earlier")


def test_meetings_are_counted():
    assert next_meeting("Gate", "g", ["g"]) == ("Gate, second meeting", "g-2")
    assert next_meeting("Gate, second meeting", "g-2", ["g", "g-2"]) == (
        "Gate, third meeting",
        "g-3",
    )
    assert next_meeting("Gate 1", "gate-1", ["gate-1", "gate-1-2"])[1] == "gate-1-3"
