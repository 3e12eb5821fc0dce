"""An open board and a link that breaks: stalls, sleep, Back, sign-out, faults on the way.

Scenarios 45 to 49. Browsers come signed in, and the others act by plain requests, so that a test
takes as long as what it shows.
"""

import os
import signal
from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.harness.product import Product

pytestmark = pytest.mark.browser

ROOM = "/plans/harbour/"
TIMELINE = f"{ROOM}timeline/"
CHECKLIST = f"{ROOM}checklist/"
SEED = """
from datetime import timedelta
from django.utils import timezone
from checklists.models import ChecklistItem, Gate, Phase
from warroom.models import DeploymentPlan, Escalation, Role, Seat, User
now = timezone.now()
plan = DeploymentPlan.objects.create(slug="harbour", name="Harbour", version="v2",
    lifecycle="watching", t0=now - timedelta(hours=1))
closed = DeploymentPlan.objects.create(slug="pier", name="Pier", lifecycle="stable",
    t0=now - timedelta(days=9), lifecycle_at=now - timedelta(days=7))
for name, key, rights in [
    ("cora", "deployment-lead", "edit tick sign vote decide run"),
    ("thon", "on-call", "tick sign vote run"), ("vera", "observer", ""),
]:
    for one in (plan, closed):
        role = Role.objects.create(plan=one, key=key, name=key.title(), rights=rights.split())
        Seat.objects.create(role=role, user=User.objects.get(username=name))
phase = Phase.objects.create(plan=plan, number=1, title="Ready")
for n in range(1, 31):
    ChecklistItem.objects.create(plan=plan, phase=phase, number=n, position=n, text=f"Step {n}")
for n in (1, 2):
    Escalation.objects.create(plan=plan, number=n, cause=f"alarm-{n}", reason=f"Alarm {n}",
        opened_at=now)
for n in (1, 2):
    Gate.objects.create(plan=plan, key=f"gate-{n}", number=n, title=f"Gate {n}")
"""


@pytest.fixture(scope="module")
def harbour(house: Product) -> Product:
    house.run_python(SEED)
    return house


class Person:
    """Somebody who acts by requests, as their browser would."""

    def __init__(self, house: Product, name: str) -> None:
        self.house, self.name = house, name
        self.session = house.sign_in(name, "pw")

    def post(self, path: str, **form: str) -> int:
        token = self.session.cookies["csrftoken"]
        answer = self.session.post(
            self.house.url + path, {"csrfmiddlewaretoken": token, **form}, timeout=20,
            allow_redirects=False,
        )  # fmt: skip
        assert answer.status_code in (200, 302), answer.text[:2000]
        return answer.status_code

    def note(self, text: str) -> None:
        self.post(TIMELINE, text=text)

    def set(self, item: int, state: str) -> None:
        self.post(f"{ROOM}items/{item}/state", state=state)


@pytest.fixture(scope="module")
def people(harbour) -> Callable[[str], Person]:
    known: dict[str, Person] = {}

    def find(name: str) -> Person:
        if name not in known:
            known[name] = Person(harbour, name)
        return known[name]

    return find


