"""Checks of each kind against real local servers: what is well, what fails, and what says nothing.

Scenario numbers are those of the fault list.
"""

import json

import pytest
from werkzeug import Response

from rollouts.models import HealthCheck
from rollouts.models.checks import DAYS
from rollouts.probes import OPTIONS, BadOption, http, options_of, targets, tcp, tls
from rollouts.probes.http import HttpTarget
from rollouts.probes.prometheus import Server
from rollouts.probes.targets import TargetsTarget
from rollouts.probes.tcp import TcpTarget
from rollouts.probes.tls import TlsTarget
from tests.certificates import Authority, Key, certificate, tls_server
from tests.harness.processes import free_port
from tests.servers import raw_server, say_nothing
from warroom.outbound import transport

pytestmark = pytest.mark.usefixtures("loopback")


def asked(probe, target):
    shared = transport()
    return shared.submit(probe.ask(shared, target)).result(timeout=10)


# --- http ----------------------------------------------------------------------------------


@pytest.fixture
def ask_http(httpserver):
    def ask(body="ok", status=200, headers=None, **options):
        httpserver.clear()
        httpserver.expect_request("/health").respond_with_data(body, status, headers or {})
        url = httpserver.url_for("/health")
        return asked(http, HttpTarget(url, options=options_of("http", options)))

    return ask


def test_a_range_of_statuses_is_well_and_another_fails(ask_http):
    assert ask_http(status=204, statuses="200-299, 304").ok
    failed = ask_http(status=503, statuses="200-299, 304")
    assert failed.failed and failed.reason == "answered 503, wanted 200-299, 304"


def test_a_body_has_to_contain_what_is_wanted(ask_http):
    assert ask_http(body="all systems ünder way", contains="ünder").ok
    assert ask_http(body="no", contains="ok").reason == "the answer does not contain “ok”"


@pytest.mark.parametrize(
    ("path", "op", "wanted", "reason"),
    [
        ("db.status", "=", "up", ""),
        ("db.status", "=", "down", "db.status is “up”, wanted down"),
        ("db.lag", "<", "5", ""),
        ("db.lag", ">=", "5", "db.lag is “2.5”, wanted >= 5"),
        ("$.nodes[1]", "=", "2", ""),
        ("db.ready", "=", "true", ""),
        ("db.gone", "=", "null", ""),
        ("db.none", "=", "1", "the answer has no “none” on the path db.none"),
    ],
)
def test_a_value_in_the_answer_is_compared(ask_http, path, op, wanted, reason):
    db = {"status": "up", "lag": 2.5, "ready": True, "gone": None}
    body = json.dumps({"db": db, "nodes": [1, 2]})
    result = ask_http(body=body, json_path=path, json_op=op, json_value=wanted)
    assert (result.ok, result.reason) == (not reason, reason)


def test_an_answer_that_is_no_json_fails_the_path(ask_http):
    assert ask_http(body="<html>", json_path="a").reason == "the answer is not JSON"


def test_a_redirect_is_followed_only_where_it_is_wanted(httpserver):
    httpserver.expect_request("/old").respond_with_data("", 302, {"Location": "/new"})
    httpserver.expect_request("/new").respond_with_data("ok")
    url = httpserver.url_for("/old")
    assert asked(http, HttpTarget(url)).reason == "answered 302, wanted 200"
    assert asked(http, HttpTarget(url, options=http.Options(redirects=True))).ok


def test_another_method_sends_its_body(httpserver):
    httpserver.expect_request("/x", method="POST", data="ping").respond_with_data("ok")
    options = options_of("http", {"method": "POST", "body": "ping"})
    assert asked(http, HttpTarget(httpserver.url_for("/x"), options=options)).ok


def test_a_header_gets_its_secret_from_the_environment(httpserver, monkeypatch):
    """Scenario 58: the reference is stored, the value is only sent."""
    monkeypatch.setenv("HEALTH_TOKEN", "s3cr3t-canary")
    seen = []

    def answer(request):
        seen.append(request.headers["Authorization"])
        return Response("no", 401)

    httpserver.expect_request("/x").respond_with_handler(answer)
    options = options_of("http", {"headers": {"Authorization": "Bearer env:HEALTH_TOKEN"}})
    result = asked(http, HttpTarget(httpserver.url_for("/x"), options=options))
    assert seen == ["Bearer s3cr3t-canary"]
    assert "canary" not in repr(result) + repr(options)


def test_a_missing_secret_is_no_data_with_the_name_of_its_variable(httpserver):
    options = options_of("http", {"headers": {"X-Api-Key": "env:NOT_THERE"}})
    result = asked(http, HttpTarget(httpserver.url_for("/x"), options=options))
    assert not result.failed and not httpserver.log
    assert result.reason == "not asked: the worker's environment has no NOT_THERE"


