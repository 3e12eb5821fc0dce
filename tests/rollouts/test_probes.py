"""Probes never take an odd answer for a number. Scenario numbers are those of the fault list."""

import json
import math
import time
from datetime import UTC, datetime

import pytest

from rollouts.probes import http, prometheus
from rollouts.probes.http import HttpTarget
from rollouts.probes.prometheus import PrometheusTarget
from tests.servers import (
    headers_then_one_byte_a_second,
    one_byte_a_second,
    raw_server,
    say_nothing,
    two_hundred_megabytes,
)
from warroom.outbound import transport

pytestmark = pytest.mark.usefixtures("loopback")


def now():
    return datetime.now(UTC).timestamp()


def vector(*series, **more):
    """An answer in Prometheus' own form; each series is (labels, value)."""
    result = [{"metric": labels, "value": [now(), value]} for labels, value in series]
    data = {"resultType": "vector", "result": result}
    return {"status": "success", "data": data, **more}


@pytest.fixture
def prom(httpserver):
    """Ask a Prometheus that gives the prepared answer."""

    def ask(answer=None, raw=None, status=200, content_type="application/json", **options):
        body = json.dumps(answer) if raw is None else raw
        httpserver.clear()
        httpserver.expect_request("/api/v1/query").respond_with_data(
            body, status, content_type=content_type
        )
        return prometheus.ask(PrometheusTarget(httpserver.url_for(""), "up", **options))

    return ask


def test_one_series_is_one_number(prom):
    result = prom(vector(({"job": "demo"}, "0.04")))
    assert result.ok and result.value == pytest.approx(0.04)
    assert result.labels == {"job": "demo"}
    assert abs((datetime.now(UTC) - result.observed_at).total_seconds()) < 5


def test_a_scalar_is_one_number(prom):
    answer = {"status": "success", "data": {"resultType": "scalar", "result": [now(), "17"]}}
    assert prom(answer).value == 17


def test_the_query_is_asked_as_written(httpserver):
    promql = 'sum(rate(x_total{code=~"5.."}[1m])) / 2 # ünï'
    httpserver.expect_request(
        "/prom/api/v1/query", query_string={"query": promql}
    ).respond_with_json(vector(({}, "1")))
    url = httpserver.url_for("/prom/")
    assert prometheus.ask(PrometheusTarget(url, promql)).value == 1


@pytest.mark.parametrize(
    "value", ["NaN", "+Inf", "-Inf", "Infinity", "nan", None, "abc", "", [], {}]
)
def test_scenario_27_a_value_that_is_no_number_is_no_data(prom, value):
    result = prom(vector(({}, value)))
    assert not result.ok and not result.failed
    assert result.reason


def test_scenario_28_an_empty_vector_is_no_data(prom):
    for _ in range(3):
        assert prom(vector()).reason == "the query found no series"


def test_scenario_29_several_series_are_named(prom):
    result = prom(
        vector(
            ({"job": "a", "instance": "one:80"}, "1"),
            ({"job": "a", "instance": "two:80"}, "2"),
        )
    )
    assert not result.ok
    assert result.reason == (
        '2 series where one is meant: {instance="one:80"}, {instance="two:80"}'
    )


@pytest.mark.parametrize(
    ("shift", "words"), [(-3600, "3600 s old"), (3600, "in the future"), (-31, "31 s old")]
)
def test_scenario_30_a_stale_sample_or_a_wrong_clock_is_no_data(prom, shift, words):
    data = {"resultType": "vector", "result": [{"metric": {}, "value": [now() + shift, "1"]}]}
    assert words in prom({"status": "success", "data": data}, interval_s=15).reason


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"raw": "", "status": 500}, "answered 500"),
        ({"raw": "<html>oops", "status": 502, "content_type": "text/html"}, "502 with a web page"),
        ({"raw": "<html>login", "content_type": "text/html"}, "a web page answered"),
        ({"raw": "{broken"}, "broken JSON"),
        ({"raw": "[" * 100_000}, "broken JSON"),
        ({"raw": "[]"}, "broken JSON"),
        ({"raw": "null"}, "broken JSON"),
        ({"answer": {"status": "error", "error": "bad", "data": {"result": []}}}, "says: bad"),
        ({"answer": {"status": "success", "data": None}}, "broken JSON"),
        ({"answer": {"status": "success"}}, "broken JSON"),
        (
            {"answer": {"status": "error", "error": "1:1: parse error: no"}, "status": 400},
            "Prometheus says: 1:1: parse error: no",
        ),
        (
            {"answer": {"status": "error", "error": "query timed out"}, "status": 503},
            "Prometheus says: query timed out",
        ),
    ],
)
def test_scenario_31_a_wrong_answer_is_no_data_with_its_reason(prom, answer, words):
    started = time.monotonic()
    result = prom(**answer)
    assert not result.ok and words in result.reason
    assert time.monotonic() - started < 30


