"""Every page in a real browser: reachable by all, at each width, in both themes, without script."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 700}  # 400 % zoom of 1280
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ROOM = "/plans/genesis-4/"


def test_the_sign_in_page_has_no_barrier_either(sign_in):
    page = sign_in()
    assert Axe().run(page, options={"runOnly": RULES}).response["violations"] == []


def test_what_a_finger_has_to_hit_is_large_enough_on_a_phone(sign_in):
    page = sign_in("cora", viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto(ROOM)
    small = page.eval_on_selector_all(
        "button, .btn, .tabs a, .dock a, summary, select, .tick",
        """all => all.filter(e => e.checkVisibility() && !e.closest('dialog:not([open])'))
              .map(e => [e.textContent.trim().slice(0, 30), e.getBoundingClientRect()])
              .filter(([, r]) => r.width && (r.height < 43.5 || r.width < 43.5)).map(([t]) => t)""",
    )
    assert small == []


def test_everything_works_without_script(sign_in):
    page = sign_in("thon", java_script_enabled=False)
    for address in ["/", ROOM, f"{ROOM}timeline/"]:
        assert page.goto(address).status == 200
    assert "Script is off" in page.content()  # in <noscript>, which the driver does not show
    page.fill("#id_text", "Written without script")
    page.get_by_role("button", name="Add entry").click()
    expect(page.locator("#timeline").get_by_text("Written without script")).to_be_visible()
    page.goto(f"{ROOM}checklist/")
    page.locator("#tick-11").click()
    page.goto(f"{ROOM}checklist/")
    expect(page.locator("#tick-11")).to_have_attribute("aria-checked", "true")
    page.goto(f"{ROOM}timeline/?q=without+script")
    expect(page.get_by_text("Written without script")).to_be_visible()


def test_the_theme_can_be_chosen_and_stays_with_script_and_without(sign_in):
    for script in (True, False):
        page = sign_in("thon", java_script_enabled=script, color_scheme="light")
        page.goto(ROOM)
        page.locator(".menu > summary").click()
        page.get_by_role("button", name="Dark").click()
        page.goto(f"{ROOM}timeline/")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_form_in_the_menu_signs_out(sign_in):
    page = sign_in("thon")
    page.goto(ROOM)
    page.locator(".menu > summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/")
    page.goto(ROOM)
    page.wait_for_url("**/sign-in/?next=**")


def test_keys_lead_around_and_can_be_switched_off(sign_in):
    page = sign_in("thon")
    page.goto(ROOM)
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/timeline/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_text("Single-key shortcuts").click()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_timeout(300)
    assert page.url.endswith("/timeline/")


def test_an_observer_sees_no_control_and_no_form(sign_in):
    page = sign_in("vera")
    page.goto(f"{ROOM}timeline/")
    expect(page.locator("#note-form")).to_be_hidden()
    page.goto(ROOM)
    expect(page.get_by_text("You are watching")).to_be_visible()


def test_needs_are_shown_to_those_who_can_meet_them(sign_in):
    lead, observer = sign_in("cora"), sign_in("vera")
    for page in (lead, observer):
        page.goto(ROOM)
    expect(lead.get_by_text("Seat somebody as Technical Lead").first).to_be_visible()
    expect(observer.locator(".need").first).to_be_hidden()
    expect(observer.get_by_text("Nothing needs you")).to_be_visible()