@pytest.mark.parametrize(
    ("kind", "options", "field", "words"),
    [
        ("http", {"method": "DELETE"}, "method", "GET"),
        ("http", {"body": "x"}, "body", "sends no body"),
        ("http", {"statuses": "2xx"}, "statuses", "“2xx” is no status"),
        ("http", {"statuses": "299-200"}, "statuses", "no status"),
        ("http", {"headers": {"Authorization": "Bearer abc"}}, "headers", "name a variable"),
        ("http", {"headers": {"X-A": "1\r\nX-B: 2"}}, "headers", "end a header"),
        ("http", {"headers": {"Host x": "1"}}, "headers", "no header"),
        ("http", {"headers": {"Content-Length": "1"}}, "headers", "no header"),
        ("http", {"headers": {"X-Token": "env:DJANGO_SECRET_KEY"}}, "headers", "never sent"),
        ("http", {"headers": "X: 1"}, "headers", "Names with values"),
        ("http", {"json_path": "a..b"}, "json_path", "cannot be read at “..b”"),
        ("http", {"json_path": "a", "json_op": "~"}, "json_op", "= != <"),
        ("http", {"json_path": "a", "json_op": "<", "json_value": "x"}, "json_value", "number"),
        ("http", {"json_value": "x"}, "json_path", "no path"),
        ("http", {"deadline_s": 60}, "deadline_s", "Between 0.1 and 5 s"),
        ("http", {"deadline_s": "3"}, "deadline_s", "A number"),
        ("http", {"redirects": 1}, "redirects", "True or false"),
        ("http", {"retries": 3}, "retries", "no such option"),
        ("tcp", {"deadline_s": 0}, "deadline_s", "Between"),
        ("tls", {"yellow_days": 3, "red_days": 9}, "red_days", "fewer days"),
        ("tls", {"ca_env": "REDIS_URL"}, "ca_env", "belongs to Warroom"),
        ("tls", {"name": "a b"}, "name", "no name of a host"),
        ("targets", {"expected": 0}, "expected", "Between 1"),
        ("targets", {"expected": 2, "min_up": 3}, "min_up", "more than"),
        ("heartbeat", {"longest_s": -1}, "longest_s", "Between"),
        ("telepathy", {}, "kind", "http, tcp, tls, targets, heartbeat"),
    ],
)
def test_an_option_that_cannot_be_is_refused_with_its_field(kind, options, field, words):
    with pytest.raises(BadOption) as refused:
        options_of(kind, options)
    assert refused.value.field == field and words in refused.value.message


@pytest.mark.parametrize("kind", OPTIONS)
def test_every_kind_does_without_options(kind):
    assert options_of(kind, {"deadline_s": None} if kind == "http" else {})


# --- tcp -----------------------------------------------------------------------------------


def test_an_open_port_gives_its_latency_and_a_closed_one_fails():
    with raw_server(say_nothing) as url:
        result = asked(tcp, TcpTarget(url.removeprefix("http://")))
        assert result.ok and result.text.endswith(" ms")
    failed = asked(tcp, TcpTarget(f"127.0.0.1:{free_port()}"))
    assert failed.failed and failed.reason == "connection refused"


@pytest.mark.parametrize("address", ["127.0.0.1", ":80", "a:b", "http://x:80", "x:99999", "a b:1"])
def test_an_address_that_is_not_host_and_port_is_no_data(address):
    result = asked(tcp, TcpTarget(address))
    assert not result.ok and not result.failed


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254:80",
        "[fd00:ec2::254]:80",
        "2852039166:80",
        "0xa9fea9fe:80",
        "[::ffff:169.254.169.254]:80",
        "metadata.google.internal:80",
        "10.0.0.1:5432",
    ],
)
@pytest.mark.parametrize("probe", [(tcp, TcpTarget), (tls, TlsTarget)])
def test_scenario_57_what_may_not_be_called_is_not_connected_to(settings, address, probe):
    settings.WARROOM_OUTBOUND_ALLOW = ["169.254.0.0/16", "fd00::/8"]
    module, target = probe
    result = asked(module, target(address))
    assert not result.ok and not result.failed
    assert "never asked" in result.reason or "private" in result.reason or "name" in result.reason


# --- tls -----------------------------------------------------------------------------------


@pytest.fixture
def authority(tmp_path, monkeypatch):
    made = Authority(tmp_path)
    monkeypatch.setenv("TEST_CA", str(made.ca))
    return made


def ask_tls(server, host="localhost", **options):
    options = options_of("tls", {"ca_env": "TEST_CA", **options})
    return asked(tls, TlsTarget(f"https://{host}:{server.port}/", options))


