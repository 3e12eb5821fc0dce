"""Each way to move traffic, against a server of its shape."""

import asyncio
import json

import pytest

from rollouts.executors import KINDS, OptionError, Order, Target, read_options, within
from rollouts.executors.templates import in_address, in_header
from tests.rollouts.receivers import Receiver, UnleashShape, gradual, serve
from warroom.outbound import transport

TOKEN = "*:*.token"


def order(percent, **fields):
    said = {"before": 0, "generation": 3, "action": "advance", "key": "web:3:flags"} | fields
    return Order("web", percent, at="2026-01-01T00:00:00Z", **said)


def make(kind, receiver, order, way="carry_out", secret=TOKEN, path="", **options):
    """Carry an order out against a receiver; gives the answer."""
    server = serve(receiver)
    try:
        one, shared = KINDS[kind], transport()
        target = Target(server.url + path, secret, read_options(one.options, options))
        call = getattr(one, way)(shared.fetch, order, target)
        return shared.submit(within(call, secret)).result(timeout=8)
    finally:
        server.shutdown()
        server.server_close()


pytestmark = pytest.mark.usefixtures("loopback")


# --- Unleash -------------------------------------------------------------------------------


def test_unleash_sets_the_share_and_then_opens_the_environment():
    side = UnleashShape(rollout="0")
    said = make("unleash", side, order(5), feature="web-v4")
    assert said.ok and said.text == "rollout set to 5 %; switched on"
    assert side.changes == [("PATCH", "/strategies/s-1"), ("POST", "/on")]
    assert side.strategies[0]["parameters"]["rollout"] == "5" and side.enabled


def test_unleash_is_asked_first_so_that_a_repeat_sends_nothing():
    side = UnleashShape(rollout="5", enabled=True)
    said = make("unleash", side, order(5), feature="web-v4")
    assert said.ok and "already" in said.text and side.changes == []


def test_unleash_goes_back_by_the_switch_first():
    side = UnleashShape(rollout="25", enabled=True)
    make("unleash", side, order(0, action="rollback"), feature="web-v4")
    assert side.changes == [("POST", "/off"), ("PATCH", "/strategies/s-1")]
    side = UnleashShape(rollout="25", enabled=True)
    make("unleash", side, order(0), feature="web-v4", switch_off=False)
    assert side.changes == [("PATCH", "/strategies/s-1")] and side.enabled


def test_unleash_gets_a_gradual_strategy_where_there_is_none():
    side = UnleashShape(rollout=None, enabled=True)
    assert make("unleash", side, order(5), feature="web-v4").ok
    (made,) = side.strategies
    assert made["name"] == "flexibleRollout"
    assert made["parameters"] == {"rollout": "5", "stickiness": "default", "groupId": "web-v4"}


def test_several_gradual_strategies_are_named_and_one_can_be_chosen():
    side = UnleashShape(rollout="0", enabled=True)
    side.strategies.append(gradual("s-2", "0"))
    said = make("unleash", side, order(5), feature="web-v4")
    assert not said.ok and not said.retry and "s-1, s-2" in said.text
    assert make("unleash", side, order(5), feature="web-v4", strategy="s-2").ok
    assert [one["parameters"]["rollout"] for one in side.strategies] == ["0", "5"]


@pytest.mark.parametrize(
    ("secret", "feature", "says", "retry"),
    [("wrong", "web-v4", "answered 401", False), (TOKEN, "other", "answered 404", False)],
)
def test_what_unleash_refuses_is_said(secret, feature, says, retry):
    said = make("unleash", UnleashShape(), order(5), secret=secret, feature=feature)
    assert not said.ok and says in said.text and said.retry is retry


def test_a_try_of_unleash_says_what_is_there_and_changes_nothing():
    side = UnleashShape(rollout="5", enabled=True)
    said = make("unleash", side, order(0), "try_out", feature="web-v4")
    assert said.text == "The environment is on, 5 % is set. Nothing was changed."
    assert side.changes == []


def test_what_is_not_unleash_is_said():
    class Other(Receiver):
        def apply(self, headers, body):
            return 200, "[]"

    said = make("unleash", Other(), order(5), feature="web-v4")
    assert not said.ok and said.text == "it did not answer as Unleash does"


