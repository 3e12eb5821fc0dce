"""A running product with one release in it, and people who look at it through real browsers."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.harness.product import Product

SEED = """
from datetime import timedelta
from django.utils import timezone
from checklists.models import ChecklistItem, Criterion, Gate, Phase
from warroom.models import DeploymentPlan, Role, Seat, User
now = timezone.now()
plan = DeploymentPlan.objects.create(
    slug="genesis-4", name="Genesis Phase 4", version="v4.0.0", environment="production",
    lifecycle="watching", t0=now - timedelta(hours=11, minutes=46),
    verdict="hold", verdict_since=now - timedelta(minutes=52),
    verdict_sentence="P95 latency is 236 ms, above its 200 ms target. One yellow holds the stage.",
    verdict_counts="5 of 6 criteria green", verdict_valid_until=now + timedelta(days=1))
ROLES = {
    "cora": ("deployment-lead", "Deployment Lead", "edit tick sign vote decide run"),
    "thon": ("on-call", "On-Call", "tick sign vote run"),
    "vera": ("observer", "Observer", ""),
}
for name, (key, title, rights) in ROLES.items():
    person = User.objects.create_user(name, password="pw", first_name=name.title())
    role = Role.objects.create(plan=plan, key=key, name=title, rights=rights.split())
    Seat.objects.create(role=role, user=person)
phase = Phase.objects.create(plan=plan, number=1, title="System readiness")
for number in range(1, 13):
    ChecklistItem.objects.create(
        plan=plan, phase=phase, number=number, position=number, text=f"Step {number}",
        blocking=number == 12)
gate = Gate.objects.create(plan=plan, key="gate-1", number=1, title="Gate 1, to 10 %")
Criterion.objects.create(gate=gate, key="error-rate", position=1, label="Error rate",
    target_text="< 0.1 %", green_op="<", green_value=0.1, red_op=">", red_value=1, unit="%")
Role.objects.create(plan=plan, key="tech-lead", name="Technical Lead", holder="Alex")
"""


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product, up for the session, with the release 'genesis-4' and its people."""
    product = Product(tmp_path_factory.mktemp("house")).migrated().start()
    try:
        product.run_python(SEED)
        yield product
    finally:
        product.clean_up()


@pytest.fixture
def sign_in(house: Product, new_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """A page of a new browser, signed in: ``sign_in("thon", viewport=PHONE)``.

    Whatever the browser's console complains of fails the test, but for what ``expected`` names.
    """
    complaints: list[str] = []

    def open_browser(name: str = "", **options) -> Page:
        page = new_context(base_url=house.url, **options).new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: _note(complaints, line))
        page.goto("/sign-in/")
        if name:
            page.fill("[name=username]", name)
            page.fill("[name=password]", "pw")
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/")
        return page

    yield open_browser
    assert complaints == []


def _note(complaints: list[str], line) -> None:
    # The browser itself reports answers of 4xx and a cut network as errors; tests look at those.
    lines = ("Failed to load resource", "net::ERR_", "htmx:")
    if line.type in ("error", "warning") and not line.text.startswith(lines):
        complaints.append(line.text)