def test_a_certificate_says_how_many_days_it_holds(authority):
    with tls_server(authority.issue("localhost", "127.0.0.1", days=40)) as server:
        result = ask_tls(server)
        assert ask_tls(server, host="127.0.0.1").ok
    assert 39.9 < result.value < 40.1 and "it ends" in result.reason


@pytest.mark.parametrize(
    ("names", "days", "options", "reason"),
    [
        (["localhost"], -1, {}, "the certificate has expired"),
        (["shop.example"], 40, {}, "the certificate is for another name"),
        (["localhost"], 40, {"name": "shop.example"}, "the certificate is for another name"),
        (["localhost"], 40, {"ca_env": None}, "its root is not trusted"),
    ],
)
def test_a_certificate_that_is_not_right_fails(authority, names, days, options, reason):
    with tls_server(authority.issue(*names, days=days)) as server:
        result = ask_tls(server, **options)
    assert result.failed and reason in result.reason


def test_a_certificate_for_the_name_that_is_meant_is_right(authority):
    with tls_server(authority.issue("shop.example")) as server:
        assert ask_tls(server, name="shop.example").ok
        assert ask_tls(server).reason == "the certificate is for another name"


def test_a_certificate_signed_by_itself_fails(tmp_path, monkeypatch, authority):
    key = Key()
    file = tmp_path / "own.pem"
    own = certificate(key, "localhost", "localhost", key, days=9, names=["localhost"])
    file.write_text(key.pem + own)
    with tls_server(file) as server:
        result = ask_tls(server)
    assert result.reason == "the certificate is signed by itself and not trusted"


def test_what_does_not_speak_tls_fails(authority):
    with raw_server(lambda connection: connection.sendall(b"SSH-2.0\r\n")) as url:
        options = options_of("tls", {})
        result = asked(tls, TlsTarget(url.removeprefix("http://"), options))
    assert result.failed and result.reason == "no TLS handshake"


def test_the_file_of_an_authority_that_is_gone_fails_nobody_elses_check(monkeypatch, authority):
    monkeypatch.setenv("TEST_CA", "/nowhere.pem")
    with tls_server(authority.issue("localhost")) as server:
        assert "cannot be read" in ask_tls(server).reason


# --- targets -------------------------------------------------------------------------------


@pytest.fixture
def ask_targets(httpserver):
    def ask(*healths, status=200, body=None, **options):
        active = [
            {
                "labels": {"job": job, "instance": f"{job}{n}:9100"},
                "health": health,
                "lastError": "" if health == "up" else "connection refused",
            }
            for n, (job, health) in enumerate(healths, start=1)
        ]
        said = {"status": "success", "data": {"activeTargets": active}} if body is None else body
        httpserver.clear()
        httpserver.expect_request("/api/v1/targets").respond_with_json(said, status)
        server = Server(httpserver.url_for("/"))
        return asked(targets, TargetsTarget(server, options_of("targets", options)))

    return ask


def test_targets_are_counted_and_those_that_are_down_named(ask_targets):
    result = ask_targets(("app", "up"), ("app", "down"), ("db", "up"), ("app", "up"), job="app")
    assert (result.value, result.total, result.text) == (2, 3, "2 of 3")
    assert result.reason == "not up: app2:9100 (connection refused)"


def test_targets_that_are_expected_and_not_there_count_as_down(ask_targets):
    result = ask_targets(("app", "up"), expected=4)
    assert (result.text, result.reason) == ("1 of 4", "not up: 3 not scraped at all")


@pytest.mark.parametrize(
    ("healths", "more", "reason"),
    [
        ([], {}, "scrapes no target"),
        ([("db", "up")], {"job": "app"}, "no target of the job app"),
        ([("app", "unknown")], {}, "was scraped yet"),
        ([], {"status": 500}, "it answered 500"),
        ([], {"body": [1]}, "did not list its targets"),
        ([], {"body": {"status": "success", "data": None}}, "did not list its targets"),
    ],
)
def test_targets_that_nobody_tells_of_are_no_data(ask_targets, healths, more, reason):
    result = ask_targets(*healths, **more)
    assert not result.ok and not result.failed and reason in result.reason


# --- how each kind is said -----------------------------------------------------------------


def test_every_kind_says_its_value_in_its_own_words():
    assert HealthCheck(kind="http").show(34.4) == "34 ms"
    assert HealthCheck(kind="tls").show(23.9) == "23 days"
    assert HealthCheck(kind="tls").show(1.2) == "1 day"
    assert HealthCheck(kind="targets", total=4).show(3) == "3 of 4"
    assert HealthCheck(kind="heartbeat").show(120) == "2 min"


def test_a_check_without_days_takes_those_of_its_probe():
    assert (DAYS["yellow"], DAYS["red"]) == (tls.Options().yellow_days, tls.Options().red_days)
