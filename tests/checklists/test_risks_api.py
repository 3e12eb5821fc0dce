"""Risks and scenarios by HTTP: the same actions as the page's."""

import pytest

from tests.checklists.test_api import call  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def written(plan):
    plan.risks.create(
        number=1, title="Water", severity="P2", probability="20%", probability_after="5%"
    )
    plan.scenarios.create(
        number=1, title="The power is off", items=["Light a candle", {"text": "Call", "due": "5m"}]
    )


def test_risks_are_listed_rated_and_changed(call, item):  # noqa: F811
    status, found = call("vera", "GET", "/risks")
    assert (status, found["overall"], found["risks"][0]["level"]) == (200, "low", "low")
    criteria = [{"if": "It rises", "then": "Leave", "word": "rollback"}]
    status, risk = call("cora", "PATCH", "/risks/1", {"criteria": criteria, "revision": 0})
    assert status == 200 and risk["title"] == "Water"
    assert risk["criteria"] == [criteria[0] | {"holds": ""}]
    status, body = call("cora", "PATCH", "/risks/1", {"title": "Fire", "revision": 0})
    assert status == 409 and "Cora changed R1 first" in str(body)
    assert call("cora", "PUT", "/risks/1/state", {"state": "closed"})[0] == 422
    body = {"state": "closed", "reason": "Dry."}
    assert call("cora", "PUT", "/risks/1/state", body)[1]["state"] == "closed"
    assert call("vera", "GET", "/risks")[1]["overall"] == "none"
    assert call("cora", "PATCH", "/risks/9", {"title": "Fire"})[0] == 404
    assert call("cora", "PATCH", "/risks/999999999", {"title": "Fire"})[0] == 404


def test_a_scenario_is_started_once_cleared_and_armed(call, item):  # noqa: F811
    status, one = call("forge", "POST", "/scenarios/1/start", {})
    assert (status, one["state"], one["phase"], one["open"]) == (200, "in-force", 2, 2)
    assert call("cora", "POST", "/scenarios/1/start", {"revision": 0})[1]["by"] == "Forge"
    assert call("forge", "POST", "/scenarios/1/clear", {"reason": " "})[0] == 422
    status, one = call("forge", "POST", "/scenarios/1/clear", {"reason": "Light again."})
    assert (status, one["state"], one["open"]) == (200, "cleared", 2)
    assert call("forge", "POST", "/scenarios/1/start", {})[0] == 409
    assert call("forge", "POST", "/scenarios/1/arm", {})[1]["phase"] is None
    status, found = call("vera", "GET", "/scenarios")
    assert found[0]["items"] == [{"text": "Light a candle"}, {"text": "Call", "due": "5m"}]


def test_a_scenario_is_written_down_with_its_risk_and_changed(call, item):  # noqa: F811
    plan = item.plan
    plan.risks.create(number=4, title="Water")
    said = {"title": "The cellar is wet", "items": ["Close the main"], "risk": 4}
    status, made = call("cora", "POST", "/scenarios", said)
    assert (status, made["risk"], made["items"][0]["text"]) == (201, 4, "Close the main")
    path = f"/scenarios/{made['number']}"
    changed = call("cora", "PATCH", path, {"action": "Pump", "revision": made["revision"]})[1]
    assert (changed["title"], changed["action"], changed["risk"]) == (said["title"], "Pump", 4)
    assert call("cora", "PATCH", path, {"action": "Wait", "revision": made["revision"]})[0] == 409
    assert call("cora", "PATCH", path, {"risk": 9})[1]["field"] == "risk"


def test_what_starts_at_a_gate_is_read_and_replaced(call, gate, roles):  # noqa: F811
    before = call("vera", "GET", "/gates/gate-1/branches")[1]
    assert [step["kind"] for step in before["hold"]] == ["task"]
    steps = {"no-go": [{"kind": "task", "text": "Tell all", "role": "on-call"}]}
    status, now = call("cora", "PUT", "/gates/gate-1/branches", steps)
    assert (status, now["go"], now["no-go"][0]["role"]) == (200, [], "on-call")
    wrong = {"go": [{"kind": "dance", "text": "Now"}]}
    assert call("cora", "PUT", "/gates/gate-1/branches", wrong)[0] == 422
