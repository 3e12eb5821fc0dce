"""Prometheus servers with credentials, several series, guards, spans and tries."""

import json
import logging
import time
from datetime import UTC, datetime

import pytest
from werkzeug import Response

from checklists.rules.bands import Bands, Bound
from rollouts.models import PrometheusQuery, PrometheusSource
from rollouts.probes import prometheus
from rollouts.probes.prometheus import PrometheusTarget, Server, ask_range, try_query
from rollouts.queries.targets import server_of, target_of
from rollouts.tasks.probing import probe_due
from tests.certificates import Authority, tls_server
from tests.rollouts.cast import make_query
from tests.servers import raw_server, two_hundred_megabytes

pytestmark = pytest.mark.usefixtures("loopback")
CANARY = "canary-5f1d"


def now():
    return datetime.now(UTC).timestamp()


def vector(*series, **more):
    result = [{"metric": labels, "value": [now(), value]} for labels, value in series]
    return {"status": "success", "data": {"resultType": "vector", "result": result}, **more}


def matrix(*series):
    result = [{"metric": labels, "values": values} for labels, values in series]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


def two():
    return vector(({"pod": "a"}, "3"), ({"pod": "b"}, "5"))


@pytest.fixture
def prom(httpserver):
    """Answers each query with what is prepared for it: ``prom(up=vector(…))``."""

    def prepare(**answers):
        httpserver.clear()
        for promql, answer in answers.items():
            httpserver.expect_request(
                "/api/v1/query", query_string={"query": promql}
            ).respond_with_json(answer)
        return httpserver.url_for("")

    return prepare


def ask(url, promql="up", **options):
    return prometheus.ask(PrometheusTarget(url, promql, **options))


# --- several series, guards, age -------------------------------------------------------------


def test_several_series_become_one_by_the_reducer(prom):
    url = prom(up=two())
    assert ask(url, reducer="sum").value == 8
    assert ask(url, reducer="worst", bands=Bands(Bound("<", 4))).value == 5
    assert "2 series where one is meant" in ask(url).reason, "scenario 29"


def test_too_few_samples_are_no_data_with_the_figure(prom):
    url = prom(up=vector(({}, "0.5")), samples=vector(({}, "3")))
    assert ask(url, guard_promql="samples", guard_min=3).value == 0.5
    result = ask(url, guard_promql="samples", guard_min=100)
    assert not result.ok
    assert result.reason == "too few samples behind it: 3, at least 100 are wanted"


def test_a_guard_that_cannot_be_counted_is_no_data(prom):
    url = prom(up=vector(({}, "0.5")), samples=vector())
    reason = ask(url, guard_promql="samples", guard_min=1).reason
    assert reason == "how many samples there are is not known: the query found no series"


def test_a_reading_may_be_as_old_as_it_says(prom):
    old = {"metric": {}, "value": [now() - 100, "1"]}
    url = prom(up={"status": "success", "data": {"resultType": "vector", "result": [old]}})
    assert "100 s old, older than two intervals" in ask(url).reason
    assert ask(url, stale_s=200).ok
    assert "older than 60 s" in ask(url, stale_s=60).reason


def test_one_old_series_among_several_is_no_data(prom):
    result = [{"metric": {"pod": p}, "value": [now() - a, "1"]} for p, a in (("a", 0), ("b", 900))]
    url = prom(up={"status": "success", "data": {"resultType": "vector", "result": result}})
    assert "900 s old" in ask(url, reducer="sum").reason


# --- credentials -----------------------------------------------------------------------------


@pytest.fixture
def source(plan):
    return PrometheusSource(plan=plan, name="Staging", url="http://127.0.0.1:9090")


def test_a_source_takes_its_secrets_from_the_environment(source, monkeypatch):
    monkeypatch.setenv("PROM_TOKEN", CANARY)
    source.token_env, source.tenant = "PROM_TOKEN", "team-a"
    server = server_of(source)
    assert dict(server.headers) == {"Authorization": f"Bearer {CANARY}", "X-Scope-OrgID": "team-a"}
    assert CANARY not in repr(server)
    source.token_env, source.username, source.password_env = "", "warroom", "PROM_TOKEN"
    assert server_of(source).headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize("field", ["token_env", "password_env", "ca_env"])
def test_a_missing_variable_is_no_data_with_its_name(source, field):
    setattr(source, field, "NOT_SET_HERE")
    result = prometheus.ask(PrometheusTarget(server_of(source), "up"))
    assert not result.failed
    assert result.reason == "Staging is not asked: the worker's environment has no NOT_SET_HERE"


@pytest.mark.parametrize("name", ["DJANGO_SECRET_KEY", "DATABASE_URL", "REDIS_URL", "a b", "X=Y"])
def test_the_products_own_secrets_cannot_be_named(source, name, monkeypatch):
    if "=" not in name:
        monkeypatch.setenv(name, CANARY)
    source.token_env = name
    server = server_of(source)
    assert server.trouble and not server.headers


def test_an_operator_may_list_all_that_can_be_named(source, settings, monkeypatch):
    settings.WARROOM_SECRETS = ["PROM_TOKEN"]
    monkeypatch.setenv("PROM_TOKEN", "x")
    monkeypatch.setenv("OTHER_TOKEN", "x")
    source.token_env = "PROM_TOKEN"
    assert not server_of(source).trouble
    source.token_env = "OTHER_TOKEN"
    assert "WARROOM_SECRETS" in server_of(source).trouble


