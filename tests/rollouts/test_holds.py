"""Holds by people and by rule (law 6, S53, scenario 35)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from checklists.rules.bands import Band
from rollouts.actions.holds import hold, release
from rollouts.actions.stages import advance
from rollouts.models import Rollout, Stage
from rollouts.queries.needs import watch_needs
from rollouts.rules.holds import Hold, look
from tests.rollouts.cast import make_query, read
from warroom.actions.refusals import Invalid, NotAllowed, Refused

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def held(by="rule", until=NOON + HOUR):
    return Hold(by, "Yellow.", NOON, until)


@pytest.mark.parametrize(
    ("hold", "word", "was", "found", "at", "stands", "begins", "ends"),
    [
        (None, "proceed", "proceed", False, NOON, False, False, False),
        (None, "hold", "proceed", True, NOON, True, True, False),
        (None, "hold", "proceed", False, NOON, True, True, False),  # no data after green
        (None, "hold", "", False, NOON, False, False, False),  # nothing was green yet
        (None, "hold", "", True, NOON, True, True, False),
        (None, "rollback", "proceed", False, NOON, False, False, False),
        (held(), "proceed", "hold", False, NOON, True, False, False),
        (held(), "proceed", "hold", False, NOON + HOUR, False, False, True),
        (held(), "hold", "hold", True, NOON + HOUR, True, True, False),
        (held("Cora"), "proceed", "hold", False, NOON, True, False, False),
        (held("Cora"), "hold", "hold", False, NOON + HOUR, False, False, True),
        (held("Cora", None), "proceed", "hold", False, NOON + 99 * HOUR, True, False, False),
    ],
)
def test_what_becomes_of_a_hold(hold, word, was, found, at, stands, begins, ends):
    looked = look(hold, word, was=was, found=found, at=at, length_s=3600)
    assert (looked.stands, looked.begins, looked.ends) == (stands, begins, ends)
    if looked.begins:
        assert looked.until == at + HOUR


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as frozen:
        yield frozen


@pytest.fixture
def running(plan, clock):
    Stage.objects.create(plan=plan, number=1, from_percent=0, to_percent=5, hold_s=60)
    Stage.objects.create(plan=plan, number=2, from_percent=5, to_percent=10)
    make_query(plan)
    read(plan)
    advance(plan, to_percent=5, by="demo")
    plan.refresh_from_db()
    return plan


def step(plan, clock, band=Band.GREEN, seconds=15):
    clock.shift(timedelta(seconds=seconds))
    read(plan, band=band)
    return plan.verdict


def row(plan):
    return Rollout.objects.get(plan=plan)


@pytest.mark.django_db
def test_yellow_holds_for_the_hold_length_and_is_looked_at_again(running, clock):
    """S53: green after a minute of yellow does not go on before the hold was looked at."""
    assert step(running, clock, Band.YELLOW) == "hold"
    assert row(running).held_by == "rule"
    assert row(running).held_until == NOON + timedelta(seconds=75)
    assert "Held until 12:01 UTC, then looked at again" in running.events.last().text
    assert step(running, clock) == "hold"  # green, and held
    assert "Held by rule until 12:01 UTC, then looked at again" in running.verdict_sentence
    with pytest.raises(Refused, match="Held by rule until 12:01 UTC"):
        advance(running, to_percent=10, by="demo")
    assert [step(running, clock) for _ in range(3)] == ["hold", "hold", "proceed"]
    assert row(running).held_at is None
    assert running.events.last().data["hold"] == "ended"


@pytest.mark.django_db
def test_what_is_still_yellow_at_the_second_look_holds_for_another_length(running, clock):
    for _ in range(6):
        step(running, clock, Band.YELLOW)
    assert row(running).held_until == NOON + timedelta(seconds=135)
    assert running.events.filter(kind="verdict.changed", data__hold="began").count() == 2


@pytest.mark.django_db
def test_flapping_neither_goes_on_nor_rolls_back(running, clock):
    """Scenario 35."""
    words = {step(running, clock, band) for band in [Band.YELLOW, Band.GREEN] * 8}
    assert words == {"hold"}
    with pytest.raises(Refused):
        advance(running, to_percent=10, by="demo")
    assert running.stages.get(number=1).state == "running"


@pytest.mark.django_db
def test_a_hold_of_a_person_stands_until_somebody_ends_it(running, cast, clock):
    hold(running, by=cast["hudson"], reason="Vendor calls back.", request_id="a")
    hold(running, by=cast["hudson"], reason="Vendor calls back.", request_id="a")
    running.refresh_from_db()
    assert (running.verdict, running.verdict_leading) == ("hold", "the hold:held")
    assert running.events.filter(kind="rollout.held").count() == 1
    for _ in range(20):
        assert step(running, clock) == "hold"
    assert running.stages.get(number=1).observed_s == 300  # it is observed all the same
    with pytest.raises(Refused, match="Held by Hudson: Vendor calls back"):
        advance(running, to_percent=10, by="demo")
    release(running, by=cast["hudson"], reason="They did.")
    release(running, by=cast["hudson"], reason="They did.")
    running.refresh_from_db()
    assert running.verdict == "proceed"
    assert running.events.filter(kind="rollout.released").count() == 1


@pytest.mark.django_db
def test_a_hold_is_extended_and_the_older_word_is_kept(running, cast, clock):
    hold(running, by=cast["thon"], reason="Lunch.", until=NOON + HOUR)
    hold(running, by=cast["cora"], reason="Long lunch.", until=NOON + 2 * HOUR)
    event = running.events.filter(kind="rollout.held").last()
    assert event.text == "Hold extended until 14:00 UTC: Long lunch."
    assert event.data["before"] == "Held by Thon until 13:00 UTC: Lunch."
    clock.shift(2 * HOUR)
    assert step(running, clock) == "proceed"


@pytest.mark.django_db
def test_the_hold_of_a_rule_ends_early_only_on_green(running, cast, clock):
    step(running, clock, Band.YELLOW)
    with pytest.raises(Refused, match="The readings hold it: P95 latency is 236 ms"):
        release(running, by=cast["thon"], reason="I know better.")
    step(running, clock)
    release(running, by=cast["thon"], reason="A cold cache.")
    running.refresh_from_db()
    assert running.verdict == "proceed"


@pytest.mark.django_db
def test_who_may_hold_and_what_a_hold_wants(running, cast):
    with pytest.raises(NotAllowed):
        hold(running, by=cast["forge"], reason="No.")
    with pytest.raises(Invalid) as refused:
        hold(running, by=cast["thon"], reason=" ")
    assert refused.value.field == "reason"
    for until in (NOON, NOON + timedelta(days=31)):
        with pytest.raises(Invalid) as refused:
            hold(running, by=cast["thon"], reason="Wait.", until=until)
        assert refused.value.field == "until"


@pytest.mark.django_db
def test_a_hold_asks_those_who_run_the_rollout_to_look_at_it(running, cast):
    hold(running, by=cast["hudson"], reason="Vendor calls back.")
    running.refresh_from_db()
    (need,) = watch_needs(running, NOON)
    assert (need.title, need.url) == ("Look at the hold", f"/plans/{running.slug}/rollout/")
    assert need.note.startswith("Held by Hudson: Vendor calls back.")
