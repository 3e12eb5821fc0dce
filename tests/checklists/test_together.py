"""Many people at once, on real transactions: nothing is lost, nothing is done twice.

Scenario 22: twenty people tick and untick, the state is what the replayed events say. Scenario 18:
deciding decisions together decide once. Scenario 20: go and no-go together, both are kept.
"""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from checklists.actions.gates import cast_vote, decide_gate
from checklists.actions.items import add_item_note, set_item_state
from checklists.actions.signoffs import sign_off
from checklists.models import ChecklistItem, Decision, ItemNote, SignOff, Vote
from tests.conftest import make_item, make_user, seat
from warroom.actions.refusals import Refused
from warroom.models import TimelineEvent
from warroom.queries.timeline import first_broken

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 20


def together(jobs):
    """Run all jobs at once, each in a thread with its own connection; give what each answered."""

    def run(job):
        try:
            return job()
        except Refused as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def test_twenty_people_tick_and_untick_and_the_state_is_what_the_events_say(plan, phase, cast):
    people = [make_user(f"p{n}") for n in range(PEOPLE)]
    for person in people:
        seat(plan, person, "member", "Member", ["tick"])
    items = [make_item(phase, n, f"Item {n}", required=False) for n in range(1, 6)]
    chance = random.Random(22)

    def ticking(person, moves):
        def job():
            for item, state, reason in moves:
                set_item_state(item, state, by=person, reason=reason)
            add_item_note(items[0], f"seen by {person}", by=person)

        return job

    states = [("done", ""), ("open", ""), ("doing", ""), ("blocked", "waits"), ("skipped", "no")]
    together(
        [
            ticking(person, [(chance.choice(items), *chance.choice(states)) for _ in range(4)])
            for person in people
        ]
    )
    told = {item.number: "open" for item in items}
    for event in TimelineEvent.objects.order_by("seq"):
        if event.kind != "item.noted":
            assert event.data["before"] == told[event.data["item"]]
            told[event.data["item"]] = event.data["after"]
    assert dict(ChecklistItem.objects.values_list("number", "state")) == told
    assert ItemNote.objects.count() == PEOPLE
    plan.refresh_from_db()
    assert first_broken(plan) is None
    assert plan.revision == plan.timeline_seq == TimelineEvent.objects.count()


def test_a_gate_that_several_decide_at_once_is_decided_once(plan, gate, cast):
    deciders = [make_user(f"d{n}") for n in range(6)]
    for person in deciders:
        seat(plan, person, "deployment-lead", "Deployment Lead", [])
    answers = together(
        [
            lambda person=person: decide_gate(gate, "no-go", by=person, rationale=f"{person}")
            for person in deciders
        ]
    )
    assert sum(isinstance(answer, Decision) for answer in answers) == 1
    assert all("was decided while you wrote" in str(a) for a in answers if isinstance(a, Refused))
    assert Decision.objects.count() == TimelineEvent.objects.count() == 1


def test_go_and_no_go_at_the_same_moment_are_both_kept(plan, gate, cast, roles):
    together(
        [
            lambda: cast_vote(gate, roles["on-call"], "go", by=cast["thon"]),
            lambda: cast_vote(
                gate, roles["security-lead"], "no-go", by=cast["hudson"], reason="Wait"
            ),
        ]
    )
    assert sorted(Vote.objects.values_list("word", flat=True)) == ["go", "no-go"]


def test_a_double_click_in_two_tabs_signs_once(plan, phase, cast, roles):
    together([lambda: sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"])] * 4)
    assert SignOff.objects.count() == TimelineEvent.objects.count() == 1
