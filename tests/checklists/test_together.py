"""Many people at once, on real transactions: nothing is lost, nothing is done twice.

Scenario 22: twenty people tick and untick, the state is what the replayed events say. Scenario 18:
deciding decisions together decide once. Scenario 20: go and no-go together, both are kept.
"""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from checklists.actions.bulk import Chosen, set_items_state
from checklists.actions.delegating import delegate_vote
from checklists.actions.editing import (
    add_item,
    edit_item,
    move_item,
    remove_item,
    restore_item,
)
from checklists.actions.gates import cast_vote, decide_gate
from checklists.actions.items import add_item_note, set_item_state
from checklists.actions.placing import Where
from checklists.actions.results import record_result, record_value
from checklists.actions.signoffs import sign_off
from checklists.models import (
    ChecklistItem,
    Decision,
    Delegation,
    Evidence,
    ItemNote,
    Phase,
    SignOff,
    Vote,
)
from checklists.rules.results.reading import read_result
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
            lambda person=person: decide_gate(
                gate, "no-go", by=person, rationale=f"Stopped for today by {person}"
            )
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


# --- the whole list at once --------------------------------------------------------------------


def replayed(plan):
    """The list as the events alone tell it: number -> text, state and whether it is on the list."""
    told = {}
    for event in TimelineEvent.objects.filter(plan=plan).order_by("seq"):
        data = event.data
        if event.kind == "item.added":
            told[data["item"]] = {"text": data["fields"]["text"], "state": "open", "on": True}
        elif event.kind == "items.set":
            for number in data["items"]:
                told[int(number)]["state"] = data["after"]
        elif event.kind == "item.edited":
            for name, change in data["changes"].items():
                if name == "text":
                    assert told[data["item"]]["text"] == change["before"]
                    told[data["item"]]["text"] = change["after"]
        elif event.kind in ("item.removed", "item.restored"):
            for number in data.get("items", [data["item"]]):
                told[int(number)]["on"] = event.kind == "item.restored"
        elif "after" in data:
            assert told[data["item"]]["state"] == data["before"]
            told[data["item"]]["state"] = data["after"]
    return told


def stored(plan):
    return {
        item.number: {"text": item.text, "state": item.state, "on": item.removed_at is None}
        for item in ChecklistItem.everything.filter(plan=plan)
    }


def holes(plan):
    """Phases whose positions are not 1, 2, 3 …, and items that stand apart from their parents."""
    wrong = []
    for phase in Phase.objects.filter(plan=plan):
        rows = list(ChecklistItem.everything.filter(phase=phase).order_by("position"))
        if [row.position for row in rows] != [*range(1, len(rows) + 1)]:
            wrong.append((phase.number, [row.position for row in rows]))
        here = {row.pk: row for row in rows}
        for row in rows:
            if row.parent_id is None:
                continue
            parent = here.get(row.parent_id)
            if parent is None or (parent.group_id, True) != (
                row.group_id,
                parent.position < row.position,
            ):
                wrong.append((row.number, "is not below its parent"))
    return wrong


def test_twenty_people_change_the_whole_list_at_once_and_nothing_is_lost(plan, phase, cast):
    """Scenario 22: ticks, edits, additions, moves, removals and several at once together."""
    later = Phase.objects.create(plan=plan, number=2, title="Later")
    people = [make_user(f"p{n}") for n in range(PEOPLE)]
    for person in people:
        seat(plan, person, "lead", "Lead", ["tick", "edit", "skip"])
    items = [add_item(plan, {"text": f"Item {n}"}, Where(phase), by=people[0]) for n in range(8)]
    before = TimelineEvent.objects.count()

    def work(n, person):
        chance = random.Random(n)
        mine, other = chance.sample(items, 2)

        def job():
            made = add_item(plan, {"text": f"By {person}"}, Where(later), by=person)
            edit_item(made, {"text": f"By {person}, twice"}, by=person)
            done = [1, 1]
            for attempt in (
                lambda: move_item(mine, Where(after=other), by=person),
                lambda: move_item(mine, Where(parent=made), by=person),
                lambda: edit_item(other, {"text": f"{other.text} {n}"}, by=person),
                lambda: set_item_state(mine, "done", by=person),
                lambda: set_items_state(
                    plan, [Chosen(one.number) for one in (mine, other, made)], "doing", by=person
                ),
                lambda: remove_item(mine, f"{person} says so", by=person) if n % 4 == 0 else None,
                lambda: restore_item(mine, by=person),
            ):
                try:
                    attempt()
                    done.append(1)
                except Refused as refused:
                    done.append(refused.sentence)
            return done

        return job

    answers = together([work(n, person) for n, person in enumerate(people)])
    assert not [answer for answer in answers if isinstance(answer, Refused)]
    assert replayed(plan) == stored(plan)
    assert holes(plan) == []
    texts = set(ChecklistItem.everything.values_list("text", flat=True))
    assert {f"By {person}, twice" for person in people} <= texts
    numbers = sorted(ChecklistItem.everything.values_list("number", flat=True))
    assert numbers == [*range(1, 8 + PEOPLE + 1)]
    plan.refresh_from_db()
    assert first_broken(plan) is None
    assert TimelineEvent.objects.count() == plan.revision == plan.timeline_seq > before


