"""Rounds are made when due, recorded by people, and missed by themselves (S24, S54, S55)."""

from datetime import timedelta
from unittest.mock import Mock

import pytest

from checklists.models import ChecklistItem
from checklists.rules.bands import Band
from rollouts.actions import recording
from rollouts.actions.recording import Turned, record_round
from rollouts.actions.rounds import keep_rounds
from rollouts.models import Rollout, Stage, StageState, WatchRound
from rollouts.queries.rounds import tally, watch_now
from rollouts.tasks.rounds import keep_due
from tests.rollouts.watched_room import BEGAN, metric, rounds_of, shown_word, watched_stage
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import DeploymentPlan, Escalation, Lifecycle

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock(time_machine):
    def at(minutes):
        time_machine.move_to(BEGAN + minutes * MINUTE, tick=False)
        return BEGAN + minutes * MINUTE

    at(0)
    return at


@pytest.fixture
def stage(plan, cast, clock):
    return watched_stage(plan)


def record(plan, person, number=1, action="none", note="", **more):
    one = WatchRound.objects.get(plan=plan, number=number)
    return record_round(one, by=person, action=action, note=note, **more)


def counts(plan, stage, now):
    found = tally(plan, stage, 1, now)
    return found.expected, found.performed, found.late, found.missed


def test_a_round_is_made_when_it_can_be_recorded(plan, stage, clock):
    assert keep_due() == 1
    assert [one.number for one in rounds_of(plan)] == [1]
    clock(7)
    assert keep_due() == 0
    clock(7.5)  # half an interval before it is due
    keep_due()
    assert [(one.number, one.missed_at) for one in rounds_of(plan)] == [(1, None), (2, None)]
    clock(15)
    keep_due()
    assert rounds_of(plan)[0].missed_at == BEGAN + 15 * MINUTE


def test_two_workers_make_one_round(plan, stage):
    assert keep_rounds(plan) == 1
    assert keep_rounds(plan) == 0
    assert len(rounds_of(plan)) == 1


def test_rounds_count_from_when_the_share_was_seen(plan, stage, clock):
    Rollout.objects.filter(plan=plan).update(verified_at=None)
    assert keep_due() == 0
    Rollout.objects.filter(plan=plan).update(verified_at=BEGAN + timedelta(seconds=40))
    clock(1)
    keep_due()
    assert rounds_of(plan)[0].due_at == BEGAN + timedelta(seconds=40)


def test_a_share_that_is_not_seen_is_watched_all_the_same(plan, stage, clock):
    """The moment in which nobody knows what happens is no time to look away."""
    Rollout.objects.filter(plan=plan).update(verified_at=None)
    clock(1)
    keep_due()
    assert rounds_of(plan)[0].due_at == BEGAN + MINUTE


def test_expected_performed_late_and_missed_are_counted(plan, cast, stage, clock):
    """S55: "Expected so far 46, performed 46, 1 late, missed 0"."""
    metric(plan, at=BEGAN + timedelta(hours=11))
    for number in range(1, 47):
        clock((number - 1) * 15 + (4 if number == 19 else 1))
        keep_due()
        record(plan, cast["thon"], number, note="Seen.")
    now = clock(686)
    keep_due()
    found = tally(plan, stage, 1, now)
    assert found.sentence == "Expected so far 46, performed 46, 1 late, missed 0"
    assert found.next_due == BEGAN + 690 * MINUTE
    assert watch_now(plan, now).total == 47


def test_the_tally_is_true_while_no_worker_looks(plan, cast, stage, clock):
    keep_due()
    record(plan, cast["thon"], note="Seen.")
    assert counts(plan, stage, clock(50)) == (4, 1, 0, 2)  # due at 45 is still open


def test_what_fell_due_while_everything_was_down_is_missed_in_one_go(plan, cast, stage, clock):
    """As scenario 43: nothing is recorded afterwards or forgotten, and one event says so."""
    keep_due()
    record(plan, cast["thon"], note="Seen.")
    now = clock(185)
    keep_due()
    event = plan.events.get(kind="round.missed")
    assert event.data["rounds"] == list(range(2, 13))
    assert event.text.startswith("Rounds 2 to 12 of stage 1 were missed: due 09:35 to 12:05 UTC")
    assert counts(plan, stage, now) == (13, 1, 0, 11)
    assert keep_due() == 0


