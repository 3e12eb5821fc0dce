"""What one person does, all others see: two browsers, ten tabs, a server that dies."""

import os
import re
import signal

import pytest
from playwright.sync_api import Page, expect

from tests.harness.processes import wait_until

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
ROOM = "/plans/genesis-4/"
TIMELINE = f"{ROOM}timeline/"
CHECKLIST = f"{ROOM}checklist/"


def open_live(page: Page, address: str) -> Page:
    page.goto(address)
    expect(page.locator("body")).to_have_attribute("data-link", "live")
    return page


def write(page: Page, text: str) -> None:
    page.fill("#id_text", text)
    page.get_by_role("button", name="Add entry").click()


def test_an_entry_reaches_another_browser_without_reload(sign_in):
    thon = open_live(sign_in("thon"), TIMELINE)
    cora = open_live(sign_in("cora", viewport=PHONE), ROOM)
    cora.evaluate("window.notReloaded = true")
    write(thon, "The cache is warm")
    cora.wait_for_selector("#feed >> text=The cache is warm")
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
        tab.wait_for_selector("#feed >> text=Seen by every tab")
    assert len([url for url in opened if re.search(r"/live\?", url)]) == 1


def test_what_somebody_types_survives_what_others_do(sign_in):
    thon = open_live(sign_in("thon"), TIMELINE)
    cora = open_live(sign_in("cora"), TIMELINE)
    cora.fill("#id_text", "half a sentence")
    cora.evaluate("document.getElementById('id_text').setSelectionRange(4, 4)")
    write(thon, "Meanwhile")
    cora.wait_for_selector("#timeline >> text=Meanwhile")
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
    page.wait_for_selector("#timeline >> text=Written in a tunnel")
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
    expect(page.locator("body")).to_have_attribute("data-link", "reconnecting")
    expect(page.get_by_text("Live updates lost. Reconnecting")).to_be_visible()
    wait_until(lambda: house.ready().get("database") == "ok", 30, "the web is back")
    expect(page.locator("body")).to_have_attribute("data-link", "live", timeout=30_000)
    other = open_live(sign_in("cora"), write_entry)
    write(other, "After the fall")
    page.wait_for_selector("#feed >> text=After the fall")


def test_the_tab_names_the_verdict_and_shows_it(sign_in):
    page = open_live(sign_in("thon"), ROOM)
    assert page.title() == "HOLD · Genesis Phase 4 · Warroom"
    assert "hold" in page.get_attribute("#favicon", "href")


def tick(page: Page, number: int):
    return page.locator(f"#tick-{number}")


def test_a_tick_shows_in_the_other_browser_with_who_and_when(sign_in):
    thon = open_live(sign_in("thon", viewport=PHONE), CHECKLIST)
    cora = open_live(sign_in("cora"), CHECKLIST)
    room = open_live(cora.context.new_page(), ROOM)
    cora.evaluate("window.notReloaded = true")
    tick(thon, 1).click()
    cora.wait_for_selector("#tick-1[aria-checked=true]")
    expect(cora.locator("#item-1")).to_contain_text("Thon")
    expect(cora.locator("#item-1 time")).not_to_have_count(0)
    expect(cora.locator("#tab-checklist")).to_have_text("1/12")
    expect(room.locator("#feed li").first).to_contain_text("Step 1")
    expect(thon.locator("#tick-1")).to_have_attribute("aria-checked", "true")
    assert cora.evaluate("window.notReloaded")


def test_two_quick_ticks_both_count(sign_in):
    page = open_live(sign_in("thon"), CHECKLIST)
    page.evaluate("for (const n of [2, 3, 4]) document.getElementById(`tick-${n}`).click()")
    for number in (2, 3, 4):
        expect(tick(page, number)).to_have_attribute("aria-checked", "true")


def test_the_keyboard_ticks_and_the_focus_stays_where_it_was(sign_in):
    page = open_live(sign_in("thon"), CHECKLIST)
    tick(page, 5).focus()
    page.keyboard.press("Space")
    expect(tick(page, 5)).to_have_attribute("aria-checked", "true")
    assert page.evaluate("document.activeElement.id") == "tick-5"
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == "tick-6"


def test_a_tick_that_comes_too_late_is_refused_beside_it_and_shows_what_is_true(sign_in):
    late = sign_in("thon")
    # Nothing reaches this page by itself: no stream, and no catching up.
    late.route(re.compile(r"/live(/snapshot)?(\?|$)"), lambda route: route.abort())
    late.goto(CHECKLIST)
    quick = open_live(sign_in("cora"), f"{ROOM}items/6/")
    quick.select_option("#id_state", "blocked")
    quick.fill("#id_reason", "The vendor does not answer")
    quick.get_by_role("button", name="Set the state").click()
    expect(quick.locator("#item-6")).to_contain_text("Blocked")
    tick(late, 6).click()
    expect(late.get_by_role("alert").filter(has_text="Nothing was recorded")).to_be_visible()
    expect(late.locator("#item-6")).to_contain_text("The vendor does not answer")
    expect(tick(late, 6)).not_to_have_attribute("aria-checked", "true")


def test_an_item_is_blocked_with_a_reason_from_the_checklist_after_it_was_ticked(sign_in):
    page = open_live(sign_in("thon"), CHECKLIST)
    tick(page, 7).click()
    expect(tick(page, 7)).to_have_attribute("aria-checked", "true")
    item = page.locator("li.item", has=page.locator("#item-7")).last
    item.locator("summary").click()
    item.get_by_label("Note, evidence link or reason").fill("It broke again")
    item.get_by_role("button", name="Block").click()
    expect(page.locator("#item-7")).to_contain_text("It broke again")
    expect(page.locator("#item-7")).to_contain_text("Blocked")


def test_an_observer_sees_the_state_and_no_box(sign_in):
    page = open_live(sign_in("vera"), CHECKLIST)
    expect(tick(page, 12)).to_be_hidden()
    expect(page.locator("#item-12 .mark")).to_be_visible()


def test_the_list_of_releases_follows_by_itself(sign_in, house):
    page = open_live(sign_in("cora"), "/")
    page.evaluate("window.notReloaded = true")
    with_rows = expect(page.locator("#releases"))
    with_rows.to_contain_text("Genesis Phase 4")
    house.run_python(
        "from warroom.models import DeploymentPlan, User; "
        "cora = User.objects.get(username='cora'); "
        "DeploymentPlan.objects.create(slug='next', name='The next one', author=cora)"
    )
    with_rows.to_contain_text("The next one")
    assert page.evaluate("window.notReloaded")


def test_who_was_signed_out_meanwhile_keeps_the_text_and_sends_it_after_signing_in(sign_in):
    page = open_live(sign_in("thon"), TIMELINE)
    other = page.context.new_page()
    other.goto(ROOM)
    other.locator(".menu > summary").click()
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_url("**/sign-in/")
    write(page, "Typed before signing in again")
    expect(page.get_by_text("Not saved: you are signed out.")).to_be_visible()
    assert page.input_value("#id_text") == "Typed before signing in again"
    other.fill("[name=username]", "thon")
    other.fill("[name=password]", "pw")
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url("**/")
    page.get_by_role("button", name="Send again").click()
    expect(page.locator("#id_text")).to_have_value("")
    other.goto(TIMELINE)
    expect(other.locator("#timeline")).to_contain_text("Typed before signing in again")
