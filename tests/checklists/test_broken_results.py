"""Files that contradict themselves and bytes that were changed: neither is ever a pass."""

import pytest
from django.urls import reverse

from checklists.actions.decisions import decide_gate
from checklists.actions.results import record_result, record_value
from checklists.queries.stored import path_of
from checklists.queries.verified import of_plan, prove
from checklists.rules.results.reading import WrongResult, read_result
from tests.checklists.result_samples import LOCUST_HEADER
from warroom.actions.refusals import Invalid

XML = b'<testsuite name="a" tests="2"><testcase name="b"/><testcase name="c"/></testsuite>'
HEADER = LOCUST_HEADER if isinstance(LOCUST_HEADER, str) else LOCUST_HEADER.decode()


def read(data):
    return read_result(data.encode() if isinstance(data, str) else data, "file", "")


def locust(requests, failures, latency):
    """A statistics file of one Aggregated row."""
    names = HEADER.strip().split(",")
    row = dict.fromkeys(names, "1") | {"Type": "", "Name": "Aggregated"}
    row |= {"Request Count": requests, "Failure Count": failures, "95%": latency}
    return f"{HEADER.strip()}\n{','.join(str(row[name]) for name in names)}\n"


@pytest.mark.parametrize(
    "suites",
    [
        '<testsuites tests="9" failures="9"><testsuite><testcase/></testsuite></testsuites>',
        '<testsuite tests="1" errors="1"><testcase name="a"/></testsuite>',
        '<testsuites><testsuite failures="1"><testcase name="a"/></testsuite></testsuites>',
    ],
)
def test_failures_that_only_the_attributes_name_are_no_data(suites):
    found = read(suites)
    assert found.text == "no data" and found.value("count") == 1
    keys = ("pass-rate", "failed", "passed", "failures", "errors")
    assert [found.value(key) for key in keys] == [None] * 5
    assert "no test in it failed" in " ".join(found.notes)


def test_failures_that_are_in_the_file_count_whatever_the_attributes_say():
    found = read('<testsuite failures="9"><testcase><failure/></testcase><testcase/></testsuite>')
    assert (found.value("pass-rate"), found.value("failed")) == (50, 1)


def test_a_failure_with_a_capital_is_a_failure():
    found = read('<testsuite><testcase name="a"><Failure/></testcase><testcase/></testsuite>')
    assert found.value("pass-rate") == 50


@pytest.mark.parametrize("requests", ["NaN", "-5", "0", ""])
def test_without_requests_nothing_of_a_load_test_counts(requests):
    found = read(locust(requests, 0, 5))
    assert found.value("p95") is None and found.value("error-rate") is None
    assert found.text == "no data"


def test_a_latency_below_zero_is_no_data():
    assert read(locust(100, 0, -5)).value("p95") is None
    document = '{"metrics":{"http_reqs":{"count":9,"rate":1},"http_req_duration":{"p(95)":-5}}}'
    assert read(document).value("p95") is None


def test_fewer_failures_than_none_are_no_error_rate():
    assert read(locust(100, -5, 5)).value("error-rate") is None


def test_two_sums_in_one_file_are_refused_with_the_line():
    twice = locust(100, 90, 5) + locust(100, 0, 5).split("\n", 1)[1]
    with pytest.raises(WrongResult, match="twice") as wrong:
        read(twice)
    assert wrong.value.line == 3


def test_a_key_that_stands_twice_is_refused():
    text = '{"meta":{"version":"7"},"files":{"a":{}},"totals":{"covered_lines":0,%s}}'
    with pytest.raises(WrongResult, match="twice") as wrong:
        read(text % '"num_statements":4,"covered_lines":4')
    assert wrong.value.place == "covered_lines"


@pytest.mark.django_db
def test_a_length_of_time_below_zero_is_refused(plan, cast):
    with pytest.raises(Invalid, match="not below 0"):
        record_value(plan, "load.p95", -100, by=cast["forge"], unit="ms")
    assert record_value(plan, "cpu.change", -3, by=cast["forge"], unit="%").counts


@pytest.mark.django_db
def test_changed_bytes_are_not_handed_out_and_verify_says_so(plan, gate, cast, client_of):
    result = record_result(plan, read(XML), XML, "junit.xml", by=cast["forge"])
    because = "The evidence does not carry a release today."
    decision = decide_gate(gate, "no-go", by=cast["cora"], rationale=because)
    address = reverse("result-file", args=[plan.slug, result.number, "junit.xml"])
    client = client_of(cast["forge"])
    assert client.get(address).content == XML and prove(decision).holds
    path_of(result.sha256).write_bytes(XML.replace(b"c", b"d"))
    answer = client.get(address)
    assert answer.status_code == 409 and "was changed on the disk" in answer.content.decode()
    assert "junit.xml of result 1" in " ".join(prove(decision).wrong)
    assert any("junit.xml" in sentence for sentence in of_plan(plan))
    path_of(result.sha256).unlink()
    assert client.get(address).status_code == 409
