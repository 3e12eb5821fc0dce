"""What is seen of the traffic decides, not what was answered (law 7, scenario 40)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from rollouts.actions import seen
from rollouts.actions.desired import ADVANCE, ROLLBACK, set_desired
from rollouts.actions.observing import confirm_by_hand, record_actual
from rollouts.models import Effect, EffectState, Executor, Rollout
from tests.rollouts.cast import make_query
from warroom.actions.change import RULE, change
from warroom.actions.refusals import NotAllowed, Refused


def want(plan, percent, cause=ADVANCE, by="Cora"):
    with change(plan, by=by) as wanting:
        rollout = set_desired(wanting, percent, cause=cause)
        wanting.record("stage.started", f"{percent} % wanted", stage=1, before=0, after=percent)
    return rollout


@pytest.fixture
def observed(plan):
    """A rollout that a metric observes and a machine carries out."""
    query = make_query(plan, "share", name="flag share", interval_s=15)
    Rollout.objects.create(plan=plan, observed_by=query)
    Executor.objects.create(plan=plan, key="flags", name="Flags", kind="webhook")
    return plan


def accept(plan, at=None):
    Effect.objects.filter(plan=plan, state=EffectState.DUE).update(
        state=EffectState.SENT, sent_at=at or timezone.now()
    )


def kinds(plan):
    return list(plan.events.order_by("seq").values_list("kind", flat=True))


@pytest.fixture
def followed(monkeypatch):
    calls = []
    monkeypatch.setattr(seen, "_followers", [lambda c, r: calls.append(r.generation)])
    return calls


def test_the_first_sight_of_the_wanted_share_verifies_it_once(observed, followed):
    want(observed, 5)
    accept(observed)
    record_actual(observed, 0)
    assert followed == []
    record_actual(observed, 5.2)
    rollout = record_actual(observed, 5.1)
    assert followed == [1] and rollout.verified_at is not None
    assert kinds(observed).count("rollout.observed") == 1
    assert Effect.objects.get().state == EffectState.DONE
    assert "5 % seen on flag share after" in observed.events.last().text


def test_no_data_agrees_with_nothing_and_keeps_its_reason(observed):
    want(observed, 0, ROLLBACK)
    rollout = record_actual(observed, None, reason="the query found no series")
    assert rollout.verified_at is None
    assert rollout.actual_reason == "the query found no series"


def test_an_old_reading_of_the_same_share_verifies_nothing(observed, time_machine):
    """To 5 % and back within one scrape: the 0 % of before is not the 0 % that is wanted."""
    time_machine.move_to(timezone.now(), tick=False)
    record_actual(observed, 0)
    want(observed, 5)
    want(observed, 0, ROLLBACK)
    assert record_actual(observed, 0).verified_at is None
    time_machine.shift(30)
    assert record_actual(observed, 0).verified_at is not None


def test_a_sight_from_before_the_wish_does_not_count(observed):
    want(observed, 5)
    early = timezone.now() - timedelta(minutes=1)
    assert record_actual(observed, 5, at=early).verified_at is None


def test_traffic_that_does_not_move_is_said_within_the_minute(observed, time_machine):
    """Scenario 40: the executor said yes, the traffic is unchanged."""
    time_machine.move_to(timezone.now(), tick=False)
    want(observed, 5)
    accept(observed)
    record_actual(observed, 0)
    time_machine.shift(52)
    record_actual(observed, 0)
    record_actual(observed, 0)
    call = observed.escalations.get(cause="unverified")
    assert kinds(observed).count("rollout.unverified") == 1
    assert "Flags accepted 5 %" in call.reason and "0 % is seen" in call.reason
    record_actual(observed, 5)
    call.refresh_from_db()
    assert call.closed_at is not None
    assert f"{call} closed" in observed.events.last().text


def test_nothing_seen_at_all_is_said_with_its_reason(observed, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    want(observed, 5)
    accept(observed)
    time_machine.shift(55)
    record_actual(observed, None, reason="connection refused")
    assert "connection refused" in observed.escalations.get(cause="unverified").reason


def test_drift_is_escalated_when_it_lasts_and_ends_by_itself(observed, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    want(observed, 5)
    accept(observed)
    record_actual(observed, 5)
    record_actual(observed, 10)
    assert not observed.escalations.exists()
    for _ in range(13):
        time_machine.shift(10)
        record_actual(observed, 10)
    assert observed.escalations.filter(cause="drift").count() == 1
    assert kinds(observed).count("rollout.drifted") == 1
    record_actual(observed, 5)
    assert observed.escalations.get(cause="drift").closed_at is not None
    assert "5 % seen again. E-1 closed" in observed.events.last().text


def test_without_executor_and_observation_the_advance_itself_is_the_sight(plan, followed):
    rollout = want(plan, 5)
    assert rollout.verified_at is not None and followed == [1]


def test_a_rollback_is_never_taken_on_trust(plan, followed, cast):
    rollout = want(plan, 0, ROLLBACK, by=RULE)
    assert rollout.verified_at is None and followed == []
    confirm_by_hand(plan, by=cast["cora"], generation=rollout.generation)
    confirm_by_hand(plan, by=cast["cora"], generation=rollout.generation)
    assert followed == [1] and kinds(plan).count("rollout.confirmed") == 1


def test_a_word_for_an_older_share_is_refused(plan, cast):
    old = want(plan, 5).generation
    want(plan, 0, ROLLBACK)
    with pytest.raises(Refused, match="By now 0 % is wanted"):
        confirm_by_hand(plan, by=cast["cora"], generation=old)
    with pytest.raises(NotAllowed):
        confirm_by_hand(plan, by=cast["stranger"])


def test_where_something_observes_a_word_is_not_a_sight(observed, cast, followed):
    rollout = want(observed, 5)
    confirm_by_hand(observed, by=cast["cora"], generation=rollout.generation)
    rollout.refresh_from_db()
    assert rollout.verified_at is None and followed == []
    assert Effect.objects.get().state == EffectState.SENT
    record_actual(observed, 5)
    assert followed == [1]
