"""Soak is the time that was observed green (law 12, S57, scenarios 38, 41, 42)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from checklists.rules.bands import Band
from rollouts.actions.soaks import restart_soak
from rollouts.actions.stages import advance
from rollouts.actions.verdicts import apply_verdict
from rollouts.models import Rollout, Stage
from rollouts.queries.soaks import soak_of
from rollouts.queries.stages import soaks_until
from rollouts.rules.soak import Soak, judged, seen, soak_now
from tests.rollouts.cast import make_query, read
from warroom.actions.change import RULE, change
from warroom.actions.refusals import Refused

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
STEP = timedelta(seconds=15)


def at(seconds):
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("before", "now", "green", "good_until", "counts", "goes_on"),
    [
        (at(0), 15, True, at(30), 15, True),
        (at(0), 30, True, at(30), 30, True),
        (at(0), 31, True, at(30), 0, True),  # a reading was too old in between
        (at(0), 15, False, at(30), 0, False),  # a hold pauses
        (None, 15, True, at(30), 0, True),  # green again: counts from here
        (at(0), 15, True, None, 0, True),  # the judgement before was good for nothing
        (at(0), 7200, True, at(30), 0, True),  # a clock two hours ahead
        (at(0), -7200, True, at(30), 0, True),  # and one two hours behind
    ],
)
def test_what_counts_between_two_judgements(before, now, green, good_until, counts, goes_on):
    after = judged(Soak(100, before), at(now), green=green, good_until=good_until)
    assert after == Soak(100 + counts, at(now) if goes_on else None)


@given(st.lists(st.tuples(st.integers(-7200, 7200), st.booleans()), max_size=40))
def test_no_clock_makes_a_soak_longer_than_two_intervals_a_judgement(steps):
    """Scenario 41: whatever the clock does, a judgement adds at most what the one before was
    good for; and nothing is ever taken away."""
    soak, now, good_until = Soak(), NOON, None
    for step, green in steps:
        now += timedelta(seconds=step)
        after = judged(soak, now, green=green, good_until=good_until)
        assert 0 <= after.observed_s - soak.observed_s <= 30
        assert green or after.observed_s == soak.observed_s
        soak, good_until = after, now + timedelta(seconds=30)
    assert soak.observed_s <= seen(soak, now + timedelta(hours=9), good_until) + 30


@given(st.integers(0, 100_000), st.integers(1, 100_000))
def test_what_is_left_and_the_earliest_end_fit_together(observed, length):
    soak = soak_now(Soak(observed, None), length, NOON, None, begun=True)
    assert soak.is_over == (observed >= length)
    assert (soak.percent == 100) == soak.is_over
    assert soak.ends - NOON == timedelta(seconds=soak.left_s)


# --- in the database -------------------------------------------------------------------------


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as frozen:
        yield frozen


@pytest.fixture
def soaking(plan, clock):
    """Stage 1 of two, with a minute of soak, begun a moment ago; one metric is green."""
    Stage.objects.create(plan=plan, number=1, from_percent=0, to_percent=5, soak_s=60)
    Stage.objects.create(plan=plan, number=2, from_percent=5, to_percent=10)
    make_query(plan)
    read(plan)
    advance(plan, to_percent=5, by="demo")
    plan.refresh_from_db()
    return plan


def observed(plan):
    return plan.stages.get(number=1).observed_s


def tick(plan, clock, band=Band.GREEN, step=STEP):
    clock.shift(step)
    read(plan, band=band)
    return observed(plan)


@pytest.mark.django_db
def test_green_counts_and_yellow_pauses(soaking, clock):
    assert [tick(soaking, clock) for _ in range(2)] == [15, 30]
    assert tick(soaking, clock, Band.YELLOW) == 30
    assert tick(soaking, clock, Band.NO_DATA) == 30
    assert tick(soaking, clock) == 30  # from here it counts again
    assert tick(soaking, clock) == 45


@pytest.mark.django_db
def test_a_stage_goes_on_only_after_its_minute_of_green(soaking, clock):
    for _ in range(3):
        tick(soaking, clock)
    with pytest.raises(Refused, match="Stage 1 soaks until 12:01 UTC: 1 min, 15 s left"):
        advance(soaking, to_percent=10, by="demo")
    tick(soaking, clock)
    assert advance(soaking, to_percent=10, by="demo").number == 2


@pytest.mark.django_db
@pytest.mark.parametrize("jump", [timedelta(hours=2), timedelta(hours=-2)])
def test_a_clock_that_jumps_advances_nothing_early(soaking, clock, jump):
    """Scenario 41: two hours ahead or back, and the soak knows nothing of it."""
    tick(soaking, clock)
    clock.shift(jump)
    apply_verdict(soaking)
    assert observed(soaking) == 15
    with pytest.raises(Refused):
        advance(soaking, to_percent=10, by="demo")
    clock.shift(-jump)
    apply_verdict(soaking)
    assert observed(soaking) <= 45  # never more than two intervals


@pytest.mark.django_db
def test_time_without_a_worker_is_no_soak(soaking, clock):
    tick(soaking, clock)
    assert tick(soaking, clock, step=timedelta(minutes=5)) == 15
    assert tick(soaking, clock) == 30


@pytest.mark.django_db
def test_twelve_hours_of_green_over_a_change_of_the_clocks_are_twelve_hours(soaking, clock):
    """Scenario 42: the night of 28 March 2026 has an hour less in Berlin, and no second less."""
    soaking.time_zone = "Europe/Berlin"
    soaking.save(update_fields=["time_zone"])
    soaking.stages.filter(number=1).update(soak_s=43_200)
    clock.move_to(datetime(2026, 3, 29, 0, 59, 45, tzinfo=UTC))
    read(soaking)
    for _ in range(4):
        tick(soaking, clock)
    stage = soaking.stages.get(number=1)
    soaking.refresh_from_db()
    now = datetime(2026, 3, 29, 1, 0, 45, tzinfo=UTC)
    assert stage.observed_s == 60
    assert soaks_until(soaking, stage, now) - now == timedelta(seconds=43_200 - 60)


@pytest.mark.django_db
def test_a_soak_that_restarts_gives_back_what_it_saw(soaking, clock):
    """Scenario 38: the hours that were watched counted for the older text."""
    for _ in range(2):
        tick(soaking, clock)
    with change(soaking, by=RULE) as changing:
        seen_s = restart_soak(changing, soaking.stages.get(number=1), "other bands")
    assert (seen_s, observed(soaking)) == (30, 0)
    assert tick(soaking, clock) == 0
    assert tick(soaking, clock) == 15


@pytest.mark.django_db
def test_nothing_soaks_until_the_share_is_seen(soaking, clock):
    Rollout.objects.filter(plan=soaking).update(verified_at=None)
    soaking.stages.filter(number=1).update(soak_from=None, counted_at=None)
    assert tick(soaking, clock) == 0
    with pytest.raises(Refused, match="The soak of stage 1 begins when 5 % is seen"):
        advance(soaking, to_percent=10, by="demo")


@pytest.mark.django_db
def test_while_another_share_is_seen_nothing_soaks(soaking, clock):
    Rollout.objects.filter(plan=soaking).update(drift_since=NOON)
    assert tick(soaking, clock) == 0


@pytest.mark.django_db
def test_where_nothing_is_watched_the_time_that_passed_is_all_there_is(plan, clock):
    Stage.objects.create(plan=plan, number=1, from_percent=0, to_percent=5, soak_s=60)
    advance(plan, to_percent=5, by="demo")
    stage, row = plan.stages.get(), Rollout.objects.get(plan=plan)
    assert soak_of(plan, stage, row, NOON + timedelta(seconds=59)).left_s == 1
    assert soak_of(plan, stage, row, NOON + timedelta(seconds=60)).is_over


@pytest.mark.django_db
def test_what_was_said_of_a_soak_is_told_apart_from_what_was_observed(plan, clock):
    """Laws 4 and 12: a stage begun in the past is credited, and everywhere it says that nobody
    observed that; what restarts keeps only what was observed."""
    stage = Stage.objects.create(plan=plan, number=1, from_percent=0, to_percent=5, soak_s=43_200)
    make_query(plan)
    read(plan)
    advance(plan, to_percent=5, by="demo", at=NOON - timedelta(hours=11, minutes=31))
    event = plan.events.get(kind="stage.started")
    said = "Of its soak 11 h 31 min were said when it was begun, not observed."
    assert said in event.text and event.data["soak_claimed_s"] == 41_460
    plan.refresh_from_db()
    assert tick(plan, clock) == 41_475
    stage.refresh_from_db()
    soak = soak_of(plan, stage, Rollout.objects.get(plan=plan), NOON + STEP)
    assert (soak.observed_s, soak.claimed_s, soak.claimed) == (41_475, 41_460, said)
    with change(plan, by=RULE) as changing:
        assert restart_soak(changing, stage, "other bands") == 15
    assert (stage.observed_s, stage.claimed_s) == (0, 0)


@pytest.mark.django_db
def test_a_stage_begun_now_is_credited_with_nothing(soaking, clock):
    tick(soaking, clock)
    assert soaking.stages.get(number=1).claimed_s == 0
    assert "soak_claimed_s" not in soaking.events.get(kind="stage.started").data
