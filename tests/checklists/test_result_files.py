"""What a result file says, format by format, and what of it misleads (S99, S100, S103)."""

import json
from datetime import UTC, datetime

import pytest

from checklists.rules.results.reading import Reading, WrongResult, read_result
from tests.checklists.result_samples import (
    BANDIT,
    COBERTURA,
    COVERAGE_PY,
    GO_COVER,
    ISTANBUL,
    JUNIT,
    LCOV,
    LOCUST,
    LOCUST_EXCEPTIONS,
    LOCUST_FAILURES,
    LOCUST_HEADER,
    LOCUST_HISTORY,
    SAMPLES,
    SARIF,
    SEMGREP,
    TRIVY,
    k6_export,
    k6_handle,
)


def read(data: bytes | str, kind: str = "") -> Reading:
    return read_result(data.encode() if isinstance(data, str) else data, "file", kind)


def refused(data: bytes | str, kind: str = "") -> WrongResult:
    with pytest.raises(WrongResult) as wrong:
        read(data, kind)
    return wrong.value


def figures(reading: Reading, *keys: str) -> list[float | None]:
    return [reading.value(key) for key in keys]


def edited(data: bytes, change) -> bytes:
    document = json.loads(data)
    change(document)
    return json.dumps(document).encode()


# --- tests ---------------------------------------------------------------------------------


def test_tests_are_counted_one_by_one_and_never_taken_from_attributes():
    reading = read(JUNIT)
    assert reading.kind == "junit" and reading.text == "1 of 4"
    got = figures(reading, "count", "passed", "failures", "errors", "skipped", "failed")
    assert got == [4, 1, 1, 1, 1, 2]
    assert reading.value("pass-rate") == 25
    assert any("say 9 tests, it holds 4" in note for note in reading.notes)


def test_the_time_of_the_newest_suite_is_told_in_utc():
    assert read(JUNIT).observed_at == datetime(2025, 10, 23, 18, 44, tzinfo=UTC)


def test_a_file_whose_tests_stand_in_attributes_only_is_no_result():
    wrong = refused('<testsuites>\n<testsuite tests="6" failures="1"/></testsuites>')
    assert wrong.line == 2 and "no pass" in wrong.sentence


def test_an_error_of_a_suite_outside_any_test_counts_as_failed():
    reading = read("<testsuite><testcase name='a'/><error message='setup'/></testsuite>")
    assert figures(reading, "count", "failed") == [2, 1]


def test_a_run_in_which_every_test_was_skipped_is_no_data():
    cases = '<testcase name="a"><skipped/></testcase><testcase name="b"><skipped/></testcase>'
    reading = read(f"<testsuite>{cases}</testsuite>")
    assert figures(reading, "pass-rate", "passed", "failed", "failures", "errors") == [None] * 5
    assert figures(reading, "count", "skipped") == [2, 2]
    assert reading.text == "no data" and any("No test ran" in note for note in reading.notes)


def test_a_status_that_says_failed_is_believed_without_an_element():
    reading = read("<testsuite><testcase name='a' status='failed'/></testsuite>")
    assert figures(reading, "count", "passed") == [1, 0]


def test_a_sub_test_that_fails_its_parent_too_is_said():
    case = "<testcase classname='p' name='{}'><failure/></testcase>"
    reading = read(f"<testsuite>{case.format('A')}{case.format('A/b')}</testsuite>")
    assert any("only because a sub-test failed (A)" in note for note in reading.notes)


def test_a_byte_order_mark_and_another_encoding_are_read():
    for data in (b"\xef\xbb\xbf" + JUNIT, JUNIT.decode().encode("utf-16")):
        assert read(data).value("count") == 4
    for name in ("locust", "sarif", "lcov"):
        assert read(b"\xef\xbb\xbf" + SAMPLES[name]) == read(SAMPLES[name])
        assert read(SAMPLES[name].decode().encode("utf-16")) == read(SAMPLES[name])


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE t [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE t [<!ENTITY % p SYSTEM "http://entity.invalid/x"> %p;]>',
    ],
)
def test_a_file_with_entities_of_its_own_is_refused_before_any_expands(prolog):
    wrong = refused(f"<?xml version='1.0'?>\n{prolog}<testsuite><testcase name='a'/></testsuite>")
    assert wrong.line == 2 and "entities" in wrong.sentence


# --- coverage ------------------------------------------------------------------------------


def test_lines_of_methods_are_not_counted_again_and_no_branch_is_no_data():
    reading = read(COBERTURA)
    assert figures(reading, "lines", "branches", "lines-count") == [50, None, 2]
    assert any("no branch" in note for note in reading.notes)


def test_a_sum_that_is_not_that_of_its_lines_is_said():
    reading = read(COBERTURA.replace(b'line-rate="0.5"', b'line-rate="0.9"'))
    assert reading.value("lines") == 90 and "its lines make 50.0 %" in reading.notes[0]


