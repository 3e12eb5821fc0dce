"""A list that somebody changes follows on other people's pages, and what they type stays."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_live import CHECKLIST, ROOM, open_live

pytestmark = pytest.mark.browser


def test_added_and_removed_items_follow_on_other_pages_and_typed_words_stay(sign_in):
    thon = open_live(sign_in("thon"), CHECKLIST)
    cora = open_live(sign_in("cora"), CHECKLIST)
    thon.evaluate("window.notReloaded = true")
    rows = thon.locator(".item")
    before = rows.count()

    cora.fill("#add-item [name=text]", "Cover confirmed by phone")
    cora.fill("#add-item [name=due]", "soon")
    cora.get_by_role("button", name="Add item").click()
    expect(cora.locator("#add-item .field__e")).to_contain_text("is no time. Write 20:55")
    expect(cora.locator("#add-item [name=text]")).to_have_value("Cover confirmed by phone")
    cora.fill("#add-item [name=due]", "T+14h")
    cora.get_by_role("button", name="Add item").click()
    expect(cora.locator("[data-toast]")).to_contain_text("T+14:00")
    expect(cora.locator("#add-item [name=text]")).to_have_value("")
    expect(rows).to_have_count(before + 1, timeout=5000)
    assert thon.evaluate("window.notReloaded")

    rows.first.locator("summary").click()
    rows.first.locator("textarea").fill("half a sentence")
    number = rows.last.locator("[data-live]").first.get_attribute("id").removeprefix("item-")
    cora.goto(f"{ROOM}items/{number}/edit")
    removal = cora.locator("form[action$=remove]")
    removal.locator("[name=reason]").fill("Asked twice")
    removal.get_by_role("button").click()
    thon.get_by_role("button", name="Load the list").wait_for(timeout=5000)
    expect(rows.last).to_be_hidden()  # gone at once, though the list waits
    expect(rows.first.locator("textarea")).to_have_value("half a sentence")
    thon.get_by_role("button", name="Load the list").click()
    expect(rows).to_have_count(before)


def test_lines_are_moved_by_keyboard_and_the_focus_stays(sign_in):
    cora = sign_in("cora")
    cora.goto(f"{CHECKLIST}edit?phase=1")
    lines = cora.locator("[data-line]")
    first, second = (lines.nth(n).get_attribute("id") for n in (0, 1))
    cora.locator(f"#{second} [data-up]").focus()
    cora.keyboard.press("Alt+ArrowUp")
    expect(lines.first).to_have_id(second)
    cora.locator(f"#{second} [data-down]").focus()
    cora.keyboard.press("Alt+ArrowDown")
    expect(lines.first).to_have_id(first)
    expect(cora.locator(f"#{second} [data-down]")).to_be_focused()
