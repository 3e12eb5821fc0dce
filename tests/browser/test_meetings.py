"""The meeting, a result that comes in, a criterion that is edited, a scenario: in real browsers."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_live import open_live

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
ROOM = "/plans/council/"
BECAUSE = "Nothing measured says that it carries."
SEED = """
from django.utils import timezone
from checklists.actions.scenarios import add_scenario
from checklists.models import Criterion, Gate
from warroom.models import DeploymentPlan, Role, Seat, User
plan = DeploymentPlan.objects.create(
    slug="council", name="Council", version="v1", lifecycle="preparing", t0=timezone.now())
ROLES = {
    "cora": ("deployment-lead", "Deployment Lead", "edit tick sign vote decide run"),
    "thon": ("on-call", "On-Call", "tick sign vote run"),
}
people = {}
for name, (key, title, rights) in ROLES.items():
    people[name] = User.objects.get(username=name)
    role = Role.objects.create(plan=plan, key=key, name=title, rights=rights.split())
    Seat.objects.create(role=role, user=people[name])
for number, key in enumerate(("meets", "reads", "asks", "plain"), start=1):
    gate = Gate.objects.create(plan=plan, key=key, number=number, title=f"Gate {key}")
    Criterion.objects.create(gate=gate, key="tests", position=1, label="Tests that pass",
        evidence_key="tests.pass-rate", target_text=">= 95 %", green_op=">=", green_value=95,
        red_op="<", red_value=90, unit="%")
add_scenario(plan, {"title": "The cache stays cold", "action": "Warm it",
    "items": ["Warm the cache", "Look at the queue"]}, by=people["cora"])
"""
JUNIT = b"""<testsuites><testsuite name="unit">
<testcase classname="a" name="one"/><testcase classname="a" name="two"/>
</testsuite></testsuites>"""


@pytest.fixture(scope="module")
def council(house) -> str:
    """A release of its own, so that what is decided here ends no other test's gate."""
    house.run_python(SEED)
    return ROOM


