"""People change the stages; a rule goes on only where the plan says so (S45, S57, S73, S91)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from checklists.rules.bands import Band
from rollouts.actions.stage_editing import add_stage, edit_stage, remove_stage
from rollouts.actions.stages import advance
from rollouts.models import Executor, Rollout, Stage
from rollouts.rules.stage_chain import Link, place_of, told, wrong_share
from rollouts.tasks.stages import go_on, look_at_holds
from tests.rollouts.cast import make_query, read
from warroom.actions.change import RULE
from warroom.actions.refusals import Invalid, NotAllowed, Refused

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
CHAIN = [Link(1, 0, 5, "running"), Link(2, 5, 10), Link(3, 10, 100)]


@pytest.mark.parametrize(
    ("number", "start", "end", "says"),
    [
        (2, 5, 25, ""),
        (2, 5, 5, "goes up"),
        (2, 5, 101, "goes up"),
        (2, 6, 10, "Stage 1 ends at 5 %"),
        (2, 5, 100, "Stage 3 goes to 100 %"),
    ],
)
def test_which_share_a_stage_may_have(number, start, end, says):
    said = wrong_share(CHAIN, number, start, end)
    assert (said == "") == (says == "") and says in said


@given(st.integers(-5, 105))
def test_a_new_stage_stands_where_its_share_belongs(end):
    number, start, wrong = place_of(CHAIN, end)
    if wrong:
        assert end in (5, 10, 100) or not 5 < end < 100
    else:
        assert start < end and number == (2 if end < 10 else 3)


def test_a_change_is_told_with_what_it_was():
    before = {"soak_s": 43_200, "cadence": [], "auto_advance": False}
    after = {"soak_s": 86_400, "cadence": [{"every_s": 900}], "auto_advance": True}
    assert told(before, after) == (
        "soak 1 d, was 12 h; rounds every 15 min, was none; goes on by itself yes, was no"
    )


@pytest.fixture
def staged(plan, cast):
    for n, (start, end) in enumerate([(0, 5), (5, 10), (10, 100)], start=1):
        Stage.objects.create(plan=plan, number=n, from_percent=start, to_percent=end, soak_s=60)
    return plan


def shares(plan):
    rows = plan.stages.values_list("number", "from_percent", "to_percent")
    return " ".join(f"{n}:{a}-{b}" for n, a, b in rows)


@pytest.mark.django_db
def test_stages_are_added_changed_and_taken_off_and_the_chain_holds(staged, cast):
    add_stage(staged, {"to_percent": 50, "soak_s": 30}, by=cast["cora"], request_id="a")
    add_stage(staged, {"to_percent": 50, "soak_s": 30}, by=cast["cora"], request_id="a")
    assert shares(staged) == "1:0-5 2:5-10 3:10-50 4:50-100"
    edit_stage(staged, 2, {"to_percent": 25}, by=cast["cora"])
    assert shares(staged) == "1:0-5 2:5-25 3:25-50 4:50-100"
    remove_stage(staged, 2, by=cast["cora"])
    assert shares(staged) == "1:0-5 2:5-50 3:50-100"
    kinds = list(staged.events.order_by("seq").values_list("kind", flat=True))
    assert kinds == ["stage.added", "stage.changed", "stage.removed"]
    with pytest.raises(Invalid, match="Stage 3 goes to 100 %"):
        edit_stage(staged, 2, {"to_percent": 100}, by=cast["cora"])
    with pytest.raises(NotAllowed):
        edit_stage(staged, 2, {"to_percent": 40}, by=cast["thon"])


@pytest.mark.django_db
def test_another_soak_length_begins_the_soak_anew_and_the_old_one_is_kept(staged, cast):
    """S57: shortening a soak cannot make hours that were watched for more count for less."""
    advance(staged, to_percent=5, by="demo")
    staged.stages.filter(number=1).update(observed_s=45)
    with pytest.raises(Invalid) as refused:
        edit_stage(staged, 1, {"soak_s": 30}, by=cast["cora"])
    assert refused.value.field == "reason"
    edit_stage(staged, 1, {"soak_s": 30}, by=cast["cora"], reason="Enough.")
    stage, event = staged.stages.get(number=1), staged.events.order_by("seq").last()
    assert (stage.soak_s, stage.observed_s) == (30, 0)
    assert event.data["before"] == {"soak_s": 60} and event.data["soak_observed_s"] == 45
    assert event.text.startswith("Stage 1: soak 30 s, was 1 min. Its soak restarts after 45 s")
    edit_stage(staged, 1, {"hold_s": 120}, by=cast["cora"], reason="Shorter.")
    with pytest.raises(Refused, match="under way: its to cannot change"):
        edit_stage(staged, 1, {"to_percent": 7}, by=cast["cora"], reason="More.")
    with pytest.raises(Refused, match="part of the record"):
        remove_stage(staged, 1, by=cast["cora"])


@pytest.mark.django_db
def test_the_form_keeps_what_was_typed_and_says_what_is_wrong(staged, cast, client_of):
    asking, address = client_of(cast["cora"]), f"/plans/{staged.slug}/rollout/stages/"
    said = {"to_percent": "10", "soak": "24h", "hold": "12h", "cadence": "5m until 1h\n30m"}
    assert asking.post(f"{address}2/", said).status_code == 302
    stage = staged.stages.get(number=2)
    assert (stage.soak_s, stage.hold_s) == (86_400, 43_200)
    assert stage.cadence == [{"every_s": 300, "until_s": 3600}, {"every_s": 1800}]
    page = asking.get(f"{address}2/").content.decode()
    assert 'value="24h"' in page and "5m until 1h\n30m" in page
    answer = asking.post(f"{address}2/", said | {"to_percent": "100", "soak": "soon"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "is no length" in page and 'value="soon"' in page
    answer = asking.post(address, {"to_percent": "10"})
    assert answer.status_code == 422 and "Stage 2 goes to 10 % already" in answer.content.decode()


# --- going on by rule ------------------------------------------------------------------------


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as frozen:
        yield frozen


@pytest.fixture
def alone(staged, clock):
    """Stage 1 goes on by itself after a minute of green; an executor would move the traffic."""
    staged.stages.filter(number=1).update(auto_advance=True)
    Executor.objects.create(plan=staged, key="flag", name="Flag", kind="manual")
    make_query(staged)
    read(staged)
    advance(staged, to_percent=5, by="demo")
    Rollout.objects.filter(plan=staged).update(verified_at=NOON)
    staged.stages.filter(number=1).update(soak_from=NOON, counted_at=NOON)
    return staged


def watch(plan, clock, times, band=Band.GREEN):
    began = 0
    for _ in range(times):
        clock.shift(timedelta(seconds=15))
        read(plan, band=band)
        began += go_on()
    return began


@pytest.mark.django_db
def test_a_stage_goes_on_by_rule_when_its_soak_is_done(alone, clock):
    assert watch(alone, clock, 3) == 0
    assert watch(alone, clock, 1) == 1
    event = alone.events.filter(kind="stage.started").last()
    assert event.actor_name == "rule"
    assert event.text.endswith("By rule: the soak of stage 1 is done.")
    assert watch(alone, clock, 9) == 0  # the next stage does not say so


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["yellow", "flag", "window", "executor", "held", "rolled back"])
def test_what_keeps_a_rule_from_going_on(alone, clock, what):
    if what == "flag":
        alone.stages.update(auto_advance=False)
    elif what == "window":
        alone.window_start, alone.window_end = NOON - timedelta(hours=2), NOON - timedelta(hours=1)
        alone.save()
    elif what == "executor":
        Executor.objects.update(enabled=False)
    elif what == "held":
        Rollout.objects.update(held_at=NOON, held_by="Cora", held_reason="Wait")
    elif what == "rolled back":
        Rollout.objects.update(rolled_back_at=NOON)
    band = Band.YELLOW if what == "yellow" else Band.GREEN
    assert watch(alone, clock, 6, band) == 0
    with pytest.raises(Refused):
        advance(alone, to_percent=10, by=RULE) if what != "executor" else advance(
            alone, to_percent=100, by=RULE
        )


@pytest.mark.django_db
def test_a_hold_whose_time_has_come_is_looked_at_by_the_worker(alone, clock):
    Rollout.objects.update(held_at=NOON, held_by="Cora", held_until=NOON + timedelta(minutes=1))
    assert look_at_holds() == 0
    clock.shift(timedelta(minutes=2))
    assert look_at_holds() == 1
    assert Rollout.objects.get().held_at is None
    assert look_at_holds() == 0
