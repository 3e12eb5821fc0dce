"""A small file of every format that is read, in the words of its tool."""

import json

JUNIT = b"""<?xml version="1.0"?>
<testsuites name="all" tests="9" failures="1">
 <testsuite name="api" tests="4" timestamp="2025-10-23T20:44:00+02:00">
  <testcase classname="t.Orders" name="total"/>
  <testcase classname="t.Orders" name="refund"><failure message="3 &lt; 4"/></testcase>
  <testcase classname="t.Orders" name="later" status="disabled"/>
  <testsuite name="inner" tests="1">
   <testcase classname="t.Deep" name="a"><error type="X"/></testcase>
  </testsuite>
 </testsuite>
</testsuites>
"""

COBERTURA = b"""<?xml version="1.0"?>
<!DOCTYPE coverage SYSTEM "http://coverage.invalid/coverage-04.dtd">
<coverage line-rate="0.5" branch-rate="1" lines-covered="1" lines-valid="2" branches-covered="0"
  branches-valid="0" timestamp="1761252240000">
 <packages><package><classes><class name="a"><methods><method name="m"><lines>
  <line number="1" hits="0"/></lines></method></methods><lines>
  <line number="1" hits="0"/><line number="2" hits="3"/></lines>
 </class></classes></package></packages>
</coverage>
"""

COVERAGE_PY = json.dumps(
    {
        "meta": {"version": "7.1", "timestamp": "2025-10-23T20:44:00"},
        "files": {"a.py": {}},
        "totals": {
            "covered_lines": 3,
            "num_statements": 4,
            "percent_covered": 83.3,
            "covered_branches": 2,
            "num_branches": 2,
        },
    }
).encode()

ISTANBUL = json.dumps(
    {
        "total": {
            "lines": {"total": 4, "covered": 3, "pct": 75},
            "statements": {"total": 4, "covered": 3, "pct": 75},
            "functions": {"total": 1, "covered": 1, "pct": 100},
            "branches": {"total": 0, "covered": 0, "pct": "Unknown"},
        },
        "/srv/a.js": {"lines": {"total": 4, "covered": 3, "pct": 75}},
    }
).encode()

LCOV = b"TN:\nSF:a.js\nDA:1,2\nDA:2,0\nLF:2\nLH:1\nBRF:0\nBRH:0\nend_of_record\n"

GO_COVER = b"""mode: set
example.org/a/a.go:1.2,3.4 2 1
example.org/a/a.go:4.2,5.4 1 0
example.org/a/a.go:4.2,5.4 1 1
"""

SARIF = json.dumps(
    {
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "Scan",
                        "rules": [
                            {"id": "R1", "defaultConfiguration": {"level": "error"}},
                            {"id": "R2", "properties": {"security-severity": "9.8"}},
                        ],
                    }
                },
                "invocations": [
                    {"executionSuccessful": True, "endTimeUtc": "2025-10-22T18:05:00Z"}
                ],
                "results": [
                    {
                        "ruleId": "R1",
                        "message": {"text": "Built from strings"},
                        "locations": [
                            {
                                "physicalLocation": {
                                    "artifactLocation": {"uri": "tools/seed.py"},
                                    "region": {"startLine": 12, "snippet": {"text": "s3cr3t"}},
                                }
                            }
                        ],
                    },
                    {"ruleId": "R2", "message": {"text": "Remote code"}, "level": "note"},
                    {"ruleId": "R3", "message": {"text": "No level at all"}},
                    {
                        "ruleId": "R1",
                        "message": {"text": "Known"},
                        "suppressions": [{"kind": "external", "status": "accepted"}],
                    },
                    {
                        "ruleId": "R1",
                        "message": {"text": "Asked about"},
                        "suppressions": [{"kind": "external", "status": "underReview"}],
                    },
                ],
            }
        ],
    }
).encode()

BANDIT = json.dumps(
    {
        "errors": [],
        "generated_at": "2025-10-22T18:05:00Z",
        "metrics": {"_totals": {"loc": 12}},
        "results": [
            {
                "test_id": "B105",
                "test_name": "hardcoded_password_string",
                "issue_severity": "LOW",
                "issue_text": "Possible hardcoded password: 'swordfish'",
                "filename": "./a.py",
                "line_number": 2,
                "code": "PASSWORD = 'swordfish'",
            }
        ],
    }
).encode()

SEMGREP = json.dumps(
    {
        "version": "1.1",
        "errors": [],
        "paths": {"scanned": ["a.py"]},
        "results": [
            {
                "check_id": "py.no-shell",
                "path": "a.py",
                "start": {"line": 8},
                "extra": {"message": "shell", "severity": "ERROR", "fingerprint": "requires login"},
            },
            {
                "check_id": "py.no-shell",
                "path": "a.py",
                "start": {"line": 9},
                "extra": {"message": "shell", "severity": "ERROR", "is_ignored": True},
            },
        ],
    }
).encode()

