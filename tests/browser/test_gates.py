"""Sign-off, vote and decision in real browsers: live for the others, and without script at all."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_live import open_live

pytestmark = pytest.mark.browser

ROOM = "/plans/genesis-4/"
CHECKLIST = f"{ROOM}checklist/?phase=1"
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def make_gate(house):
    """Another gate of the release, so that a decision here ends no other test's gate."""

    def make(key: str) -> str:
        house.run_python(
            "from checklists.models import Gate; from warroom.models import DeploymentPlan\n"
            "plan = DeploymentPlan.objects.get(slug='genesis-4')\n"
            f"Gate.objects.create(plan=plan, key={key!r}, number=9, title='Gate {key}')\n"
        )
        return f"{ROOM}gates/{key}/"

    return make


def vote(page: Page, word: str, reason: str = "", conditions: str = "") -> None:
    page.locator(f"#vote [name=vote][value={word}]").check()
    page.fill("#vote [name=reason]", reason)
    if conditions:  # their line stands there since they were chosen
        text, _, owner = conditions.partition(" | ")
        page.fill("#vote [name=c-0-text]", text)
        page.fill("#vote [name=c-0-owner]", owner)
    page.locator("#vote button.btn--go").click()


def decide(page: Page, word: str, rationale: str = "") -> None:
    page.locator(f"#decide [name=decision][value={word}]").check()
    page.fill("#decide [name=rationale]", rationale)
    page.locator("#decide button.btn--go").click()


def test_votes_and_the_decision_reach_the_other_browser_and_the_evidence_is_kept(
    sign_in, make_gate
):
    address = make_gate("gate-a")
    cora, thon = sign_in("cora"), sign_in("thon", viewport=PHONE)
    open_live(cora, address)
    thon.goto(address)
    expect(thon.locator("#decide form")).to_have_count(0)
    expect(thon.locator("#vote .conds")).to_be_hidden()  # they go with a go
    vote(thon, "no-go", "Not before the cache job has ended")
    expect(cora.locator("#votes-gate-a")).to_contain_text("On-Call: no-go")
    expect(cora.locator("#gate-verdict-gate-a")).to_contain_text("The rule says NO-GO")
    with thon.expect_navigation():
        vote(thon, "conditional", "The job has ended", "P95 below 200 ms for 60 min | Thon")
    expect(cora.locator("#conditions-gate-a")).to_contain_text("P95 below 200 ms for 60 min")
    thon.goto(address)
    decide(cora, "no-go")
    expect(cora.locator("#decide")).to_contain_text("wants a written reason")
    decide(cora, "no-go", "We stop for today, the cache job runs on")
    verdict = cora.locator("#gate-verdict-gate-a")
    expect(verdict).to_contain_text("NO-GO, decided by Cora as Deployment Lead")
    expect(verdict).to_contain_text("against the rule, which said HOLD")
    expect(cora.get_by_text("Evidence verified")).to_be_visible()
    expect(thon.locator("#gate-verdict-gate-a")).to_contain_text("NO-GO, decided by Cora")


def test_a_vote_after_the_decision_is_refused_in_words(sign_in, make_gate):
    address = make_gate("gate-b")
    cora, thon = sign_in("cora"), sign_in("thon", java_script_enabled=False)
    cora.goto(address)
    thon.goto(address)
    decide(cora, "no-go", "We stop for today, the cache job runs on")
    expect(cora.locator("#gate-verdict-gate-b")).to_contain_text("NO-GO, decided by Cora")
    vote(thon, "go")
    expect(thon.get_by_role("alert")).to_contain_text("was decided while you wrote: NO-GO, Cora")


def test_the_whole_way_works_without_script(sign_in, make_gate):
    address = make_gate("gate-c")
    page = sign_in("cora", java_script_enabled=False)
    page.goto(CHECKLIST)
    page.locator("#tick-8").click()
    expect(page.locator("#tick-8")).to_have_attribute("aria-checked", "true")
    page.locator("#signoff summary").click()
    page.select_option("#signoff [name=decision]", "conditional")
    page.fill("#signoff [name=conditions]", "Step 12 is done by noon | Cora")
    page.locator("#signoff button.btn--go").click()
    expect(page.locator("#signoffs-1")).to_contain_text("Signed with conditions by Cora")
    page.goto(address)
    vote(page, "go", "All well here")
    expect(page.locator("#votes-gate-c")).to_contain_text("Deployment Lead: go")
    decide(page, "hold", "One vote is missing, we look again later")
    expect(page.locator("#gate-verdict-gate-c")).to_contain_text("On hold since")


def test_a_signature_shows_elsewhere_and_a_later_tick_revokes_it_in_sight(sign_in):
    thon, cora = sign_in("thon", viewport=PHONE), open_live(sign_in("cora"), CHECKLIST)
    thon.goto(CHECKLIST)
    thon.locator("#signoff summary").click()
    thon.select_option("#signoff [name=decision]", "conditional")
    thon.fill("#signoff [name=conditions]", "Cover is confirmed")
    thon.locator("#signoff button.btn--go").click()
    expect(cora.locator("#signoffs-1")).to_contain_text("Signed with conditions by Thon")
    cora.locator("#tick-9").click()
    expect(thon.locator("#signoffs-1")).to_contain_text("Revoked by the later change of 1.9")


def test_an_old_password_is_asked_again_and_what_was_typed_is_kept(sign_in, house):
    page = sign_in("thon")
    house.run_python(
        "from django.contrib.sessions.models import Session\n"
        "for session in Session.objects.all():\n"
        "    data = session.get_decoded()\n"
        "    data['password_at'] = 1\n"
        "    session.session_data = Session.objects.encode(data)\n"
        "    session.save()\n"
    )
    page.goto(CHECKLIST)
    page.locator("#signoff summary").click()
    page.select_option("#signoff [name=decision]", "rejected")
    page.fill("#signoff [name=comment]", "Nobody is on call tonight")
    page.locator("#signoff button.btn--go").click()
    page.get_by_label("Password of thon").fill("wrong")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text("The password is wrong")
    page.get_by_label("Password of thon").fill("pw")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#signoffs-1")).to_contain_text("Rejected by Thon")
    expect(page.locator("#signoffs-1")).to_contain_text("Nobody is on call tonight")
