"""A rule goes on only from a share that is there, now and not only once (law 5, S48)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from rollouts.actions.observing import record_actual
from rollouts.actions.stages import advance
from rollouts.models import Executor, Rollout, Stage, StageState
from tests.rollouts.cast import make_query, read
from warroom.actions.change import RULE
from warroom.actions.refusals import Refused

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def seen(plan, cast, clock):
    """5 % is wanted, seen by a metric, and its soak is done."""
    for number, (start, end) in enumerate([(0, 5), (5, 10)], start=1):
        Stage.objects.create(
            plan=plan, number=number, from_percent=start, to_percent=end, soak_s=30, hold_s=30,
            auto_advance=True,
        )  # fmt: skip
    Executor.objects.create(plan=plan, key="flag", name="Flag", kind="manual")
    make_query(plan)
    share = make_query(plan, "share", name="share", report_only=True)
    Rollout.objects.create(plan=plan, observed_by=share, observe_every_s=10)
    read(plan)
    advance(plan, to_percent=5, by=cast["cora"])
    for _ in range(6):
        clock.shift(timedelta(seconds=15))
        read(plan)
        record_actual(plan, 5.0, at=datetime.now(UTC))
    return plan


def test_a_share_that_is_seen_is_gone_on_from(seen):
    assert advance(seen, to_percent=10, by=RULE).state == StageState.RUNNING


def test_a_share_that_is_lost_again_is_not(seen):
    record_actual(seen, 3.0, at=datetime.now(UTC))
    with pytest.raises(Refused, match="5 % is wanted and not seen now"):
        advance(seen, to_percent=10, by=RULE)


def test_nor_one_of_which_nothing_tells_any_more(seen, clock):
    clock.shift(timedelta(minutes=2))
    read(seen)
    with pytest.raises(Refused):
        advance(seen, to_percent=10, by=RULE)


def test_a_person_may_go_on_all_the_same(seen, cast):
    record_actual(seen, 3.0, at=datetime.now(UTC))
    assert advance(seen, to_percent=10, by=cast["cora"]).state == StageState.RUNNING