@pytest.fixture
def look(harbour, people, new_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """A browser in which a person is signed in, at an address; not awaited to be live."""

    def open_page(name: str, address: str, **options) -> Page:
        context = new_context(base_url=harbour.url, **options)
        cookies = [
            {"name": one.name, "value": one.value, "url": harbour.url}
            for one in people(name).session.cookies
            if one.path == "/"
        ]
        context.add_cookies(cookies)
        page = context.new_page()
        page.goto(address)
        return page

    return open_page


def is_(page: Page, state: str, within_s: float = 15) -> None:
    expect(page.locator("body")).to_have_attribute("data-link", state, timeout=within_s * 1000)


def test_a_stream_that_is_held_back_is_replaced_by_looks_until_it_speaks_again(look, people):
    """Scenario 45: a proxy swallows the stream; the board follows all the same, and returns."""
    page = look("vera", "/me/")
    page.clock.install()
    streams: list[Route] = []
    # Neither answered nor refused, as a buffer does.
    page.route("**/live?*", lambda route: streams.append(route))
    page.goto(ROOM)
    page.evaluate("window.notReloaded = true")
    is_(page, "static")  # nothing is claimed before something was heard
    page.clock.fast_forward(6000)
    is_(page, "reconnecting")
    page.clock.fast_forward(3000)
    is_(page, "live")
    people("thon").note("Through the wall")
    with page.expect_request("**/live/snapshot*"):
        page.clock.fast_forward(4500)
    expect(page.locator("#feed")).to_contain_text("Through the wall")
    page.unroute("**/live?*")
    with page.expect_request("**/live?*"):
        page.clock.fast_forward(31_000)
    is_(page, "live")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    people("thon").note("By the stream again")
    expect(page.locator("#feed")).to_contain_text("By the stream again")
    assert [url for url in asked if "snapshot" in url] == []
    assert page.evaluate("window.notReloaded")


def test_a_server_that_falls_silent_is_noticed_in_half_a_minute(look, harbour):
    """Scenario 45: frozen, not ended, so no connection breaks; "stale" within 30 s."""
    page = look("vera", ROOM)
    page.clock.install()
    page.reload()
    is_(page, "live")
    frozen = harbour.pids("web")
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        page.clock.fast_forward(26_000)
        is_(page, "reconnecting")
        page.clock.fast_forward(31_000)
        is_(page, "lost")
        shown = page.locator(".linkbar--lost:not(.linkbar--out)")
        expect(shown).to_contain_text("Colour is off until updates return")
        assert "grayscale" in page.locator("#strip").evaluate("e => getComputedStyle(e).filter")
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    page.clock.fast_forward(11_000)
    is_(page, "live")


def test_an_older_answer_that_arrives_last_is_dropped(look, people):
    """Scenario 46: the answer to a tick is overtaken by a later change that the stream brings."""
    page = look("thon", CHECKLIST)
    is_(page, "live")
    late: list[tuple[Route, object]] = []
    page.route("**/items/1/state*", lambda route: late.append((route, route.fetch())))
    page.locator("#tick-1").click()
    people("cora").set(1, "doing")
    expect(page.locator("#item-1")).to_have_attribute("data-state", "doing")
    route, answer = late[0]
    assert 'data-state="done"' in answer.text()
    with page.expect_response("**/items/1/state*"):
        route.fulfill(response=answer)
    expect(page.locator("#saving")).to_contain_text("Saved")
    expect(page.locator("#item-1")).to_have_attribute("data-state", "doing")


def test_after_a_night_under_the_lid_nothing_old_is_shown_as_live(look, people):
    """Scenario 47: no timer ran meanwhile; at first sight the board doubts, then catches up."""
    page = look("vera", "/me/")
    page.clock.install()
    page.goto(ROOM)
    is_(page, "live")
    page.evaluate("window.notReloaded = true")
    for where in ("**/live*", "**/live/*"):
        page.route(where, lambda route: route.abort())
    page.clock.fast_forward("08:00:00")
    is_(page, "lost")  # at once without colour: what it shows is of yesterday
    people("thon").note("In the small hours")
    page.unroute_all()
    page.clock.fast_forward(6000)
    is_(page, "live")
    expect(page.locator("#feed")).to_contain_text("In the small hours")
    assert page.evaluate("window.notReloaded")


def test_back_and_a_change_of_network_show_what_is_true_now(look, people):
    """Scenario 47: a page that the browser kept looks again before it counts as live."""
    page = look("thon", ROOM)
    is_(page, "live")
    page.goto(TIMELINE)
    people("cora").note("While you were on another page")
    page.go_back()
    is_(page, "live")
    expect(page.locator("#feed")).to_contain_text("While you were on another page")
    page.evaluate("window.notReloaded = true")
    page.context.set_offline(True)
    is_(page, "reconnecting")
    people("cora").note("While you changed trains")
    page.context.set_offline(False)
    is_(page, "live")
    expect(page.locator("#feed")).to_contain_text("While you changed trains")
    kept = "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
    assert page.evaluate(f"{kept}; document.body.dataset.link") == "reconnecting"
    is_(page, "live")
    assert page.evaluate("window.notReloaded")


def test_a_session_that_ends_on_an_open_board_costs_one_sign_in_and_no_word(look, harbour):
    """Scenario 48: the board says so, waits, and goes on by itself; the text is sent from there."""
    page = look("cora", TIMELINE)
    is_(page, "live")
    page.evaluate("window.notReloaded = true")
    page.fill("#id_text", "Written before the session ended")
    kept = page.context.cookies()
    page.context.clear_cookies()  # session and CSRF cookie at once
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator(".linkbar--out")).to_be_visible()
    page.get_by_role("button", name="Add entry").click()
    expect(page.get_by_role("alert").filter(has_text="Not saved").first).to_be_visible()
    assert page.input_value("#id_text") == "Written before the session ended"
    with page.context.expect_page() as opened:
        page.locator(".linkbar--out").get_by_role("link", name="Sign in").click()
    other = opened.value
    other.fill("[name=username]", "cora")
    other.fill("[name=password]", "pw")
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url("**/")
    page.evaluate("dispatchEvent(new Event('focus'))")
    is_(page, "live")
    page.get_by_role("button", name="Send again").first.click()
    expect(page.locator("#timeline")).to_contain_text("Written before the session ended")
    expect(page.locator("#id_text")).to_have_value("")
    assert page.evaluate("window.notReloaded")
    assert kept


