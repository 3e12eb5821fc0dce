"""Until when a rollback may start and still be over inside the protected window."""

from datetime import UTC, datetime, timedelta

import pytest

from rollouts.models import RollbackProcedure, RollbackRun, Rollout, RunOutcome
from rollouts.queries.safe_start import latest_safe_start, safe_starts, warning
from rollouts.rules import safe_start as rules
from rollouts.rules.safe_start import Way, earliest, starts

UNTIL = datetime(2025, 10, 24, 9, 30, tzinfo=UTC)


def at(hour, minute):
    return UNTIL.replace(hour=hour, minute=minute)


def test_each_way_is_counted_back_from_the_end_of_the_window_and_the_earliest_counts():
    found = starts([Way("flag", "Flag", 1200, 151), Way("full", "Full restore", 900, 785)],
                   UNTIL, 300)  # fmt: skip
    assert [(one.key, one.at, one.needs) for one in found] == [
        ("flag", at(9, 5), "20:00 + 5:00 reserve"),
        ("full", at(9, 10), "15:00 + 5:00 reserve"),
    ]
    assert earliest(found).key == "flag"


def test_a_drill_that_took_longer_than_the_target_counts_and_a_quicker_one_is_no_promise():
    slow, quick = starts([Way("a", "A", 600, 900, "Drill 3, 15 Oct"), Way("b", "B", 600, 60)],
                         UNTIL, 0)  # fmt: skip
    assert (slow.at, slow.by, slow.because) == (at(9, 15), "drill", "as Drill 3, 15 Oct took")
    assert (quick.at, quick.by) == (at(9, 20), "target")


def test_what_says_no_time_has_no_latest_start():
    assert starts([Way("a", "A")], UNTIL, 300) == []
    assert earliest([]) is None


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (at(8, 34), ""),
        (at(8, 35), "A rollback has to start by 09:05 UTC: Flag needs 20:00 + 5:00 reserve"),
        (at(9, 5), "A rollback has to start by 09:05 UTC"),
        (at(9, 6), "The latest safe start of a rollback was 09:05 UTC"),
    ],
)
def test_it_is_said_from_half_an_hour_before_and_afterwards(now, says):
    (found,) = starts([Way("flag", "Flag", 1200)], UNTIL, 300)
    said = rules.warning(found, now)
    assert said.startswith(says) and bool(said) == bool(says)
    assert found.passed(now) == (now > at(9, 5))


@pytest.fixture
def flag(plan, cast):
    plan.protected_until, plan.lifecycle = UNTIL, "deploying"
    plan.save()
    return RollbackProcedure.objects.create(plan=plan, key="flag", name="Flag", target_s=1200)


def run_of(procedure, number, seconds, **fields):
    began = UNTIL - timedelta(days=2)
    fields = {"outcome": RunOutcome.VERIFIED, "drill": True, **fields}
    return RollbackRun.objects.create(
        plan=procedure.plan, procedure=procedure, number=number, name="Flag", started_at=began,
        ended_at=began + timedelta(seconds=seconds), cause="drill", started_by="Thon", **fields,
    )  # fmt: skip


def test_only_runs_that_worked_say_how_long_it_takes(flag):
    run_of(flag, 1, 90)
    run_of(flag, 2, 1500)
    run_of(flag, 3, 9000, outcome=RunOutcome.FAILED)
    found = latest_safe_start(flag.plan, at(8, 0))
    assert (found.needs_s, found.by, found.at) == (1500, "drill", at(9, 0))


def test_the_reserve_is_the_plans(flag):
    Rollout.objects.create(plan=flag.plan, reserve_s=60)
    assert latest_safe_start(flag.plan, at(8, 0)).at == at(9, 9)


def test_nothing_is_said_once_it_is_rolled_back_or_over_or_without_a_window(flag):
    plan = flag.plan
    assert warning(plan, at(9, 10))
    rollout = Rollout.objects.create(plan=plan, rolled_back_at=at(9, 0))
    assert not warning(plan, at(9, 11))
    rollout.delete()
    plan.lifecycle = "stable"
    assert not warning(plan, at(9, 12))
    plan.lifecycle, plan.protected_until = "deploying", None
    assert safe_starts(plan, at(9, 13)) == [] and not warning(plan, at(9, 13))
