"""Findings and dry runs for the demo, made by the product's own actions."""

import json
from datetime import datetime, timedelta

from checklists.actions.dryruns import add_dry_run, judge_dry_run, record_dry_run
from checklists.actions.findings import Said, add_finding, edit_finding, set_finding_state
from checklists.actions.results import record_result
from checklists.models import Finding
from checklists.rules.results.reading import read_result
from warroom.models import DeploymentPlan, Right, Role, User

DAY, WEEK_S = timedelta(days=1), 7 * 86_400
# rule, title, score of 10, file, line
FOUND = (
    ("CKV-17", "Container on host network", 9.1, "docker-compose.yml", 18),
    ("API-4", "Rate limit is per process, not per user", 5.3, "api/limits.py", 41),
    ("API-9", "Debug endpoint reachable", 7.5, "api/debug.py", 7),
    ("B608", "SQL built from strings", 5.0, "tools/seed.py", 12),
)
LATER = ("LOG-2", "Session token is logged at level debug", 3.1, "auth/log.py", 88)
DRILL = {
    "title": "Verify step waits 60 s for nothing",
    "severity": "medium",
    "place": "scripts/rollback.sh:212",
    "owner": "Thon",
    "description": "Seen in the full restore drill, and again a day later.",
}
ALERT = {"title": "Alert rule DiskFull never fired", "severity": "low", "owner": "Thon"}
WARNED = '{"job": null, "health": "down"}\n' * 4
TESTS = (
    ("Health script", "python scripts/health_check.py", "5 checks pass", "Passed: 5\nFailed: 0\n"),
    ("Deployment status", "python scripts/deploy.py status", "At 0 %", '{"percentage": 0}\n'),
    ("Monitoring services", "docker ps", "4 services up", "4 up\n"),
    ("Dashboard health", "curl -s :3000/api/health", "Database ok", '{"database": "ok"}\n'),
    ("Metrics targets", "curl -s :9090/api/v1/targets", "4 targets up", WARNED),
    ("Feature flags", "python scripts/flags.py", "17 flags, 4 critical on", "Total: 17\n"),
    ("Deployment command", "python scripts/deploy.py status | jq .percentage", "0", "0\n"),
)


def fill_registers(plan: DeploymentPlan, now: datetime, by: str) -> None:
    """Seven findings and seven dry runs, as far as the plan has nobody's own."""
    if not plan.findings.exists():
        _find(plan, now, by)
    if not plan.dry_runs.exists():
        _try(plan, now, by)


def _find(plan: DeploymentPlan, now: datetime, by: str) -> None:
    _scan(plan, FOUND, now - 3 * DAY, by)
    due = now + timedelta(hours=21)
    add_finding(plan, DRILL | {"due": due}, by=by, at=now - 2 * DAY)
    _scan(plan, (*FOUND, LATER), now - 2 * DAY, by)
    add_finding(plan, ALERT, by=by, at=now - 2 * DAY)
    security = _seated(plan, "hudson")
    if security is None:
        return
    for number, owner in ((1, "Hudson"), (2, "Hudson"), (3, "Thon"), (4, "Hudson"), (6, "Thon")):
        finding = _of(plan, number)
        edit_finding(finding, {"owner": owner}, by=security)
    end = now + 14 * DAY
    reason = "Internal traffic only; a shared store comes in week 2."
    _set(plan, 2, "accepted", security, Said(reason, until=end))
    _set(plan, 4, "false-positive", security, Said("The strings are constants: no user input."))
    _set(plan, 1, "fixed", security, Said(before="CVSS 9.1", after="none", fix="Bridge network"))
    _set(plan, 3, "fixed", security, Said(fix="Endpoint left out of the build"))
    _set(plan, 6, "fixed", security, Said(fix="Token is masked"))
    _set(plan, 7, "fixed", security, Said(before="never fired", after="fired in a test"))
    _scan(plan, (FOUND[1], FOUND[3]), None, by)


def _set(plan: DeploymentPlan, number: int, state: str, by: User, said: Said) -> None:
    set_finding_state(_of(plan, number), state, by=by, said=said)


def _of(plan: DeploymentPlan, number: int) -> Finding:
    finding = Finding.objects.get(plan=plan, number=number)
    finding.plan = plan
    return finding


def _scan(plan: DeploymentPlan, rows: tuple, at: datetime | None, by: str) -> None:
    data = json.dumps(_sarif(rows)).encode()
    reading = read_result(data, "scan.sarif")
    given = {"observed_at": at, "valid_for_s": WEEK_S}
    record_result(plan, reading, data, "scan.sarif", by=by, **given)


def _sarif(rows: tuple) -> dict:
    rules = [
        {
            "id": rule,
            "shortDescription": {"text": title},
            "properties": {"security-severity": str(score)},
        }
        for rule, title, score, _, _ in rows
    ]
    results = [
        {
            "ruleId": rule,
            "message": {"text": title},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": file},
                        "region": {"startLine": line},
                    }
                }
            ],
        }
        for rule, title, _, file, line in rows
    ]
    run = {"tool": {"driver": {"name": "semgrep", "rules": rules}}, "results": results}
    return {"version": "2.1.0", "runs": [run]}


def _try(plan: DeploymentPlan, now: datetime, by: str) -> None:
    for title, command, expected, output in TESTS:
        run = add_dry_run(plan, {"title": title, "command": command, "expected": expected}, by=by)
        warned = output is WARNED
        analysis = "- Targets are down before the service runs" if warned else "- As expected"
        word = "warn" if warned else "pass"
        record_dry_run(run, word, by=by, output=output, analysis=analysis, at=now - 3 * DAY)
        judge = _seated(plan, "cora") or _seated(plan, "hudson")
        if warned and judge is not None:
            why = "Expected: they come up with stage 1 and are watched there."
            judge_dry_run(run, True, why, by=judge)


def _seated(plan: DeploymentPlan, name: str) -> User | None:
    """The account of that name, where it sits in a role that signs."""
    for role in Role.objects.filter(plan=plan).prefetch_related("seats__user"):
        for seat in role.seats.all():
            if seat.user.username == name and role.may(Right.SIGN):
                return seat.user
    return None