# --- webhooks in the shape of others -------------------------------------------------------


class Any(Receiver):
    def apply(self, headers, body):
        return 204, ""


def test_a_pipeline_of_gitlab_is_started_with_a_form():
    side = Any()
    body = "token={secret}&ref=main&variables[PERCENT]={percent}&variables[WHY]={reason}"
    kind = "application/x-www-form-urlencoded"
    said = make(
        "webhook", side, order(5, reason="a&b=c"), secret="t&1", body=body, content_type=kind
    )
    assert said.ok
    assert side.calls[0][3] == (
        b"token=t%261&ref=main&variables[PERCENT]=5&variables[WHY]=a%26b%3Dc"
    )
    assert "x-warroom-signature" not in side.calls[0][2], "the secret is in the body already"


def test_a_workflow_of_github_is_dispatched():
    side = Any()
    body = '{"ref": "main", "inputs": {"percent": "{percent}", "why": "{reason}"}}'
    headers = {"Authorization": "Bearer {secret}", "Accept": "application/vnd.github+json"}
    said = make("webhook", side, order(5, reason='say "go"\n'), body=body, headers=headers)
    assert said.ok
    _, _, sent, raw = side.calls[0]
    assert sent["authorization"] == f"Bearer {TOKEN}"
    assert json.loads(raw)["inputs"] == {"percent": "5", "why": 'say "go"\n'}


def test_a_job_of_jenkins_is_built_by_its_address():
    side = Any()
    path = "/job/rollout/buildWithParameters?PERCENT={percent}&WHY={reason}"
    assert make("webhook", side, order(5, reason="a b&c"), path=path).ok
    assert side.calls[0][1] == "/job/rollout/buildWithParameters?PERCENT=5&WHY=a%20b%26c"


def test_scenario_59_no_value_leaves_its_place():
    sly = order(5, reason="x\r\nX-Evil: 1")
    assert "\n" not in in_header("{reason}", sly, "")
    assert in_address("http://h/{reason}", sly) == "http://h/x%0D%0AX-Evil%3A%201"


def test_a_try_of_a_webhook_is_an_order_of_action_test():
    side = Any()
    assert make("webhook", side, order(0), "try_out").ok
    assert json.loads(side.calls[0][3])["action"] == "test"
    side = Any()
    said = make("webhook", side, order(0), "try_out", body='{"percent": {percent}}')
    assert not said.ok and side.calls == [] and "could not tell a test" in said.text


@pytest.mark.parametrize(
    ("kind", "given", "name", "says"),
    [
        ("webhook", {"methd": "PUT"}, "methd", "There is no option 'methd'"),
        ("webhook", {"method": "GET"}, "method", "POST, PUT or PATCH"),
        ("webhook", {"method": 5}, "method", "wants text"),
        ("webhook", {"headers": {"X": 5}}, "headers", "names with texts"),
        ("webhook", {"headers": {"X\r\nY": "5"}}, "headers", "is not the name of a header"),
        ("webhook", {"headers": {"PRIVATE-TOKEN": "glpat-x"}}, "headers", "wants {secret} in it"),
        ("webhook", {"headers": {"X": "{nope}"}}, "headers", "{nope} is not known"),
        ("webhook", {"body": '{"percent": {percent}'}, "body", "not JSON once it is filled in"),
        ("unleash", {}, "feature", "feature is missing"),
        ("unleash", {"feature": "a", "switch_off": "yes"}, "switch_off", "true or false"),
    ],
)
def test_a_wrong_option_is_named(kind, given, name, says):
    with pytest.raises(OptionError) as wrong:
        read_options(KINDS[kind].options, given)
    assert wrong.value.name == name and says in wrong.value.sentence


def test_an_order_that_hangs_is_given_up_within_its_deadline(monkeypatch):
    monkeypatch.setattr("rollouts.executors.base.DEADLINE_S", 0.1)

    async def hang():
        await asyncio.sleep(5)

    said = asyncio.run(within(hang(), ""))
    assert not said.ok and said.retry and "no whole answer" in said.text
