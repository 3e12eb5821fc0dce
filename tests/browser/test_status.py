"""The public status page in a real browser: signed out, kept fresh, without script, cut off."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

STATUS = "/status/genesis-4/"
QUICK = "window.setInterval = ((real) => (work, pause) => real(work, pause / 100))(setInterval);"


def publish(page, text: str) -> None:
    page.goto("/plans/genesis-4/status/")
    page.fill("#id_text", text)
    page.get_by_role("button", name="Publish update").click()
    expect(page.locator("#main")).to_contain_text(text)


def test_a_stakeholder_reads_state_stage_and_updates_without_an_account(sign_in):
    publish(sign_in("cora"), "We look again at 21:00 UTC.")
    page = sign_in(viewport={"width": 390, "height": 844})
    page.goto(STATUS)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Genesis Phase 4")
    expect(page.locator("#status")).to_contain_text("On hold")
    expect(page.locator("#status")).to_contain_text("You do not need to do anything.")
    expect(page.locator("#status-next")).to_contain_text("Gate 1")
    expect(page.locator("#updates")).to_contain_text("We look again at 21:00 UTC.")
    assert "236" not in page.locator("body").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert Axe().run(page).response["violations"] == []


def test_an_open_page_follows_by_itself(sign_in):
    page = sign_in()
    page.add_init_script(QUICK)  # its 30 s become 0.3 s
    page.goto(STATUS)
    publish(sign_in("cora"), "Followed without a reload.")
    expect(page.locator("#updates")).to_contain_text("Followed without a reload.", timeout=10_000)


def test_a_page_that_is_cut_off_says_so(sign_in):
    page = sign_in()
    page.add_init_script(QUICK)
    page.goto(STATUS)
    page.context.set_offline(True)
    expect(page.locator("body")).to_have_attribute("data-link", "lost")
    expect(page.get_by_text("Not updated since")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("body")).to_have_attribute("data-link", "static")


def test_it_reads_the_same_without_script(house, browser):
    context = browser.new_context(java_script_enabled=False, base_url=house.url)
    page = context.new_page()
    page.goto(STATUS)
    expect(page.locator("#status")).to_contain_text("On hold")
    expect(page.get_by_text("As of")).to_be_visible()
    context.close()


def test_only_who_may_edit_sees_the_form(sign_in):
    vera = sign_in("vera")
    vera.goto("/plans/genesis-4/status/")
    expect(vera.get_by_role("heading", name="Status page")).to_be_visible()
    expect(vera.get_by_role("button", name="Publish update")).to_be_hidden()
