"""A rollback beats everything, stands, and is done once (laws 7 and 10, scenarios 23, 24)."""

import pytest
from django.utils import timezone

from rollouts.actions.desired import ADVANCE, set_desired
from rollouts.actions.resuming import resume_rollout
from rollouts.actions.rollbacks import start_rollback
from rollouts.actions.run_ends import finish_run, mark_false_positive
from rollouts.actions.stages import advance
from rollouts.models import Effect, Executor, RollbackRun, RollbackTrigger, Rollout, Stage
from tests.rollouts.cast import make_query, read
from warroom.actions.change import RULE, change
from warroom.actions.lifecycle import take_step
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import Escalation


@pytest.fixture
def live(plan, cast):
    """A release that serves 5 %, with an executor."""
    Executor.objects.create(plan=plan, key="flag", name="Flag", kind="webhook")
    Stage.objects.create(
        plan=plan, number=1, from_percent=0, to_percent=5, state="running",
        started_at=timezone.now(),
    )  # fmt: skip
    Stage.objects.create(plan=plan, number=2, from_percent=5, to_percent=10)
    plan.lifecycle = "deploying"
    plan.save()
    want(plan, 5)
    return plan


def want(plan, percent, cause=ADVANCE):
    with change(plan, by=RULE) as changing:
        set_desired(changing, percent, cause=cause)
        changing.record("rollout.advanced", f"{percent} %")
    plan.refresh_from_db()


def back(plan, by, reason="Errors everywhere", **fields):
    run = start_rollback(plan, by=by, reason=reason, **fields)
    plan.refresh_from_db()
    return run


def kinds(plan):
    return list(plan.events.order_by("seq").values_list("kind", flat=True))


def test_one_change_wants_0_percent_begins_a_run_and_calls(live, cast):
    before = live.timeline_seq
    run = back(live, cast["thon"])
    assert live.timeline_seq == before + 1
    event = live.events.order_by("seq").last()
    assert event.kind == "rollback.started"
    assert event.text == (
        "Rollback run 1 began: 5 % to 0 %. Errors everywhere. E-1 calls the first level."
    )
    rollout = Rollout.objects.get(plan=live)
    assert (rollout.desired_percent, rollout.desired_cause) == (0, "rollback")
    assert rollout.rolled_back_at == run.started_at
    assert (run.from_percent, run.to_percent, run.generation) == (5, 0, rollout.generation)
    assert Stage.objects.get(plan=live, number=1).state == "rolled_back"
    due = Effect.objects.get(plan=live, state="due")
    assert (due.percent, due.action, due.generation) == (0, "rollback", rollout.generation)
    assert Escalation.objects.get(plan=live).url == f"/plans/{live.slug}/rollback/1/"


def test_a_release_without_stages_is_rolled_back_as_a_whole_also_while_it_is_watched(plan, cast):
    plan.lifecycle = "watching"
    plan.save()
    run = back(plan, cast["thon"])
    assert (run.from_percent, run.to_percent) == (100, 0)


@pytest.mark.parametrize("person", ["cora", "thon", "hudson"])
def test_every_lead_may_roll_back(live, cast, person):
    assert back(live, cast[person]).started_by == cast[person].display_name


@pytest.mark.parametrize("person", ["forge", "vera"])
def test_who_leads_nothing_may_not(live, cast, person):
    with pytest.raises(NotAllowed):
        back(live, cast[person])
    assert Rollout.objects.get(plan=live).desired_percent == 5


def test_the_typed_word_and_a_reason_are_wanted(live, cast):
    """S4."""
    with pytest.raises(Invalid) as wrong:
        back(live, cast["thon"], confirmed="yes")
    assert wrong.value.field == "confirmed"
    with pytest.raises(Invalid) as wrong:
        back(live, cast["thon"], reason=" ", confirmed="ROLLBACK")
    assert wrong.value.field == "reason"
    assert back(live, cast["thon"], confirmed=" rollback")


def test_a_second_rollback_changes_nothing_and_is_written_down_once(live, cast):
    """Scenario 24."""
    run = back(live, cast["thon"])
    generation = Rollout.objects.get(plan=live).generation
    assert back(live, cast["cora"]) == run
    assert back(live, cast["thon"]) == run
    assert kinds(live).count("rollback.repeated") == 1
    assert kinds(live).count("rollback.started") == 1
    assert Rollout.objects.get(plan=live).generation == generation
    assert Effect.objects.filter(plan=live, state="due").count() == 1