@pytest.mark.django_db
def test_scenario_58_a_secret_is_sent_and_stands_nowhere(plan, monkeypatch, httpserver, caplog):
    monkeypatch.setenv("PROM_TOKEN", CANARY)
    seen = []

    def refuse(request):
        seen.append(request.headers["Authorization"])
        return Response("no", 401)

    httpserver.expect_request("/api/v1/query").respond_with_handler(refuse)
    query = make_query(plan)
    url = httpserver.url_for("")
    PrometheusSource.objects.filter(pk=query.source_id).update(url=url, token_env="PROM_TOKEN")
    with caplog.at_level(logging.DEBUG):
        assert probe_due() == 1
    query.refresh_from_db()
    assert seen == [f"Bearer {CANARY}"]
    assert query.reason == "Prometheus wants other credentials: it answered 401"
    dump = json.dumps(list(PrometheusQuery.objects.values()), default=str) + caplog.text
    assert CANARY not in dump + json.dumps(list(plan.events.values()), default=str)


def test_a_source_with_an_authority_of_its_own_is_asked_by_tls(tmp_path, plan, monkeypatch, source):
    authority = Authority(tmp_path)
    monkeypatch.setenv("PROM_CA", str(authority.ca))
    with tls_server(authority.issue("localhost"), json.dumps(vector(({}, "7"))).encode()) as server:
        source.url, source.ca_env = f"https://localhost:{server.port}", "PROM_CA"
        target = target_of(PrometheusQuery(plan=plan, source=source, promql="up"))
        assert prometheus.ask(target).value == 7
        source.ca_env = ""
        untrusted = prometheus.ask(PrometheusTarget(server_of(source), "up"))
    assert untrusted.reason == "the TLS certificate is not valid"


# --- spans and tries ---------------------------------------------------------------------------


@pytest.fixture
def ranged(httpserver):
    def prepare(answer, status=200):
        httpserver.clear()
        httpserver.expect_request("/api/v1/query_range").respond_with_json(answer, status)
        return PrometheusTarget(httpserver.url_for(""), "up", reducer="")

    return prepare


def test_a_span_comes_in_even_steps_with_its_gaps(ranged):
    target = ranged(matrix(({}, [[1000, "1"], [1015, "NaN"], [1045, "4"]])))
    series = ask_range(target, 1000, 1045, 15)
    assert series.points == ((1000, 1.0), (1015, None), (1030, None), (1045, 4.0))


def test_a_span_of_several_series_wants_a_reducer(ranged):
    pair = matrix(({"pod": "a"}, [[0, "1"], [15, "2"]]), ({"pod": "b"}, [[0, "5"]]))
    target = ranged(pair)
    assert "2 series" in ask_range(target, 0, 15, 15).reason
    summed = PrometheusTarget(target.server, "up", reducer="sum")
    assert ask_range(summed, 0, 15, 15).points == ((0, 6.0), (15, 2.0))


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (vector(({}, "1")), 200, "without a range"),
        (matrix(), 200, "found no series"),
        ({"status": "error", "error": "too many points"}, 400, "too many points"),
        ({"status": "success"}, 200, "broken JSON"),
    ],
)
def test_a_span_that_cannot_be_drawn_says_why(ranged, answer, status, reason):
    series = ask_range(ranged(answer, status), 0, 60, 15)
    assert series.points == () and reason in series.reason


def test_a_span_asks_for_no_more_points_than_prometheus_gives(httpserver, ranged):
    ask_range(ranged(matrix(({}, [[0, "1"]]))), 0, 864_000, 1)
    (request, _), *_ = httpserver.log
    assert float(request.args["step"]) >= 864_000 / prometheus.MOST_POINTS


def test_a_try_shows_everything_that_came_and_why_it_is_no_number(prom):
    tried = try_query(PrometheusTarget(prom(up=two()), "up"))
    assert tried.series == (({"pod": "a"}, 3.0), ({"pod": "b"}, 5.0))
    assert tried.value is None and "2 series" in tried.error
    assert tried.took_ms > 0 and abs(tried.at.timestamp() - now()) < 10


def test_a_try_of_a_sound_query_gives_its_value_and_a_warning_spoils_it(prom):
    assert try_query(PrometheusTarget(prom(up=vector(({}, "3"))), "up")).value == 3
    warned = try_query(PrometheusTarget(prom(up=vector(({}, "3"), warnings=["partial"])), "up"))
    assert (warned.value, warned.warnings) == (None, ("partial",)), "scenario 34"
    assert warned.series == (({}, 3.0),)


def test_a_try_of_a_server_that_is_not_there_says_so():
    assert "PROMETHEUS_URL" in try_query(PrometheusTarget(Server(""), "up")).error


def test_scenario_33_a_huge_answer_costs_little_memory():
    def resident_kb():
        with open("/proc/self/status") as status:
            return int(next(line for line in status if line.startswith("VmRSS")).split()[1])

    before, started = resident_kb(), time.monotonic()
    with raw_server(two_hundred_megabytes) as url:
        assert ask(url).reason == "the answer is larger than 1,000 kB"
    assert resident_kb() - before < 20_000 and time.monotonic() - started < 10