def test_scenario_31_retry_after_is_not_obeyed(httpserver):
    httpserver.expect_request("/api/v1/query").respond_with_data(
        "busy", 503, headers={"Retry-After": "30"}
    )
    started = time.monotonic()
    assert not prometheus.ask(PrometheusTarget(httpserver.url_for(""), "up")).ok
    assert time.monotonic() - started < 20  # it was told to wait thirty
    assert len(httpserver.log) == 1


@pytest.mark.parametrize("talk", [say_nothing, one_byte_a_second, headers_then_one_byte_a_second])
def test_scenario_32_a_hanging_or_dripping_answer_is_cut(talk):
    with raw_server(talk) as url:
        started = time.monotonic()
        result = prometheus.ask(PrometheusTarget(url, "up", deadline_s=0.6))
        assert time.monotonic() - started < 8
    assert result.reason == "no whole answer within 0.6 s"


def test_scenario_33_a_huge_answer_is_cut():
    with raw_server(two_hundred_megabytes) as url:
        result = prometheus.ask(PrometheusTarget(url, "up"))
    assert result.reason == "the answer is larger than 1,000 kB"


def test_scenario_34_a_partial_answer_is_no_data(prom):
    result = prom(vector(({}, "0"), warnings=["one store is missing"]))
    assert result.reason == "Prometheus warns: one store is missing"


@pytest.mark.parametrize(
    ("kind", "result"),
    [
        ("string", [1, "x"]),
        ("matrix", [{"metric": {}, "values": [[1, "1"]]}]),
        (None, []),
        ("vector", {}),
    ],
)
def test_a_result_of_another_shape_is_no_data(prom, kind, result):
    answer = {"status": "success", "data": {"resultType": kind, "result": result}}
    assert "one number is wanted" in prom(answer).reason


def test_a_redirect_is_not_followed(httpserver):
    httpserver.expect_request("/api/v1/query").respond_with_data("", 302, {"Location": "/x"})
    result = prometheus.ask(PrometheusTarget(httpserver.url_for(""), "up"))
    assert "redirect" in result.reason
    assert len(httpserver.log) == 1


def test_without_an_address_the_reason_says_how_to_get_one():
    assert "PROMETHEUS_URL" in prometheus.ask(PrometheusTarget("", "up")).reason


@pytest.mark.parametrize("url", ["prometheus:9090", "ftp://x", "http://", "http://a b/"])
def test_an_address_that_is_none_is_no_data(url):
    assert prometheus.ask(PrometheusTarget(url, "up")).reason


def test_a_private_prometheus_wants_the_operators_leave(settings):
    settings.WARROOM_OUTBOUND_ALLOW = []
    result = prometheus.ask(PrometheusTarget("http://127.0.0.1:9", "up"))
    assert "WARROOM_OUTBOUND_ALLOW" in result.reason


def ask_http(url, **options):
    shared = transport()
    return shared.submit(http.ask(shared, HttpTarget(url, **options))).result(timeout=10)


def test_a_healthy_answer_gives_its_latency(httpserver):
    httpserver.expect_request("/health").respond_with_data("ok")
    result = ask_http(httpserver.url_for("/health"))
    assert result.ok and 0 < result.value < 5000 and math.isfinite(result.value)
    assert result.text.endswith(" ms")


def test_a_wrong_status_is_a_failure_of_the_target(httpserver):
    httpserver.expect_request("/health").respond_with_data("no", 503)
    result = ask_http(httpserver.url_for("/health"))
    assert result.failed and result.reason == "answered 503, wanted 200"


@pytest.mark.parametrize(
    ("body", "labels"),
    [
        ('{"passing": 4, "total": 5}', {"passing": "4", "total": "5"}),
        ('{"passing": 6, "total": 5}', {}),
        ('{"passing": true, "total": 1}', {}),
        ('{"passing": "4", "total": 5}', {}),
        ("{broken", {}),
        ("fine", {}),
    ],
)
def test_a_health_page_that_counts_its_checks_is_heard(httpserver, body, labels):
    httpserver.expect_request("/health").respond_with_data(body)
    assert ask_http(httpserver.url_for("/health")).labels == labels


def test_another_status_can_be_wanted(httpserver):
    httpserver.expect_request("/old").respond_with_data("", 301, {"Location": "/new"})
    assert ask_http(httpserver.url_for("/old"), expect_status=301).ok


def test_a_hanging_target_is_a_failure_within_the_deadline():
    with raw_server(say_nothing) as url:
        result = ask_http(url, deadline_s=0.5)
    assert result.failed and result.reason == "no whole answer within 0.5 s"


def test_a_refused_connection_is_a_failure():
    result = ask_http("http://127.0.0.1:9/")
    assert result.failed and result.reason == "connection refused"


def test_what_may_not_be_called_is_no_data_and_no_failure():
    result = ask_http("http://10.0.0.1/")
    assert not result.failed and "private address" in result.reason
