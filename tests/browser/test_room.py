"""The room on a phone, and how it changes its shape under people's eyes. S25, scenario 44."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
SCREENS = 4
ROOM = "/plans/genesis-4/"
TURN = """
from warroom.actions.change import change
from warroom.models import DeploymentPlan
with change(DeploymentPlan.objects.get(slug="genesis-4"), by="rule") as turning:
    turning.plan.verdict, turning.plan.verdict_sentence = "{word}", "{sentence}"
    turning.plan.save(update_fields=["verdict", "verdict_sentence"])
    turning.record("verdict.changed", "{sentence}")
"""
HEIGHT = "document.documentElement.scrollHeight"
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def turn(house):
    """The verdict turns, as a rule turns it; afterwards it is what it was."""

    def say(word: str, sentence: str) -> None:
        house.run_python(TURN.format(word=word, sentence=sentence))

    yield say
    say("hold", "P95 latency is 236 ms, above its 200 ms target. One yellow holds the stage.")


def test_a_change_of_shape_loads_the_open_room_anew_and_both_fit_a_phone(sign_in, turn):
    """Held it shows everything, calm it is short; neither is longer than four screens."""
    page = sign_in("cora", viewport=PHONE)
    page.goto(ROOM)
    expect(page.locator("main.page--watch")).to_be_visible()
    expect(page.locator("body")).to_have_attribute("data-link", "live")
    held = page.evaluate(HEIGHT)
    turn("proceed", "All 6 criteria are green since 09:24.")
    expect(page.locator("#verdict .board__word")).to_contain_text("PROCEED")
    expect(page.locator("main.page--calm")).to_be_visible(timeout=15_000)
    calm = page.evaluate(HEIGHT)
    assert calm <= SCREENS * PHONE["height"] and held <= SCREENS * PHONE["height"]
    assert not page.evaluate(SIDEWAYS)
    page.locator("#fold-phases summary").click()
    expect(page.locator("#phases")).to_be_visible()
    turn("hold", "P95 latency is 236 ms.")
    expect(page.locator("main.page--watch")).to_be_visible(timeout=15_000)
