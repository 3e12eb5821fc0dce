"""What one person does, all others see: two browsers, ten tabs, a server that dies."""

import os
import re
import signal
import time

import pytest
from playwright.sync_api import Page, expect

from tests.harness.processes import wait_until

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
ROOM = "/plans/genesis-4/"
TIMELINE = f"{ROOM}timeline/"


def open_live(page: Page, address: str) -> Page:
    page.goto(address)
    expect(page.locator("body")).to_have_attribute("data-link", "live", timeout=15_000)
    return page


def write(page: Page, text: str) -> None:
    page.fill("#id_text", text)
    page.get_by_role("button", name="Add entry").click()


def test_an_entry_reaches_another_browser_within_a_second_without_reload(sign_in):
    thon = open_live(sign_in("thon"), TIMELINE)
    cora = open_live(sign_in("cora", viewport=PHONE), ROOM)
    cora.evaluate("window.notReloaded = true")
    began = time.monotonic()
    write(thon, "The cache is warm")
    cora.wait_for_selector("#feed >> text=The cache is warm", timeout=5000)
    assert time.monotonic() - began < 1
    assert cora.evaluate("window.notReloaded")
    expect(cora.locator("#feed li").first).to_contain_text("Thon")
    expect(thon.locator("#id_text")).to_have_value("")


def test_many_tabs_of_a_browser_share_one_stream_and_the_next_takes_it_over(sign_in):
    first = open_live(sign_in("thon"), ROOM)
    opened: list[str] = []
    first.context.on("request", lambda request: opened.append(request.url))
    tabs = [open_live(first.context.new_page(), ROOM) for _ in range(7)]
    assert not [url for url in opened if re.search(r"/live\?", url)]
    first.close()
    writer = open_live(sign_in("cora"), TIMELINE)
    write(writer, "Seen by every tab")
    for tab in tabs:
        tab.wait_for_selector("#feed >> text=Seen by every tab", timeout=10_000)
    assert len([url for url in opened if re.search(r"/live\?", url)]) == 1


def test_what_somebody_types_survives_what_others_do(sign_in):
    thon = open_live(sign_in("thon"), TIMELINE)
    cora = open_live(sign_in("cora"), TIMELINE)
    cora.fill("#id_text", "half a sentence")
    cora.evaluate("document.getElementById('id_text').setSelectionRange(4, 4)")
    write(thon, "Meanwhile")
    cora.wait_for_selector("#timeline >> text=Meanwhile", timeout=5000)
    assert cora.input_value("#id_text") == "half a sentence"
    where = "[document.activeElement.id, document.activeElement.selectionStart]"
    assert cora.evaluate(where) == ["id_text", 4]


def test_what_did_not_reach_the_server_is_said_and_can_be_sent_again(sign_in):
    page = open_live(sign_in("thon"), TIMELINE)
    page.context.set_offline(True)
    write(page, "Written in a tunnel")
    expect(page.get_by_text("Not saved: the server did not answer.")).to_be_visible()
    assert page.input_value("#id_text") == "Written in a tunnel"
    page.context.set_offline(False)
    page.get_by_role("button", name="Send again").click()
    page.wait_for_selector("#timeline >> text=Written in a tunnel", timeout=15_000)
    expect(page.get_by_text("Not saved")).to_have_count(0)


def test_a_filtered_timeline_stays_what_was_asked_for(sign_in):
    page = open_live(sign_in("thon"), f"{TIMELINE}?q=nothing-like-it")
    write(page, "Something else")
    page.wait_for_timeout(1000)
    expect(page.get_by_text("No entry matches")).to_be_visible()


def test_a_page_says_when_it_is_not_live_and_comes_back_by_itself(sign_in, house):
    page = open_live(sign_in("thon"), ROOM)
    write_entry = f"{house.url}{TIMELINE}"
    for pid in house.pids("web"):
        os.kill(pid, signal.SIGKILL)
    expect(page.locator("body")).to_have_attribute("data-link", "reconnecting", timeout=10_000)
    expect(page.get_by_text("Live updates lost. Reconnecting")).to_be_visible()
    wait_until(lambda: house.ready().get("database") == "ok", 30, "the web is back")
    expect(page.locator("body")).to_have_attribute("data-link", "live", timeout=30_000)
    other = open_live(sign_in("cora"), write_entry)
    write(other, "After the fall")
    page.wait_for_selector("#feed >> text=After the fall", timeout=5000)


def test_the_tab_names_the_verdict_and_shows_it(sign_in):
    page = open_live(sign_in("thon"), ROOM)
    assert page.title() == "HOLD · Genesis Phase 4 · Warroom"
    assert "hold" in page.get_attribute("#favicon", "href")
