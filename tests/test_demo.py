"""The demo as a person meets it: printed accounts, two releases, a service to break, metrics."""

import html
import os
import re
import signal

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
    product = make_product("--demo", WARROOM_PROMETHEUS="none").migrated().start()
    assert "set PROMETHEUS_URL" in product.said()
    cora = product.sign_in("cora", PASSWORD)

    def says_so() -> bool:
        return "set PROMETHEUS_URL" in cora.get(product.url + ROOM + "checks/", timeout=10).text

    wait_until(says_so, 45, "the tiles say it too")


def test_what_a_person_ticked_outlives_a_kill_of_everything(make_product):
    product = make_product("--demo", WARROOM_PROMETHEUS="none").migrated().start()
    cora = product.sign_in("cora", PASSWORD)
    checklist = f"{product.url}{ROOM}checklist/"
    number = next(number for number, box in boxes(cora, checklist).items() if box == "false")
    item = f"{product.url}{ROOM}items/{number}/"
    form = {"csrfmiddlewaretoken": cora.cookies["csrftoken"], "state": "done"}
    answer = cora.post(f"{item}state", form, timeout=10, allow_redirects=False)
    assert answer.status_code in (302, 303), answer.text

    for pid in (product.process.pid, *product.pids()):
        os.kill(pid, signal.SIGKILL)
    product.stop()
    product.start()

    assert boxes(cora, checklist)[number] == "true"
    product.manage("verify_timeline")
    live = cora.get(f"{product.url}{ROOM}live", stream=True, timeout=10)
    assert live.headers["Content-Type"].startswith("text/event-stream")
    assert product.stop() < 8, "an open stream does not hold up the end"
    live.close()


def boxes(person: requests.Session, checklist: str) -> dict[str, str]:
    """What stands in the box of each item on a checklist's page: true, false, mixed."""
    text = person.get(checklist, timeout=10).text
    return dict(re.findall(r'id="tick-(\d+)"[^>]*aria-checked="(\w+)"', text))
