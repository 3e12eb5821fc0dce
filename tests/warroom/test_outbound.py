"""The one guard of every outgoing call."""

import asyncio
import ipaddress
import resource
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.servers import (
    LOOPBACK,
    hang_up,
    headers_then_one_byte_a_second,
    not_http,
    one_byte_a_second,
    raw_server,
    say_nothing,
    two_hundred_megabytes,
)
from warroom import outbound
from warroom.rules.addresses import literal, refusal, unwrap


@pytest.fixture
def loopback(settings):
    settings.WARROOM_OUTBOUND_ALLOW = LOOPBACK


def refused(address, allowed=(), host="example.org", port=80):
    return refusal(host, port, ipaddress.ip_address(address), allowed)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.1.1", "0.0.0.0",
     "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1",
     "fd12::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
     "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::",
     "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:10::1"],
)  # fmt: skip
def test_a_private_place_is_not_called_unless_the_operator_lists_it(address):
    assert refused(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101", "2002:101:101::"]
)
def test_a_public_place_may_be_called(address):
    assert refused(address) is None


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192",
     "fd00:ec2::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::"],
)  # fmt: skip
def test_metadata_is_never_asked_whatever_the_operator_lists(address):
    everything = ["0.0.0.0/0", "::/0", "example.org", address]
    assert "metadata" in refused(address, everything)


def test_the_metadata_name_is_refused_by_name():
    assert "metadata" in refused("1.1.1.1", host="metadata.google.internal.")


@pytest.mark.parametrize(
    ("entry", "host", "port", "address", "ok"),
    [
        ("prometheus", "prometheus", 9090, "10.0.0.5", True),
        ("prometheus:9090", "prometheus", 9090, "10.0.0.5", True),
        ("prometheus:9090", "prometheus", 22, "10.0.0.5", False),
        ("prometheus", "other", 9090, "10.0.0.5", False),
        ("10.0.0.0/24", "other", 9090, "10.0.0.5", True),
        ("10.0.0.0/24", "other", 9090, "10.0.1.5", False),
        ("10.0.0.5:9090", "other", 9090, "10.0.0.5", True),
        ("10.0.0.5:9090", "other", 9091, "10.0.0.5", False),
        ("[::1]:9090", "other", 9090, "::1", True),
        ("::1", "other", 1, "::1", True),
        ("127.0.0.1", "other", 1, "::ffff:127.0.0.1", True),
    ],
)
def test_the_operators_list_opens_what_it_names(entry, host, port, address, ok):
    assert (refused(address, [entry], host, port) is None) is ok


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "127.1",
        "0177.0.0.1",
        "①②⑦.⓪.⓪.①",
        "127.0.0.1.",
        "127。0。0。1",
        "127｡0｡0｡1",
        "127．0．0．1",
    ],
)
def test_loopback_is_known_in_every_spelling(host):
    assert unwrap(literal(host)) == ipaddress.IPv4Address("127.0.0.1")


@pytest.mark.parametrize("host", ["example.org", "a.b", "fff.example", "0x.example", "1.2.3.4.5"])
def test_a_name_is_not_taken_for_a_number(host):
    assert literal(host) is None


@pytest.mark.parametrize(
    "url",
    ["http://2130706433/", "http://0x7f.1/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/",
     "http://169｡254｡169｡254/", "http://[::ffff:7f00:1]/",
     "http://127.1:8080/", "http://localhost/", "file:///etc/passwd", "gopher://example.org/",
     "http://user:pw@example.org/", "http://exa mple.org/", "http://example.org\\@127.0.0.1/",
     "http://example.org/\r\nX: y", "http://", "//example.org", "http://[::1/", "http://a:99999/"],
)  # fmt: skip
def test_a_bad_address_is_refused_before_anything_is_sent(url):
    with pytest.raises(outbound.Forbidden):
        outbound.call("GET", url)


def test_a_name_that_resolves_to_a_forbidden_address_is_refused(monkeypatch):
    """Rebinding: the address that is judged is the address that is called."""
    asked = []

    def answer(host, port, *_):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    with pytest.raises(outbound.Forbidden, match="private address"):
        outbound.call("GET", "http://innocent.example/")
    assert asked == ["innocent.example"]


def test_an_unknown_name_is_said(monkeypatch):
    def fail(*_):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(outbound.Unresolved, match=r"nowhere\.example cannot be resolved"):
        outbound.call("GET", "http://nowhere.example/")


def test_an_answer_comes_back_whole(loopback, httpserver):
    httpserver.expect_request("/x", method="POST", data=b"in").respond_with_data("out", status=201)
    answer = outbound.call("POST", httpserver.url_for("/x"), data=b"in")
    assert (answer.status, answer.body) == (201, b"out")
    assert 0 < answer.elapsed_s < 30
    assert answer.headers["content-length"] == "3"


