"""The demo as people see it: metrics turn yellow, red and silent in an open page, unasked."""

import os
import re
import signal
from collections.abc import Callable, Iterator

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, expect

from tests.harness.product import Product
from warroom.demo.accounts import PASSWORD

pytestmark = pytest.mark.browser

ROOM, CHECKS = "/plans/progressive-rollout/", "/plans/progressive-rollout/checks/"
# The same questions over shorter windows, so that a fault is seen within seconds.
HURRY = """
from django.db.models.functions import Replace
from django.db.models import Value
from rollouts.models import HealthCheck, PrometheusQuery
PrometheusQuery.objects.update(
    interval_s=3, sustained_s=6, promql=Replace("promql", Value("[1m]"), Value("[15s]")))
HealthCheck.objects.exclude(kind="heartbeat").update(interval_s=3)
"""


@pytest.fixture(scope="module")
def demo(demo_product: Product) -> Product:
    demo_product.run_python(HURRY)
    return demo_product


@pytest.fixture
def turn(demo: Product) -> Iterator[Callable[..., None]]:
    """Turn the knobs of the demo service; they are back at the end of the test."""
    knobs = re.search(r"http://\S+", demo.wait_for_words("make the demo service slow", 5)).group()

    def turn(**values: float | bool) -> None:
        requests.post(f"{knobs}knobs", json=values, timeout=5).raise_for_status()

    yield turn
    turn(latency_ms=120, error_rate=0.02, down=False, flapping=False, no_metrics=False)


@pytest.fixture
def enter(demo: Product, new_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    def enter(address: str, **options) -> Page:
        page = new_context(base_url=demo.url, **options).new_page()
        page.goto("/sign-in/")
        page.fill("[name=username]", "cora")
        page.fill("[name=password]", PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/")
        page.goto(address)
        return page

    return enter


def tile(page: Page, name: str):
    return page.locator("#metrics .tile").filter(has_text=name)


def test_slow_turns_yellow_then_red_and_silence_holds_in_an_open_page(enter, turn, demo):
    room, checks = enter(ROOM), enter(CHECKS)
    checks_row = checks.locator("#metric-table tr").filter(has_text="P95 latency")
    expect(checks_row).to_contain_text("Green", timeout=60_000)

    turn(latency_ms=900)  # the demo's faults grow: it passes through yellow
    # The calm room has no tiles: it turned into the watched one, and stays it from here on.
    expect(tile(room, "P95 latency")).to_contain_text("Yellow", timeout=60_000)
    room.evaluate("window.never_reloaded = true")
    expect(room.locator("#verdict")).to_contain_text("above its 200 ms target")
    expect(room.locator("#strip")).to_have_attribute("data-verdict", "hold")

    expect(tile(room, "P95 latency")).to_contain_text("Red", timeout=90_000)
    expect(room.locator("#verdict")).to_contain_text("above its 500 ms limit")
    expect(room.locator("#strip")).to_have_attribute("data-verdict", "rollback", timeout=30_000)
    expect(checks.locator("#focus")).to_contain_text("P95 latency")
    expect(checks.locator("#metric-table")).to_contain_text("Red")

    # Stopped, not ended: it still accepts connections and never answers (scenario 32).
    prometheus = demo.pids("prometheus")[0]
    os.kill(prometheus, signal.SIGSTOP)
    try:
        expect(tile(room, "Error rate")).to_contain_text("No data", timeout=30_000)
        expect(tile(room, "Error rate")).to_contain_text("no whole answer within 5 s")
        expect(tile(room, "Error rate")).to_contain_text("last value")
        expect(room.locator("#strip")).to_have_attribute("data-verdict", "hold", timeout=30_000)
        expect(room.locator("#checks-sum")).to_contain_text("8 of 9 passing")
    finally:
        os.kill(prometheus, signal.SIGCONT)
    expect(tile(room, "Error rate")).to_contain_text("Green", timeout=30_000)
    assert room.evaluate("window.never_reloaded")


def test_run_now_asks_at_once_and_says_so(enter):
    page = enter(CHECKS)
    row = page.locator("#metric-table tr").filter(has_text="Uptime")
    row.get_by_role("button", name="Run now").click()
    expect(page.get_by_text("is asked again now")).to_be_visible()
    page.goto(ROOM)
    expect(page.locator("#feed")).to_contain_text("Uptime: asked to run now")


def test_without_script_the_page_shows_everything_and_run_now_works(enter):
    page = enter(CHECKS, java_script_enabled=False)
    expect(page.locator("#focus svg.chart")).to_be_visible()
    page.locator("#metric-table").get_by_role("button", name="Run now").first.click()
    expect(page.locator("main")).to_contain_text("is asked again now")