@pytest.mark.parametrize("lifecycle", ["draft", "preparing", "rolled_back"])
def test_where_nothing_is_served_there_is_nothing_to_roll_back(plan, cast, lifecycle):
    """Scenario 24: idle."""
    plan.lifecycle = lifecycle
    plan.save()
    assert back(plan, cast["thon"]) is None
    assert kinds(plan) == ["rollback.repeated"]
    assert not RollbackRun.objects.exists()


@pytest.mark.parametrize("lifecycle", ["stable", "aborted"])
@pytest.mark.parametrize("who", ["thon", RULE])
def test_a_closed_release_says_what_to_do_first(live, cast, lifecycle, who):
    live.lifecycle = lifecycle
    live.save()
    with pytest.raises(Refused, match="Reopen it in the settings"):
        back(live, cast.get(who, who))


def test_a_repeated_request_is_one_rollback(live, cast):
    first = back(live, cast["thon"], request_id="once")
    assert back(live, cast["thon"], request_id="once") == first
    assert kinds(live)[-1] == "rollback.started"


def test_a_partial_one_goes_where_it_is_told_and_another_can_follow(live, cast):
    """S6: partial variants."""
    want(live, 25)
    assert back(live, cast["thon"], to_percent=10).from_percent == 25
    assert back(live, cast["thon"], to_percent=10).number == 1
    second = back(live, cast["thon"])
    assert (second.number, second.from_percent, second.to_percent) == (2, 10, 0)


def test_a_declared_trigger_is_the_reason(live, cast):
    """S22, S140."""
    trigger = RollbackTrigger.objects.create(plan=live, text="Data loss")
    run = back(live, cast["thon"], reason="", cause="trigger", trigger=trigger)
    assert (run.cause, run.reason, run.trigger) == ("trigger", "Data loss.", trigger)


def test_while_it_stands_the_verdict_is_rollback_however_green_it_looks(live, cast):
    """Law 7."""
    make_query(live)
    run = back(live, cast["thon"])
    read(live)
    assert live.verdict == "rollback"
    assert live.verdict_sentence == (
        f"Errors everywhere. Thon started the rollback to 0 % at {run.started_at:%H:%M:%S}."
    )
    assert live.verdict_counts == "1 of 1 green"
    assert "verdict.changed" not in kinds(live)


# --- its end ---------------------------------------------------------------------------------


def finish(run, by, outcome="verified"):
    run.steps.update(done_at=timezone.now())
    finish_run(run, outcome, "All quiet.", by=by)


def test_a_verified_run_ends_the_release_as_rolled_back_and_its_call(live, cast):
    """S7, S142."""
    run = back(live, cast["thon"])
    finish(run, cast["thon"])
    live.refresh_from_db()
    assert live.lifecycle == "rolled_back"
    assert Rollout.objects.get(plan=live).rolled_back_at is not None
    assert Escalation.objects.get(plan=live).closed_at is not None
    text = live.events.order_by("seq").last().text
    assert "E-1 closed. The release is rolled back." in text


def test_one_that_did_not_work_calls_and_leaves_it_as_it_is(live, cast):
    finish(back(live, cast["thon"]), cast["thon"], "failed")
    live.refresh_from_db()
    assert live.lifecycle == "deploying"
    assert live.verdict == "rollback"
    assert Escalation.objects.filter(plan=live, closed_at=None).count() == 1


def test_after_a_partial_one_the_release_goes_on(live, cast):
    want(live, 25)
    finish(back(live, cast["thon"], to_percent=10), cast["thon"])
    live.refresh_from_db()
    assert live.lifecycle == "deploying"


def test_a_false_alarm_is_marked_and_the_redeploy_recorded(live, cast):
    """S79."""
    run = back(live, cast["thon"])
    mark_false_positive(run, "The probe was wrong", by=cast["cora"])
    resume_rollout(live, 5, by=cast["cora"], reason="The probe is mended")
    run.refresh_from_db()
    assert (run.false_positive_by, run.redeployed_at is None) == ("Cora", False)
    live.refresh_from_db()
    assert live.verdict != "rollback"


def test_nothing_advances_and_nothing_is_watched_while_it_stands(live, cast):
    """Scenario 23: rollback wins, whoever comes first."""
    back(live, cast["thon"])
    with pytest.raises(Refused):
        advance(live, to_percent=10, by=cast["cora"])
    with pytest.raises(Refused, match="A rollback stands"):
        take_step(live, "watching", by=cast["cora"])