BROKEN = "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>"


def test_a_fault_on_the_way_never_replaces_the_board(look):
    """Scenario 49: 500 and 502 to a tick, a form and a look; board, text and buttons stay."""
    page = look("thon", CHECKLIST)
    is_(page, "live")
    rows = page.locator(".item").count()
    answers = {"status": 502, "content_type": "text/html", "body": BROKEN}
    page.route("**/items/*/state*", lambda route: route.fulfill(**answers))
    page.locator("#tick-2").click()
    expect(page.get_by_text("Not saved: the server answered 502.")).to_be_visible()
    expect(page.locator("#saving")).to_contain_text("Not saved")
    form = page.locator(".item").first
    form.locator("summary").click()
    form.locator("textarea").fill("It broke")
    page.route("**/signed-in/", lambda route: route.fulfill(**(answers | {"status": 500})))
    form.get_by_role("button", name="Block").click()
    expect(page.get_by_text("Not saved: the server answered 500.")).to_be_visible()
    expect(form.locator("textarea")).to_have_value("It broke")
    page.unroute("**/signed-in/")
    # A gateway that answers 200 in the server's name is no news either.
    page.route("**/live*", lambda route: route.abort())
    page.route("**/live/*", lambda route: route.fulfill(**(answers | {"status": 200})))
    page.evaluate("dispatchEvent(new Event('online'))")
    is_(page, "reconnecting")
    page.wait_for_timeout(1500)
    is_(page, "reconnecting")
    assert page.locator(".item").count() == rows
    assert "502" not in page.locator("#phase-list").inner_text()
    page.unroute("**/items/*/state*")
    page.get_by_role("button", name="Send again").last.click()
    expect(page.locator("#saving")).to_contain_text("Saved")


