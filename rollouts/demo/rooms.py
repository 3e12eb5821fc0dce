"""What the demo shows: two releases of the documents that ship with it, one of them under way.

Made by the product's own importer and actions, each under the clock of its day. Nothing is made
twice: a second call keeps what people did, and only points the checks at the demo service's present
address.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from checklists.demo_deputies import name_deputies
from checklists.demo_evidence import ask_for_results, bring_results
from checklists.demo_findings import fill_registers
from checklists.demo_gates import decide_launch, prepare_meeting
from checklists.demo_load import run_load
from checklists.demo_readiness import score_categories
from checklists.demo_risks import tell_risks
from rollouts.actions.checks import watch_url
from rollouts.actions.stages import advance
from rollouts.actions.verdicts import apply_verdict
from rollouts.demo import checks, executors, guardrails, metrics, past, recovery, rounds
from rollouts.models import Rollout, Stage, StageState
from warroom import demo
from warroom.actions.imports import import_plan
from warroom.demo.accounts import make_admin, seat_everybody
from warroom.demo.clock import standing_at
from warroom.models import DeploymentPlan, User

DOCUMENTS = Path(demo.__file__).parent
CHECKLIST, ROLLOUT = "production-deployment", "progressive-rollout"
# The rollout is shown in the last quarter of an hour before its first go/no-go.
INTO_STAGE_1 = timedelta(hours=11, minutes=46)
UNTIL_WINDOW = timedelta(hours=18)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SEEN = 20 * MINUTE  # after T0: when the first share was seen, and every reading was green
CHECKS = (("service-health", "Service health", "/health"), ("metrics", "Metrics page", "/metrics"))


def make_rooms() -> None:
    """Make what is missing: accounts, the two releases, seats and checks."""
    admin = make_admin()
    now = timezone.now().replace(second=0, microsecond=0)
    _make_checklist(admin, now)
    _make_rollout(admin, now)


def _make_checklist(admin: User, now: datetime) -> None:
    """A release that is being prepared, its meeting some hours ahead."""
    at = _clock(CHECKLIST)
    with at(now - 6 * DAY):
        plan = _plan(CHECKLIST, now + UNTIL_WINDOW, admin)
        seat_everybody(plan, by=admin)
    with at(now - 2 * HOUR):
        prepare_meeting(plan, now)


def _make_rollout(admin: User, now: datetime) -> None:
    """A release that is under way, with the days before it and half a day of watching."""
    at = _clock(ROLLOUT)
    t0 = now - INTO_STAGE_1
    with at(t0 - 9 * DAY):
        plan = _plan(ROLLOUT, t0, admin)
        seat_everybody(plan, by=admin)
    fresh = not Stage.objects.filter(plan=plan).exclude(state=StageState.PENDING).exists()
    t0 = plan.t0 or t0
    with at(t0 - 6 * DAY):
        _set_up(plan, admin, now)
    with at(t0 - DAY):
        fill_registers(plan, now, "demo")
        run_load(plan, admin)
        name_deputies(plan)
    with at(t0 - 3 * HOUR):
        checks.fill(plan, admin, t0 - 3 * HOUR if fresh else now)
    with at(t0 - 12 * MINUTE):
        recovery.fill(plan, admin, now)
    if fresh:
        _go_live(plan, admin, t0, now)
    with at(t0 + 18 * MINUTE):
        score_categories(plan)
        tell_risks(plan, admin)
    if fresh:
        _watch(plan, t0, now)
        with at(now - 3 * MINUTE):
            bring_results(plan, now, "demo")
    executors.carry_out(plan)


def _clock(slug: str) -> Callable[[datetime], AbstractContextManager[None]]:
    """The clock of a release that is made now; the time of the day for one that is there."""
    made = DeploymentPlan.objects.filter(slug=slug).exists()
    return lambda moment: standing_at(None if made else moment)


def _set_up(plan: DeploymentPlan, admin: User, now: datetime) -> None:
    """What is watched, what moves the traffic, what rolls back, and who looks how often."""
    metrics.fill(plan, admin, now)
    ask_for_results(plan, admin)
    _point_checks(plan)
    executors.fill(plan, admin, now)
    guardrails.fill(plan, admin, now)
    rounds.fill(plan, admin, now)


def _go_live(plan: DeploymentPlan, admin: User, t0: datetime, now: datetime) -> None:
    """The launch is decided, and the first stage begins: its share is seen five minutes later."""
    with standing_at(t0 + 2 * MINUTE):
        decide_launch(plan)
    stage = Stage.objects.filter(plan=plan).order_by("number").first()
    if stage is None:
        return
    with standing_at(t0 + 15 * MINUTE):
        advance(plan, to_percent=stage.to_percent, by="demo")
    seen = t0 + SEEN
    seen_now = {"actual_percent": stage.to_percent, "actual_at": now, "verified_at": seen}
    Rollout.objects.filter(plan=plan).update(**seen_now)
    soaked = {"observed_s": (now - seen).total_seconds(), "claimed_s": 0, "soak_from": seen}
    Stage.objects.filter(pk=stage.pk).update(**soaked)


def _watch(plan: DeploymentPlan, t0: datetime, now: datetime) -> None:
    """Half a day in which all was green, and somebody looked every quarter of an hour."""
    green = t0 + SEEN
    past.fill(plan, green, now)
    past.read_at(plan, green)
    with standing_at(green):
        apply_verdict(plan)
    on_call = User.objects.filter(username="thon", seats__role__plan=plan).first()
    if on_call is not None:
        rounds.perform(DeploymentPlan.objects.get(pk=plan.pk), on_call, now)
    past.read_at(plan, now)


def _plan(name: str, t0: datetime, admin: User) -> DeploymentPlan:
    plan = DeploymentPlan.objects.filter(slug=name).first()
    if plan is None:
        path = DOCUMENTS / f"{name}.md"
        plan = import_plan(path.read_bytes(), by=admin, slug=name, t0=t0, source_name=path.name)
    return plan


def _point_checks(plan: DeploymentPlan) -> None:
    """Checks of the demo service, at the address that it has this time."""
    address = settings.DEMO_SERVICE_URL.rstrip("/")
    if not address:
        return
    for place, (key, name, path) in enumerate(CHECKS, start=1):
        watch_url(plan, key, name, address + path, by="demo", position=place)
