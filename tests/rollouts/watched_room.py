"""A release whose stage 1 is watched by rounds, for tests."""

from datetime import UTC, datetime, timedelta

from checklists.rules.bands import Band
from rollouts.models import Rollout, Stage, StageState, WatchRound
from rollouts.queries.round_readings import readings_now
from rollouts.rules.round_readings import seen
from tests.rollouts.cast import make_query
from warroom.models import DeploymentPlan, Lifecycle

BEGAN = datetime(2025, 10, 23, 9, 20, tzinfo=UTC)
QUARTERS = [{"every_s": 900}]


def watched_stage(plan, cadence=QUARTERS, **fields):
    """Stage 1 at 5 %, under way and seen since 09:20."""
    DeploymentPlan.objects.filter(pk=plan.pk).update(
        lifecycle=Lifecycle.DEPLOYING, t0=BEGAN - timedelta(minutes=20)
    )
    plan.refresh_from_db()
    fields = {"soak_s": 42_000, "state": StageState.RUNNING, "started_at": BEGAN, **fields}
    stage = Stage.objects.create(
        plan=plan, number=1, from_percent=0, to_percent=5, cadence=cadence, **fields
    )
    Rollout.objects.create(
        plan=plan, desired_percent=5, desired_at=BEGAN, generation=1, verified_at=BEGAN
    )
    return stage


def metric(plan, band=Band.GREEN, at=BEGAN, **fields):
    """A metric that reads a band at an instant, and goes on to count for an hour."""
    value = {Band.GREEN: 120.0, Band.YELLOW: 239.0, Band.RED: 731.0}.get(band)
    return make_query(
        plan, band=band, value=value, read_at=at, observed_at=at, band_since=at,
        interval_s=3600, **fields,
    )  # fmt: skip


def rounds_of(plan):
    return list(WatchRound.objects.filter(plan=plan).order_by("due_at", "number"))


def shown_word(plan, now):
    """What a form of this instant carries."""
    return seen(readings_now(plan, now))
