"""Result files that real tools wrote, read to the figures that the tools report (S99, S100)."""

import json
from pathlib import Path
from typing import Any

import pytest

from checklists.rules.results.k6 import checks_of, thresholds
from checklists.rules.results.locust import csv_reader
from checklists.rules.results.objects import decoded
from checklists.rules.results.reading import Reading, WrongResult, read_result
from checklists.rules.results.sarif import level_of
from checklists.rules.results.tables import header_of, table

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "machine"


def expectations() -> dict[str, dict]:
    if not (CORPUS / "expected.json").exists():
        return {}
    return json.loads((CORPUS / "expected.json").read_text())["files"]


FILES = expectations()
RESULTS = (
    "JUnit", "SARIF", "Cobertura", "coverage.py", "istanbul", "lcov", "Go cover", "Locust", "k6",
    "bandit", "semgrep", "trivy",
)  # fmt: skip
READ = sorted(name for name, told in FILES.items() if told["kind"].startswith(RESULTS))
OTHERS = sorted(set(FILES) - set(READ))


def require(names: list[str]) -> list:
    missing = pytest.mark.skip(reason="the corpus of machine files is not beside this checkout")
    return names or [pytest.param("", marks=missing)]


def content(name: str) -> bytes:
    return (CORPUS / name).read_bytes()


def values(reading: Reading, *keys: str) -> list[float | None]:
    return [reading.value(key) for key in keys]


def junit(name: str, told: dict) -> None:
    keys = ("testcase_elements", "failed", "errored", "skipped", "passed")
    if not told["parses"] or not told["testcase_elements"]:
        with pytest.raises(WrongResult) as refused:
            read_result(content(name), name)
        assert refused.value.line is not None
        return
    reading = read_result(content(name), name)
    got = values(reading, "count", "failures", "errors", "skipped", "passed")
    assert got == [told[key] for key in keys]
    assert reading.value("failed") == told["failed"] + told["errored"]
    assert (reading.value("failed") > 0) == (told["verdict"] == "fail")


def cobertura(name: str, told: dict) -> None:
    reading = read_result(content(name), name)
    assert reading.value("lines") == pytest.approx(100 * told["line_rate"])
    got = values(reading, "lines-covered", "lines-count")
    assert got == [told["lines_covered"], told["lines_valid"]]
    branches = reading.value("branches")
    assert branches in (None, pytest.approx(100 * told["branch_rate"]))
    assert (branches is None) == (b'branches-valid="0"' in content(name))


def coverage_py(name: str, told: dict) -> None:
    reading = read_result(content(name), name)
    assert reading.value("total") == pytest.approx(told["percent_covered"])
    assert reading.value("lines-count") == told["statements"]
    assert reading.value("lines-covered") == told["statements"] - told["missing"]
    assert reading.value("branches") == 100 * told["covered_branches"] / told["branches"]


def istanbul(name: str, told: dict) -> None:
    reading = read_result(content(name), name)
    assert reading.value("lines") == told["lines_pct"]
    assert told["branches_total"] == 0 and reading.value("branches") is None


def lcov(name: str, told: dict) -> None:
    reading = read_result(content(name), name)
    got = values(reading, "lines-covered", "lines-count")
    assert got == [told["lines_hit"], told["lines_found"]]


def go_cover(name: str, told: dict) -> None:
    reading = read_result(content(name), name)
    got = values(reading, "lines-covered", "lines-count")
    assert got == [told["covered"], told["statements"]]


def locust(name: str, told: dict) -> None:
    text, reading = decoded(content(name)), read_result(content(name), name)
    rows = [row for _, row in table(text)]
    assert len(rows) == told["rows"] and csv_reader(header_of(text)) is not None
    if summed := told.get("aggregated"):
        got = values(reading, "requests", "failures", "p50", "p95", "p99", "rps")
        keys = ("requests", "failures", "median", "p95", "p99", "rps")
        assert got == [float(summed[key]) for key in keys]
        assert [row["Name"] for row in rows] == told["names"]
    if "occurrences" in told:
        assert reading.value("count") == told["occurrences"]


