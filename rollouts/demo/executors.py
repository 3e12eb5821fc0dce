"""The demo's traffic: the demo service's own feature flag moves it, and its knobs show it."""

from datetime import datetime

from django.conf import settings

from rollouts.actions.executors import (
    Sight,
    Wanted,
    carry_out_again,
    save_executor,
    save_sight,
)
from rollouts.models import Effect, EffectState, Rollout
from warroom.demo.metrics import FLAG
from warroom.models import DeploymentPlan, User

BY = "demo"
TOKEN = "WARROOM_SECRET_DEMO_FLAGS"


def fill(plan: DeploymentPlan, admin: User, now: datetime) -> None:
    """Let the flag move the traffic, at the address that the service has this time."""
    address = settings.DEMO_SERVICE_URL.rstrip("/")
    if not address:
        return
    flag = Wanted(
        kind="unleash",
        name=f"Flag {FLAG}",
        url=address,
        secret_env=TOKEN,
        options={"feature": FLAG},
        command='python scripts/deploy.py deploy --strategy custom --steps "{before},{percent}"',
        rollback_command="python scripts/deploy.py rollback",
    )
    save_executor(plan, flag, by=BY)
    save_sight(plan, Sight(url=f"{address}/knobs", path="rollout_percentage"), by=BY)


def carry_out(plan: DeploymentPlan) -> None:
    """Let the service stand where the room says, if nobody was called for it yet."""
    rollout = Rollout.objects.filter(plan=plan).first()
    if rollout is None or not plan.executors.exists():
        return
    made = (EffectState.SENT, EffectState.DONE, EffectState.DUE)
    own = Effect.objects.filter(plan=plan, generation=rollout.generation, state__in=made)
    if rollout.desired_at is not None and not own.exists():
        carry_out_again(plan, by=BY, generation=rollout.generation)
