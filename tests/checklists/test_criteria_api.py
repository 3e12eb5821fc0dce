"""What a gate asks, by API: the same rules as on the pages (S50, S15)."""

import json

import pytest

from checklists.actions.gates import cast_vote
from checklists.models import Criterion
from tests.checklists.conftest import measure
from warroom.actions.tokens import SCOPES, make_token

pytestmark = pytest.mark.django_db
CRITERIA = "/gates/gate-1/criteria"


@pytest.fixture
def call(client, cast):
    """``call("cora", "POST", CRITERIA, {...})`` -> (status, answer)."""

    def send(name, method, path, body=None, **headers):
        headers["authorization"] = f"Bearer {make_token(cast[name], SCOPES)[1]}"
        data = "" if body is None else json.dumps(body)
        address = f"/api/v1/plans/genesis-4{path}"
        answer = client.generic(
            method, address, data, content_type="application/json", headers=headers
        )
        return answer.status_code, json.loads(answer.content or "null")

    return send


def test_a_criterion_is_added_changed_moved_and_taken_off(gate, cast, call):
    asked = {"label": "P95", "target": "< 200 ms", "fail": "> 500 ms", "reason": "New"}
    status, made = call("cora", "POST", CRITERIA, asked | {"evidence_key": "load.p95"})
    assert (status, made["green"], made["unit"], made["band"]) == (
        201,
        ["<", 200.0],
        "ms",
        "no_data",
    )
    status, made = call(
        "cora", "PATCH", f"{CRITERIA}/p95", {"target": "<= 250 ms", "reason": "Cold", "version": 1}
    )
    assert (status, made["green"], made["red"], made["version"]) == (
        200,
        ["<=", 250.0],
        [">", 500.0],
        2,
    )
    assert call("cora", "PATCH", f"{CRITERIA}/p95", {"place": 1})[0] == 200
    assert call("cora", "DELETE", f"{CRITERIA}/p95?reason=Old")[0] == 204
    assert call("cora", "GET", CRITERIA)[1] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"label": "A", "target": "1 to 2 %", "reason": "x"}, "target"),
        ({"label": "A", "fail": "> 1 %", "reason": "x"}, "target"),
        ({"label": "A"}, "reason"),
        ({"reason": "x"}, "label"),
        ({"label": "A", "valid_for": "soon", "reason": "x"}, "valid_for"),
        ({"label": "A", "target": "5", "direction": "sideways", "reason": "x"}, "direction"),
        ({"label": "A", "source": "rumour", "reason": "x"}, "source"),
    ],
)
def test_what_is_wrong_names_its_field(gate, cast, call, body, field):
    status, problem = call("cora", "POST", CRITERIA, body)
    assert (status, problem["field"]) == (422, field)


def test_votes_fall_only_when_the_request_says_so(plan, gate, criterion, cast, roles, call):
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    body = {"target": "< 0.5 %", "reason": "Night"}
    status, problem = call("cora", "PATCH", f"{CRITERIA}/error-rate", body)
    assert status == 409 and "Thon voted as On-Call" in problem["detail"]
    assert "revoke: true" in problem["detail"]
    assert call("cora", "PATCH", f"{CRITERIA}/error-rate", body | {"revoke": True})[0] == 200


def test_a_deviation_is_accepted_and_taken_back(plan, gate, criterion, cast, call):
    measure(plan, "error-rate", 0.3, valid_for_s=3600)
    body = {"role": "security-lead", "reason": "Known", "ends_at": "2100-01-01T09:00:00"}
    assert call("hudson", "POST", f"{CRITERIA}/error-rate/waiver", body)[0] == 422
    body["band"] = "yellow"
    status, waiver = call("hudson", "POST", f"{CRITERIA}/error-rate/waiver", body)
    assert status == 201 and waiver["band"] == "yellow"
    assert waiver["ends_at"] == "2100-01-01T09:00:00Z"
    assert "Known" in call("cora", "GET", CRITERIA)[1][0]["accepted"]
    assert call("hudson", "DELETE", f"{CRITERIA}/error-rate/waiver?reason=Fixed")[0] == 204
    assert call("cora", "GET", CRITERIA)[1][0]["accepted"] == ""


