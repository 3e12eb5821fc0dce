"""The demo as a person meets it: printed accounts, two releases, a service to break, metrics."""

import html
import re

import pytest
import requests

from tests.harness.processes import wait_until
from warroom.demo.accounts import PASSWORD

pytestmark = [pytest.mark.process, pytest.mark.prometheus]
ROOM = "/plans/progressive-rollout/"


def test_the_demo_shows_a_slow_service_and_a_missing_prometheus(make_product):
    product = make_product("--demo").start()
    line = product.wait_for_words("accounts: ", 5)
    assert PASSWORD in line
    names = re.search("accounts: (.*);", line)[1].split(", ")
    assert {"admin", "cora", "thon"} <= set(names)
    cora = product.sign_in("cora", PASSWORD)
    plans = cora.get(f"{product.url}/", timeout=10).text
    assert "/plans/production-deployment/" in plans
    assert ROOM in plans

    def verdict_is(word: str, *about: str) -> bool:
        text = html.unescape(cora.get(product.url + ROOM, timeout=10).text)
        text = re.sub(r"<[^>]+>", " ", text)
        return word in text and all(part in text for part in about)

    wait_until(lambda: verdict_is("PROCEED"), 60, "all is green")
    knobs = product.wait_for_words("make the demo service slow", 5).split()[-1]
    requests.post(f"{knobs}knobs", json={"latency_ms": 8000}, timeout=5).raise_for_status()
    wait_until(lambda: verdict_is("HOLD", "P95 latency is"), 60, "slow is not green")
    requests.post(f"{knobs}knobs", json={"latency_ms": 100}, timeout=5).raise_for_status()
    product.manage("hold", "prometheus")
    wait_until(lambda: verdict_is("HOLD", "no data", "connection refused"), 60, "no data holds")

    product.stop()
    product.start()
    assert product.wait_for_words("accounts: ", 5).partition("accounts")[2] in line
    assert cora.get(product.url + ROOM, timeout=10).status_code == 200, "still signed in"


def test_without_prometheus_the_demo_says_how_to_get_one(make_product):
    product = make_product("--demo", WARROOM_PROMETHEUS="none").start()
    assert "set PROMETHEUS_URL" in product.said()
    cora = product.sign_in("cora", PASSWORD)

    def says_so() -> bool:
        return "set PROMETHEUS_URL" in cora.get(product.url + ROOM + "checks/", timeout=10).text

    wait_until(says_so, 45, "the tiles say it too")