def test_a_redirect_is_not_followed_unless_asked(loopback, httpserver):
    httpserver.expect_request("/a").respond_with_data("", 302, {"Location": "/b"})
    httpserver.expect_request("/b").respond_with_data("there")
    assert outbound.call("GET", httpserver.url_for("/a")).status == 302
    assert outbound.call("GET", httpserver.url_for("/a"), redirects=True).body == b"there"


def test_a_redirect_to_a_forbidden_place_is_refused(loopback, httpserver):
    target = "http://169.254.169.254/latest/meta-data/"
    httpserver.expect_request("/a").respond_with_data("", 302, {"Location": target})
    with pytest.raises(outbound.Forbidden, match="metadata"):
        outbound.call("GET", httpserver.url_for("/a"), redirects=True)


def test_a_proxy_from_the_environment_is_not_used(loopback, httpserver, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    httpserver.expect_request("/").respond_with_data("direct")
    assert outbound.call("GET", httpserver.url_for("/")).body == b"direct"


@pytest.mark.parametrize("talk", [say_nothing, one_byte_a_second, headers_then_one_byte_a_second])
def test_the_whole_call_ends_within_its_deadline(loopback, talk):
    with raw_server(talk) as url:
        started = time.monotonic()
        with pytest.raises(outbound.TooSlow, match=r"within 0\.5 s"):
            outbound.call("GET", url, deadline_s=0.5)
        assert time.monotonic() - started < 8


def test_scenario_33_a_huge_answer_is_cut(loopback):
    with raw_server(two_hundred_megabytes) as url:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(outbound.TooLarge, match=r"larger than 1,000 kB"):
            outbound.call("GET", url)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


def test_a_compressed_answer_is_not_unpacked(loopback, httpserver):
    httpserver.expect_request("/").respond_with_data(
        b"\x1f\x8b", headers={"Content-Encoding": "gzip"}
    )
    with pytest.raises(outbound.OutboundError, match="compressed"):
        outbound.call("GET", httpserver.url_for("/"))


@pytest.mark.parametrize(("talk", "words"), [(not_http, "not HTTP"), (hang_up, "closed before")])
def test_a_broken_answer_is_said_in_words(loopback, talk, words):
    with raw_server(talk) as url, pytest.raises(outbound.OutboundError, match=words):
        outbound.call("GET", url)


def test_a_refused_connection_is_said_in_words(loopback):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(outbound.OutboundError, match="connection refused"):
        outbound.call("GET", f"http://127.0.0.1:{port}/")


def test_a_hanging_host_delays_no_other(loopback, httpserver):
    httpserver.expect_request("/").respond_with_data("ok")
    with raw_server(say_nothing) as dead, ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(outbound.call, "GET", dead, deadline_s=10.0) for _ in range(3)]
        assert outbound.call("GET", httpserver.url_for("/")).elapsed_s < 9
        for each in waiting:
            assert isinstance(each.exception(), outbound.TooSlow)


def test_fetch_works_in_a_loop_of_ones_own(loopback, httpserver):
    httpserver.expect_request("/").respond_with_data("ok")

    async def main():
        async with outbound.open_session() as session:
            return await outbound.fetch(session, "GET", httpserver.url_for("/"))

    assert asyncio.run(main()).body == b"ok"


# --- libraries that speak requests ---------------------------------------------------------


def guarded_session(**limits):
    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, outbound.GuardedAdapter(**limits))
    return session


def test_a_requests_session_gets_an_ordinary_answer(loopback, httpserver):
    httpserver.expect_request("/j", query_string="q=1").respond_with_json({"a": 1})
    answer = guarded_session().get(httpserver.url_for("/j"), params={"q": "1"}, timeout=1)
    assert answer.json() == {"a": 1}
    assert answer.headers["Content-Type"] == "application/json"


def test_a_requests_session_is_bound_by_the_same_deadline(loopback):
    with raw_server(one_byte_a_second) as url, pytest.raises(outbound.TooSlow):
        guarded_session(deadline_s=0.5).get(url, timeout=30)


def test_a_requests_session_follows_no_redirect(loopback, httpserver):
    httpserver.expect_request("/a").respond_with_data("", 302, {"Location": "/b"})
    with pytest.raises(outbound.OutboundError, match="redirect"):
        guarded_session().get(httpserver.url_for("/a"), timeout=1)


def test_a_requests_session_reaches_no_private_host():
    with pytest.raises(outbound.Forbidden):
        guarded_session().get("http://127.0.0.1:9/", timeout=1)
