"""A rollout goes on and is held from a phone without script (S45, S68, law 15)."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_frame import PHONE, barriers_on

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


WHEELS = "/plans/on-wheels/"
PAGES = (
    "rollout/", "rollback/", "rollback/1/", "rollout/rounds/", "rollout/recovery/",
    "rollout/success/", "rollout/stages/", "rollout/stages/1/", "rollout/guardrails/new/",
    "checks/", "checks/metric/p95-latency/edit/", "checks/metric/new/", "checks/import/",
    "checks/baseline/", "checks/tuning/", "checks/check/new/", "checks/check/web/", "alerts/",
    "escalation/", "settings/",
)  # fmt: skip
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


@pytest.mark.parametrize(
    ("viewport", "theme"), [({"width": 1440, "height": 900}, "light"), (PHONE, "dark")]
)
def test_no_page_of_a_rollout_has_a_barrier_or_scrolls_sideways(sign_in, house, viewport, theme):
    house.run_python(ROLLED_BACK)
    page, wide = sign_in("cora", viewport=viewport, color_scheme=theme), []
    where = [f"{WHEELS}{part}" for part in PAGES]
    for address in where:
        assert page.goto(address).status == 200, address
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wide.append(address)
    assert wide == []
    assert barriers_on(page, where) == []
