"""The checklist and the gates for pipelines. Scenarios 21, 51 (tokens), 52, 53."""

import json

import pytest
from django.db import OperationalError
from django.utils import timezone

import checklists.api
from checklists.actions.dryruns import add_dry_run, record_dry_run
from checklists.actions.findings import add_finding
from checklists.actions.load_runs import finish_run
from checklists.actions.results import record_result
from checklists.models import (
    ChecklistItem,
    Condition,
    Criterion,
    Decision,
    Delegation,
    FollowUp,
    SignOff,
    Vote,
)
from checklists.queries.frozen import digest
from checklists.rules.results.reading import read_result
from rollouts.actions.backups import register_backup
from rollouts.actions.drills import start_drill
from rollouts.models import Rollout
from tests.conftest import make_plan, seat
from warroom.actions.tokens import SCOPES, make_token
from warroom.api import api
from warroom.models import TimelineEvent

pytestmark = pytest.mark.django_db

BASE = "/api/v1/plans/genesis-4"


@pytest.fixture
def call(client, cast):
    """``call("thon", "PUT", "/items/1/state", {...})`` -> (status, answer)."""

    def send(name, method, path, body=None, scopes=SCOPES, plan=None, base=BASE, raw="", **headers):
        headers["authorization"] = f"Bearer {make_token(cast[name], scopes, plan)[1]}"
        data = raw if body is None else json.dumps(body)
        answer = client.generic(
            method, f"{base}{path}", data, content_type="application/json", headers=headers
        )
        is_file = answer.get("Content-Type", "") == "application/octet-stream"
        return answer.status_code, None if is_file else json.loads(answer.content or "null")

    return send


def test_items_are_listed_and_set(call, item, cast):
    status, items = call("thon", "GET", "/items")
    assert (status, items[0]["id"], items[0]["ref"], items[0]["revision"]) == (200, 1, "1.1", 0)
    body = {"state": "done", "value": "5/5", "evidence": "https://ci.example/1", "revision": 0}
    status, now = call("thon", "PUT", "/items/1/state", body)
    assert (status, now["state"], now["by"], now["revision"]) == (200, "done", "Thon", 1)
    assert (now["value"], now["evidence"]) == ("5/5", "https://ci.example/1")
    assert call("thon", "PUT", "/items/1/state", body)[0] == 200
    assert TimelineEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"state": "open", "revision": 7}, 200, None),
        ({"state": "done", "revision": 7}, 409, None),
        ({"state": "blocked"}, 422, "reason"),
        ({"state": "finished"}, 422, "state"),
        ({"state": "done", "evidence": "javascript:alert(1)"}, 422, "evidence"),
        ({"state": "done", "value": "x" * 121}, 422, "value"),
        ({}, 422, "state"),
    ],
)
def test_what_is_wrong_or_late_is_said_as_a_problem(call, item, body, status, field):
    got, answer = call("thon", "PUT", "/items/1/state", body)
    assert got == status
    if status != 200:
        assert answer["status"] == status and answer["detail"]
        assert answer.get("field", "").endswith(field or "")
        assert not TimelineEvent.objects.exists()


def test_a_phase_is_signed_and_votes_lead_to_a_decision_with_its_digest(
    call, phase, all_go, cast, roles
):
    sent = {"scope": 1, "role": "on-call", "decision": "approved", "score": 9.5}
    status, signed = call("thon", "POST", "/signoffs", sent)
    assert status == 201 and signed["statement"].startswith("I, Thon, as On-Call, approve phase 1")
    status, gate = call("thon", "GET", "/gates/gate-1")
    assert (status, gate["recommendation"]) == (200, "go")
    assert gate["criteria"][0]["verdict"] == "green" and gate["criteria"][0]["age_s"] >= 0
    vote = {"role": "on-call", "vote": "no-go", "reason": "Wait"}
    status, gate = call("thon", "POST", "/gates/gate-1/votes", vote)
    assert (status, gate["recommendation"]) == (201, "no-go")
    assert call("cora", "POST", "/gates/gate-1/decision", {"decision": "go"})[0] == 422
    sent = {"decision": "GO", "rationale": "Thon is mistaken, it is mounted", "person": "hudson"}
    status, decision = call("cora", "POST", "/gates/gate-1/decision", sent)
    assert (status, decision["override"], decision["person"]) == (201, True, "Cora")
    assert decision["evidence_sha256"] == digest(Decision.objects.get().evidence)
    status, late = call("thon", "POST", "/gates/gate-1/votes", vote | {"reason": "Still"})
    assert status == 409 and "was decided while you wrote" in late["detail"]
    assert call("thon", "GET", "/gates")[1][0]["decision"] == "go"


