"""Pipelines change the list. Scenarios 12, 51 (tokens), 52, 53."""

import json

import pytest

from checklists.actions.signoffs import sign_off
from checklists.models import ChecklistItem, PhaseGroup, Revocation
from tests.conftest import make_item
from warroom.actions.tokens import SCOPES, make_token
from warroom.models import TimelineEvent

pytestmark = pytest.mark.django_db

BASE = "/api/v1/plans/genesis-4"


@pytest.fixture
def call(client, cast):
    def send(method, path, body=None, *, name="cora", scopes=SCOPES, **headers):
        headers["authorization"] = f"Bearer {make_token(cast[name], scopes)[1]}"
        data = "" if body is None else json.dumps(body)
        answer = client.generic(
            method, f"{BASE}{path}", data, content_type="application/json", headers=headers
        )
        return answer.status_code, json.loads(answer.content or "null")

    return send


def test_an_item_is_added_changed_moved_and_taken_off(call, phase, roles):
    PhaseGroup.objects.create(phase=phase, title="Tests", position=1)
    body = {"text": "Load test", "phase": 1, "heading": "Tests", "role": "on-call", "due": "T-2h"}
    body |= {"count_of": 7, "runs": "24h", "state": "done"}
    status, item = call("POST", "/items", body)
    assert (status, item["id"], item["state"], item["role"]) == (201, 1, "open", "on-call")
    row = ChecklistItem.objects.get()
    assert (row.group.title, row.due_offset_s, row.duration_s) == ("Tests", -7200, 86_400)
    status, item = call("PATCH", "/items/1", {"text": "Load test, 1 h", "role": None})
    assert (status, item["text"], item["role"], item["revision"]) == (
        200,
        "Load test, 1 h",
        None,
        1,
    )
    call("POST", "/items", {"text": "First", "before": 1})
    status, item = call("PATCH", "/items/1", {"parent": 2})
    assert (status, item["parent"], item["ref"]) == (200, 2, "1.1.1")
    assert call("DELETE", "/items/1?reason=Dropped") == (204, None)
    assert call("DELETE", "/items/1?reason=Dropped") == (204, None)
    assert [one["id"] for one in call("GET", "/items")[1]] == [2]


def test_the_same_key_adds_once(call, phase):
    for _ in range(2):
        status, item = call("POST", "/items", {"text": "x", "phase": 1}, **{"Idempotency-Key": "k"})
        assert (status, item["id"]) == (201, 1)
    assert TimelineEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("POST", "/items", {"text": "x"}, 422, "phase"),
        ("POST", "/items", {"text": "x", "phase": 10**30}, 422, "phase"),
        ("POST", "/items", {"phase": 1}, 422, "text"),
        ("POST", "/items", {"text": "x", "phase": 1, "due": "soon"}, 422, "due"),
        ("POST", "/items", {"text": "x", "phase": 1, "runs": "1"}, 422, "runs"),
        ("POST", "/items", {"text": "x", "phase": 1, "role": "nobody"}, 422, "role"),
        ("POST", "/items", {"text": "x", "phase": 1, "heading": "No"}, 422, "heading"),
        ("POST", "/items", {"text": "x", "after": 77}, 422, "after"),
        ("PATCH", "/items/1", {"text": "x", "phase": 1}, 422, "phase"),
        ("PATCH", "/items/1", {"text": "x", "revision": 7}, 409, None),
        ("PATCH", "/items/77", {"text": "x"}, 404, None),
        ("DELETE", "/items/1", None, 422, "reason"),
        ("DELETE", "/items/77?reason=x", None, 404, None),
        ("POST", "/items/bulk", {"items": [{"id": 77}], "state": "done"}, 404, None),
        ("POST", "/items/bulk", {"items": [], "state": "done"}, 422, "items"),
    ],
)
def test_what_is_wrong_is_said_as_a_problem(call, item, method, path, body, status, field):
    got, answer = call(method, path, body)
    assert (got, answer.get("field")) == (status, field)
    assert not TimelineEvent.objects.exists()


def test_signatures_fall_only_when_the_request_says_so(call, plan, item, cast, roles):
    sign_off(plan, item.phase, roles["on-call"], "approved", by=cast["thon"])
    status, answer = call("PATCH", "/items/1", {"text": "x"})
    assert status == 409
    assert "On-Call (Thon) under phase 1, System readiness" in answer["detail"]
    assert "revoke: true" in answer["detail"]
    assert call("PATCH", "/items/1", {"text": "x", "revoke": True})[0] == 200
    assert Revocation.objects.count() == 1


def test_several_are_set_at_once_or_none(call, phase):
    for n in (1, 2, 3):
        make_item(phase, n, f"Item {n}")
    body = {"items": [{"id": 1, "revision": 0}, {"id": 2}], "state": "done"}
    status, items = call("POST", "/items/bulk", body)
    assert (status, [one["state"] for one in items]) == (200, ["done", "done"])
    body = {"items": [{"id": 1, "revision": 0}, {"id": 3}], "state": "open"}
    status, answer = call("POST", "/items/bulk", body)
    assert status == 409 and "Cora changed 1.1 first" in answer["detail"]


def test_scope_and_rights_are_both_asked(call, item):
    body = {"text": "x", "phase": 1}
    assert call("POST", "/items", body, scopes=["read", "tick"])[0] == 403
    assert call("POST", "/items", body, name="thon")[0] == 403
    assert call("PATCH", "/items/1", {"text": "x"}, name="stranger")[0] == 404
    bulk = {"items": [{"id": 1}], "state": "done"}
    assert call("POST", "/items/bulk", bulk, scopes=["read", "edit"])[0] == 403
    assert call("POST", "/items/bulk", bulk, name="vera")[0] == 403
