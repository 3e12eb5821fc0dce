"""Calls that must not have the last word, and calls that nobody wants made any more."""

import pytest
from django.utils import timezone

from rollouts.actions.desired import ROLLBACK
from rollouts.actions.effects import LEASE, claim_effects, note_answer, note_unwanted
from rollouts.actions.executors import carry_out_again
from rollouts.actions.observing import record_actual
from rollouts.executors import Answer
from rollouts.models import Effect, EffectState, Executor
from rollouts.queries.effects import waits_for_hand
from rollouts.tasks.effects import deliver_due
from tests.rollouts.receivers import Receiver, serve
from tests.rollouts.test_effects import hook, want
from warroom.models import DeploymentPlan

YES = Answer(True, "202")


@pytest.fixture
def receiver(loopback):
    receiver = Receiver()
    server = serve(receiver)
    receiver.url = server.url
    yield receiver
    server.shutdown()
    server.server_close()


@pytest.fixture
def hooked(plan, receiver, monkeypatch):
    monkeypatch.setenv("HOOK_SECRET", "canary-7f31")
    hook(plan, receiver.url)
    return plan


def overtake(plan):
    """An advance that is under way while a rollback is claimed; gives both."""
    want(plan, 25)
    (late,) = claim_effects()
    want(plan, 0, ROLLBACK)
    (back,) = claim_effects()
    return late, back


def test_what_is_said_once_more_has_another_key(hooked):
    """A receiver that honours keys would take the same one for carried out, and move nothing."""
    late, back = overtake(hooked)
    note_answer(back, YES)
    note_answer(late, YES)
    again = Effect.objects.get(pk=back.pk)
    assert again.state == EffectState.DUE and again.key.startswith(back.key)
    assert again.key != back.key


def test_a_rollback_under_way_is_said_once_more_too(hooked):
    """Its own call may have come in before the older one that was answered meanwhile."""
    late, back = overtake(hooked)
    note_answer(late, YES)
    assert note_answer(back, YES) is False
    assert Effect.objects.get(pk=back.pk).state == EffectState.DUE
    assert deliver_due() == 1
    assert Effect.objects.get(pk=back.pk).state == EffectState.SENT


def test_who_is_switched_off_is_not_called_and_a_person_is_asked(hooked, receiver):
    rollout = want(hooked, 25)
    Executor.objects.filter(plan=hooked).update(enabled=False)
    assert deliver_due() == 0 and receiver.calls == []
    assert waits_for_hand(rollout, Effect.objects.select_related("executor").get())


@pytest.mark.parametrize(("action", "calls"), [("advance", 0), (ROLLBACK, 1)])
def test_after_an_abort_only_the_way_back_is_called(hooked, receiver, action, calls):
    want(hooked, 5, action)
    DeploymentPlan.objects.filter(pk=hooked.pk).update(lifecycle="aborted")
    deliver_due()
    assert len(receiver.calls) == calls


def test_what_drifted_is_carried_out_again_by_who_honours_keys(hooked, receiver, cast):
    """Scenario 40. The receiver has taken the key of the first call: the same one moves nothing."""
    want(hooked, 25)
    deliver_due()
    receiver.share = 0  # somebody sets the flag by hand
    carry_out_again(hooked, by=cast["cora"], generation=1)
    assert deliver_due() == 1 and receiver.share == 25
    receiver.share = 0
    carry_out_again(hooked, by=cast["cora"], generation=1)
    assert deliver_due() == 1 and receiver.share == 25
    assert Effect.objects.count() == 1 and len(set(receiver.applied)) == 3


def test_what_is_still_tried_keeps_its_key(hooked, receiver, cast):
    """Nobody knows whether the first try came through: the key is what keeps it to one."""
    receiver.answers = [(503, "busy")]
    want(hooked, 25)
    deliver_due()
    key = Effect.objects.get().key
    carry_out_again(hooked, by=cast["cora"], generation=1, request_id="once")
    assert carry_out_again(hooked, by=cast["cora"], generation=1, request_id="once").key == key
    assert deliver_due() == 1 and list(receiver.applied) == [key]


def test_a_call_whose_worker_was_killed_does_not_have_the_last_word(hooked, receiver, time_machine):
    """What it sent may come in after the rollback, which is said once more after its lease."""
    time_machine.move_to(timezone.now(), tick=False)
    overtake_by(hooked)
    assert deliver_due() == 1 and receiver.share == 0
    receiver.share = 25  # the call of the killed worker comes in now
    assert deliver_due() == 0
    time_machine.shift(LEASE.total_seconds() + 1)
    assert deliver_due() == 1 and receiver.share == 0
    time_machine.shift(60)
    assert deliver_due() == 0, "once"
    assert Effect.objects.get(action=ROLLBACK).state == EffectState.SENT


def test_a_call_that_was_never_made_is_not_waited_for(hooked, receiver):
    late = overtake_by(hooked)
    note_unwanted(late)
    deliver_due()
    assert Effect.objects.get(action=ROLLBACK).state == EffectState.SENT


def overtake_by(plan):
    """A rollback that is wanted while an advance is claimed; gives the advance."""
    want(plan, 25)
    (late,) = claim_effects()
    want(plan, 0, ROLLBACK)
    return late


def test_traffic_that_rises_after_a_rollback_was_seen_is_taken_back_at_once(
    hooked, receiver, time_machine
):
    """A call that timed out here and landed there later; nobody waits whether it lasts."""
    time_machine.move_to(timezone.now(), tick=False)
    want(hooked, 25)
    deliver_due()
    want(hooked, 0, ROLLBACK)
    deliver_due()
    time_machine.shift(60)
    assert record_actual(hooked, 0).verified_at is not None
    receiver.share = 25
    time_machine.shift(10)
    record_actual(hooked, 25)
    said = hooked.events.last()
    assert said.kind == "rollout.drifted" and said.text == (
        "25 % of the traffic is seen again after the rollback to 0 %. "
        "Hook is asked for 0 % again. E-1 opened"
    )
    assert hooked.escalations.get(cause="drift").closed_at is None
    assert deliver_due() == 1 and receiver.share == 0
    time_machine.shift(10)
    record_actual(hooked, 25)  # the metric lags: said once
    assert deliver_due() == 0
    time_machine.shift(10)
    record_actual(hooked, 0)
    assert hooked.escalations.get(cause="drift").closed_at is not None


def test_traffic_that_rises_without_a_rollback_is_waited_for(hooked):
    want(hooked, 5)
    deliver_due()
    record_actual(hooked, 0)
    record_actual(hooked, 5)
    record_actual(hooked, 25)
    assert not hooked.escalations.exists() and deliver_due() == 0