def test_two_missed_in_a_row_hold_the_stage_and_call_for_help_once(plan, cast, stage, clock):
    for minutes in (0, 15):
        clock(minutes)
        keep_due()
    assert not Escalation.objects.exists()
    assert Rollout.objects.get().held_at is None
    for minutes in (30, 45):
        clock(minutes)
        keep_due()
    rollout, called = Rollout.objects.get(), Escalation.objects.get()
    assert (rollout.held_by, rollout.held_at) == ("rule", BEGAN + 30 * MINUTE)
    assert called.cause == "rounds:1"
    events = plan.events.filter(kind="round.missed")
    assert "2 in a row. Stage 1 is held. E-1 is open." in events[1].text
    assert events[2].text.endswith("3 in a row.")


def test_a_round_between_two_missed_ones_breaks_the_row(plan, cast, stage, clock):
    for minutes in (0, 15):
        clock(minutes)
        keep_due()
    record(plan, cast["thon"], 2, note="Seen.")
    for minutes in (30, 45):
        clock(minutes)
        keep_due()
    assert Rollout.objects.get().held_at is None


def test_recording_freezes_what_was_measured(plan, cast, stage, clock):
    """S54: the values are filled in by themselves and are not typed."""
    row = metric(plan, Band.YELLOW)
    keep_due()
    clock(1)
    one = record(plan, cast["thon"], note="Flat since 19:58.")
    row.value = 731.0
    row.save()
    one.refresh_from_db()
    assert [(r["key"], r["text"], r["band"]) for r in one.readings] == [
        ("p95-latency", "239 ms", "yellow")
    ]
    assert (one.result, one.done_by, one.done_as, one.late) == (
        "1 yellow", "Thon", "On-Call", False,
    )  # fmt: skip
    event = plan.events.get(kind="round.recorded")
    assert event.text == "Round 1 of stage 1 recorded: 1 yellow. Flat since 19:58."
    assert event.data["readings"] == one.readings


def test_a_note_is_wanted_when_something_is_not_green(plan, cast, stage):
    metric(plan, Band.YELLOW)
    keep_due()
    with pytest.raises(Invalid, match="Wanted, because P95 latency is yellow"):
        record(plan, cast["thon"])
    assert rounds_of(plan)[0].done_at is None


@pytest.mark.parametrize(("minutes", "late"), [(-1, False), (2, False), (2.1, True)])
def test_on_time_is_before_the_limit(plan, cast, stage, clock, minutes, late):
    clock(14)
    keep_due()
    clock(15 + minutes)
    metric(plan)
    keep_due()
    assert record(plan, cast["thon"], 2).late is late


def test_a_missed_round_is_never_recorded_afterwards(plan, cast, stage, clock):
    """Also where no worker has said yet that it was missed."""
    keep_due()
    metric(plan)
    clock(15)
    with pytest.raises(Refused, match="Round 1 was missed at 09:35 UTC"):
        record(plan, cast["thon"])
    keep_due()
    with pytest.raises(Refused, match="never recorded afterwards"):
        record(plan, cast["thon"])


def test_of_two_who_record_at_once_the_second_sees_who_was_first(plan, cast, stage):
    metric(plan)
    keep_due()
    one = WatchRound.objects.get()
    record_round(one, by=cast["cora"], action="none", note="Mine.")
    with pytest.raises(Refused, match="Cora recorded round 1 at 09:20 UTC"):
        record_round(one, by=cast["thon"], action="none", note="Also mine.")
    assert plan.events.filter(kind="round.recorded").count() == 1


def test_to_send_the_same_again_changes_nothing(plan, cast, stage):
    metric(plan)
    keep_due()
    for key in ("a", "a", "b"):
        record(plan, cast["thon"], note="Calm.", request_id=key)
    assert plan.events.filter(kind="round.recorded").count() == 1


def test_what_turned_while_somebody_wrote_is_looked_at_again(plan, cast, stage, clock):
    row = metric(plan)
    keep_due()
    word = shown_word(plan, clock(1))
    row.band, row.value = Band.RED, 731.0
    row.save()
    with pytest.raises(Turned, match="Now: P95 latency 731 ms"):
        record(plan, cast["thon"], note="Calm.", seen=word)
    assert rounds_of(plan)[0].done_at is None


def test_investigate_opens_an_item_for_the_person(plan, cast, stage, item):
    metric(plan, Band.YELLOW)
    keep_due()
    one = record(plan, cast["thon"], action="investigate", note="A step at 19:54.")
    found = ChecklistItem.objects.get(pk=one.item_id)
    assert (found.owner, found.required, found.ref) == ("Thon", False, "1.2")
    assert found.text == "Look into what round 1 of stage 1 saw: A step at 19:54."
    assert plan.events.get(kind="round.recorded").text.endswith("To look into: 1.2.")
    assert plan.events.get(kind="item.added").data["item"] == found.number


