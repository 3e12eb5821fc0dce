"""What scripts and servers say that they should not."""

import pytest
from django.utils import timezone

from rollouts.actions.check_edits import remove_check
from rollouts.actions.sources import edit_source
from rollouts.models import Stage, StageState
from rollouts.rules.shares import number_at
from tests.rollouts.cast import make_check, make_query
from warroom.environment import refusal
from warroom.rules.json_path import NoPath


@pytest.mark.parametrize("word", ["9" * 5000, "99999", "-1", "1e3", "٣", "%00"])
def test_an_exit_status_that_is_none_is_said_so(client, plan, word):
    make_check(plan, "script", kind="heartbeat", url="", ping_key="k" * 32)
    assert client.get(f"/ping/{'k' * 32}/{word}").status_code == 422


def test_a_share_that_is_too_large_for_any_number_is_no_share():
    with pytest.raises(NoPath):
        number_at({"share": 10**400}, "share")


@pytest.mark.parametrize(
    "name",
    [
        "WARROOM_SECRET_KEY", "SECRET_KEY", "POSTGRES_PASSWORD", "DB_PASSWORD", "DATABASE_URL",
        "DJANGO_SECRET_KEY", "django_secret_key",
    ],
)  # fmt: skip
def test_what_belongs_to_the_product_is_named_by_no_release(name):
    assert refusal(name)
    assert not refusal("WARROOM_SECRET_FLAGS") and not refusal("FLAGS_TOKEN")


def soaking(plan):
    now = timezone.now()
    return Stage.objects.create(
        plan=plan, number=1, from_percent=0, to_percent=5, state=StageState.RUNNING,
        started_at=now, soak_from=now, observed_s=500, soak_s=600,
    )  # fmt: skip


@pytest.mark.parametrize(("silent", "left"), [(False, 0), (True, 500)])
def test_a_check_taken_off_during_a_soak_restarts_it_and_says_so(plan, silent, left):
    """What was red cannot be taken off to let the hours before count."""
    row, stage = make_check(plan, report_only=silent), soaking(plan)
    remove_check(row, by="Cora", reason="It is broken")
    stage.refresh_from_db()
    assert stage.observed_s == left
    assert ("The soak restarts after" in plan.events.last().text) is not silent


@pytest.mark.parametrize(("fields", "left"), [({"url": "http://b:9090"}, 0), ({"name": "B"}, 500)])
def test_a_server_that_stands_elsewhere_restarts_the_soak(plan, fields, left):
    """Hours that another server told of count for nothing; another name changes nothing."""
    source, stage = make_query(plan).source, soaking(plan)
    edit_source(source, fields, by="Cora")
    stage.refresh_from_db()
    assert stage.observed_s == left
    assert ("soak of stage 1 restarts" in plan.events.last().text) is (left == 0)