def k6(name: str, told: dict) -> None:
    reading, document = read_result(content(name), name), json.loads(content(name))
    assert reading.value("requests") == told["requests"]
    assert reading.value("p95") == told["p95_ms"]
    assert reading.value("error-rate") == pytest.approx(100 * told["failed_rate"])
    got = [[one.name, one.passes, one.fails] for one in checks_of(document)]
    assert sorted(got) == sorted(told["checks"])
    wanted = [(one["metric"], one["expr"], one["passed"]) for one in told["thresholds"]]
    assert [(one.metric, one.expression, one.passed) for one in thresholds(document)] == wanted
    assert any("of the requests failed" in note for note in reading.notes)


def sarif(name: str, told: dict) -> None:
    if not told["runs"]:
        with pytest.raises(WrongResult, match="no run") as refused:
            read_result(content(name), name)
        assert refused.value.place == "runs"
        return
    reading, document = read_result(content(name), name), json.loads(content(name))
    assert len(reading.findings) == sum(run["results"] for run in told["runs"])
    hidden = sum(run["suppressed"] for run in told["runs"])
    assert sum(one.suppressed for one in reading.findings) == hidden
    for run, wanted in zip(document["runs"], told["runs"], strict=True):
        assert {one.tool for one in reading.findings} <= {wanted["tool"]}
        assert levels(run) == {
            word: amount
            for word, amount in wanted["effective_levels"].items()
            if not word.startswith("(")
        }


def levels(run: dict) -> dict[str, int]:
    rules = {rule["id"]: rule for rule in run["tool"]["driver"].get("rules", ())}
    found: dict[str, int] = {}
    for result in run["results"]:
        level = level_of(result, rules.get(result["ruleId"], {}))
        found[level] = found.get(level, 0) + 1
    return found


def scanner(name: str, told: dict) -> None:
    reading = read_result(content(name), name)
    assert [len(reading.findings)] == list(told.values())
    assert all(one.rule and one.place and one.message for one in reading.findings)


CHECKS = {
    "JUnit": junit, "Cobertura": cobertura, "coverage.py": coverage_py, "istanbul": istanbul,
    "lcov": lcov, "Go cover": go_cover, "Locust": locust, "k6": k6, "SARIF": sarif,
    "bandit": scanner, "semgrep": scanner, "trivy": scanner,
}  # fmt: skip


@pytest.mark.parametrize("name", require(READ))
def test_a_file_is_read_to_the_figures_that_its_tool_reports_or_refused_with_the_place(name):
    told: dict[str, Any] = FILES[name]
    check = next(check for begin, check in CHECKS.items() if told["kind"].startswith(begin))
    check(name, told["expect"])


@pytest.mark.parametrize("name", require(OTHERS))
def test_what_is_no_result_is_refused_with_a_sentence_and_a_place(name):
    with pytest.raises(WrongResult) as refused:
        read_result(content(name), name)
    wrong = refused.value
    assert wrong.sentence.endswith(".") and (wrong.line is not None or wrong.place)


@pytest.mark.parametrize("name", require(["sarif-bandit.sarif", "bandit.json"] if FILES else []))
def test_no_snippet_and_no_quoted_secret_is_kept(name):
    kept = repr(read_result(content(name), name).findings)
    assert "hunter2" in content(name).decode() and "hunter2" not in kept
    assert "subprocess, hashlib" not in kept


@pytest.mark.parametrize("name", require(["sarif-grype.sarif"] if FILES else []))
def test_the_score_of_a_rule_gives_the_severity_where_the_level_does_not(name):
    """Grype gives each rule the level warning and says the severity in words too (S103)."""
    for one in read_result(content(name), name).findings:
        assert f" {one.severity} vulnerability" in one.title
