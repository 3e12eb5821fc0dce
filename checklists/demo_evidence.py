"""Results for the demo: files as the tools write them, small, and one value that somebody typed."""

import json
from datetime import datetime, timedelta

from checklists.actions.criteria import add_criterion
from checklists.actions.results import record_result, record_value
from checklists.rules.bands import Bound
from checklists.rules.results.reading import read_result
from warroom.models import DeploymentPlan, User

PASSED, SKIPPED = 1026, 18
DAY_S = 86_400
LOCUST_HEAD = (
    "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,"
    "Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,"
    "50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%"
)


# Shown at the gate and not counted: label, key, unit, green, red.
ASKED = (
    ("Code coverage", "coverage.lines", "%", Bound(">=", 65), Bound("<", 50)),
    ("P95 of the smoke load", "k6.p95", "ms", Bound("<", 200), Bound(">", 500)),
)


def ask_for_results(plan: DeploymentPlan, by: User) -> None:
    """Let the first gate after the launch show what the results say."""
    gate = plan.gates.filter(offset_s__gt=0).first()
    keys = [key for _, key, *_ in ASKED]
    if gate is None or gate.criteria.filter(evidence_key__in=keys).exists():
        return
    for label, key, unit, green, red in ASKED:
        fields = {"label": label, "unit": unit, "green": green, "red": red, "evidence_key": key}
        fields |= {"source": "evidence", "report_only": True}
        add_criterion(gate, fields, by=by, reason="The pipeline measures it.")


def bring_results(plan: DeploymentPlan, now: datetime, by: str) -> None:
    """What a pipeline and the team brought in before ``now`` (UTC); one of it is too old."""
    hour = timedelta(hours=1)
    brought = (
        ("stats.csv", _locust(), "", now - 147 * hour, 3 * DAY_S),
        ("smoke.json", _k6(), "Smoke load at 5 %", now - 2 * hour, DAY_S // 2),
        ("junit.xml", _junit(), "Unit and integration tests", now - hour / 30, 1800),
        ("coverage.json", _coverage(), "", now - hour / 30, DAY_S),
    )
    for name, data, label, at, span in brought:
        reading = read_result(data, name)
        record_result(
            plan, reading, data, name, by=by, label=label, observed_at=at, valid_for_s=span
        )
    record_value(
        plan,
        "rollback-drill",
        108,
        by=by,
        unit="s",
        text="1:48 of 20:00",
        label="Rollback drill",
        source="recorded here",
        observed_at=now - 31 * hour,
        valid_for_s=7 * DAY_S,
    )


def _junit() -> bytes:
    cases = [f'<testcase classname="api" name="test_{n}" time="0.01"/>' for n in range(PASSED)]
    cases += [
        f'<testcase classname="api" name="test_later_{n}"><skipped message="later"/></testcase>'
        for n in range(SKIPPED)
    ]
    head = (
        f'<testsuite name="api" tests="{len(cases)}" failures="0" errors="0" skipped="{SKIPPED}">'
    )
    return f"<testsuites>{head}{''.join(cases)}</testsuite></testsuites>".encode()


def _coverage() -> bytes:
    lines = {"covered_lines": 670, "num_statements": 1000, "missing_lines": 330}
    summary = {
        **lines,
        "percent_covered": 67.0,
        "percent_covered_display": "67",
        "excluded_lines": 0,
    }
    files = {"api/limits.py": {"executed_lines": [], "missing_lines": [], "summary": summary}}
    meta = {"format": 3, "version": "7.6.1", "branch_coverage": False}
    return json.dumps({"meta": meta, "files": files, "totals": summary}).encode()


def _locust() -> bytes:
    row = "18900,12,88,94.1,11,640,812,26.2,0.02,88,104,118,127,149,171,203,228,410,640,640"
    return f"{LOCUST_HEAD}\nGET,/api/items,{row}\n,Aggregated,{row}\n".encode()


def _k6() -> bytes:
    trend = {"avg": 84.2, "min": 12.1, "med": 79.5, "max": 402.0, "p(90)": 131.0, "p(95)": 163.0}
    metrics = {
        "http_req_duration": {
            "type": "trend",
            "contains": "time",
            "values": trend,
            "thresholds": {"p(95)<200": {"ok": True}, "max<1000": {"ok": True}},
        },
        "http_req_failed": {
            "type": "rate",
            "contains": "default",
            "values": {"rate": 0.0004, "passes": 1, "fails": 2399},
            "thresholds": {"rate<0.001": {"ok": True}},
        },
        "checks": {
            "type": "rate",
            "contains": "default",
            "values": {"rate": 1, "passes": 2400, "fails": 0},
            "thresholds": {"rate>0.99": {"ok": True}},
        },
        "http_reqs": {
            "type": "counter",
            "contains": "default",
            "values": {"count": 2400, "rate": 20},
        },
    }
    state = {"testRunDurationMs": 120_000.0, "isStdErrTTY": False, "isStdOutTTY": False}
    return json.dumps({"options": {}, "state": state, "metrics": metrics}).encode()
