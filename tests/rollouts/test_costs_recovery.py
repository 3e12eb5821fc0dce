"""The pages of rollbacks, drills and backups cost the same for one row and for many."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollouts.actions.procedures import save_procedure
from rollouts.models import Backup, RollbackRun, RunStep
from tests.rollouts.cast import make_check, make_query
from tests.rollouts.test_procedures import FLAG
from tests.rollouts.test_runs import begin
from warroom.live import panels
from warroom.models import DeploymentPlan

pytestmark = pytest.mark.django_db
PANELS = ("latest", "drill-last", "drills", "backups", "procedures", "wayback")


def cost(plan, names, key=""):
    """Statements that panels take of a plan that was just read."""
    fresh, now = DeploymentPlan.objects.get(pk=plan.pk), timezone.now()
    with CaptureQueriesContext(connection) as caught:
        for name in names:
            panels.render(panels.get(name), fresh, now, key)
    return len(caught)


@pytest.fixture
def flag(plan, cast):
    make_query(plan)
    make_check(plan)
    plan.protected_until, plan.lifecycle = timezone.now() + timedelta(minutes=40), "deploying"
    plan.save(update_fields=["protected_until", "lifecycle"])
    return save_procedure(plan, FLAG, by=cast["cora"])


def more(plan, flag, count, first):
    at = timezone.now() - timedelta(days=1)
    runs = RollbackRun.objects.bulk_create(
        RollbackRun(
            plan=plan, procedure=flag, number=first + n, drill=True, name="Flag", cause="drill",
            started_at=at, ended_at=at, outcome="verified", started_by="Thon", target_s=60,
        )
        for n in range(count)
    )  # fmt: skip
    RunStep.objects.bulk_create(
        RunStep(run=run, position=1, segment="a", title="b", kind="person", done_at=at)
        for run in runs
    )
    Backup.objects.bulk_create(
        Backup(plan=plan, name=f"b{first + n}", taken_at=at, registered_at=at, registered_by="a")
        for n in range(count)
    )


def test_the_page_of_recovery_costs_nine_statements_however_much_there_is(plan, flag):
    """Plan's rollout; procedures with steps, their metrics and checks; runs with steps; backups."""
    costs = []
    for count, first in ((1, 1), (150, 100)):
        more(plan, flag, count, first)
        costs.append(cost(plan, PANELS))
    assert costs[0] == costs[1] <= 9


def test_a_run_costs_the_same_with_four_steps_and_with_sixty(plan, flag, cast):
    names = ("run-banner", "run", "run-steps", "run-feed")
    begin(plan)
    few = cost(plan, names, "1")
    run = RollbackRun.objects.get()
    last = run.steps.last()
    RunStep.objects.bulk_create(
        RunStep(run=run, position=10 + n, segment="verify", title="c", kind=last.kind,
                health_check=last.health_check, query=last.query, hold_s=60)
        for n in range(56)
    )  # fmt: skip
    assert cost(plan, names, "1") == few <= 9