def test_an_item_is_opened_only_with_its_round(plan, cast, stage, item):
    metric(plan, Band.YELLOW)
    keep_due()
    with pytest.raises(Invalid):
        record(plan, cast["thon"], action="investigate")
    assert ChecklistItem.objects.count() == 1


def test_roll_back_records_the_round_first(plan, cast, stage):
    metric(plan, Band.RED)
    keep_due()
    with pytest.raises(Invalid, match="Type ROLLBACK"):
        record(plan, cast["thon"], action="rollback", note="Errors.", confirmed="yes")
    record(plan, cast["thon"], action="rollback", note="Errors.", confirmed="ROLLBACK")
    kinds = list(plan.events.order_by("seq").values_list("kind", flat=True))
    assert kinds.index("round.recorded") < kinds.index("rollback.started")
    assert plan.rollback_runs.get().cause == "round"
    assert Rollout.objects.get().rolled_back_at is not None


def test_a_round_that_rolls_back_stands_with_its_rollback_or_not_at_all(
    plan, cast, stage, monkeypatch
):
    """Killed in between, it would say that it rolls back while nothing does."""
    metric(plan, Band.RED)
    keep_due()
    said = {"action": "rollback", "note": "Errors.", "request_id": "once"}
    with monkeypatch.context() as killed:
        killed.setattr(recording, "start_rollback", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            record(plan, cast["thon"], **said)
    assert WatchRound.objects.get().done_at is None and not plan.events.exists()
    record(plan, cast["thon"], **said)
    assert plan.rollback_runs.count() == 1
    Rollout.objects.update(rolled_back_at=None, desired_percent=5)  # somebody resumed
    record(plan, cast["thon"], **said)
    assert plan.rollback_runs.count() == 1


def test_who_may_only_tick_cannot_roll_back_and_loses_nothing(plan, cast, stage):
    metric(plan, Band.RED)
    keep_due()
    with pytest.raises(NotAllowed):
        record(plan, cast["forge"], action="rollback", note="Errors.")
    assert record(plan, cast["forge"], note="Errors.").done_as == "Member"


def test_after_a_rollback_nobody_waits_for_rounds(plan, cast, stage, clock):
    keep_due()
    clock(8)
    keep_due()
    Rollout.objects.update(rolled_back_at=BEGAN + 8 * MINUTE)
    Stage.objects.update(state=StageState.ROLLED_BACK, ended_at=BEGAN + 8 * MINUTE)
    keep_due()
    assert [(one.number, one.missed_at is None) for one in rounds_of(plan)] == [(1, False)]
    clock(60)
    assert keep_due() == 0


def test_a_round_whose_stage_ended_in_time_was_not_missed(plan, cast, stage, clock):
    keep_due()
    clock(1)
    Stage.objects.update(state=StageState.DONE, ended_at=BEGAN + MINUTE)
    keep_due()
    assert rounds_of(plan) == []
    assert not plan.events.filter(kind="round.missed").exists()


def test_a_stage_that_begins_anew_counts_anew(plan, cast, stage, clock):
    metric(plan)
    keep_due()
    record(plan, cast["thon"])
    Rollout.objects.update(generation=2, verified_at=BEGAN + 60 * MINUTE)
    clock(61)
    keep_due()
    newest = rounds_of(plan)[-1]
    assert (newest.number, newest.generation) == (1, 2)
    assert newest.due_at == BEGAN + 60 * MINUTE


def test_the_watching_after_the_rollout_has_rounds_of_its_own(plan, cast, stage, clock):
    """S24, S136: the day after the deployment is watched by the plan's own cadence."""
    Stage.objects.update(state=StageState.DONE, ended_at=BEGAN)
    Rollout.objects.update(cadence=[{"every_s": 300, "until_s": 3600}])
    DeploymentPlan.objects.update(lifecycle=Lifecycle.WATCHING, lifecycle_at=BEGAN)
    plan.refresh_from_db()
    keep_due()
    [one] = rounds_of(plan)
    assert (one.stage, one.number, one.due_at) == (None, 1, BEGAN)
    assert watch_now(plan, BEGAN).total == 12


def test_another_cadence_goes_on_from_the_newest_round(plan, cast, stage, clock):
    """An edit of the cadence renumbers nothing that was."""
    metric(plan)
    keep_due()
    record(plan, cast["thon"])
    Stage.objects.update(cadence=[{"every_s": 3600}])
    clock(59)
    keep_due()
    assert [(one.number, one.due_at) for one in rounds_of(plan)][-1] == (2, BEGAN + 60 * MINUTE)
