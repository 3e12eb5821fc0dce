"""Scenario 4: the bell hangs, neither answering nor refusing. Nobody who acts waits for it."""

import os
import signal
import time

import pytest

from tests.warroom.test_database_gone import Visitor
from tests.web_process import house, valkey

pytestmark = pytest.mark.process
STAGED = """
from rollouts.actions.desired import set_desired
from rollouts.models import Stage
from warroom.actions.change import change
Stage.objects.create(plan=plan, number=1, from_percent=0, to_percent=5)
with change(plan, by="test") as moving:
    Stage.objects.filter(plan=plan).update(state="running", started_at=moving.at)
    set_desired(moving, 5, cause="advance")
    moving.record("stage.started", "Stage 1 began", stage=1, before=0, after=5)
"""
BACK = """
import time
from rollouts.actions.rollbacks import start_rollback
begun = time.monotonic()
start_rollback(plan, by="rule", reason="Red for five minutes.")
took = time.monotonic() - begun
plan.refresh_from_db()
answer = [took, plan.verdict]
"""


def test_with_redis_frozen_a_tick_takes_a_second_at_most_and_a_rollback_fires(tmp_path):
    """Scenario 4. Without the bell's short patience each of them would hang with it."""
    (tmp_path / "broker").mkdir()
    with valkey(tmp_path / "broker") as (bell, url), house(tmp_path, REDIS_URL=url) as place:
        place.do(STAGED)
        place.open()
        cora = Visitor(place)
        assert cora.ask("/plans/genesis-4/items/1/state", state="done")[0] == 302
        os.kill(bell.pid, signal.SIGSTOP)
        took = []
        for number in (2, 3, 4):  # the quickest counts: the machine may be busy with other tests
            begun = time.monotonic()
            status, _ = cora.ask(f"/plans/genesis-4/items/{number}/state", state="done")
            took.append(time.monotonic() - begun)
            assert status == 302
        assert min(took) <= 1.0, took
        back, verdict = place.do(BACK)
        assert verdict == "rollback"
        assert back <= 5.0
