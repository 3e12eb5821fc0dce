"""The wall in a real browser: opened by a link, live for weeks, silent about what is not its."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

WALL = "/plans/genesis-4/wall/"
SWAPS = """async (count) => {
  const old = document.getElementById("wall-feed").outerHTML;
  for (let n = 1; n <= count; n += 1) {
    const html = old.replace(/data-seq="\\d+"/, `data-seq="${1e6 + n + (window.swaps || 0)}"`);
    const detail = { html: html.replace("</h2>", ` ${n}</h2>`) };
    document.dispatchEvent(new CustomEvent("warroom:fragments", { detail }));
    if (n % 200 === 0) await new Promise(requestAnimationFrame);
  }
  window.swaps = (window.swaps || 0) + count;
  return document.getElementById("wall-feed").dataset.seq;
}"""


def link_to(page) -> str:
    """Make a link in the settings; its address."""
    page.goto("/plans/genesis-4/settings/")
    page.fill("#wall-label", "Room 2")
    page.click("#wall-make")
    return page.locator("#wall-address").inner_text().partition("/plans/")[2]


def test_a_screen_is_opened_by_a_link_and_ends_when_it_is_revoked(sign_in):
    editor, screen = sign_in("cora"), sign_in(viewport={"width": 1920, "height": 1080})
    screen.goto("/plans/" + link_to(editor))
    assert screen.url.endswith(WALL)
    expect(screen.locator("body")).to_have_attribute("data-link", "live", timeout=10_000)
    expect(screen.locator("#wall-verdict")).to_contain_text("HOLD")
    size = screen.evaluate("[document.body.scrollHeight, document.body.scrollWidth]")
    assert size == [1080, 1920]
    editor.goto("/plans/genesis-4/settings/")
    editor.get_by_role("button", name="Revoke Room 2").first.click()
    expect(screen.locator("body")).to_have_attribute("data-out", "", timeout=20_000)
    expect(screen.locator("#wall-verdict")).to_be_hidden()
    expect(screen.get_by_text("may not show the release any more")).to_be_visible()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_wall_has_no_barrier(sign_in, house, theme):
    page = sign_in("cora", viewport={"width": 1440, "height": 900})
    page.context.add_cookies([{"name": "theme", "value": theme, "url": house.url}])
    page.goto(WALL)
    assert page.locator("html").get_attribute("data-theme") == theme
    assert Axe().run(page).response["violations"] == []


def test_thousands_of_updates_leave_nothing_behind(sign_in):
    page = sign_in("cora")
    page.goto(WALL)
    probe = page.context.new_cdp_session(page)

    def held() -> tuple[float, float]:
        probe.send("HeapProfiler.collectGarbage")
        counters = probe.send("Memory.getDOMCounters")
        used = page.evaluate("performance.memory.usedJSHeapSize")
        return counters["nodes"], used

    page.evaluate(SWAPS, 200)
    nodes, heap = held()
    assert page.evaluate(SWAPS, 3000) == str(10**6 + 3200)
    after, more = held()
    assert after < nodes + 200
    assert more < heap + 2_000_000


def test_a_wall_loads_itself_anew_only_when_the_server_answers(sign_in):
    page = sign_in("cora")
    page.goto(WALL)
    page.evaluate("window.kept = true")
    page.context.set_offline(True)
    page.evaluate("document.dispatchEvent(new CustomEvent('warroom:reload'))")
    page.wait_for_timeout(500)
    assert page.evaluate("window.kept") is True
    page.context.set_offline(False)
    with page.expect_navigation():
        page.evaluate("document.dispatchEvent(new CustomEvent('warroom:reload'))")
    assert page.evaluate("window.kept") is None