def scrolls(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def vote(page: Page, word: str, reason: str) -> None:
    page.locator(f"#vote [name=vote][value={word}]").check()
    page.fill("#vote [name=reason]", reason)
    page.locator("#vote button.btn--go").click()


def decide(page: Page, word: str) -> None:
    page.locator(f"#decide [name=decision][value={word}]").check()
    page.fill("#decide [name=rationale]", BECAUSE)
    page.locator("#decide button.btn--go").click()


def test_a_meeting_is_held_on_one_page_that_all_see_live(sign_in, council):
    """S16, S17, S59: votes as they come in, and the decision with what it was taken on."""
    address = f"{council}gates/meets/meeting/"
    cora, thon = open_live(sign_in("cora"), address), sign_in("thon", viewport=PHONE)
    open_live(thon, address)
    cora.evaluate("window.notReloaded = true")
    assert not scrolls(thon)
    vote(thon, "no-go", "The last run failed")
    expect(cora.locator("#votes-meets")).to_contain_text("On-Call: no-go")
    expect(cora.locator("#gate-verdict-meets")).to_contain_text("NO-GO")
    assert cora.evaluate("window.notReloaded")
    open_live(thon, address)
    decide(cora, "no-go")
    expect(cora.locator("#gate-verdict-meets")).to_contain_text("NO-GO, decided by Cora")
    expect(thon.locator("#gate-verdict-meets")).to_contain_text("NO-GO, decided by Cora")
    assert not scrolls(thon)
    for page in (cora, thon):
        page.goto(f"{council}gates/meets/")
        expect(page.locator("#criteria-meets")).to_contain_text("Criteria as measured")
        expect(page.locator("#criteria-meets")).to_contain_text("frozen")
        expect(page.get_by_text("Evidence verified")).to_be_visible()
        expect(page.locator("#gate-followups-meets")).to_contain_text("To do")
        assert not scrolls(page)


def test_a_result_is_looked_at_and_then_counts_on_every_open_page(sign_in, council):
    """S40, S76: a file is shown before it counts, and turns its criterion elsewhere."""
    cora = open_live(sign_in("cora"), f"{council}gates/reads/")
    expect(cora.locator("#criteria-reads")).to_contain_text("no data")
    thon = sign_in("thon", viewport=PHONE)
    thon.goto(f"{council}evidence/")
    file = {"name": "junit.xml", "mimeType": "application/xml", "buffer": JUNIT}
    thon.locator("#bring input[type=file]").set_input_files(file)
    thon.get_by_role("button", name="Show what it says").click()
    expect(thon.get_by_role("heading", name="What would change")).to_be_visible()
    expect(thon.locator("main")).to_contain_text("Gate reads")
    expect(cora.locator("#criteria-reads")).to_contain_text("no data")
    assert not scrolls(thon)
    thon.get_by_role("button", name="Bring it in").click()
    expect(cora.locator("#criteria-reads")).to_contain_text("100 %")
    expect(thon.locator("main")).to_contain_text("junit.xml")


def edit(page: Page, target: str, reason: str) -> None:
    page.fill("#edit [name=target]", target)
    page.fill("#edit [name=reason]", reason)
    page.locator("#save-now").click()


def test_a_page_of_an_older_version_saves_nothing_and_loses_nothing(sign_in, council):
    """Scenario 47: Back shows what is true now; an older page is told, and keeps what was typed."""
    address = f"{council}gates/asks/criteria/tests/edit"
    page = sign_in("cora")
    page.goto(address)
    older = page.context.new_page()
    older.goto(address)
    edit(page, ">= 97 %", "Agreed on Monday")
    expect(page.locator("#criteria-asks")).to_contain_text("97")
    page.go_back()
    expect(page.get_by_text("Version 2, asked at")).to_be_visible()
    expect(page.locator("#edit [name=target]")).to_have_value(">= 97 %")
    edit(older, ">= 99 %", "Agreed on Tuesday")
    told = older.get_by_role("alert").filter(has_text="was changed while you wrote by Cora")
    expect(told).to_be_visible()
    expect(older.locator("#edit [name=target]")).to_have_value(">= 99 %")
    expect(older.locator("#edit [name=reason]")).to_have_value("Agreed on Tuesday")
    older.locator("#save-now").click()
    expect(older.locator("#criteria-asks")).to_contain_text("99")
    older.goto(address)
    expect(older.get_by_text("Version 3, asked at")).to_be_visible()


def test_a_scenario_that_is_started_puts_its_items_into_open_rooms(sign_in, council):
    """S83: one click, and everybody has the list."""
    cora, thon = open_live(sign_in("cora"), council), sign_in("thon", viewport=PHONE)
    thon.goto(f"{council}risks/")
    thon.locator("#scenario-1-start").click()
    expect(cora.locator("#phases")).to_contain_text("The cache stays cold")
    expect(cora.locator("#phases")).to_contain_text("Warm the cache")
    expect(thon.locator("#scenario-1")).to_contain_text("In force")


def test_a_meeting_is_held_without_script(sign_in, council):
    """Vote, decide, and read the record: forms and links do it all."""
    page = sign_in("cora", java_script_enabled=False, viewport=PHONE)
    page.goto(f"{council}gates/plain/meeting/")
    vote(page, "go", "All well here")
    page.goto(f"{council}gates/plain/meeting/")
    expect(page.locator("#votes-plain")).to_contain_text("Deployment Lead: go")
    decide(page, "no-go")
    expect(page.locator("#gate-verdict-plain")).to_contain_text("NO-GO, decided by Cora")
    page.goto(f"{council}gates/plain/")
    page.get_by_role("link", name="Record").first.click()
    expect(page.locator("h1")).to_contain_text("Decision record: Gate plain")
    expect(page.locator("main")).to_contain_text(BECAUSE)