TRIVY = json.dumps(
    {
        "SchemaVersion": 2,
        "CreatedAt": "2025-10-22T18:05:00.123456789Z",
        "ArtifactName": "image",
        "Results": [
            {
                "Target": "requirements.txt",
                "Vulnerabilities": [
                    {
                        "VulnerabilityID": "CVE-1",
                        "PkgName": "lib",
                        "InstalledVersion": "1.0",
                        "Severity": "CRITICAL",
                        "Title": "Hole",
                    },
                    {"VulnerabilityID": "CVE-2", "PkgName": "lib", "Severity": "UNKNOWN"},
                ],
                "Secrets": [
                    {
                        "RuleID": "aws",
                        "Title": "AWS key",
                        "Severity": "HIGH",
                        "StartLine": 3,
                        "Match": "key = AKIA00",
                        "Message": "key = AKIA00",
                    }
                ],
                "Misconfigurations": [{"ID": "DS1", "Status": "PASS", "Severity": "HIGH"}],
            }
        ],
    }
).encode()

LOCUST_HEADER = (
    "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,"
    "Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,"
    "50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%"
)
LOCUST = (
    f"{LOCUST_HEADER}\r\n"
    'GET,"/a, ""b""",100,0,90,95,1,300,3,10.5,0,90,100,110,120,150,171,190,200,300,300,300\r\n'
    ",Aggregated,100,0,90,95,1,300,3,10.5,0,90,100,110,120,150,171,190,200,300,300,300\r\n"
).encode()
LOCUST_HISTORY = (
    b"Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,"
    b"99.99%,100%,Total Request Count,Total Failure Count,Total Median Response Time,"
    b"Total Average Response Time,Total Min Response Time,Total Max Response Time,"
    b"Total Average Content Size\n"
    b"1761252000,0,,Aggregated,0,0,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,0,0,0,0.0,0,0,0\n"
    b"1761252240,50,,Aggregated,9,1,9,9,9,9,9,9,9,9,9,9,9,200,10,90,95,1,300,3\n"
)
LOCUST_FAILURES = (
    b"Method,Name,Error,Occurrences,First Seen,Last Seen\r\n"
    b'GET,"/a, ""b""","HTTPError(""404"")",12,2025-10-23T10:13:48Z,2025-10-23T10:13:55Z\r\n'
)
LOCUST_EXCEPTIONS = b"Count,Message,Traceback,Nodes\r\n"


def k6_export(crossed: bool = False) -> bytes:
    return json.dumps(
        {
            "root_group": {
                "groups": {},
                "checks": {"status is 200": {"name": "status is 200", "passes": 99, "fails": 1}},
            },
            "metrics": {
                "http_reqs": {"count": 100, "rate": 10.5},
                "http_req_failed": {"passes": 40, "fails": 60, "value": 0.4},
                "http_req_duration": {
                    "med": 90,
                    "p(95)": 171.0,
                    "thresholds": {"p(95)<200": crossed},
                },
                "checks": {"passes": 99, "fails": 1, "value": 0.99},
            },
        }
    ).encode()


def k6_handle(ok: bool = True) -> bytes:
    return json.dumps(
        {
            "state": {"testRunDurationMs": 60_000},
            "root_group": {"groups": [], "checks": []},
            "metrics": {
                "http_reqs": {"type": "counter", "values": {"count": 100, "rate": 10.5}},
                "http_req_failed": {"type": "rate", "values": {"rate": 0.0, "passes": 0}},
                "http_req_duration": {
                    "type": "trend",
                    "values": {"med": 90, "p(95)": 171.0, "p(99)": 200},
                    "thresholds": {"p(95)<200": {"ok": ok}},
                },
            },
        }
    ).encode()


SAMPLES = {
    "junit": JUNIT,
    "cobertura": COBERTURA,
    "coverage.py": COVERAGE_PY,
    "istanbul": ISTANBUL,
    "lcov": LCOV,
    "go": GO_COVER,
    "sarif": SARIF,
    "bandit": BANDIT,
    "semgrep": SEMGREP,
    "trivy": TRIVY,
    "locust": LOCUST,
    "locust-history": LOCUST_HISTORY,
    "locust-failures": LOCUST_FAILURES,
    "locust-exceptions": LOCUST_EXCEPTIONS,
    "k6-export": k6_export(),
    "k6-handle": k6_handle(),
}
