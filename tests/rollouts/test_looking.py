"""The traffic is looked at by a metric or at an address, often while something moves."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from rollouts.actions.observing import claim_rollouts
from rollouts.models import Rollout
from rollouts.probes import ProbeResult, no_data
from rollouts.rules.shares import number_at
from rollouts.tasks import observing
from rollouts.tasks.observing import observe_due
from tests.rollouts.cast import make_query
from tests.rollouts.receivers import Receiver, serve
from tests.rollouts.test_effects import want
from warroom.rules.json_path import NoPath


class Shares(Receiver):
    """An address that tells the share."""

    said = (200, '{"flags": {"web": {"percentage": "5"}}}')

    def apply(self, headers, body):
        return self.said


@pytest.fixture
def side(loopback):
    side = Shares()
    server = serve(side)
    side.url = server.url
    yield side
    server.shutdown()
    server.server_close()


@pytest.fixture
def looked(plan, side):
    Rollout.objects.create(
        plan=plan, observe_url=f"{side.url}/shares", observe_path="flags.web.percentage"
    )
    want(plan, 5)
    return plan


def due(plan):
    Rollout.objects.filter(plan=plan).update(observe_due_at=timezone.now())


def test_the_share_of_an_address_is_seen(looked, side):
    assert observe_due() == 1
    rollout = Rollout.objects.get(plan=looked)
    assert rollout.actual_percent == 5 and rollout.verified_at is not None
    assert rollout.observe_token == "" and rollout.observe_due_at > timezone.now()
    assert observe_due() == 0, "not before its time"


def test_a_token_is_taken_from_the_environment(looked, side, monkeypatch):
    Rollout.objects.update(observe_env="SHARE_TOKEN")
    observe_due()
    assert "has no SHARE_TOKEN" in Rollout.objects.get(plan=looked).actual_reason
    monkeypatch.setenv("SHARE_TOKEN", "canary")
    due(looked)
    observe_due()
    assert side.calls[0][2]["authorization"] == "Bearer canary"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ((500, ""), "it answered 500"),
        ((200, "<html>"), "it answered with broken JSON"),
        ((200, "[" * 2000), "it answered with broken JSON"),
        ((200, '{"flags": {}}'), "the answer has no “web” on the path flags.web.percentage"),
        ((200, '{"flags": {"web": {"percentage": null}}}'), "flags.web.percentage is no number"),
        ((200, '{"flags": {"web": {"percentage": NaN}}}'), "flags.web.percentage is no number"),
        ((200, '{"flags": {"web": {"percentage": 500}}}'), "500 is no share in percent"),
    ],
)
def test_an_odd_answer_is_no_data_with_its_reason(looked, side, said, reason):
    """Scenarios 27 and 31 for the share itself."""
    side.said = said
    observe_due()
    rollout = Rollout.objects.get(plan=looked)
    assert rollout.actual_reason == reason
    assert rollout.verified_at is None and rollout.actual_percent is None


def test_scenario_57_an_address_inside_is_not_looked_at(looked, settings, side):
    settings.WARROOM_OUTBOUND_ALLOW = []
    observe_due()
    assert side.calls == []
    assert Rollout.objects.get(plan=looked).actual_reason


def test_a_metric_tells_the_share(plan, monkeypatch):
    Rollout.objects.create(plan=plan, observed_by=make_query(plan, "share", name="flag share"))
    want(plan, 5)
    answers = [no_data("the query found no series"), ProbeResult(value=5.0)]
    monkeypatch.setitem(observing.ASK, "prometheus", lambda target: answers.pop(0))
    observe_due()
    assert Rollout.objects.get().actual_reason == "the query found no series"
    due(plan)
    observe_due()
    assert Rollout.objects.get().verified_at is not None


def test_two_workers_do_not_look_twice_and_a_dead_one_is_replaced(looked):
    now = timezone.now()
    assert len(claim_rollouts(now)) == 1
    assert claim_rollouts(now) == []
    assert len(claim_rollouts(now + timedelta(seconds=10))) == 1


def test_what_moves_is_looked_at_more_often_than_what_stands(looked, side):
    side.said = (200, '{"flags": {"web": {"percentage": 0}}}')
    observe_due()
    soon = Rollout.objects.get(plan=looked).observe_due_at - timezone.now()
    assert soon < timedelta(seconds=3)
    side.said = Shares.said
    due(looked)
    observe_due()
    due(looked)
    observe_due()
    later = Rollout.objects.get(plan=looked).observe_due_at - timezone.now()
    assert later > timedelta(seconds=5)


@pytest.mark.parametrize(
    ("body", "path", "number"),
    [
        ({"a": {"b": 5}}, "a.b", 5),
        ({"a": {"b": "5 %"}}, "$.a.b", 5),
        ([{"x": 1}, {"x": 2}], "[1].x", 2),
        (12.5, "", 12.5),
    ],
)
def test_a_path_leads_to_a_number(body, path, number):
    assert number_at(json.loads(json.dumps(body)), path) == number


def test_a_switch_is_no_share():
    with pytest.raises(NoPath):
        number_at({"a": True}, "a")