def test_the_same_addition_sent_by_twenty_at_once_adds_once(plan, phase, cast):
    """Scenario 12, the item part: every retry finds what the first one made."""

    def add():
        return add_item(plan, {"text": "x"}, Where(phase), by=cast["cora"], request_id="one")

    answers = together([add] * PEOPLE)
    assert len({answer.pk for answer in answers}) == 1
    assert ChecklistItem.objects.count() == TimelineEvent.objects.count() == 1


def test_of_twenty_who_edit_what_they_all_saw_one_is_first_and_the_others_are_told(
    plan, phase, cast
):
    item = make_item(phase, 1, "Seen by all")

    def edit(n):
        return lambda: edit_item(item, {"text": f"Mine {n}"}, by=cast["cora"], seen_revision=0)

    answers = together([edit(n) for n in range(PEOPLE)])
    late = [answer for answer in answers if isinstance(answer, Refused)]
    assert len(late) == PEOPLE - 1
    assert all("Cora edited 1.1 first" in answer.sentence for answer in late)


def test_the_same_result_sent_by_many_at_once_is_one(plan, cast):
    """Scenario 9, at the same moment."""
    data = b'<testsuite name="a" tests="1"><testcase name="b"/></testsuite>'
    reading = read_result(data, "junit.xml")
    sent = {"by": cast["forge"]}
    jobs = [lambda: record_result(plan, reading, data, "junit.xml", **sent) for _ in range(8)]
    assert len({result.pk for result in together(jobs)}) == 1
    assert TimelineEvent.objects.count() == 1


def test_of_readings_that_arrive_together_the_newest_observation_counts(plan, cast):
    start = timezone.now() - timedelta(hours=1)
    asked = [(n, start + timedelta(minutes=n)) for n in (3, 8, 1, 6, 2, 7, 5, 4)]

    def posting(value, at):
        return lambda: record_value(plan, "a", value, by=cast["forge"], observed_at=at)

    together([posting(value, at) for value, at in asked])
    assert Evidence.objects.get(plan=plan, key="a").value == 8
    assert sorted(plan.results.values_list("number", flat=True)) == list(range(1, 9))


# --- votes ---------------------------------------------------------------------------------


def test_the_same_vote_sent_a_hundred_times_is_one(plan, gate, cast, roles):
    """Scenario 9: one vote, one event, whichever of the hundred came first."""

    def vote():
        return cast_vote(gate, roles["on-call"], "go", by=cast["thon"], request_id="one")

    answers = [one for _ in range(5) for one in together([vote] * PEOPLE)]
    assert len({answer.pk for answer in answers}) == 1
    assert Vote.objects.count() == TimelineEvent.objects.count() == 1


def test_votes_that_meet_a_decision_count_before_it_or_not_at_all(plan, gate, cast, roles):
    """Scenario 18: of what comes together one thing is first, and the evidence says which."""
    answers = together(
        [
            lambda: cast_vote(gate, roles["on-call"], "go", by=cast["thon"]),
            lambda: decide_gate(
                gate, "no-go", by=cast["cora"], rationale="The window is over for tonight."
            ),
            lambda: cast_vote(
                gate, roles["security-lead"], "no-go", by=cast["hudson"], reason="Wait"
            ),
        ]
    )
    frozen = Decision.objects.get().evidence["votes"]
    cast_here = [one for one in answers if isinstance(one, Vote)]
    assert len(frozen) == len(cast_here) == Vote.objects.count()
    assert all("Your vote was not counted" in str(a) for a in answers if isinstance(a, Refused))
    assert sum(isinstance(answer, Decision) for answer in answers) == 1


def test_two_who_hand_over_the_same_vote_at_once_leave_one_delegate(plan, gate, cast, roles):
    def ask(name):
        return lambda: delegate_vote(
            gate, roles["security-lead"], cast[name], "Away.", by=cast["cora"], agreed="Yes."
        )

    together([ask("forge"), ask("vera")] * 3)
    assert Delegation.objects.filter(ended_at=None).count() == 1
