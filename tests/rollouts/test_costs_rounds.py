"""What rounds cost: as many statements for one as for hundreds."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollouts.models import SuccessCriterion, WatchRound
from rollouts.panels.rounds import round_needs
from rollouts.tasks.rounds import keep_due
from tests.rollouts.watched_room import BEGAN, metric, watched_stage
from warroom.live import panels
from warroom.models import DeploymentPlan

pytestmark = pytest.mark.django_db
MANY = 200


@pytest.fixture
def stage(plan, cast, time_machine):
    time_machine.move_to(BEGAN + timedelta(seconds=1), tick=False)
    metric(plan)
    return watched_stage(plan)


def rows(stage, count):
    WatchRound.objects.all().delete()
    WatchRound.objects.bulk_create(
        WatchRound(
            plan=stage.plan, stage=stage, generation=1, number=n, began_at=BEGAN,
            due_at=BEGAN + timedelta(minutes=15 * (n - count)), done_at=BEGAN, done_by="Thon",
            result="All green", band="green",
        )
        for n in range(1, count + 1)
    )  # fmt: skip


def statements(work):
    with CaptureQueriesContext(
        connection,
    ) as found:
        work()
    return len(found)


def fresh():
    return DeploymentPlan.objects.get()


def test_the_panels_and_the_need_share_four_statements(stage):
    """Rounds, stages, rollout, and whether anything is watched: others read them as well."""
    for count in (1, MANY):
        rows(stage, count)
        plan = fresh()

        def draw(plan=plan):
            for name in ("rounds", "stage"):
                panels.render(panels.get(name), plan, BEGAN)
            list(round_needs(plan, BEGAN))

        assert statements(draw) == 4


def test_success_costs_as_much_for_one_as_for_many(plan, cast):
    SuccessCriterion.objects.create(plan=plan, key="a", text="Calm")
    one = statements(lambda: panels.render(panels.get("success"), fresh(), BEGAN))
    SuccessCriterion.objects.bulk_create(
        SuccessCriterion(plan=plan, key=f"a{n}", text="Calm") for n in range(MANY)
    )
    assert statements(lambda: panels.render(panels.get("success"), fresh(), BEGAN)) == one


def test_a_look_of_the_worker_costs_four_statements(stage):
    keep_due()
    for count in (1, MANY):
        rows(stage, count)
        assert statements(keep_due) == 4


def test_the_list_costs_as_much_for_one_as_for_many(stage, client_of, cast):
    client, found = client_of(cast["vera"]), []
    client.get("/plans/genesis-4/rollout/rounds/")
    for count in (1, MANY):
        rows(stage, count)
        found.append(statements(lambda: client.get("/plans/genesis-4/rollout/rounds/")))
    assert found[0] == found[1]