def test_a_red_that_was_read_as_yellow_is_not_accepted(plan, gate, criterion, cast, call):
    measure(plan, "error-rate", 50, valid_for_s=3600)
    body = {"role": "security-lead", "reason": "Known", "ends_at": "2100-01-01T09:00:00"}
    path = f"{CRITERIA}/error-rate/waiver"
    status, problem = call("hudson", "POST", path, body | {"band": "yellow"})
    assert (status, "not what you saw" in problem["detail"]) == (409, True)
    assert call("hudson", "POST", path, body | {"band": "red"})[0] == 201


def test_settings_that_somebody_changed_since_are_not_set(gate, cast, call):
    path = "/gates/gate-1/settings"
    seen = call("cora", "GET", path)[1]["seen"]
    status, after = call("cora", "PATCH", path, {"silence_minutes": 30, "seen": seen})
    assert (status, after["seen"] != seen) == (200, True)
    status, problem = call("cora", "PATCH", path, {"silence_minutes": 45, "seen": seen})
    assert (status, "set anew while you wrote" in problem["detail"]) == (409, True)


def test_weights_that_somebody_saved_since_are_not_set(plan, cast, call):
    seen = call("cora", "GET", "/readiness")[1]["seen"]
    body = {"categories": [{"label": "Health", "weight": 100}], "seen": seen}
    status, after = call("cora", "PUT", "/readiness", body)
    assert (status, after["seen"] != seen) == (200, True)
    body["categories"][0]["weight"] = 50
    assert call("cora", "PUT", "/readiness", body)[0] == 409
    assert call("cora", "PUT", "/readiness", body | {"seen": after["seen"]})[0] == 200


def test_the_same_key_adds_one_criterion(gate, cast, call):
    body = {"label": "A", "reason": "x"}
    for _ in range(2):
        assert call("cora", "POST", CRITERIA, body, **{"Idempotency-Key": "one"})[0] == 201
    assert Criterion.objects.count() == 1


NINE = {"label": "P95", "target": "200", "fail": "500", "direction": "lower", "unit": "ms"}


@pytest.mark.parametrize(
    ("said", "green", "red", "unit"),
    [
        ({"fail": "900"}, ["<", 200.0], [">", 900.0], "ms"),
        ({"fail": ">= 900 ms"}, ["<", 200.0], [">=", 900.0], "ms"),
        ({"target": "250"}, ["<", 250.0], [">", 500.0], "ms"),
        ({"fail": ""}, ["<", 200.0], None, "ms"),
        ({"unit": "s"}, ["<", 200.0], [">", 500.0], "s"),
        ({"target": "1 s", "fail": "2 s"}, ["<", 1.0], [">", 2.0], "s"),
        ({"label": "Slowest"}, ["<", 200.0], [">", 500.0], "ms"),
    ],
)
def test_what_a_change_leaves_out_stays_as_it_is(gate, cast, call, said, green, red, unit):
    call("cora", "POST", CRITERIA, NINE | {"evidence_key": "k", "reason": "New"})
    status, made = call("cora", "PATCH", f"{CRITERIA}/p95", said | {"reason": "Cold"})
    assert (status, made["green"], made["red"], made["unit"]) == (200, green, red, unit)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"fail": "2 s"}, "fail"),
        ({"target": ""}, "target"),
        ({"unit": "s", "fail": "9 ms"}, "unit"),
    ],
)
def test_a_bound_that_stays_is_not_turned_into_another_unit(gate, cast, call, said, field):
    call("cora", "POST", CRITERIA, NINE | {"evidence_key": "k", "reason": "New"})
    status, wrong = call("cora", "PATCH", f"{CRITERIA}/p95", said | {"reason": "Cold"})
    assert (status, wrong["field"]) == (422, field)


def test_the_same_source_keeps_what_it_wants_and_another_one_does_not(gate, cast, call):
    asked = {"label": "It", "source": "items", "params": {"phases": [3]}, "target": "100 %"}
    call("cora", "POST", CRITERIA, asked | {"reason": "New"})
    again = call("cora", "PATCH", f"{CRITERIA}/it", {"source": "items", "reason": "Same"})
    assert again[1]["params"] == {"phases": [3]}
    other = call("cora", "PATCH", f"{CRITERIA}/it", {"source": "checks", "reason": "Other"})
    assert other[1]["params"] == {"checks": []}