def test_conditions_and_a_wrong_scope_or_role(call, phase, roles):
    sent = {
        "scope": "phase-1",
        "role": "on-call",
        "decision": "conditional",
        "conditions": [{"text": "Cover", "owner": "Thon", "due": "2026-10-23T21:15:00"}],
    }
    assert call("thon", "POST", "/signoffs", sent)[0] == 201
    assert SignOff.objects.get().conditions.get().due_at.isoformat() == "2026-10-23T21:15:00+00:00"
    assert call("thon", "POST", "/signoffs", sent | {"scope": "9"})[1]["field"] == "scope"
    assert call("thon", "POST", "/signoffs", sent | {"role": "boss"})[1]["field"] == "role"


def test_notes_and_events_of_pipelines_stand_on_the_timeline_with_their_hashes(call, cast, plan):
    assert call("forge", "POST", "/events", {"text": "Build 7 is out"})[0] == 201
    build = {"text": "Build 8", "kind": "build.finished", "data": {"number": 8}}
    assert call("forge", "POST", "/events", build, **{"Idempotency-Key": "b8"})[0] == 201
    assert call("forge", "POST", "/events", build, **{"Idempotency-Key": "b8"})[0] == 200
    assert call("forge", "POST", "/events", build | {"kind": "Gate Decided"})[0] == 422
    _, events = call("vera", "GET", "/timeline?after=1")
    assert [(e["seq"], e["kind"]) for e in events] == [(2, "external.build.finished")]
    assert events[0]["prev_hash"] == TimelineEvent.objects.get(seq=1).hash


# --- who may -----------------------------------------------------------------------------------

