"""A whole release by keyboard alone: sign in, tick, note, sign off, vote."""

import contextlib

import pytest
from playwright.sync_api import Page, TimeoutError, expect

pytestmark = pytest.mark.browser

ROOM = "/plans/quay/"
SEED = """
from django.utils import timezone
from checklists.models import ChecklistItem, Gate, Phase
from warroom.models import DeploymentPlan, Role, Seat, User
plan = DeploymentPlan.objects.create(slug="quay", name="Quay", lifecycle="watching",
    t0=timezone.now())
role = Role.objects.create(plan=plan, key="deployment-lead", name="Deployment Lead",
    rights="edit tick sign vote decide run".split())
Seat.objects.create(role=role, user=User.objects.get(username="cora"))
phase = Phase.objects.create(plan=plan, number=1, title="Ready")
for n in (1, 2, 3):
    ChecklistItem.objects.create(plan=plan, phase=phase, number=n, position=n, text=f"Step {n}")
Gate.objects.create(plan=plan, key="gate-1", number=1, title="Gate 1")
"""


def go(page: Page, letter: str, ends: str) -> None:
    for _ in range(3):  # on a busy machine the two keys may come too far apart
        page.keyboard.press("g")
        page.keyboard.press(letter)
        with contextlib.suppress(TimeoutError):
            page.wait_for_url(f"**{ends}", timeout=10_000)
            return
    raise AssertionError(f"g {letter} does not lead to {ends}, but to {page.url}")


def tab_to(page: Page, selector: str, presses: int = 120) -> None:
    """Press Tab until the element has the focus, as somebody without a mouse would."""
    for _ in range(presses):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {selector} on {page.url}")


def test_everything_a_lead_does_can_be_done_by_keyboard(sign_in, house):
    house.run_python(SEED)
    page = sign_in()
    tab_to(page, "[name=username]")
    page.keyboard.type("cora")
    page.keyboard.press("Tab")
    page.keyboard.type("pw")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)
    page.goto(ROOM)

    go(page, "c", "/checklist/")
    page.keyboard.press("j")
    expect(page.locator("#tick-1")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#tick-1")).to_have_attribute("aria-checked", "true")
    page.keyboard.press("j")
    page.keyboard.press("e")
    tab_to(page, ".item__more[open] textarea", 5)
    page.keyboard.type("Seen by two of us")
    tab_to(page, ".item__more[open] .btns .btn", 5)
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    expect(page.locator("main")).to_contain_text("Seen by two of us")

    tab_to(page, "#signoff summary")
    page.keyboard.press("Enter")
    tab_to(page, "#signoff [name=decision]", 10)
    page.keyboard.type("Rejected")
    tab_to(page, "#signoff [name=comment]", 10)
    page.keyboard.type("Step 2 is not done")
    tab_to(page, "#signoff button.btn--go", 10)
    page.keyboard.press("Enter")
    expect(page.locator("#signoffs-1")).to_contain_text("Rejected by Cora")

    go(page, "g", "/gates/gate-1/")
    tab_to(page, "#vote [name=vote]")
    page.keyboard.press("Space")
    tab_to(page, "#vote button.btn--go", 20)
    page.keyboard.press("Enter")
    expect(page.locator("#votes-gate-1")).to_contain_text("Deployment Lead: ")


def test_what_moves_stands_still_for_who_asks_for_it_and_forced_colours_keep_the_shapes(sign_in):
    """Reduced motion and forced colours: nothing runs, and a verdict still has its frame."""
    page = sign_in("cora", reduced_motion="reduce", forced_colors="active")
    page.goto("/plans/genesis-4/")
    moving = page.evaluate("document.getAnimations().filter(a => a.playState === 'running').length")
    assert moving == 0
    assert page.locator(".vchip").first.evaluate("e => getComputedStyle(e).borderStyle") == "solid"
