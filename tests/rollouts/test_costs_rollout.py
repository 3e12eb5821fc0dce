"""The panels of the rollout cost the same number of statements at any size."""

from datetime import timedelta

import pytest
from django.utils import timezone

from rollouts.actions.holds import hold
from rollouts.actions.runs import begin_run
from rollouts.actions.stages import advance
from rollouts.models import Stage
from tests.rollouts.cast import make_query, read
from warroom.actions.change import RULE, change
from warroom.live import panels

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[1, 30])
def many(request, plan, cast, gate):
    for n in range(request.param + 1):
        Stage.objects.create(
            plan=plan, number=n + 1, from_percent=n, to_percent=n + 1, soak_s=60, offset_s=n * 60,
            gate=gate if n else None,
        )  # fmt: skip
        make_query(plan, f"q{n}")
    read(plan)
    advance(plan, to_percent=1, by="demo")
    for n in range(request.param):
        hold(plan, by=cast["thon"], reason=f"Wait {n}.", until=timezone.now() + timedelta(hours=1))
        with change(plan, by=RULE) as changing:
            begin_run(changing, drill=True, cause="person", reason="Drill", from_percent=5,
                      to_percent=0, by_name="Thon")  # fmt: skip
            changing.record("drill.started", "Drill")
    plan.refresh_from_db()
    return plan


@pytest.mark.parametrize(
    ("panel", "statements"),
    [("track", 2), ("rollout-calendar", 3), ("rollout-history", 2), ("stage", 3)],
)
def test_a_panel_of_the_rollout_costs_the_same_at_any_size(
    many, django_assert_num_queries, panel, statements
):
    with django_assert_num_queries(statements):
        assert panels.render(panels.get(panel), many, timezone.now())
