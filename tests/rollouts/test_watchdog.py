"""The watchdog decides from the database alone (R9; scenarios 5, 7, 8, 10, 23, 36, 37)."""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from rollouts.tasks import watchdog as module
from rollouts.tasks.watchdog import Stuck, Watchdog
from tests.rollouts.nobody import INTERVAL_S, WINDOW_S, night
from warroom import tasks
from warroom.live import panels
from warroom.models import WorkerTick
from warroom.queries.work import last_looks


@pytest.fixture
def did():
    return []


def dog(did, **more):
    return Watchdog(**{"work": did.append, "guard": lambda: did.append("guard") or 0} | more)


@pytest.mark.django_db(transaction=True)
def test_it_does_due_work_only_where_nobody_has_for_three_seconds(did):
    """Scenario 8."""
    tasks.run_due()
    beating = dog(did)
    beating.beat()
    assert did == ["guard"]
    WorkerTick.objects.update(at=timezone.now() - timedelta(seconds=4))
    beating.beat()
    beating.wait()
    assert did == ["guard", "guard", beating.name]


@pytest.mark.django_db(transaction=True)
def test_its_beat_is_no_workers(did):
    beating = dog(did)
    beating.beat()
    beating.wait()
    ticked, watched = last_looks()
    assert ticked is None
    assert timezone.now() - watched < timedelta(seconds=5)


@pytest.mark.django_db(transaction=True)
def test_work_that_hangs_holds_up_no_guardrail_and_ends_the_process_in_the_end(did, monkeypatch):
    """Scenario 10: the supervisor starts it anew."""
    hanging = threading.Event()
    beating = dog(did, work=lambda _: hanging.wait(10))
    beating.beat()
    beating.beat()
    assert did == ["guard", "guard"]
    monkeypatch.setattr(module, "STUCK_S", 0.0)
    with pytest.raises(Stuck):
        beating.beat()
    hanging.set()
    beating.wait()


def test_a_database_that_is_away_is_waited_for(monkeypatch):
    monkeypatch.setattr(module, "PERIOD_S", 0.0)
    beats = [OperationalError("away"), OperationalError("away"), None]

    class Beating:
        def beat(self):
            if error := beats.pop(0):
                raise error

    monkeypatch.setattr(module, "close_old_connections", lambda: None)
    monkeypatch.setattr(module.connections, "close_all", lambda: None)
    module.run(lambda: not beats, Beating())
    assert not beats


@pytest.mark.parametrize(
    ("worker_s", "dog_s", "says"),
    [
        (1, 1, []),
        (60, 1, ["The worker is silent", "guardrails hold"]),
        (60, 60, ["The worker is silent", "nothing advances", "The watchdog is silent"]),
        (1, 60, ["The watchdog is silent", "Workers still judge"]),
    ],
)
def test_the_room_says_who_is_silent(plan, worker_s, dog_s, says):
    """Scenario 8: within thirty seconds."""
    now = timezone.now()
    for name, age in (("host", worker_s), ("watchdog:host", dog_s)):
        WorkerTick.objects.create(name=name, at=now - timedelta(seconds=age))
    said = panels.render(panels.get("silence"), plan, now)
    assert all(words in said for words in says)
    assert (" hidden>" in said) == (not says)


@pytest.mark.django_db
def test_readyz_tells_of_it(client):
    assert client.get("/readyz").json()["watchdog"] == "none"
    WorkerTick.objects.create(name="watchdog:host", at=timezone.now())
    assert client.get("/readyz").json()["watchdog"] == "ok"
    WorkerTick.objects.update(at=timezone.now() - timedelta(minutes=1))
    assert client.get("/readyz").json()["watchdog"] == "late"


# --- with real processes ---------------------------------------------------------------------


@pytest.mark.process
@pytest.mark.django_db
def test_sustained_red_rolls_back_with_everything_else_dead(tmp_path):
    """Scenarios 5, 36 and 37: no broker, no tick, no worker, no web, nobody online."""
    with night(tmp_path) as scene:
        scene.start()
        scene.until(lambda: scene.service.share == 5, 60)
        scene.service.fail()
        scene.until(lambda: scene.service.asked_back, 60)
        took = scene.service.asked_back[0] - scene.service.first_red
        assert WINDOW_S <= took <= WINDOW_S + INTERVAL_S + 5
        assert scene.kinds().count("rollback.started") == 1


@pytest.mark.process
@pytest.mark.django_db
def test_two_watchdogs_and_a_tick_of_which_one_is_killed_roll_back_once(tmp_path):
    """Scenarios 1, 7 and 23: killed around the decision; one rollback and one effect."""
    with night(tmp_path) as scene:
        first, _, _ = scene.start(), scene.start(), scene.start("tick")
        scene.until(lambda: scene.service.share == 5, 60)
        scene.service.fail()
        scene.until(lambda: scene.service.first_red, 60)
        scene.until(lambda: "rollback.started" in scene.kinds() or scene.service.asked_back, 60)
        first.kill()
        scene.until(lambda: scene.service.asked_back, 60)
        assert scene.kinds().count("rollback.started") == 1
        assert "rollback.repeated" not in scene.kinds()
        assert list(scene.service.applied.values()) == [5, 0]
