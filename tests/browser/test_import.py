"""The preview of an import is read again after each choice; nothing done meanwhile is lost."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

DOCUMENT = """# Night work

## Before

- [ ] Tell the desk

Checklist:

- Warm the cache
- Drain the queue
- Ring the bell
"""


def test_what_is_chosen_typed_or_pressed_while_it_is_read_again_is_kept(sign_in):
    cora = sign_in("cora")
    cora.goto("/plans/import")
    cora.fill("[name=text]", DOCUMENT)
    cora.get_by_role("button", name="Show what was understood").click()
    held, holds = [], [True]

    def hold(route):
        if holds and "hx-request" in route.request.headers:
            held.append(route)
        else:
            route.continue_()

    cora.route("**/plans/import", hold)

    def go_on():
        """Let all answers come, also later ones, but those that nobody waits for any more."""
        holds.clear()
        while held:
            route = held.pop()
            if not route.request.failure:
                route.continue_()

    cora.select_option("#line_9", "item")
    cora.wait_for_timeout(50)
    cora.select_option("#line_10", "item")  # before the first answer
    cora.fill("[name=name]", "Night work, typed meanwhile")
    cora.wait_for_timeout(50)
    go_on()
    expect(cora.locator("[name=name]")).to_be_focused()
    expect(cora.locator("[name=name]")).to_have_value("Night work, typed meanwhile")
    cora.locator("[name=name]").blur()  # now it is read again, with the newest values
    expect(cora.get_by_role("button", name="Create release with 3 items")).to_be_visible()
    expect(cora.locator("[name=name]")).to_have_value("Night work, typed meanwhile")
    expect(cora.locator("#line_9")).to_have_value("item")

    holds.append(True)
    cora.select_option("#line_11", "item")
    cora.wait_for_timeout(50)
    if cora.locator("[name=seen]").count():
        cora.check("[name=seen]")
    cora.get_by_role("button", name="Create release").click()
    cora.wait_for_url("**/plans/night-work*/")
    expect(cora.locator("h1").first).to_contain_text("typed meanwhile")
    cora.goto(f"{cora.url}checklist/")
    expect(cora.locator(".item")).to_have_count(4)