def test_the_share_of_lines_is_told_apart_from_what_counts_branches_too():
    reading = read(COVERAGE_PY)
    assert figures(reading, "lines", "total", "branches") == [75, 83.3, 100]
    assert any("counts branches too" in note for note in reading.notes)


def test_unknown_is_a_value_and_no_data():
    assert figures(read(ISTANBUL), "lines", "branches") == [75, None]


def test_nothing_to_cover_is_not_all_of_it():
    none = COBERTURA.replace(b'lines-valid="2"', b'lines-valid="0"')
    assert read(none).value("lines") is None and read(none).text == "no data"


def test_a_tracefile_is_summed_and_counted_where_it_has_no_sums():
    assert figures(read(LCOV), "lines-covered", "lines-count", "branches") == [1, 2, None]
    bare = b"SF:a\nDA:1,4\nDA:2,0,abc\nDA:3,-1\nBRDA:1,0,0,-\nBRDA:1,0,1,2\nend_of_record\n"
    assert figures(read(bare), "lines-covered", "lines-count", "branches") == [1, 3, 50]
    assert refused(LCOV[:30]).line == 5 and refused(LCOV + b"nonsense\n").line == 10


def test_a_block_that_two_packages_list_counts_once():
    assert figures(read(GO_COVER), "lines-covered", "lines-count") == [3, 3]
    assert refused(b"mode: set\na.go:1.2,3.4 x 1\n").line == 2


# --- findings ------------------------------------------------------------------------------


def test_the_severity_is_that_of_the_score_else_of_the_level_else_of_the_rule():
    reading = read(SARIF)
    assert [one.severity for one in reading.findings] == [
        "high",
        "critical",
        "medium",
        "high",
        "high",
    ]
    assert figures(reading, "critical", "high", "medium", "low", "suppressed") == [1, 2, 1, 0, 1]
    assert reading.findings[0].place == "tools/seed.py:12" and "s3cr3t" not in repr(
        reading.findings
    )
    assert reading.observed_at == datetime(2025, 10, 22, 18, 5, tzinfo=UTC)


def test_a_suppression_that_is_not_accepted_does_not_hide():
    assert [one.suppressed for one in read(SARIF).findings] == [False, False, False, True, False]


def test_a_scan_that_did_not_run_says_nothing_about_what_it_did_not_find():
    def failed(document):
        document["runs"][0]["invocations"][0]["executionSuccessful"] = False

    def undone(document):
        del document["runs"][0]["results"]

    assert figures(read(edited(SARIF, failed)), "critical", "low", "findings") == [1, None, None]
    assert figures(read(edited(SARIF, undone)), "critical", "low") == [None, None]
    assert refused('{"version": "2.1.0", "runs": []}').place == "runs"
    assert refused('{"version": "2.1.0", "runs": [{"results": [3]}]}').place == "runs[0].results[0]"


def test_the_same_finding_has_the_same_fingerprint_though_its_line_moved():
    def moved(document):
        where = document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        where["region"]["startLine"] = 40

    before, after = read(SARIF).findings, read(edited(SARIF, moved)).findings
    assert [one.fingerprint for one in before] == [one.fingerprint for one in after]
    assert len({one.fingerprint for one in before}) == len(before)


def test_own_reports_of_scanners_are_read_without_the_secrets_in_them():
    bandit, semgrep, trivy = read(BANDIT), read(SEMGREP), read(TRIVY)
    assert "swordfish" not in repr(bandit) and "AKIA" not in repr(trivy)
    assert figures(bandit, "low", "high") == [1, 0]
    assert figures(semgrep, "high", "suppressed") == [1, 1]
    assert figures(trivy, "critical", "high", "medium") == [1, 1, 1]
    assert any("without a severity" in note for note in trivy.notes)


def test_a_scanner_that_looked_at_nothing_is_no_pass():
    nothing = '{"SchemaVersion": 2, "ArtifactName": "x"}'
    assert read(nothing).value("critical") is None
    empty = '{"results": [], "errors": [], "paths": {"scanned": []}}'
    assert read(empty).value("high") is None and read(empty).text == "no data"


# --- load ----------------------------------------------------------------------------------


def test_the_row_aggregated_is_what_counts_in_the_statistics():
    reading = read(LOCUST)
    assert reading.text == "P95 171 ms" and reading.prefix == "load"
    keys = ("requests", "error-rate", "p50", "p95", "p99", "rps")
    assert figures(reading, *keys) == [100, 0, 90, 171, 200, 10.5]


def test_a_row_with_too_few_columns_is_named_by_its_line():
    wrong = refused(f"{LOCUST_HEADER}\n,Aggregated,1,0\n")
    assert str(wrong) == "line 2: 4 columns, 22 expected."
    assert "cut off" in refused(LOCUST.split(b",Aggregated")[0]).sentence


def test_without_a_request_no_figure_says_anything():
    none = f"{LOCUST_HEADER}\n,Aggregated,0,0,{','.join(['N/A'] * 18)}\n"
    assert figures(read(none), "requests", "p95", "error-rate") == [0, None, None]
    assert read(none).text == "no data"


