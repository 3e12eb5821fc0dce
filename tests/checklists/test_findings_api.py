"""Findings and dry runs for pipelines. S75 S76 S95 S103 S104."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from checklists.actions.dryruns import add_dry_run
from checklists.actions.findings import add_finding
from warroom.actions.tokens import make_token

pytestmark = pytest.mark.django_db
BASE = "/api/v1/plans/genesis-4"


@pytest.fixture
def call(client, cast):
    def send(name, method, path, body=None, **headers):
        token = make_token(cast[name], ["read", "evidence", "sign"], None)[1]
        headers["authorization"] = f"Bearer {token}"
        data = "" if body is None else json.dumps(body)
        answer = client.generic(
            method, f"{BASE}{path}", data, content_type="application/json", headers=headers
        )
        return answer.status_code, json.loads(answer.content)

    return send


def test_a_pipeline_writes_findings_down_once_and_reads_the_register(call):
    body = {"title": "Disk", "severity": "low", "due": "2026-12-01T10:00:00"}
    key = {"Idempotency-Key": "a"}
    status, found = call("forge", "POST", "/findings", body, **key)
    assert (status, found["number"], found["counts"]) == (201, 1, True)
    assert found["due"].startswith("2026-12-01T10:00:00")
    assert call("forge", "POST", "/findings", body, **key)[1]["number"] == 1
    _, register = call("vera", "GET", "/findings?state=open&severity=low")
    assert (register["total"], register["stated"]) == (1, "1: 1 open")
    assert call("vera", "GET", "/findings?state=gone")[1]["field"] == "state"
    assert call("vera", "GET", "/findings?q=%00disk")[1]["total"] == 1
    assert call("forge", "POST", "/findings", body | {"severity": "x"})[1]["field"] == "severity"


def test_a_state_is_set_with_its_reason_and_a_late_one_is_told(call, plan, cast):
    add_finding(plan, {"title": "Door", "severity": "high"}, by=cast["thon"])
    until = (timezone.now() + timedelta(days=1)).isoformat()
    sent = {"state": "accepted", "reason": "Nobody has its key.", "until": until, "revision": 0}
    assert call("cora", "PUT", "/findings/1/state", sent)[0] == 403
    status, found = call("hudson", "PUT", "/findings/1/state", sent)
    assert (status, found["state"], found["counts"]) == (200, "accepted", False)
    assert call("hudson", "PUT", "/findings/1/state", sent)[1]["revision"] == 1
    late = call("thon", "PUT", "/findings/1/state", {"state": "open", "revision": 0})
    assert late[0] == 409 and "accepted now, Hudson" in late[1]["detail"]
    assert call("hudson", "PUT", "/findings/1/state", sent | {"until": None})[1]["field"] == "until"


def test_a_fix_is_retested(call, plan, cast):
    """S104."""
    add_finding(plan, {"title": "Door", "severity": "high"}, by=cast["thon"])
    fixed = {"state": "fixed", "before": "open", "after": "shut"}
    status, found = call("thon", "PUT", "/findings/1/state", fixed)
    assert (status, found["retest"], found["counts"]) == (200, True, True)
    assert call("thon", "POST", "/findings/1/retest", {"note": "It is shut"})[0] == 403
    status, found = call("hudson", "POST", "/findings/1/retest", {"note": "It is shut"})
    assert (found["counts"], found["confirmed"]) == (False, "It is shut, Hudson")
    assert call("thon", "PATCH", "/findings/1", {"owner": "Thon"})[1]["owner"] == "Thon"
    assert call("thon", "GET", "/findings/9")[0] == 404


def test_a_pipeline_posts_how_a_dry_run_went(call, plan, cast):
    """S75 S76."""
    assert call("forge", "POST", "/dryruns", {"title": "Targets"})[1]["number"] == 1
    sent = {"word": "warn", "output": "down\n", "analysis": "Not up yet"}
    key = {"Idempotency-Key": "run-7"}
    status, told = call("forge", "POST", "/dryruns/1/results", sent, **key)
    assert (status, told["totals"]) == (201, "1 warning of 1")
    again = call("forge", "POST", "/dryruns/1/results", sent, **key)[1]
    assert again["dry_run"]["result"]["id"] == told["dry_run"]["result"]["id"]
    judged = {"accepted": True, "reason": "Up once it runs.", "result": 999}
    assert call("hudson", "PUT", "/dryruns/1/accepted", judged)[0] == 409
    del judged["result"]
    assert call("hudson", "PUT", "/dryruns/1/accepted", judged)[1]["totals"].endswith("of 1")
    found = call("vera", "GET", "/dryruns")[1]
    assert (found["totals"], found["good"]) == ("1 warning accepted of 1", 1)
    wrong = call("forge", "POST", "/dryruns/1/results", {"word": "great"})
    assert (wrong[0], wrong[1]["field"]) == (422, "word")
    add_dry_run(plan, {"title": "B"}, by=cast["thon"])
    assert call("vera", "GET", "/dryruns")[1]["totals"] == "1 warning accepted, 1 not run of 2"
