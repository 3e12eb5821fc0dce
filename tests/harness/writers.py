"""Several processes that write to one plan at once; for ``manage.py shell``."""

import json
import os
import time
from collections import Counter

from django.db import connections

from warroom.actions.change import change
from warroom.models import DeploymentPlan


def write(plan: DeploymentPlan, number: int, seconds: float) -> tuple[int, Counter]:
    """Record changes one after another; return how many were acknowledged and what failed."""
    done, failed = 0, Counter()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with change(plan, by=f"writer {number}") as writing:
                writing.record("plan.noted", f"note {done} of writer {number}")
        except Exception as error:
            failed[f"{type(error).__name__}: {error}"] += 1
        else:
            done += 1
    return done, failed


def run(writers: int, seconds: float) -> dict[str, object]:
    """Make a plan and write; say how many changes were acknowledged, are there, failed."""
    plan = DeploymentPlan.objects.create(slug="busy", name="Busy")
    connections.close_all()
    readers = [_fork(plan, number, seconds) for number in range(writers)]
    acknowledged, failed = 0, Counter()
    for reader in readers:
        with os.fdopen(reader) as answer:
            done, wrong = json.loads(answer.read())
        acknowledged += done
        failed.update(wrong)
        os.wait()
    plan.refresh_from_db()
    return {
        "acknowledged": acknowledged,
        "events": plan.events.count(),
        "sequence": plan.timeline_seq,
        "failed": failed,
    }


def _fork(plan: DeploymentPlan, number: int, seconds: float) -> int:
    """Start one writer; return the end of a pipe on which its result comes as JSON."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        with os.fdopen(writer, "w") as answer:
            json.dump(write(plan, number, seconds), answer)
        connections.close_all()
        os._exit(0)
    os.close(writer)
    return reader
