"""Calls for help: opened by rules, one per cause, answered and closed by people."""

import pytest
from django.db import IntegrityError, transaction

from warroom.actions.change import RULE, change
from warroom.actions.escalations import acknowledge, close, open_escalation
from warroom.actions.refusals import Invalid, NotAllowed
from warroom.models import EscalationContact, EscalationLevel, Message

pytestmark = pytest.mark.django_db


def call(plan, cause="drift", reason="5 % wanted, 0 % seen."):
    with change(plan, by=RULE) as changing:
        opened = open_escalation(changing, cause, reason)
        if opened:
            changing.record("rollout.drifted", f"{reason} {opened} opened.", escalation=str(opened))
    return opened


def test_one_cause_calls_once_until_it_is_closed(plan, cast):
    assert str(call(plan)) == "E-1"
    assert call(plan) is None
    assert str(call(plan, "rounds:1")) == "E-2"
    close(plan, 1, "The flag service was restarted.", by=cast["thon"])
    assert str(call(plan)) == "E-3"


def test_the_database_keeps_a_second_open_call_of_one_cause_out(plan):
    first = call(plan)
    with pytest.raises(IntegrityError), transaction.atomic():
        plan.escalations.create(
            number=9, cause=first.cause, reason="", opened_at=first.opened_at, opened_by="rule"
        )


def test_the_first_level_is_written_to_and_nobody_else(plan):
    for number in (1, 2):
        level = EscalationLevel.objects.create(plan=plan, number=number, name=f"Level {number}")
        way = {"way": "mail", "to": f"level{number}@example.org"}
        EscalationContact.objects.create(plan=plan, level=level, name="Thon", reach=[way])
    call(plan)
    letter = Message.objects.get()
    assert letter.to == "level1@example.org"
    assert letter.subject.startswith("E-1 ")


def test_whoever_answers_first_looks_after_it(plan, cast):
    call(plan)
    thon, cora = cast["thon"], cast["cora"]
    acknowledge(plan, 1, by=thon)
    seq = plan.events.count()
    assert acknowledge(plan, 1, by=cora).acknowledged_by == thon.display_name
    assert plan.events.count() == seq, "a second answer is no event"


def test_closing_wants_a_reason_and_an_observer_may_not(plan, cast):
    call(plan)
    with pytest.raises(Invalid):
        close(plan, 1, "  ", by=cast["thon"])
    with pytest.raises(NotAllowed):
        close(plan, 1, "Over.", by=cast["vera"])


def test_the_room_shows_what_is_open_and_the_page_closes_it(plan, cast, client_of):
    call(plan)
    client = client_of(cast["forge"])
    room = client.get(f"/plans/{plan.slug}/").content.decode()
    assert "Acknowledge E-1" in room
    assert "Answer E-1: 5 % wanted, 0 % seen." in room
    client.post(f"/plans/{plan.slug}/escalation/1/acknowledge")
    page = client.get(f"/plans/{plan.slug}/escalation/").content.decode()
    assert "Acknowledge E-1" not in page
    client.post(f"/plans/{plan.slug}/escalation/1/close", {"reason": "Restarted."})
    page = client.get(f"/plans/{plan.slug}/escalation/").content.decode()
    assert "Restarted." in page
    assert "Nothing is open." in page
    assert client.post(f"/plans/{plan.slug}/escalation/7/acknowledge").status_code == 404


def test_a_level_that_a_plan_has_not_is_answered_by_the_highest_below_it(plan):
    EscalationLevel.objects.create(plan=plan, number=1, name="Level 1")
    with change(plan, by=RULE) as changing:
        assert open_escalation(changing, "rollback-failed:1", "Still 5 %.", level=2).level == 1
        changing.record("rollback.failed", "Rollback 1 did not work.")
