"""What nobody saw counts for nothing: drift, soak, agreement, and runs that end late (law 5)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from rollouts.actions.guardrails import judge_guardrails
from rollouts.actions.observing import record_actual
from rollouts.actions.resuming import resume_rollout
from rollouts.actions.run_ends import finish_run
from rollouts.models import Guardrail, GuardrailKind, Rollout, Stage
from tests.rollouts.cast import make_query, read
from tests.rollouts.test_rollbacks import back, live
from warroom.actions.copies import copy_plan
from warroom.actions.drafts import Wishes
from warroom.live import panels

__all__ = ["live"]
STEP = timedelta(seconds=10)


@pytest.fixture
def seen(live, time_machine):
    """A release whose 5 % an address shows, seen a minute after they were wanted."""
    time_machine.move_to(timezone.now() + timedelta(seconds=60), tick=False)
    Rollout.objects.filter(plan=live).update(observe_url="http://flags.example/")
    record_actual(live, 5.0)
    return live


def silent(plan, time_machine, looks):
    for _ in range(looks):
        time_machine.shift(STEP)
        record_actual(plan, None, reason="connection refused")


def test_a_run_that_ends_after_a_resume_does_not_roll_the_release_back(live, cast):
    """S79."""
    run = back(live, cast["thon"])
    resume_rollout(live, 5, by=cast["thon"], reason="The alarm was false.")
    run.steps.update(done_at=timezone.now())
    finish_run(run, "verified", "All is well", by=cast["thon"])
    live.refresh_from_db()
    assert (live.lifecycle, Rollout.objects.get(plan=live).desired_percent) == ("deploying", 5)


def test_drift_that_nobody_sees_any_more_rolls_nothing_back(seen, time_machine):
    Guardrail.objects.create(
        plan=seen, key="drift", kind=GuardrailKind.DRIFT, window_s=120, mode="automatic"
    )
    record_actual(seen, 9.0)
    silent(seen, time_machine, 20)
    assert judge_guardrails(seen) is None
    record_actual(seen, 9.0)  # after the silence it begins anew
    assert judge_guardrails(seen) is None
    for _ in range(12):
        time_machine.shift(STEP)
        record_actual(seen, 9.0)
    assert judge_guardrails(seen) is not None


def test_a_share_that_nobody_sees_does_not_soak_and_agrees_with_nothing(seen, time_machine):
    make_query(seen)
    Stage.objects.filter(plan=seen, number=1).update(soak_s=3600)
    track = panels.get("track")
    assert track.context(seen, timezone.now())["agrees"]
    for _ in range(20):
        silent(seen, time_machine, 1)
        read(seen)
    assert Stage.objects.get(plan=seen, number=1).observed_s <= 30
    shown = track.context(seen, timezone.now())
    assert not shown["agrees"] and shown["apart"] is None


def test_a_copy_without_its_metrics_has_no_guardrails_of_them(plan, cast):
    query = make_query(plan)
    Guardrail.objects.create(plan=plan, key="p95", name="P95", kind="metric", query=query)
    wishes = Wishes("Next", t0=timezone.now())
    copy = copy_plan(plan, wishes, by=cast["cora"], takes={"items"})
    assert not Guardrail.objects.filter(plan=copy).exists()
    whole = copy_plan(plan, Wishes("Whole", t0=timezone.now()), by=cast["cora"])
    assert Guardrail.objects.get(plan=whole).query.plan == whole
