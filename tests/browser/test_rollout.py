"""A rollout goes on and is held from a phone without script (S45, S68, law 15)."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

ROLLOUT = "/plans/on-foot/rollout/"


@pytest.fixture
def staged(house):
    """Another release, with two stages that soak for no time and wait for nobody."""
    house.run_python(
        "from rollouts.models import Stage\n"
        "from warroom.models import DeploymentPlan, Role, Seat, User\n"
        "plan = DeploymentPlan.objects.create(slug='on-foot', name='On foot')\n"
        "plan.lifecycle = 'preparing'; plan.save()\n"
        "role = Role.objects.create(plan=plan, key='on-call', name='On-Call', rights=['run'])\n"
        "Seat.objects.create(role=role, user=User.objects.get(username='thon'))\n"
        "for n, (a, b) in enumerate([(0, 5), (5, 100)], start=1):\n"
        "    Stage.objects.create(plan=plan, number=n, from_percent=a, to_percent=b)\n"
    )


def test_a_rollout_goes_on_and_is_held_from_a_phone_without_script(sign_in, staged):
    page = sign_in("thon", java_script_enabled=False, viewport={"width": 390, "height": 844})
    page.goto(ROLLOUT)
    page.locator("#advance summary").click()
    page.fill("#advance-confirmed", "50")
    page.fill("#advance-reason", "As agreed.")
    page.locator("#advance button").click()
    expect(page.get_by_text("Type 5 to go on to 5 %.")).to_be_visible()
    assert page.input_value("#advance-reason") == "As agreed."
    page.fill("#advance-confirmed", "5")
    page.locator("#advance button").click()
    expect(page.get_by_role("heading", name="Stage 1 of 2: 5 %")).to_be_visible()
    page.locator("#hold summary").click()
    page.fill("#hold-reason", "The vendor calls back.")
    page.locator("#hold button").click()
    expect(page.get_by_text("Held by Thon until").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
