"""The same probe against the real server: what a stand-in says is only what we believe."""

import shutil
import socket
import subprocess
import time
from contextlib import closing

import pytest
import requests

from rollouts.probes import prometheus
from rollouts.probes.prometheus import PrometheusTarget

pytestmark = pytest.mark.prometheus


def free_port():
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A Prometheus that scrapes itself every second; gives its address."""
    binary = shutil.which("prometheus")
    if binary is None:
        pytest.skip("no prometheus on PATH")
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    config = folder / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 1s}\n"
        "scrape_configs:\n"
        f"- {{job_name: itself, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}\n"
        f"- {{job_name: gone, static_configs: [{{targets: ['127.0.0.1:1']}}]}}\n"
    )
    process = subprocess.Popen(
        [binary, f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
         f"--web.listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield wait_until_it_answers(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_until_it_answers(url):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            answer = requests.get(f"{url}/api/v1/query", {"query": "count(up) > 1"}, timeout=1)
            if '"value"' in answer.text:
                return url
        except requests.RequestException:
            pass
        time.sleep(0.2)
    raise RuntimeError("Prometheus did not start")


@pytest.fixture(autouse=True)
def _may_call_loopback(settings, request):
    settings.WARROOM_OUTBOUND_ALLOW = ["127.0.0.1"]
    request.getfixturevalue("real")


@pytest.fixture
def ask(real):
    return lambda promql: prometheus.ask(PrometheusTarget(real, promql))


def test_a_metric_is_read(ask):
    result = ask('up{job="itself"}')
    assert (result.value, result.labels["job"]) == (1.0, "itself")


def test_a_scalar_is_read(ask):
    assert ask("scalar(count(up))").value == 2


@pytest.mark.parametrize(
    ("promql", "words"),
    [
        ("up", "2 series where one is meant: {"),
        ("no_such_metric", "found no series"),
        ("0 / 0", "NaN"),
        ("vector(1) / 0", "+Inf"),
        ("rate(up)", "parse error"),
        ("up[1m]", "a matrix"),
        ('"words"', "a string"),
        ("sum(", "parse error"),
    ],
)
def test_what_is_not_one_number_is_no_data_in_its_own_words(ask, promql, words):
    result = ask(promql)
    assert not result.ok and words in result.reason


def test_a_server_that_is_gone_is_no_data():
    result = prometheus.ask(PrometheusTarget(f"http://127.0.0.1:{free_port()}", "up"))
    assert result.reason == "connection refused"
