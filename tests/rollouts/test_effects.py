"""Calls that move traffic: written with the wish, made at least once, one effect each (law 8)."""

import json
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from rollouts.actions.desired import ADVANCE, ROLLBACK, set_desired
from rollouts.actions.effects import claim_effects, note_answer
from rollouts.actions.executors import carry_out_again
from rollouts.actions.observing import record_actual
from rollouts.executors import Answer
from rollouts.models import Effect, EffectState, Executor, Rollout
from rollouts.tasks.effects import deliver_due
from tests.conftest import make_plan
from tests.rollouts.cast import make_query
from tests.rollouts.receivers import Receiver, is_signed, serve
from warroom.actions.change import change
from warroom.actions.refusals import Refused

SECRET = "canary-7f31"


@pytest.fixture
def receiver(loopback):
    receiver = Receiver()
    server = serve(receiver)
    receiver.url = server.url
    yield receiver
    server.shutdown()
    server.server_close()


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    return time_machine


@pytest.fixture
def hooked(plan, receiver, monkeypatch):
    """A plan whose traffic a webhook moves and a metric observes."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    hook(plan, receiver.url)
    return plan


def hook(plan, url, **fields):
    fields = {
        "key": "hook",
        "name": "Hook",
        "kind": "webhook",
        "secret_env": "HOOK_SECRET",
    } | fields
    executor = Executor.objects.create(plan=plan, url=f"{url}/shares", **fields)
    query, _ = plan.prometheusquery_set.get_or_create(
        key="share", defaults={"name": "share", "source": make_query(plan, "other").source}
    )
    Rollout.objects.update_or_create(plan=plan, defaults={"observed_by": query})
    return executor


def want(plan, percent, cause=ADVANCE):
    with change(plan, by="Cora") as wanting:
        rollout = set_desired(wanting, percent, cause=cause)
        wanting.record("stage.started", f"{percent} % wanted", stage=1, before=0, after=percent)
    return rollout


def kinds(plan):
    return list(plan.events.order_by("seq").values_list("kind", flat=True))


def test_a_wish_is_one_signed_call_with_its_key(hooked, receiver):
    want(hooked, 5)
    assert deliver_due() == 1 and deliver_due() == 0
    ((method, path, headers, body),) = receiver.calls
    assert (method, path) == ("POST", "/shares")
    assert headers["idempotency-key"] == f"{hooked.slug}:1:hook"
    assert is_signed(SECRET, headers["x-warroom-signature"], body, time.time())
    assert not is_signed("other", headers["x-warroom-signature"], body, time.time())
    order = json.loads(body)
    assert (order["percent"], order["before"], order["generation"]) == (5, 0, 1)
    effect = Effect.objects.get()
    assert effect.state == EffectState.SENT and effect.answer.startswith("202")
    assert "Hook accepted 5 %" in hooked.events.last().text


def test_a_signature_of_five_minutes_ago_is_no_signature(hooked, receiver):
    """Scenario 62, seen from the receiver."""
    want(hooked, 5)
    deliver_due()
    _, _, headers, body = receiver.calls[0]
    assert not is_signed(SECRET, headers["x-warroom-signature"], body, time.time() + 301)


def test_accepted_is_not_done_until_it_is_seen(hooked, receiver):
    want(hooked, 5)
    deliver_due()
    record_actual(hooked, 0)
    assert Effect.objects.get().state == EffectState.SENT
    record_actual(hooked, 5)
    assert Effect.objects.get().state == EffectState.DONE


def test_scenario_39_failures_are_tried_again_with_the_same_key_and_the_third_calls(
    hooked, receiver, clock
):
    receiver.answers = [(500, "boom"), (503, ""), (429, "slow down"), None]
    want(hooked, 5)
    deliver_due()
    assert deliver_due() == 0, "the next try waits"
    assert "effect.failed" in kinds(hooked) and not hooked.escalations.exists()
    for wait in (1, 2, 5):
        clock.shift(wait)
        assert deliver_due() == 1
    (call,) = hooked.escalations.all()
    assert call.cause == "executor" and "answered 429 slow down" in call.reason
    assert call.closed_at is not None, "it ends when the other side accepts"
    assert len({headers["idempotency-key"] for _, _, headers, _ in receiver.calls}) == 1
    assert kinds(hooked).count("effect.failed") == 2
    assert receiver.share == 5


def test_the_same_key_carried_out_before_is_a_yes(hooked, receiver):
    receiver.answers = [(409, "carried out before")]
    want(hooked, 5)
    deliver_due()
    assert Effect.objects.get().state == EffectState.SENT


def test_what_is_refused_for_good_fails_at_once_and_calls(hooked, receiver, clock):
    receiver.answers = [(422, "percent too high")] * 3
    want(hooked, 5)
    deliver_due()
    effect = Effect.objects.get()
    assert effect.state == EffectState.FAILED
    assert effect.failure == "answered 422 percent too high"
    assert hooked.escalations.get().cause == "executor"
    clock.shift(60)
    assert deliver_due() == 0


def test_a_rollback_is_never_given_up(hooked, receiver, clock):
    want(hooked, 5)
    deliver_due()
    receiver.answers = [(403, "no"), *[(500, "boom")] * 5]
    want(hooked, 0, ROLLBACK)
    deliver_due()
    assert hooked.escalations.count() == 1
    for _ in range(6):
        clock.shift(10)
        deliver_due()
    assert receiver.share == 0
    assert Effect.objects.first().state == EffectState.SENT


def test_a_rollback_goes_first_and_older_wishes_are_not_sent(hooked, receiver, monkeypatch):
    other = make_plan(slug="other")
    hook(other, receiver.url)
    want(other, 10)
    want(hooked, 5)
    want(hooked, 0, ROLLBACK)
    claimed = claim_effects()
    assert [row.action for row in claimed] == ["rollback", "advance"]
    Effect.objects.update(lease_token="", lease_until=None)
    deliver_due()
    assert sorted(receiver.applied) == [f"{hooked.slug}:2:hook", "other:1:hook"]
    states = Effect.objects.filter(plan=hooked).order_by("generation")
    assert [row.state for row in states] == [EffectState.SUPERSEDED, EffectState.SENT]


def test_the_last_look_before_a_call_sees_a_newer_wish(hooked, receiver, monkeypatch):
    want(hooked, 5)
    (claimed,) = claim_effects()
    want(hooked, 0, ROLLBACK)
    monkeypatch.setattr("rollouts.tasks.effects.claim_effects", lambda: [claimed])
    deliver_due()
    assert receiver.calls == []


def test_a_call_that_was_overtaken_is_answered_by_the_newest_wish_again(hooked, receiver):
    """An advance that hangs while a rollback is sent may come through last."""
    want(hooked, 5)
    (late,) = claim_effects()
    want(hooked, 0, ROLLBACK)
    deliver_due()
    assert note_answer(late, Answer(True, "202")) is False
    newest = Effect.objects.get(generation=2)
    assert newest.state == EffectState.DUE
    deliver_due()
    assert len(receiver.calls) == 2 and receiver.share == 0


def test_a_lease_that_ran_out_is_done_by_another_with_the_same_key(hooked, receiver, clock):
    want(hooked, 5)
    assert claim_effects() and deliver_due() == 0
    clock.shift(10)
    assert deliver_due() == 1
    assert list(receiver.applied.values()) == [5]


def test_scenario_9_the_same_work_a_hundred_times_is_one_effect(hooked, receiver):
    """Scenario 5 as well: nothing of it is in the broker."""
    want(hooked, 5)
    for _ in range(100):
        deliver_due()
    assert len(receiver.calls) == 1


@pytest.mark.django_db
def test_scenario_2_many_effects_are_each_made_once(receiver, monkeypatch, loopback):
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    for n in range(40):
        plan = make_plan(slug=f"many-{n}")
        hook(plan, receiver.url)
        want(plan, n)
    assert deliver_due() == 40
    assert len(receiver.calls) == len(receiver.applied) == 40


def test_scenario_58_a_secret_stands_in_no_answer_and_a_missing_one_is_named(
    hooked, receiver, monkeypatch, clock
):
    receiver.answers = [(500, f"bad signature, wanted {SECRET}")]
    want(hooked, 5)
    deliver_due()
    effect = Effect.objects.get()
    assert SECRET not in effect.failure and "•••" in effect.failure
    assert all(SECRET not in event.text for event in hooked.events.all())
    monkeypatch.delenv("HOOK_SECRET")
    clock.shift(5)
    deliver_due()
    effect.refresh_from_db()
    assert effect.failure == "the worker's environment has no HOOK_SECRET"


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest", "http://[::1]/", "http://2130706433/", "http://0x7f.1/",
        "http://127.0.0.1:1/", "http://①②⑦.⓪.⓪.①/", "file:///etc/passwd", "http://10.0.0.1/",
    ],
)  # fmt: skip
def test_scenario_57_no_order_goes_to_an_address_inside(plan, settings, url, monkeypatch):
    settings.WARROOM_OUTBOUND_ALLOW = []
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    executor = hook(plan, "http://x")
    executor.url = url
    executor.save()
    want(plan, 5)
    deliver_due()
    effect = Effect.objects.get()
    assert effect.state == EffectState.FAILED and effect.failure.startswith("not called")


def test_scenario_57_a_redirect_is_not_followed(hooked, receiver):
    receiver.answers = [(302, "")]
    want(hooked, 5)
    deliver_due()
    assert len(receiver.calls) == 1 and Effect.objects.get().state == EffectState.DUE


def test_after_a_restore_nothing_is_sent_until_somebody_releases_it(hooked, receiver, capsys):
    """R24: the backup knows nothing of what went out after it."""
    want(hooked, 5)
    call_command("after_restore")
    assert "1 call is held" in capsys.readouterr().out
    assert deliver_due() == 0
    assert Rollout.objects.get(plan=hooked).generation == 2
    call_command("after_restore", "--release")
    assert deliver_due() == 1
    assert receiver.newest == 2 and receiver.share == 5


def test_a_person_lets_a_refused_call_be_made_again(hooked, receiver, cast):
    receiver.answers = [(403, "no token")]
    want(hooked, 5)
    deliver_due()
    carry_out_again(hooked, by=cast["cora"], generation=1)
    deliver_due()
    assert receiver.share == 5 and len(receiver.calls) == 2
    with pytest.raises(Refused):
        carry_out_again(hooked, by=cast["cora"], generation=7)


def test_nobody_is_called_for_what_people_move(plan):
    Executor.objects.create(plan=plan, key="hand", name="By hand", command="deploy {percent}")
    want(plan, 5)
    assert deliver_due() == 0
    later = timezone.now() + timedelta(days=1)
    assert claim_effects(later) == []
