"""``manage.py verify_timeline``: exit 1 and the first broken number. Scenario 64."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.conftest import make_plan
from warroom import timeline_guard
from warroom.actions.timeline import add_note

pytestmark = pytest.mark.django_db


def verify(*args):
    out = StringIO()
    call_command("verify_timeline", *args, stdout=out)
    return out.getvalue()


@pytest.fixture
def noted(plan, cast):
    for text in ("one", "two", "three"):
        add_note(plan, text, by=cast["cora"])
    return plan


def test_timelines_that_hold_are_named_with_their_heads(noted):
    make_plan("empty")
    noted.refresh_from_db()
    said = verify()
    assert f"genesis-4: holds, 3 events, head {noted.timeline_hash[:12]}" in said
    assert "empty: holds, 0 events" in said


def test_the_first_broken_number_is_named_and_the_exit_is_not_zero(noted):
    timeline_guard.remove(connection)
    try:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE warroom_timelineevent SET text = 'forged' WHERE seq >= 2")
    finally:
        timeline_guard.install(connection)
    out = StringIO()
    with pytest.raises(CommandError, match="does not hold: genesis-4") as wrong:
        call_command("verify_timeline", "genesis-4", stdout=out)
    assert wrong.value.returncode == 1
    assert "genesis-4: BROKEN at 2:" in out.getvalue()


def test_a_release_that_is_not_there_is_said():
    with pytest.raises(CommandError, match="no release"):
        verify("nowhere")


@pytest.mark.django_db(transaction=True)
def test_events_whose_release_was_deleted_are_noticed(noted):
    """Who can switch foreign keys off can delete a plan's row; its events stay and tell of it."""
    off, on = {
        "sqlite": ("PRAGMA foreign_keys=OFF", "PRAGMA foreign_keys=ON"),
        "postgresql": ("SET session_replication_role=replica", "RESET session_replication_role"),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(off)
        cursor.execute("DELETE FROM warroom_deploymentplan")
        cursor.execute(on)
    with pytest.raises(CommandError, match="3 events belong to a release whose row was deleted"):
        verify()
