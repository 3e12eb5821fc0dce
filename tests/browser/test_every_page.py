"""Every page of two full releases in a real browser: no barrier, no sideways scrolling, printable.

The pages are found by following links, as people do; a page that nobody can find is told too.
"""

import re
from collections import Counter, deque
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import Resolver404, resolve
from playwright.sync_api import Page

from tests.harness.product import Product
from tests.test_routes import ROUTES
from warroom.demo.accounts import PASSWORD

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What a theme or a width can change; all else is the same markup.
LOOKS = {"runOnly": {"type": "rule", "values": ["color-contrast", "target-size"]}}
WIDTHS = (320, 390, 768, 1024, 1440, 1920)  # 320 is 1280 at 400 %, 640 would be 200 %
ROOM = "/plans/progressive-rollout/"
DESK = {"width": 1440, "height": 900}
BEYOND = """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
  ["scrolls", ...[...document.querySelectorAll("main *")]
    .filter(e => e.checkVisibility() && !e.closest(".sr, .scroll > *")
                 && e.getBoundingClientRect().right > window.innerWidth + 1)
    .map(e => e.outerHTML.slice(0, 100)).slice(0, 3)]"""
LOOKS_AT = 3  # pages of one route that links are taken from
PHONE = {"width": 390, "height": 844}
# Pages that no link of these releases leads to: what they show is not there, or they want a key.
APART = {"backup", "day", "findings-trail", "invitation", "sign-in"}
APART |= {"status-confirm", "status-leave"}  # only letters lead there
APART |= {"scenario-clear", "scenario-edit"}  # forms that open within their page
NO_PAGES = re.compile(
    r"(document|export|file|evidence|md|json|atom|svg|badge|snapshot|move)$|^(\w+z|metrics)$"
)
# The same page in another shape.
MORE = ("/plans/production-deployment/", "/plans/on-wheels/rollout/", "/plans/nothing-here/")
ROLLED_BACK = """
from django.utils import timezone
from rollouts.actions.checks import watch_url
from rollouts.actions.rollbacks import start_rollback
from rollouts.actions.desired import set_desired
from rollouts.models import Stage
from warroom.actions.change import change
from rollouts.demo.rooms import DOCUMENTS
from warroom.actions.imports import import_plan
from warroom.models import DeploymentPlan, Role, Seat, User
cora = User.objects.get(username="cora")
if not DeploymentPlan.objects.filter(slug="on-wheels").exists():
    text = (DOCUMENTS / "progressive-rollout.md").read_bytes()
    plan = import_plan(text, by=cora, slug="on-wheels", t0=timezone.now())
    lead = Role.objects.get(plan=plan, key="deployment-lead")
    Seat.objects.get_or_create(role=lead, user=cora)
    watch_url(plan, "web", "Web", "http://127.0.0.1:9/", by="test")
    with change(plan, by="test") as moving:
        Stage.objects.filter(plan=plan, number=1).update(state="running", started_at=moving.at)
        set_desired(moving, 5, cause="advance")
        moving.record("stage.started", "Stage 1 began", stage=1, before=0, after=5)
    start_rollback(plan, by=cora, reason="Users cannot sign in.")
"""


def pages_of(session, base: str, start: list[str]) -> dict[str, str]:
    """Name of each route that shows a page, with the first address that a link leads to."""
    found: dict[str, str] = {}
    looked: Counter[str] = Counter()
    seen, waiting = set(start), deque(start)
    while waiting:
        path = waiting.popleft()
        try:
            name = resolve(urlsplit(path).path).view_name
        except Resolver404:
            continue
        looked[name] += 1
        if looked[name] > LOOKS_AT or name.startswith(("admin:", "api")):
            continue
        answer = session.get(base + path, timeout=30)
        if answer.status_code != 200 or "text/html" not in answer.headers["content-type"]:
            continue
        found.setdefault(name, path)
        for link in re.findall(r'href="(/[^"#]*)', answer.text):
            link = link.replace("&amp;", "&")
            if link not in seen:
                seen.add(link)
                waiting.append(link)
    return found


@pytest.fixture(scope="module")
def found(demo_product: Product) -> dict[str, str]:
    demo_product.run_python(ROLLED_BACK)
    session = demo_product.sign_in("cora", PASSWORD)
    return pages_of(session, demo_product.url, ["/", "/me/", ROOM, "/plans/on-wheels/"])


def test_every_page_is_found_by_following_links(found):
    shown = {name for name, route in ROUTES.items() if route.get and 200 in route.get.values()}
    lost = {name for name in shown - found.keys() - APART if not NO_PAGES.search(name)}
    assert lost == set()


@pytest.mark.parametrize("part", range(4))
def test_no_page_has_a_barrier_or_scrolls_sideways(found, demo_product, new_context, part):
    """At six widths down to 400 % zoom, in both themes, in forced colours and on paper."""
    # Without transitions: a colour between two themes is in neither.
    page = entered(new_context, demo_product, viewport=DESK, reduced_motion="reduce")
    wrong = []
    for address in sorted({*found.values(), *MORE})[part::4]:
        page.emulate_media(color_scheme="light", media="screen")
        page.set_viewport_size(DESK)
        page.goto(address)
        wrong += [(address, *one) for one in barriers(page, {"runOnly": RULES})]
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size(PHONE)
        wrong += [(address, "dark", *one) for one in barriers(page, LOOKS)]
        wrong += [(address, width, said) for width in WIDTHS if (said := too_wide(page, width))]
    assert wrong == []


def entered(new_context, product: Product, **options) -> Page:
    page = new_context(base_url=product.url, **options).new_page()
    page.goto("/sign-in/")
    page.fill("[name=username]", "cora")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    return page


def barriers(page: Page, options: dict) -> list[tuple[str, str]]:
    found = Axe().run(page, options=options).response["violations"]
    return [(one["id"], node["html"][:140]) for one in found for node in one["nodes"][:2]]


def too_wide(page: Page, width: int) -> list[str]:
    """What makes the page scroll sideways: the first elements that reach beyond it."""
    page.set_viewport_size({"width": width, "height": 900})
    return page.evaluate(BEYOND)
