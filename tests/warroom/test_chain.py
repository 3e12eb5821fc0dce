"""Law 4: what was logged is never changed, and a change behind our back is found. Scenario 64."""

import pytest
from django.db import DatabaseError, connection, transaction

from warroom import timeline_guard
from warroom.actions.timeline import add_note
from warroom.models import TimelineEvent
from warroom.queries.timeline import first_broken

pytestmark = pytest.mark.django_db


@pytest.fixture
def noted(plan, cast):
    for text in ("first", "second", "third"):
        add_note(plan, text, by=cast["cora"])
    plan.refresh_from_db()
    return plan


def run(sql, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_an_untouched_chain_holds(noted):
    assert noted.timeline_seq == 3
    assert first_broken(noted) is None


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE warroom_timelineevent SET text = 'forged' WHERE seq = 2",
        "DELETE FROM warroom_timelineevent WHERE seq = 2",
    ],
)
def test_the_database_refuses_to_change_or_delete_an_event(noted, sql):
    with pytest.raises(DatabaseError, match="append-only"):
        run(sql)
    assert list(noted.events.values_list("text", flat=True)) == ["first", "second", "third"]


def test_the_database_refuses_to_truncate_the_timeline(noted):
    if connection.vendor == "sqlite":  # SQLite knows no TRUNCATE; its form is DELETE without WHERE
        statement = "DELETE FROM warroom_timelineevent"
    else:
        run("SET CONSTRAINTS ALL IMMEDIATE")  # rows of this very transaction stand in the way
        statement = "TRUNCATE warroom_timelineevent CASCADE"
    with pytest.raises(DatabaseError, match="append-only"):
        run(statement)


def test_an_event_cannot_be_replaced_or_slipped_in(noted):
    columns = "plan_id, seq, kind, at, actor_name, text, data, prev_hash, hash"
    verb = "INSERT OR REPLACE" if connection.vendor == "sqlite" else "INSERT"
    for seq in (2, 9):
        with pytest.raises(DatabaseError):
            run(
                f"{verb} INTO warroom_timelineevent ({columns}) "
                f"SELECT plan_id, {seq}, kind, at, actor_name, 'forged', data, prev_hash, hash "
                "FROM warroom_timelineevent WHERE seq = 3"
            )


def test_a_request_id_cannot_be_used_to_replace_an_event(plan, cast):
    add_note(plan, "first", by=cast["cora"], request_id="r-1")
    verb = "INSERT OR REPLACE" if connection.vendor == "sqlite" else "INSERT"
    columns = "plan_id, kind, at, actor_name, text, data, prev_hash, hash, request_id"
    with pytest.raises(DatabaseError):
        run(
            f"{verb} INTO warroom_timelineevent (seq, {columns}) "
            f"SELECT 2, {columns} FROM warroom_timelineevent WHERE seq = 1"
        )
    assert plan.events.get().text == "first"


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("UPDATE warroom_timelineevent SET text = 'forged' WHERE seq = 2", "2: was changed"),
        ("UPDATE warroom_timelineevent SET actor_id = NULL WHERE seq = 2", "2: was changed"),
        ("UPDATE warroom_timelineevent SET request_id = '' WHERE seq = 2", "2: was changed"),
        ("DELETE FROM warroom_timelineevent WHERE seq = 2", "2: missing"),
        ("DELETE FROM warroom_timelineevent WHERE seq = 3", "3: missing"),
    ],
)
def test_what_happens_without_the_guard_is_found_and_named(noted, sql, found):
    timeline_guard.remove(connection)
    try:
        run(sql)
        assert first_broken(noted).startswith(found)
    finally:
        timeline_guard.install(connection)


def test_one_request_makes_one_event(plan, cast):
    assert add_note(plan, "once", by=cast["cora"], request_id="r-1") is not None
    assert add_note(plan, "once", by=cast["cora"], request_id="r-1") is None
    assert TimelineEvent.objects.filter(plan=plan).count() == 1
