"""What runs on the second database follows a rule: all statements, all locks, all processes."""

import pytest
from django.db import DatabaseError, connection
from django.db.transaction import atomic

from tests.conftest import needs_real
from tests.harness.statements import Recorder, choose, kind_of, oddity
from warroom.models import DeploymentPlan


def test_every_kind_of_statement_is_sent_by_some_chosen_test():
    noted = {
        "slow": (9.0, {"a", "b", "c"}),
        "quick": (0.1, {"a", "b"}),
        "quick too": (0.1, {"b"}),
        "odd": (5.0, {"d"}),
        "none": (0.1, set()),
    }
    chosen = choose(noted)
    assert set().union(*(noted[name][1] for name in chosen)) == {"a", "b", "c", "d"}
    assert "quick too" not in chosen and "none" not in chosen
    assert choose({}) == []


def test_the_dearer_of_two_that_send_the_same_is_left_out():
    assert choose({"a": (3.0, {"x", "y"}), "b": (1.0, {"x", "y"})}) == ["b"]


def test_statements_that_differ_in_values_and_lengths_alone_are_one_kind():
    same = {
        kind_of('SELECT "a" FROM "t" WHERE "a" IN (%s, %s) LIMIT 21'),
        kind_of('SELECT "a" FROM "t" WHERE "a" IN (%s, %s, %s) LIMIT 1'),
        kind_of('SELECT "a" FROM "t" WHERE "a" IN (%s) LIMIT 7'),
    }
    assert len(same) == 1
    assert kind_of("INSERT INTO t VALUES (%s, NULL), (%s, %s)") == "INSERT INTO t VALUES (%s)"
    assert kind_of("UPDATE t SET a = NULL") == kind_of("UPDATE t SET a = %s")
    assert kind_of("SELECT a FROM t WHERE a IS NULL") != kind_of("SELECT a FROM t WHERE a = %s")
    assert kind_of("SELECT a FROM t ORDER BY a") != kind_of("SELECT a FROM t ORDER BY b")


@pytest.mark.parametrize(
    ("params", "said"),
    [
        (["x", 1], ""),
        (["x" * 256], " long"),
        (["a\0b"], " NUL"),
        ([2**31], " large"),
        (None, ""),
    ],
)
def test_a_value_that_one_database_may_refuse_makes_another_kind(params, said):
    assert oddity(params) == said


def test_what_is_sent_and_what_is_refused_is_noted(db):
    recorder = Recorder()
    recorder._listen(connection)
    try:
        with recorder.noting("one", clock=lambda: 1.0):
            list(DeploymentPlan.objects.filter(slug="x"))
            with pytest.raises(DatabaseError), atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT * FROM nowhere")
        list(DeploymentPlan.objects.all())  # between tests: of none
    finally:
        recorder.forget()
    seconds, kinds = recorder.by_test["one"]
    assert seconds == 0 and len(kinds) == 2
    assert any("Error" in kind for kind in kinds)


@pytest.mark.django_db(transaction=True)
def test_what_commits_runs_there_whatever_it_sends(request):
    assert needs_real(request.node)


@pytest.mark.process
def test_what_starts_processes_runs_there(request):
    assert needs_real(request.node)


@pytest.mark.process
@pytest.mark.once("this line says why")
def test_what_says_why_once_is_enough_runs_once(request):
    assert not needs_real(request.node)


def test_what_sends_nothing_does_not_run_there(request):
    assert not needs_real(request.node)


def test_whoever_says_that_once_is_enough_says_why(request):
    marks = (item.get_closest_marker("once") for item in request.session.items)
    assert all(len(mark.args) == 1 and mark.args[0] for mark in marks if mark)
