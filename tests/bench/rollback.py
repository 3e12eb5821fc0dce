"""From red that lasts to the request to take the traffic back, with nobody online.

A watched service begins to fail; the time runs from its first bad answer to the moment at which
the executor's receiver is asked for 0 %. Baseline: window + interval + 5 s. ``RUNS`` and ``KILL``
(watchdogs are killed at random times, two run) come from the environment.
"""

import os
import random
import statistics
import tempfile
import threading
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "warroom.settings")
django.setup()

from tests.rollouts.nobody import INTERVAL_S, WINDOW_S, night  # noqa: E402

RUNS, KILL = int(os.environ.get("RUNS", "50")), os.environ.get("KILL", "") == "1"
AGAIN = """
from rollouts.actions.resuming import resume_rollout
check.refresh_from_db()
HealthCheck.objects.filter(pk=check.pk).update(
    band="green", red_since=None, red_at=None, reds=0, due_at=timezone.now())
with change(plan, by="bench") as changing:
    set_desired(changing, 5, cause="resume")
    Stage.objects.filter(plan=plan).update(state="running", started_at=changing.at)
    changing.record("rollout.resumed", "Again")
"""
COUNT = "answer = plan.events.filter(kind='rollback.started').count()"


def run() -> dict:
    """Figures of ``RUNS`` rollbacks in seconds, and how many effects were lost or doubled."""
    took: list[float] = []
    with tempfile.TemporaryDirectory() as folder, night(Path(folder)) as scene:
        dogs = [scene.start() for _ in range(2 if KILL else 1)]
        for number in range(RUNS):
            if number:
                _begin_again(scene)
            scene.until(lambda: scene.service.share == 5, 30)
            if KILL:
                threading.Thread(target=_kill, args=(scene, dogs), daemon=True).start()
            scene.service.fail()
            scene.until(lambda: scene.service.asked_back, 60)
            took.append(scene.service.asked_back[0] - scene.service.first_red)
        started, applied = scene.place.do(COUNT), scene.service.applied
    backs = list(applied.values()).count(0)
    return {
        "runs": RUNS,
        "red to request p50 s": round(statistics.median(took), 2),
        "red to request p99 s": round(sorted(took)[max(0, int(len(took) * 0.99) - 1)], 2),
        "red to request max s": round(max(took), 2),
        "baseline window + interval + 5 s": WINDOW_S + INTERVAL_S + 5,
        "over the baseline": sum(one > WINDOW_S + INTERVAL_S + 5 for one in took),
        "rollbacks started": started,
        "effects lost": RUNS - backs if backs < RUNS else 0,
        "effects doubled": max(0, backs - RUNS),
        "killed": KILL,
    }


def _begin_again(scene) -> None:
    service = scene.service
    service.bad_at = service.first_red = None
    service.asked_back.clear()
    time.sleep(random.uniform(0, 1))
    scene.place.do(AGAIN)


def _kill(scene, dogs) -> None:
    """Kill one of two watchdogs at some moment of the rollback, and start another."""
    time.sleep(random.uniform(0, 4))
    dogs.pop(0).kill()
    dogs.append(scene.start())
