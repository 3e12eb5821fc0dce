"""What the demo shows: two releases of the documents that ship with it, one of them under way.

Made by the product's own importer. Nothing is made twice: a second call keeps what people did, and
only points the checks at the demo service's present address.
"""

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
from rollouts.demo import checks, executors, guardrails, metrics, recovery, rounds
from rollouts.models import Stage, StageState
from warroom import demo
from warroom.actions.imports import import_plan
from warroom.demo.accounts import make_admin, seat_everybody
from warroom.models import DeploymentPlan, User

DOCUMENTS = Path(demo.__file__).parent
CHECKLIST, ROLLOUT = "production-deployment", "progressive-rollout"
# The rollout is shown in the last quarter of an hour before its first go/no-go.
INTO_STAGE_1 = timedelta(hours=11, minutes=46)
UNTIL_WINDOW = timedelta(hours=18)
CHECKS = (("service-health", "Service health", "/health"), ("metrics", "Metrics page", "/metrics"))


def make_rooms() -> None:
    """Make what is missing: accounts, the two releases, seats and checks."""
    admin = make_admin()
    now = timezone.now().replace(second=0, microsecond=0)
    checklist = _plan(CHECKLIST, now + UNTIL_WINDOW, admin)
    rollout = _plan(ROLLOUT, now - INTO_STAGE_1, admin)
    for plan in (checklist, rollout):
        seat_everybody(plan, by=admin)
    if not Stage.objects.filter(plan=rollout).exclude(state=StageState.PENDING).exists():
        decide_launch(rollout)
        metrics.fill(rollout, admin, now)
        ask_for_results(rollout, admin)  # before it: a new question begins the soak anew
        _begin_stage_1(rollout)
    _point_checks(rollout)
    executors.fill(rollout, admin, now)
    checks.fill(rollout, admin, now)
    rounds.fill(rollout, admin, now)
    guardrails.fill(rollout, admin, now)
    recovery.fill(rollout, admin, now)
    if not rollout.results.exists():
        bring_results(rollout, now, "demo")
    fill_registers(rollout, now, "demo")
    score_categories(rollout)
    name_deputies(rollout)
    run_load(rollout, admin)
    tell_risks(rollout, admin)
    prepare_meeting(checklist, now)


def _plan(name: str, t0: datetime, admin: User) -> DeploymentPlan:
    plan = DeploymentPlan.objects.filter(slug=name).first()
    if plan is None:
        path = DOCUMENTS / f"{name}.md"
        plan = import_plan(path.read_bytes(), by=admin, slug=name, t0=t0, source_name=path.name)
    return plan


def _begin_stage_1(plan: DeploymentPlan) -> None:
    """Stage 1 has been live since a quarter past T0."""
    stage = Stage.objects.filter(plan=plan).order_by("number").first()
    if stage is None or plan.t0 is None:
        return
    began = plan.t0 + timedelta(minutes=15)
    advance(plan, to_percent=stage.to_percent, by="demo", at=began)


def _point_checks(plan: DeploymentPlan) -> None:
    """Checks of the demo service, at the address that it has this time."""
    address = settings.DEMO_SERVICE_URL.rstrip("/")
    if not address:
        return
    for place, (key, name, path) in enumerate(CHECKS, start=1):
        watch_url(plan, key, name, address + path, by="demo", position=place)