def test_what_was_typed_is_back_after_a_fault_took_the_page(look):
    """Scenario 49: the form left, a 502 came instead; Back shows the form as it was sent."""
    page = look("thon", f"{ROOM}items/3/")
    page.route("**/items/3/notes", lambda route: route.fulfill(status=502, body=BROKEN))
    form = page.locator("form[action$='/items/3/notes']").first
    form.locator("textarea").fill("Not lost by a gateway")
    form.get_by_role("button", name="Add note").click()
    expect(page.get_by_text("502 Bad Gateway")).to_be_visible()
    page.unroute("**/items/3/notes")
    page.go_back()
    expect(form.locator("textarea")).to_have_value("Not lost by a gateway")
    form.get_by_role("button", name="Add note").click()
    expect(page.locator("main")).to_contain_text("Not lost by a gateway")
    expect(form.locator("textarea")).to_have_value("")


def test_a_screen_reader_hears_each_turn_once(look, people):
    """Calls for help that are taken and closed: spoken once, over reconnects and reloads."""
    page = look("vera", ROOM)
    is_(page, "live")
    page.evaluate(
        "window.heard = []; new MutationObserver(() => heard.push(say.textContent))"
        ".observe(document.getElementById('say'), {childList: true})"
    )
    people("cora").post(f"{ROOM}escalation/1/acknowledge")
    expect(page.locator("#say")).to_contain_text("E-1")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    people("cora").post(f"{ROOM}escalation/2/acknowledge")
    expect(page.locator("#say")).to_contain_text("E-2")
    heard = page.evaluate("window.heard")
    assert ["E-1" in text for text in heard] == [True, False], heard
    page.reload()
    is_(page, "live")
    assert page.locator("#say").inner_text() == ""


def test_a_button_that_is_held_down_is_not_replaced_and_the_page_stays_where_it_is(look, people):
    """What others do swaps rows above and below; the press counts, the scroll stays."""
    page = look("thon", CHECKLIST, viewport={"width": 390, "height": 700})
    is_(page, "live")
    tick = page.locator("#tick-20")
    tick.scroll_into_view_if_needed()
    tick.hover()
    top = page.evaluate("scrollY")
    page.mouse.down()
    people("cora").set(20, "doing")
    people("cora").set(5, "done")
    expect(page.locator("#item-5")).to_have_attribute("data-state", "done")
    expect(page.locator("#item-20")).to_have_attribute("data-state", "open")
    page.mouse.up()
    told = page.get_by_text("first: it is started")  # the press arrived, and was too late
    expect(told).to_be_visible()
    expect(page.locator("#item-20")).to_have_attribute("data-state", "doing")
    assert abs(page.evaluate("scrollY") - top) < 200


def test_what_somebody_else_did_first_is_said_and_what_is_refused_too(look, people):
    """States: conflict ("Thon ticked this first"), and refused because the role is missing."""
    page = look("cora", "/me/")
    page.route("**/live*", lambda route: route.abort())  # nothing reaches this page by itself
    page.route("**/live/*", lambda route: route.abort())
    page.goto(CHECKLIST)
    people("thon").set(9, "done")
    page.locator("#tick-9").click()
    expect(page.get_by_text("Thon ticked 1.9")).to_be_visible()
    expect(page.get_by_text("Your click changed nothing.")).to_be_visible()
    expect(page.locator("#tick-9")).to_have_attribute("aria-checked", "true")
    seen = look("vera", CHECKLIST)
    seen.evaluate("document.querySelector('#tick-10').click()")
    expect(seen.get_by_role("alert").filter(has_text="Your roles in this release")).to_be_visible()
    expect(seen.locator("#item-10")).to_have_attribute("data-state", "open")


def test_watching_archived_and_missing_pages_say_so(look, harbour):
    """States: read-only because of the role, read-only because it is over, 404."""
    page = look("vera", ROOM)
    expect(page.get_by_text("You are watching.")).to_be_visible()
    page = look("cora", "/plans/pier/")
    expect(page.locator("#archived")).to_contain_text("read-only")
    expect(page.locator("body")).to_have_attribute("data-mode", "readonly")
    assert page.goto("/plans/nowhere/").status == 404
    expect(page.get_by_role("heading", name="This page does not exist")).to_be_visible()
    assert requests.get(f"{harbour.url}/healthz", timeout=5).status_code == 200
