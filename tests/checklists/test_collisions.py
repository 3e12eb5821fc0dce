"""Scenario 17: a deadlock or a busy database is tried again, at most three times; no vote is lost.

Scenarios 9 and 18: what is sent a hundred times, or by two at once, has one effect.
"""

import sqlite3

import pytest
from django.db import OperationalError, connection

from checklists.actions import gates as voting
from checklists.actions.gates import cast_vote, decide_gate
from checklists.models import Decision, FollowUp, Vote
from tests.checklists.test_together import together
from tests.conftest import make_user, seat
from warroom.actions import again
from warroom.actions.refusals import Refused
from warroom.models import Message, TimelineEvent
from warroom.queries.timeline import first_broken

pytestmark = pytest.mark.django_db(transaction=True)
BECAUSE = "The evidence does not carry a release today."


@pytest.fixture
def naps(monkeypatch):
    """Every rest between two tries, which takes no time here."""
    taken = []
    monkeypatch.setattr(again.time, "sleep", taken.append)
    return taken


def colliding(monkeypatch, times):
    """The database refuses so many votes as it does in a deadlock."""
    fresh, left = voting.fresh_gate, [times]

    def collide(gate, under):
        if left[0]:
            left[0] -= 1
            _deadlock()
        return fresh(gate, under)

    monkeypatch.setattr(voting, "fresh_gate", collide)


def _deadlock():
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$")
    busy = sqlite3.OperationalError("database is locked")
    busy.sqlite_errorcode = sqlite3.SQLITE_BUSY_SNAPSHOT
    raise OperationalError("database is locked") from busy


@pytest.mark.parametrize("times", [1, 3])
def test_a_vote_that_meets_a_deadlock_is_cast_all_the_same(
    plan, gate, cast, roles, monkeypatch, naps, times
):
    colliding(monkeypatch, times)
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    assert (Vote.objects.count(), TimelineEvent.objects.count(), len(naps)) == (1, 1, times)
    plan.refresh_from_db()
    assert first_broken(plan) is None


def test_after_three_tries_it_is_said_and_nothing_is_written(gate, cast, roles, monkeypatch, naps):
    colliding(monkeypatch, 4)
    with pytest.raises(OperationalError):
        cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    assert len(naps) == 3
    assert not Vote.objects.exists() and not TimelineEvent.objects.exists()


def test_what_is_no_collision_is_not_tried_again(gate, cast, roles, monkeypatch, naps):
    def broken(gate, under):
        raise OperationalError("the disk is full")

    monkeypatch.setattr(voting, "fresh_gate", broken)
    with pytest.raises(OperationalError):
        cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    assert naps == []


def test_a_busy_sqlite_is_tried_again(gate, cast, roles, monkeypatch):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has more than one writer")
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(
        again.time, "sleep", lambda seconds: other.in_transaction and other.rollback()
    )
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    other.close()
    assert Vote.objects.count() == 1


def test_go_by_two_deciders_at_once_is_decided_once(plan, all_go, cast):
    """Scenario 18: the second is told who was first."""
    second = make_user("dora")
    seat(plan, second, "deployment-lead", "Deployment Lead", [])
    answers = together(
        [
            lambda person=person: decide_gate(all_go, "go", by=person)
            for person in (cast["cora"], second)
        ]
    )
    assert sum(isinstance(answer, Decision) for answer in answers) == 1
    told = next(answer for answer in answers if isinstance(answer, Refused))
    assert "was decided while you wrote: GO" in told.sentence
    assert TimelineEvent.objects.filter(kind="gate.decided").count() == 1


def test_the_same_decision_sent_a_hundred_times_has_one_effect(plan, all_go, cast):
    """Scenario 9: one decision, one event, one letter each, one set of follow-ups."""
    cast["thon"].email = "thon@example.org"
    cast["thon"].save()

    def decide():
        return [decide_gate(all_go, "go", by=cast["cora"], request_id="one").pk for _ in range(10)]

    answers = together([decide] * 10)
    assert len({pk for some in answers for pk in some}) == 1
    assert Decision.objects.count() == Message.objects.count() == 1
    assert TimelineEvent.objects.filter(kind="gate.decided").count() == 1
    assert FollowUp.objects.filter(kind="schedule").count() == 1
