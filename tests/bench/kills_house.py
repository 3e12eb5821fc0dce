"""The release that is rolled back and the workers that die, for kills.py. Imported in a lane."""

import os
import signal
import time
from datetime import timedelta
from unittest import mock

import django
from django.core.management import call_command
from django.db import connections

django.setup()

from rollouts.actions import effects, observing  # noqa: E402
from rollouts.actions.desired import ADVANCE, ROLLBACK, set_desired  # noqa: E402
from rollouts.models import Effect, EffectState, Executor, Rollout  # noqa: E402
from rollouts.tasks import effects as delivering  # noqa: E402
from rollouts.tasks import observing as looking  # noqa: E402
from warroom.actions.change import change  # noqa: E402
from warroom.models import DeploymentPlan  # noqa: E402

LOOK_EVERY_S = 0.3


def make(url: str, lease_s: float) -> DeploymentPlan:
    """A release under way; with ``lease_s`` dead workers are replaced sooner than usual."""
    if lease_s:
        effects.LEASE = observing.LOOK_LEASE = timedelta(seconds=lease_s)
    call_command("migrate", verbosity=0, interactive=False)
    plan = DeploymentPlan.objects.create(name="Kills", slug="kills", lifecycle="deploying")
    Executor.objects.create(plan=plan, key="hook", name="Hook", kind="webhook", url=url)
    Rollout.objects.create(plan=plan, observe_url=f"{url}/share", observe_path="share")
    connections.close_all()
    return plan


def roll_back(plan: DeploymentPlan) -> int:
    """5 % is wanted and seen, then 0 %; return the generation of the rollback."""
    with change(plan, by="bench") as going:
        set_desired(going, 5, cause=ADVANCE)
    Rollout.objects.filter(plan=plan).update(actual_percent=5)
    with change(plan, by="bench") as back:
        rollout = set_desired(back, 0, cause=ROLLBACK)
    connections.close_all()
    return rollout.generation


def is_seen(plan: DeploymentPlan, generation: int) -> bool:
    seen = _is_done(generation)
    connections.close_all()
    return seen


def _is_done(generation: int) -> bool:
    """Whether the share was seen and the call for it accepted: nothing is left to be done."""
    rows = Effect.objects.filter(generation=generation, state=EffectState.DONE)
    return rows.filter(plan__rollout__verified_at__isnull=False).exists()


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(5)


def then_die(work):
    """Do it, and be killed before anybody can use what came of it."""

    def wrapped(*rest, **named):
        work(*rest, **named)
        die()

    return wrapped


FAULTS = {
    "before the claim": lambda: mock.patch.object(delivering, "claim_effects", die),
    "after the claim": lambda: mock.patch.object(
        delivering, "claim_effects", then_die(delivering.claim_effects)
    ),
    "before the call": lambda: mock.patch.object(delivering, "order_of", die),
    "after the call, before the commit": lambda: mock.patch.object(delivering, "note_answer", die),
    "after the commit": lambda: mock.patch.object(
        delivering, "note_answer", then_die(delivering.note_answer)
    ),
    "while it is observed": lambda: mock.patch.object(looking, "record_actual", die),
}


def work(within_s: float, point: str, generation: int = 0) -> None:
    """Do what is due until the rollback is seen; with a ``point`` be killed there."""
    if point:
        FAULTS[point]().start()
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        delivering.move_due_here()
        if generation and _is_done(generation):
            return
        time.sleep(LOOK_EVERY_S)