@pytest.mark.parametrize("counted", [None, {"count": 0, "rate": 0}])
def test_a_load_test_without_requests_is_no_data_though_k6_calls_its_thresholds_met(counted):
    """k6 leaves http_reqs out, or at 0, and writes zeros for what nobody measured."""

    def idle(document):
        metrics = document["metrics"]
        metrics["http_reqs"] = {"values": counted} if counted else None
        metrics["http_req_duration"]["values"] = {"med": 0, "p(95)": 0, "p(99)": 0}

    reading = read(edited(k6_handle(), idle))
    assert figures(reading, "p95", "error-rate", "thresholds", "thresholds-crossed") == [None] * 4
    assert reading.text == "no data" and "made no request" in reading.notes[0]


def test_a_test_of_another_protocol_than_http_says_what_its_thresholds_say():
    def spoke_grpc(document):
        del document["metrics"]["http_reqs"]
        document["metrics"]["grpc_req_duration"] = {"values": {"avg": 12.5}}

    reading = read(edited(k6_handle(), spoke_grpc))
    assert figures(reading, "p95", "thresholds") == [None, 1]


def test_the_other_files_of_locust_are_told_apart_by_their_columns():
    history = read(LOCUST_HISTORY)
    assert figures(history, "requests", "error-rate", "users") == [200, 5, 50]
    assert history.value("p95") is None
    assert read(LOCUST_FAILURES).value("count") == 12
    assert read(LOCUST_EXCEPTIONS).value("count") is None


def test_a_threshold_that_says_false_is_met_in_one_form_and_crossed_in_the_other():
    assert figures(read(k6_export(crossed=False)), "thresholds", "thresholds-crossed") == [1, 0]
    assert figures(read(k6_export(crossed=True)), "thresholds", "thresholds-crossed") == [0, 1]
    assert figures(read(k6_handle(ok=True)), "thresholds", "thresholds-crossed") == [1, 0]
    assert figures(read(k6_handle(ok=False)), "thresholds", "thresholds-crossed") == [0, 1]


def test_met_thresholds_do_not_hide_that_requests_failed():
    reading = read(k6_export())
    assert figures(reading, "error-rate", "p95", "p99", "checks") == [40, 171, None, 99]
    assert "Every threshold is met, yet 40 % of the requests failed." in reading.notes


def test_without_thresholds_none_is_met():
    def bare(document):
        del document["metrics"]["http_req_duration"]["thresholds"]

    reading = read(edited(k6_export(), bare))
    assert reading.value("thresholds") is None and reading.text == "P95 171 ms"


# --- what is no result ---------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_the_kind_is_in_the_content_and_another_one_is_refused(name):
    reading = read(SAMPLES[name])
    assert read(SAMPLES[name], reading.kind) == reading
    other = "junit" if reading.kind != "junit" else "k6"
    assert "It was sent as" in refused(SAMPLES[name], other).sentence


@pytest.mark.parametrize(
    "wrong",
    [
        b"", b" \n", b"\0", b"hello", b"{", b"[]", b"{}", b"3", b"<a/>", b"<", b"<coverage/>",
        b"\xff\xfe", b"\xff\xfea", b"\xff\xfe\xff", b"<?xml version='1.0' encoding='nope'?><a/>",
        b'{"alerts": []}', b'{"status": "success", "data": {}}', b'{"metrics": {"x": 1}}',
        b'{"metrics": {}, "root_group": {}}', b'{"runs": 3, "$schema": "sarif"}',
        b"Type,Name,Request Count,Failure Count\n\"", b"mode: set\n", b"TN:\n", b"SF:a\nLF:x\n",
        b"[" * 100_000, b'{"a":' * 100_000, b"<a>" * 5_000, b'{"a": 1' + b"0" * 50_000 + b"}",
    ],
)  # fmt: skip
def test_what_is_no_result_is_refused_in_one_sentence(wrong):
    assert refused(wrong).sentence.endswith(".")


def test_a_file_above_the_limit_is_not_looked_at():
    assert "20 MB" in refused(b"<" * (20 * 1024 * 1024 + 1)).sentence


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 40, '"7"'])
def test_what_is_no_number_is_no_data(number):
    data = k6_export().replace(b"171.0", number.encode())
    assert read(data).value("p95") is None


def test_a_finding_of_a_rule_without_a_name_is_called_by_what_is_said():
    """The id of a rule alone ("xss") tells a reader nothing."""
    result = {"ruleId": "xss", "message": {"text": "Unescaped name in the header. Escape it."}}
    run = {"tool": {"driver": {"name": "scan"}}, "results": [result, {"ruleId": "sql"}]}
    found = read(json.dumps({"version": "2.1.0", "runs": [run]}).encode()).findings
    assert [one.title for one in found] == ["Unescaped name in the header", "sql"]