VOTE = {"role": "security-lead", "vote": "go"}
# (method, path): the scope that is wanted, what is sent, who of the cast may.
OPERATIONS = {
    ("POST", "/rollout/rollback"): ("run", {"reason": "Errors"}, "cora thon hudson root"),
    ("GET", "/rounds"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/rounds/{number}"): ("tick", {"note": "Seen."}, "cora thon hudson forge root"),
    ("GET", "/success"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/success"): ("edit", {"text": "Calm"}, "cora root"),
    ("PUT", "/success/{key}"): ("edit", {"text": "Calm"}, "cora root"),
    ("DELETE", "/success/{key}"): ("edit", None, "cora root"),
    ("PUT", "/success/{key}/word"): (
        "vote",
        {"met": True, "reason": "Asked them."},
        "cora thon hudson",
    ),
    ("GET", "/checks"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/checks"): ("edit", {"name": "Shop", "url": "https://a.example/"}, "cora root"),
    ("GET", "/checks/{key}"): ("read", None, "cora thon hudson forge vera root"),
    ("PATCH", "/checks/{key}"): ("edit", {"slow_ms": 300}, "cora root"),
    ("DELETE", "/checks/{key}"): ("edit", None, "cora root"),
    ("GET", "/alerts"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/alerts/{number}/acknowledge"): ("tick", None, "cora thon hudson forge root"),
    ("GET", "/alert-drills"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/alert-drills"): ("tick", {"name": "Night"}, "cora thon hudson forge root"),
    ("GET", "/document"): ("read", None, "cora thon hudson forge vera root"),
    ("GET", "/items"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/items"): ("edit", {"text": "One more", "phase": 1}, "cora root"),
    ("POST", "/items/bulk"): (
        "tick",
        {"items": [{"id": 1}], "state": "done"},
        "cora thon hudson forge root",
    ),
    ("PATCH", "/items/{number}"): ("edit", {"text": "Other"}, "cora root"),
    ("DELETE", "/items/{number}"): ("edit", None, "cora root"),
    ("PUT", "/items/{number}/state"): ("tick", {"state": "done"}, "cora thon hudson forge root"),
    ("POST", "/items/{number}/files"): ("tick", {"a": 1}, "cora thon hudson forge root"),
    ("POST", "/signoffs"): (
        "sign",
        {"scope": "1", "role": "security-lead", "decision": "approved"},
        "hudson",
    ),
    ("GET", "/procedures"): ("read", None, "cora thon hudson forge vera root"),
    ("GET", "/runs"): ("read", None, "cora thon hudson forge vera root"),
    ("GET", "/runs/{number}"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/drills"): ("tick", {"place": "staging"}, "cora thon hudson forge root"),
    ("PUT", "/runs/{number}/steps/{position}"): (
        "tick",
        {"state": "done"},
        "cora thon hudson forge root",
    ),
    ("POST", "/runs/{number}/finish"): (
        "tick",
        {"outcome": "failed", "saw": "Nothing moved"},
        "cora thon hudson forge root",
    ),
    ("GET", "/metrics"): ("read", None, "cora thon hudson forge vera root"),
    ("GET", "/sources"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/sources"): ("edit", {"name": "EU"}, "cora root"),
    ("GET", "/backups"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/backups"): ("evidence", {"name": "weekly"}, "cora thon hudson forge root"),
    ("POST", "/backups/{name}/verify"): (
        "evidence",
        {"sha256": "a" * 64},
        "cora thon hudson forge root",
    ),
    ("GET", "/effects"): ("read", None, "cora thon hudson forge vera root"),
    ("PUT", "/executor"): ("edit", {"kind": "manual"}, "cora root"),
    ("POST", "/rollout/confirm"): ("run", {}, "cora thon root"),
    ("GET", "/lint"): ("read", None, "cora thon hudson forge vera root"),
    ("GET", "/signoffs"): ("read", None, "cora thon hudson forge vera root"),
    ("GET", "/conditions"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/conditions/{number}/close"): ("sign", {"note": "Met."}, "cora thon hudson"),
    ("GET", "/findings"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/findings"): (
        "evidence",
        {"title": "Door", "severity": "low"},
        "cora thon hudson forge root",
    ),
    ("GET", "/findings/{number}"): ("read", None, "cora thon hudson forge vera root"),
    ("PATCH", "/findings/{number}"): ("sign", {"owner": "Thon"}, "cora thon hudson"),
    ("PUT", "/findings/{number}/state"): ("sign", {"state": "open"}, "cora thon hudson"),
    ("POST", "/findings/{number}/retest"): ("sign", {"note": "Seen."}, "cora thon hudson"),
    ("GET", "/dryruns"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/dryruns"): ("evidence", {"title": "Health"}, "cora thon hudson forge root"),
    ("POST", "/dryruns/{number}/results"): (
        "evidence",
        {"word": "pass"},
        "cora thon hudson forge root",
    ),
    ("PUT", "/dryruns/{number}/accepted"): (
        "sign",
        {"accepted": True, "reason": "Known, see item 4."},
        "cora thon hudson",
    ),
    ("GET", "/gates"): ("read", None, "cora thon hudson forge vera root"),
    ("GET", "/gates/{key}"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/gates/{key}/votes"): ("vote", VOTE, "hudson"),
    ("POST", "/gates/{key}/decision"): ("decide", {"decision": "hold"}, "cora"),
    ("POST", "/evidence"): (
        "evidence",
        {"key": "backup", "value": 1},
        "cora thon hudson forge root",
    ),
    ("GET", "/load"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/load"): ("edit", {"name": "Spike"}, "cora root"),
    ("POST", "/load/{key}/runs"): (
        "evidence",
        {"measured": {"p95": 171}},
        "cora thon hudson forge root",
    ),
    ("PUT", "/load/{key}/runs/{number}/cause"): (
        "evidence",
        {"cause": "Slow."},
        "cora thon hudson forge root",
    ),
    ("GET", "/evidence"): ("read", None, "cora thon hudson forge vera root"),
    ("GET", "/evidence/{number}"): ("read", None, "cora thon hudson forge vera root"),
    ("GET", "/evidence/{number}/file"): ("read", None, "cora thon hudson forge vera root"),
    ("GET", "/readiness"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/readiness/{key}/score"): (
        "sign",
        {"value": 8, "why": "Seen"},
        "hudson cora thon root",
    ),
    ("PUT", "/readiness"): (
        "edit",
        {"categories": [{"label": "Gate 1", "weight": 60}]},
        "cora root",
    ),
    ("POST", "/gates"): ("edit", {"title": "10 to 25 %", "opens": "T+24h"}, "cora root"),
    ("DELETE", "/gates/{key}"): ("edit", None, "cora root"),
    ("GET", "/gates/{key}/settings"): ("read", None, "cora thon hudson forge vera root"),
    ("PATCH", "/gates/{key}/settings"): ("edit", {"silence_minutes": 30}, "cora root"),
    ("GET", "/gates/{key}/criteria"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/gates/{key}/criteria"): ("edit", {"label": "Cover", "reason": "New"}, "cora root"),
    ("PATCH", "/gates/{key}/criteria/{criterion}"): (
        "edit",
        {"target": "all here", "reason": "Clearer"},
        "cora root",
    ),
    ("DELETE", "/gates/{key}/criteria/{criterion}"): ("edit", None, "cora root"),
    ("POST", "/gates/{key}/criteria/{criterion}/waiver"): (
        "sign",
        {
            "role": "security-lead",
            "band": "no_data",
            "reason": "Known",
            "ends_at": "2100-01-01T09:00:00Z",
        },
        "hudson",
    ),
    ("DELETE", "/gates/{key}/criteria/{criterion}/waiver"): ("sign", None, "cora thon hudson"),
    ("GET", "/gates/{key}/votes"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/gates/{key}/delegations"): (
        "vote",
        {"role": "on-call", "to": "forge", "reason": "Away.", "agreed": "Forge votes."},
        "cora thon",
    ),
    ("POST", "/gates/{key}/delegations/{number}/end"): ("vote", None, "cora forge vera"),
    ("POST", "/gates/{key}/tries"): (
        "vote",
        {"role": "on-call", "how": "Call", "result": "No answer"},
        "cora thon hudson",
    ),
    ("GET", "/gates/{key}/decisions"): ("read", None, "cora thon hudson forge vera root"),
    ("GET", "/gates/{key}/decisions/{number}"): (
        "read",
        None,
        "cora thon hudson forge vera root",
    ),
    ("POST", "/gates/{key}/decisions/{number}/corrections"): (
        "decide",
        {"text": "It was Thon."},
        "cora root",
    ),
    ("GET", "/followups"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/followups"): ("tick", {"text": "Buy cake"}, "cora thon hudson forge root"),
    ("POST", "/followups/{number}/done"): (
        "tick",
        {"note": "Bought."},
        "cora thon hudson forge root",
    ),
    ("GET", "/risks"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/risks"): ("edit", {"title": "Fire"}, "cora root"),
    ("PATCH", "/risks/{number}"): ("edit", {"title": "Flood"}, "cora root"),
    ("PUT", "/risks/{number}/state"): ("edit", {"state": "watched"}, "cora root"),
    ("GET", "/scenarios"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/scenarios/{number}/start"): ("tick", {}, "cora thon hudson forge root"),
    ("POST", "/scenarios/{number}/clear"): (
        "tick",
        {"reason": "Over."},
        "cora thon hudson forge root",
    ),
    ("POST", "/scenarios/{number}/arm"): ("tick", {}, "cora thon hudson forge root"),
    ("PUT", "/gates/{key}/criteria/{criterion}/judgement"): (
        "vote",
        {"band": "green", "note": "All are here."},
        "cora thon hudson",
    ),
    ("PUT", "/gates/{key}/bar"): ("edit", {"bar": 80, "reason": "Usual"}, "cora root"),
    ("GET", "/gates/{key}/branches"): ("read", None, "cora thon hudson forge vera root"),
    ("PUT", "/gates/{key}/branches"): (
        "edit",
        {"go": [{"kind": "task", "text": "Open the valve"}], "hold": [], "no-go": []},
        "cora root",
    ),
    ("GET", "/deputies"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/deputies"): ("vote", {"role": "on-call", "person": "vera"}, "thon cora root"),
    ("DELETE", "/deputies/{role}/{person}"): ("vote", None, "thon cora root"),
    ("POST", "/followups/{number}/date"): ("edit", {"reason": "Moved before."}, "cora root"),
    ("POST", "/scenarios"): ("edit", {"title": "The line is down"}, "cora root"),
    ("PATCH", "/scenarios/{number}"): ("edit", {"action": "Take the other"}, "cora root"),
    ("PATCH", "/dryruns/{number}"): ("edit", {"command": "make targets"}, "cora root"),
    ("DELETE", "/dryruns/{number}"): ("edit", None, "cora root"),
    ("PATCH", "/load/{key}"): ("edit", {"users": 500}, "cora root"),
    ("DELETE", "/load/{key}"): ("edit", None, "cora root"),
    ("PUT", "/load/{key}/runs/{number}/exception"): (
        "decide",
        {"reason": "Peak is not expected."},
        "cora",
    ),
    ("PUT", "/load/{key}/runs/{number}/baseline"): (
        "evidence",
        None,
        "cora thon hudson forge root",
    ),
    ("GET", "/timeline"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/events"): ("tick", {"text": "Seen."}, "cora thon hudson forge root"),
    ("POST", "/lifecycle"): ("run", {"step": "deploying"}, "cora thon root"),
    ("GET", "/people"): ("read", None, "cora thon hudson forge vera root"),
    ("POST", "/seats"): ("edit", {"role": "member", "person": "vera"}, "cora root"),
    ("POST", "/invitations"): ("edit", {"role": "member", "name": "Finn"}, "cora root"),
    ("POST", "/shift"): (
        "edit",
        {"t0": "2030-01-01T09:00:00Z", "reason": "Later."},
        "cora root",
    ),
    ("GET", ""): ("read", None, "cora thon hudson forge vera root"),
}
# tests/warroom: test_api, test_plan_file, test_rehearsal, test_reimport
ELSEWHERE = {
    # tests/checklists/test_waits: they answer by their status
    ("GET", "/api/v1/plans/{slug}/gates/{key}/wait"),
    ("POST", "/api/v1/plans/{slug}/gates/{key}/wait"),
    ("GET", "/api/v1/plans/{slug}/gates/{key}/decisions/{number}/record"),
    ("GET", "/api/v1/plans"),
    ("POST", "/api/v1/plans"),
    ("GET", "/api/v1/plan.schema.json"),
    ("GET", "/api/v1/templates"),
    ("POST", "/api/v1/plans/from-template"),
    ("POST", "/api/v1/plans/{slug}/copy"),
    ("PUT", "/api/v1/plans/{slug}/document"),
    # tests/rollouts/test_metrics_api: they make what they name, or want a metric
    *(
        (method, f"/api/v1/plans/{{slug}}{path}")
        for method, path in (
            ("GET", "/metrics/tuning"),
            ("PUT", "/metrics/{key}"),
            ("DELETE", "/metrics/{key}"),
            ("POST", "/metrics/try"),
            ("POST", "/metrics/import"),
            ("PUT", "/sources/{number}"),
            ("DELETE", "/sources/{number}"),
        )
    ),
    # tests/rollouts/test_rollout_api: they want a rollout that is under way
    ("GET", "/api/v1/plans/{slug}/rollout"),
    ("POST", "/api/v1/plans/{slug}/rollout/advance"),
    ("POST", "/api/v1/plans/{slug}/rollout/hold"),
    ("POST", "/api/v1/plans/{slug}/rollout/release"),
    ("POST", "/api/v1/plans/{slug}/rollout/resume"),
}


def decided(gate):
    """A HOLD of the rule with its follow-up, both under the number 1."""
    decision = Decision.objects.create(
        pk=1, gate=gate, word="hold", recommendation="hold", evidence={}, at=timezone.now()
    )
    FollowUp.objects.create(
        plan=gate.plan,
        number=1,
        decision=decision,
        kind="new-date",
        text="Look again",
        opened_at=decision.at,
    )


def handed_over(gate, cast):
    Delegation.objects.create(
        pk=1,
        gate=gate,
        role=gate.plan.roles.get(key="member"),
        to=cast["vera"],
        to_name="Vera",
        by=cast["cora"],
        by_name="Cora",
        reason="Away.",
        at=timezone.now(),
    )


def filled(path):
    filled = path.replace("{number}", "1").replace("{key}", "gate-1")
    filled = filled.replace("{criterion}", "team")
    filled = filled.replace("{position}", "1").replace("{name}", "nightly")
    filled = filled.replace("{role}", "on-call").replace("{person}", "vera")
    more = {"/document": "?format=json", "/items/{number}/files": "?name=run.json"}
    return filled + more.get(path, "")


def test_every_operation_of_the_api_is_in_the_table():
    found = {
        (method.upper(), path)
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method in methods
    }
    known = {(m, f"/api/v1/plans/{{slug}}{p}") for m, p in OPERATIONS} | ELSEWHERE
    assert found == known, "Say in OPERATIONS which scope and whose rights it wants"


def due_round(plan):
    """Round 1 of a stage that is under way."""
    cadence, now = [{"every_s": 900}], timezone.now()
    stage = plan.stages.create(
        number=1, from_percent=0, to_percent=5, state="running", started_at=now, cadence=cadence
    )
    plan.rounds.create(stage=stage, number=1, began_at=now, due_at=now)


@pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS))
def test_each_operation_wants_its_token_its_scope_and_its_right(
    call, cast, client_of, item, gate, method, path
):
    scope, body, may = OPERATIONS[method, path]
    Condition.objects.create(plan=gate.plan, number=1, text="Cover is confirmed")
    Criterion.objects.create(gate=gate, key="team", position=1, label="Team", source="person")
    gate.plan.risks.create(number=1, title="Water")
    start_drill(gate.plan, None, "staging", by=cast["cora"])
    if "/backups" in path:  # where there is a register, nobody posts under its keys
        register_backup(gate.plan, {"name": "nightly"}, by="rule")
    gate.plan.scenarios.create(number=1, title="The power is off")
    data = b'<testsuite name="a" tests="1"><testcase name="b" classname="c"/></testsuite>'
    record_result(gate.plan, read_result(data, "junit.xml"), data, "junit.xml", by="rule")
    add_finding(gate.plan, {"title": "Door", "severity": "high"}, by="rule")
    gate.plan.findings.update(state="fixed")
    record_dry_run(add_dry_run(gate.plan, {"title": "Health"}, by="rule"), "warn", by="rule")
    profile = gate.plan.load_profiles.create(key="gate-1", name="Gate 1", position=1, p95_ms=9)
    finish_run(profile, {"p95": 12}, by=cast["cora"])
    gate.plan.readiness.create(key="gate-1", label="Gate 1", weight=100, position=1)
    if path.startswith("/rounds/"):
        due_round(gate.plan)
    gate.plan.healthcheck_set.create(key="gate-1", name="Shop", url="https://a.example/")
    if path.startswith("/alerts/"):
        at = timezone.now()
        times = {"started_at": at, "received_at": at, "heard_at": at}
        gate.plan.alerts.create(pk=1, fingerprint="a", name="Hot", **times)
    gate.plan.success_criteria.create(key="gate-1", text="Calm")
    if path == "/rollout/confirm":
        Rollout.objects.update_or_create(plan=gate.plan, defaults={"desired_at": timezone.now()})
    if "delegations/" in path:
        handed_over(gate, cast)
    if "decisions/" in path or path.startswith("/followups/"):
        decided(gate)
    where, others = filled(path), [one for one in SCOPES if one != scope]
    where += "?reason=Gone" if method == "DELETE" else ""
    if path == "/events":
        others.remove("evidence")
    signed_in = client_of(cast["cora"])  # a session is no token
    assert signed_in.generic(method, f"{BASE}{where}").status_code == 401
    assert call("root", method, where, body, scopes=others)[0] == 403
    assert call("stranger", method, where, body)[0] == 404
    other = make_plan("other")
    seat(other, cast["hudson"], "security-lead", "Security Lead", list(SCOPES))
    assert call("hudson", method, where, body, plan=other)[0] == 404
    if path.count("/") > 1 and not path.startswith("/rollout/"):  # ids of another release
        assert call("hudson", method, where, body, base="/api/v1/plans/other")[0] == 404
    before = TimelineEvent.objects.count()
    for name in cast:
        if name not in may.split() and name != "stranger":
            assert call(name, method, where, body, scopes=[scope])[0] == 403, name
    assert TimelineEvent.objects.count() == before
    for name in may.split()[:1]:
        assert call(name, method, where, body, scopes=[scope])[0] in (200, 201, 204), name
    added = (method, path) == ("POST", "/items")
    assert Vote.objects.count() <= 1 and ChecklistItem.everything.count() == 1 + added


def test_a_nul_is_refused(call, item, cast):
    body = {"state": "blocked", "reason": "a\0b"}
    assert call("thon", "PUT", "/items/1/state", body)[0] == 422


def test_the_documentation_page_stands_under_the_strict_policy(client, cast):
    answer = client.get("/api/v1/docs")
    assert answer.status_code == 200
    assert "unsafe-inline" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/events", '{"text": "x", "kind": "a.b", "data": {"load": [1, NaN]}}', "data.load.1"),
        ("/events", '{"text": "x", "kind": "a.b", "data": {"load": 1e999}}', "data.load"),
        ("/events", '{"text": "x", "kind": "a.b", "data": {"a\\ud800": 1}}', "data"),
        ("/events", '{"text": "a\\ud800b"}', "text"),
        ("/events", f'{{"text": "x", "data": {"[" * 200}{"]" * 200}}}', f"data{'.0' * 50}"),
        ("/events", f'{{"text": "x", "data": {"[" * 50_000}{"]" * 50_000}}}', "body"),
        ("/signoffs", '{"role": "on-call", "decision": "approved", "scope": -1}', "scope"),
        ("/items/1/state", '{"state": "blocked", "reason": "a\\udc00"}', "reason"),
        ("/items/1/state", '{"state": "blocked", "reason": "a\\u0000"}', "reason"),
        ("/signoffs", '{"role": "on-call", "decision": "approved", "scope": %s}', "scope"),
        ("/signoffs", '{"role": "on-call", "decision": "approved", "scope": "%s"}', "scope"),
        ("/signoffs", '{"role": "on-call", "decision": "approved", "scope": "\u00b2"}', "scope"),
    ],
)
def test_what_cannot_be_kept_is_named_by_its_field(call, item, roles, path, body, field):
    method = "PUT" if "state" in path else "POST"
    status, answer = call("thon", method, path, raw=body.replace("%s", "1" * 5000))
    assert (status, answer["field"]) == (422, field)
    assert answer["detail"] and len(answer["detail"]) < 300
    assert not TimelineEvent.objects.exists()


@pytest.mark.parametrize("due", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00"])
@pytest.mark.parametrize("path", ["/signoffs", "/gates/gate-1/votes"])
def test_a_condition_that_is_never_due_is_refused(call, phase, gate, roles, due, path):
    sent = {"scope": 1, "role": "on-call", "decision": "conditional", "vote": "go"}
    status, answer = call("thon", "POST", path, sent | {"conditions": [{"text": "x", "due": due}]})
    assert (status, answer["field"]) == (422, "conditions")
    assert "years 1970 to 2199" in answer["detail"]
    assert not TimelineEvent.objects.exists()


@pytest.mark.parametrize(
    ("error", "status"), [(ValueError("secret"), 500), (OperationalError("secret"), 503)]
)
def test_a_fault_of_ours_is_a_problem_that_tells_nothing(call, gate, monkeypatch, error, status):
    def fail(*_):
        raise error

    monkeypatch.setattr(checklists.api, "gates_of", fail)
    got, answer = call("thon", "GET", "/gates")
    assert (got, answer["status"]) == (status, status)
    assert "secret" not in json.dumps(answer)
