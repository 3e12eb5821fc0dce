"""Steps of a run: their order, what closes them, the stopwatch and the end (S5 to S8, S79)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from rollouts.actions import run_ends
from rollouts.actions.drills import enter_drill, start_drill
from rollouts.actions.run_ends import (
    finish_run,
    mark_false_positive,
    record_redeployed,
    register_finished,
    take_command,
)
from rollouts.actions.run_steps import close_executed, close_shown, set_step, state_of
from rollouts.models import (
    CheckResult,
    Effect,
    MetricSample,
    RollbackProcedure,
    RollbackRun,
    Rollout,
)
from rollouts.queries.runs import begins_at, downtime_of, legs_of
from rollouts.rules import runs as rules
from rollouts.rules.runs import Timed, held_s, legs, measures, red_seconds, result
from rollouts.tasks.runs import close_due
from tests.rollouts.cast import make_check, make_query
from tests.rollouts.test_runs import begin
from warroom.actions.change import RULE, change
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import Escalation

T = datetime(2025, 10, 23, 21, 2, 10, tzinfo=UTC)


def after(seconds):
    return T + timedelta(seconds=seconds)


# --- the stopwatch ---------------------------------------------------------------------------


def test_legs_add_up_to_the_whole_and_the_one_under_way_runs():
    """S142: 0:00, 1:11 and 1:16 of 5 + 10 + 5 minutes."""
    found = legs(
        [Timed("decide", 300, T), Timed("execute", 600, after(71)), Timed("verify", 300)], T
    )
    assert [leg.seconds(after(147)) for leg in found] == [0, 71, 76]
    assert [leg.is_now for leg in found] == [False, False, True]
    assert not any(leg.missed(after(147)) for leg in found)


def test_steps_closed_out_of_order_leave_no_time_twice():
    steps = [Timed("a", 60), Timed("b", 60, after(5)), Timed("c", 60)]
    assert [leg.begins for leg in legs(steps, T)] == [T, None, None]
    steps[0] = Timed("a", 60, after(30))
    found = legs(steps, T)
    assert [leg.seconds(after(50)) for leg in found] == [30, 0, 20]
    assert sum(leg.seconds(after(50)) for leg in found) == 50


def test_the_end_of_the_run_ends_the_leg_under_way():
    found = legs([Timed("a", 60, after(30)), Timed("b", 10), Timed("c", 5)], T, after(50))
    assert [leg.seconds(after(9999)) for leg in found] == [30, 20, None]
    assert found[1].missed(after(9999)) and not found[2].missed(after(9999))


def test_a_total_that_is_the_sum_of_its_legs_is_not_promised_twice():
    """S8: total, restore, restart, verify and downtime are five; 5 + 10 + 5 are three."""
    flag = legs([Timed("d", 300, T), Timed("e", 600, after(60)), Timed("v", 300, after(90))], T)
    assert result(measures(flag, T, total=(1200, 90))) == ("met", "All 3 met")
    full = legs(
        [
            Timed("keep", None, after(35)),
            Timed("restore", 120, after(121)),
            Timed("restart", 300, after(412)),
            Timed("verify", 180, after(612)),
        ],
        T,
    )
    found = measures(full, T, total=(900, 612), downtime=(600, 425))
    assert result(found) == ("missed", "1 of 5 missed")
    assert [one.name for one in found if one.word == "missed"] == ["verify"]


def test_a_guardrail_decides_from_the_end_of_its_window():
    assert rules.decide_from(T, T - timedelta(seconds=301), 300) == after(-1)
    assert rules.decide_from(T, T - timedelta(seconds=90)) == after(-90)
    assert rules.decide_from(T, T - timedelta(seconds=10), 300) == T
    assert rules.decide_from(T, None) == T


def test_only_green_that_was_observed_counts_as_held():
    """Law 12: a gap between readings ends the run of green, as another band does."""
    points = [(after(15 * n), "green") for n in range(9)]
    assert held_s(points, T, 15) == 120
    assert held_s(points, after(60), 15) == 60
    assert held_s([*points[:4], (after(60), "yellow"), *points[5:]], T, 15) == 45
    assert held_s([points[0], *points[4:]], T, 15) == 60
    assert held_s([*points, (after(135), "red")], T, 15) == 0
    assert held_s([], T, 15) == 0


def test_downtime_is_the_time_from_red_to_the_next_answer():
    points = [(after(0), "red"), (after(10), "red"), (after(20), "green"), (after(30), "red")]
    assert red_seconds(points, T, after(300), 10) == 20 + 25
    assert red_seconds(points, after(5), after(35), 10) == 15 + 5


# --- steps -----------------------------------------------------------------------------------


@pytest.fixture
def restore(plan, cast):
    found = RollbackProcedure.objects.create(
        plan=plan, key="full", name="Full restore", target_s=900, downtime_target_s=600
    )
    for place, (segment, title, kind, target, blocking) in enumerate(
        [
            ("Keep", "Back up the present state", "backup", None, True),
            ("Restore", "Restore the database", "person", 120, False),
            ("Verify", "Health checks pass", "check", 180, False),
        ],
        start=1,
    ):
        found.steps.create(
            position=place, segment=segment, title=title, kind=kind, target_s=target,
            blocking=blocking,
        )  # fmt: skip
    return found


def test_a_blocking_backup_comes_first_or_is_left_out_with_a_reason(restore, cast):
    """S5."""
    run = begin(restore.plan, procedure=restore)
    with pytest.raises(Refused, match="“Back up the present state” comes before") as told:
        set_step(run, 2, "done", by=cast["forge"])
    assert told.value.status == 409
    with pytest.raises(Invalid) as wrong:
        set_step(run, 1, "skipped", by=cast["forge"])
    assert wrong.value.field == "note"
    set_step(run, 1, "skipped", by=cast["forge"], note="The disk is gone")
    event = restore.plan.events.last()
    assert event.kind == "run.step" and "left out, although it blocks: The disk" in event.text
    assert set_step(run, 2, "done", by=cast["forge"]).done_by == "Forge"


def test_a_step_is_set_and_never_toggled(restore, cast):
    run = begin(restore.plan, procedure=restore)
    set_step(run, 1, "done", by=cast["forge"])
    seq = restore.plan.events.count()
    assert state_of(set_step(run, 1, "done", by=cast["thon"])) == "done"
    assert restore.plan.events.count() == seq
    assert state_of(set_step(run, 1, "failed", by=cast["thon"], note="Disk full")) == "failed"
    with pytest.raises(Refused):
        set_step(run, 2, "done", by=cast["thon"])
    assert state_of(set_step(run, 1, "open", by=cast["thon"])) == "open"
    with pytest.raises(NotAllowed):
        set_step(run, 1, "done", by=cast["vera"])


def test_what_is_observed_closes_the_step_of_the_executor(plan, cast):
    """Law 7: done is what was seen, and no order of steps stands against it."""
    rollout = Rollout.objects.create(plan=plan, generation=4, verified_at=timezone.now())
    run, drill = begin(plan, generation=4), begin(plan, generation=4, drill=True)
    with change(plan, by=RULE) as seeing:
        close_executed(seeing, rollout)
        seeing.record("rollout.observed", "0 % seen")
    assert run.steps.get(kind="execute").done_at == rollout.verified_at
    assert drill.steps.get(kind="execute").done_at is None


def test_a_metric_closes_its_step_once_it_was_green_for_long_enough(plan, cast):
    """S7: below its limit for two minutes, seen without a gap."""
    now = timezone.now()
    query = make_query(plan, band="green", value=120.0, read_at=now, observed_at=now, interval_s=15)
    found = RollbackProcedure.objects.create(plan=plan, key="flag", name="Flag")
    found.steps.create(position=1, segment="execute", title="Flag to 0 %", kind="execute")
    found.steps.create(
        position=2, segment="verify", title="P95", kind="metric", query=query, hold_s=120
    )
    run, drill = begin(plan), begin(plan, drill=True)
    RollbackRun.objects.update(started_at=now - timedelta(minutes=5))
    for n in range(9):
        MetricSample.objects.create(query=query, at=now - timedelta(seconds=15 * n), band="green")
    assert close_due() == 0  # the executor's leg is not over
    run.steps.filter(position=1).update(done_at=now - timedelta(minutes=3))
    drill.steps.filter(position=1).update(done_at=now - timedelta(minutes=3))
    assert close_due() == 1
    step = run.steps.get(position=2)
    assert (step.done_by, step.note) == ("rule", "120 ms, green for 2:00")
    assert drill.steps.get(position=2).done_at is None  # it is held elsewhere
    assert close_shown(run) == []
    assert plan.events.last().text.startswith("Rollback 1: “P95”: 120 ms, green for 2:00")


@pytest.fixture
def errors(plan, cast):
    """A step that the error rate shows when it is green for two minutes; yellow as it is."""
    now = timezone.now()
    query = make_query(
        plan, name="Error rate", band="yellow", value=0.62, unit="%", read_at=now, observed_at=now,
        interval_s=15,
    )  # fmt: skip
    found = RollbackProcedure.objects.create(plan=plan, key="flag", name="Flag")
    found.steps.create(
        position=1, segment="verify", title="Errors", kind="metric", query=query, hold_s=120
    )
    return query


def test_what_a_metric_shows_is_not_ticked_before_it_does(plan, cast, errors):
    run, drill = begin(plan), begin(plan, drill=True)
    for note in ("", "It looks well"):
        with pytest.raises(Refused) as told:
            set_step(run, 1, "done", by=cast["thon"], note=note)
        assert told.value.sentence == "Error rate shows it by itself: 0.62 %, 0:00 of 2:00."
    assert state_of(set_step(drill, 1, "done", by=cast["thon"])) == "done", "held elsewhere"
    assert state_of(set_step(run, 1, "skipped", by=cast["thon"], note="Not ours")) == "skipped"


@pytest.mark.parametrize("gone", [{"enabled": False}, {"band": "no_data", "value": None}])
def test_what_has_no_data_is_ticked_with_a_note(plan, cast, errors, gone):
    run = begin(plan)
    type(errors).objects.filter(pk=errors.pk).update(**gone)
    with pytest.raises(Invalid, match="Error rate has no data") as wrong:
        set_step(run, 1, "done", by=cast["thon"])
    assert wrong.value.field == "note"
    done = set_step(run, 1, "done", by=cast["thon"], note="The log is quiet")
    assert (state_of(done), done.note) == ("done", "The log is quiet")


# --- the end ---------------------------------------------------------------------------------


def test_verified_wants_every_step_and_says_which_are_open(restore, cast, monkeypatch):
    monkeypatch.setattr(run_ends, "_followers", [])
    run = begin(restore.plan, procedure=restore)
    with pytest.raises(Refused, match="“Back up the present state”, “Restore the database” and"):
        finish_run(run, "verified", "Fine", by=cast["thon"])
    for place in (1, 2, 3):
        set_step(run, place, "done", by=cast["forge"])
    with pytest.raises(NotAllowed):
        finish_run(run, "verified", "Fine", by=cast["forge"])
    with pytest.raises(Invalid):
        finish_run(run, "verified", " ", by=cast["thon"])
    told = []
    register_finished(lambda changing, ended: told.append(ended.pk) or "Root cause is due")
    ended = finish_run(run, "verified", "Back on 3d97ee2", by=cast["thon"], downtime_s=425)
    assert (ended.outcome, ended.ended_by, ended.downtime_s) == ("verified", "Thon", 425)
    assert told == [run.pk] and "Root cause is due" in restore.plan.events.last().text
    assert restore.plan.events.last().kind == "rollback.finished"
    with pytest.raises(Refused, match="was ended verified by Thon"):
        set_step(run, 1, "open", by=cast["forge"])


def test_one_that_did_not_work_calls_for_help_at_once(restore, cast):
    run = begin(restore.plan, procedure=restore)
    finish_run(run, "failed", "The flag service does not answer", by=cast["thon"])
    event = restore.plan.events.last()
    assert event.kind == "rollback.failed" and "E-1 opened" in event.text
    assert Escalation.objects.get().cause == "rollback-failed:1"


def test_command_is_taken_and_told(plan, cast):
    run = begin(plan)
    assert take_command(run, by=cast["thon"]).commander == "Thon"
    seq = plan.events.count()
    take_command(run, by=cast["thon"])
    assert plan.events.count() == seq
    take_command(run, by=cast["cora"])
    assert plan.events.last().text == "Rollback 1: Cora is in command, after Thon"


def test_a_false_alarm_is_said_once_and_the_redeploy_is_kept(plan, cast):
    """S79."""
    run = begin(plan)
    with pytest.raises(NotAllowed):
        mark_false_positive(run, "Probe was wrong", by=cast["forge"])
    found = mark_false_positive(run, "The probe counted twice", by=cast["thon"])
    assert found.false_positive_by == "Thon"
    with pytest.raises(Refused, match="Thon said so"):
        mark_false_positive(run, "Again", by=cast["cora"])
    assert record_redeployed(run, by=cast["thon"]).redeployed_at is not None
    seq = plan.events.count()
    record_redeployed(run, by=cast["thon"])
    assert plan.events.count() == seq
    with pytest.raises(Refused, match="was a drill"):
        mark_false_positive(begin(plan, drill=True), "x", by=cast["thon"])


# --- drills ----------------------------------------------------------------------------------


def test_a_drill_moves_no_production_traffic(restore, cast):
    plan = restore.plan
    with pytest.raises(Invalid):
        start_drill(plan, restore, " ", by=cast["forge"])
    run = start_drill(plan, restore, "staging", by=cast["forge"], request_id="one")
    assert start_drill(plan, restore, "staging", by=cast["forge"], request_id="one") == run
    assert (run.drill, run.place, run.to_percent) == (True, "staging", 0)
    assert not Rollout.objects.exists() and not Effect.objects.exists()
    for place in (1, 2, 3):
        set_step(run, place, "done", by=cast["forge"])
    finish_run(run, "verified", "Restored", by=cast["forge"])
    assert plan.events.last().kind == "run.finished"
    assert not Escalation.objects.exists()


def test_a_drill_of_before_is_entered_from_notes_and_marked(restore, cast):
    began = timezone.now() - timedelta(days=6)
    spans = {"Keep": 125, "Restore": 86, "Verify": 200}
    run = enter_drill(
        restore.plan, restore, "staging", began, spans, by=cast["forge"], held_by="Thon",
        downtime_s=425, note="The database check waits for nothing",
    )  # fmt: skip
    assert run.noted_at is not None and run.started_by == "Thon"
    found = legs_of(run, list(run.steps.all()))
    assert [leg.seconds(run.ended_at) for leg in found] == [125, 86, 200]
    assert begins_at(run) == began and (run.ended_at - began).total_seconds() == 411
    assert "entered from notes" in restore.plan.events.last().text
    for wrong, field in [({"Keep": 1}, "Restore"), (spans | {"Other": 3}, "durations")]:
        with pytest.raises(Invalid) as told:
            enter_drill(restore.plan, restore, "staging", began, wrong, by=cast["forge"])
        assert told.value.field == field
    with pytest.raises(Invalid) as told:
        enter_drill(restore.plan, restore, "x", timezone.now(), spans, by=cast["forge"])
    assert told.value.field == "started_at"


def test_downtime_is_measured_from_the_red_time_of_its_check(plan, cast):
    check = make_check(plan, interval_s=10)
    found = RollbackProcedure.objects.create(plan=plan, key="flag", name="F", downtime_target_s=60)
    found.steps.create(position=1, segment="verify", title="Up", kind="check", health_check=check)
    run, now = begin(plan), timezone.now()
    RollbackRun.objects.update(started_at=now - timedelta(minutes=5))
    for ago, band in ((100, "red"), (90, "red"), (80, "green")):
        CheckResult.objects.create(health_check=check, at=now - timedelta(seconds=ago), band=band)
    run.refresh_from_db()
    assert downtime_of(run, now) == pytest.approx(20, abs=0.1)
