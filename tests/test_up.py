"""One command starts everything, keeps it running, and ends it (faults 3, 4 and 6, thin)."""

import os
import re
import signal
import socket
import time
from functools import partial
from itertools import pairwise

import pytest

from tests.harness.processes import end, free_port, launch, wait_until

pytestmark = pytest.mark.process

# A plan whose one check asks the demo service every two seconds.
MAKE_CHECK = """
from rollouts.models import HealthCheck
from warroom.models import DeploymentPlan
plan = DeploymentPlan.objects.create(slug="busy", name="Busy")
HealthCheck.objects.create(plan=plan, key="health", name="Health", url="{url}/health", interval_s=2)
"""
PRINT_TIMES = """
from rollouts.models import CheckResult
print("bands", sorted(set(CheckResult.objects.values_list("band", flat=True))))
for result in CheckResult.objects.order_by("at"):
    print("at", result.at.timestamp())

"""
MAKE_PERSON = "from warroom.models import User; User.objects.create_user('cora')"
COUNT_PEOPLE = "from warroom.models import User; print('people:', User.objects.count())"


def tick_is_fresh(product) -> bool:
    age = product.ready().get("tick_age_s")
    return age is not None and age < 3


def ends_in_time(product, number: int) -> bool:
    """Whether all of it is gone by itself: five seconds by its own clock, and the wait on top."""
    took = product.stop(number)
    said = re.search(r"stopped in ([\d.]+) s", product.said())
    return took < 8 and said is not None and float(said[1]) < 5 and product.pids() == []


def test_it_starts_says_where_it_is_and_ends_whole_on_ctrl_c(running_product):
    said = running_product.said()
    assert f"Warroom is ready at {running_product.url}" in said
    assert running_product.get("/healthz").status_code == 200
    wait_until(lambda: tick_is_fresh(running_product), 40, "the worker ticks")
    assert all(running_product.pids(name) for name in ("web", "worker", "tick", "broker"))
    assert ends_in_time(running_product, signal.SIGINT)


@pytest.mark.once("processes end alike")
def test_a_service_manager_ends_it_by_sigterm_and_the_next_start_is_quick(running_product):
    running_product.run_python(MAKE_PERSON)
    assert ends_in_time(running_product, signal.SIGTERM)
    began = time.monotonic()
    running_product.start()
    # 10 s on a machine of its own; other tests share this one.
    assert time.monotonic() - began < 30
    assert "people: 1" in running_product.run_python(COUNT_PEOPLE)


@pytest.mark.once("processes end alike")
def test_ctrl_c_ends_it_while_it_is_still_starting(make_product):
    product = make_product().launch()
    wait_until(product.pids, 30, "the first child")
    assert ends_in_time(product, signal.SIGINT)


@pytest.mark.once("the folder is locked, not the database")
def test_a_second_start_on_the_same_folder_says_so(running_product):
    log = running_product.var / "second"
    second = launch(running_product_command(running_product), log, env=running_product.env)
    assert second.wait(60) == 2
    assert "already runs" in log.read_text()
    assert running_product.url in log.read_text()
    assert running_product.get("/healthz").status_code == 200


def running_product_command(product) -> list[str]:
    assert product.process
    return list(product.process.args)


@pytest.mark.once("files of SQLite")
def test_what_it_makes_is_its_owners_alone(make_product):
    made = make_product().start().var  # with its first migrations
    for name in ("warroom.sqlite3", "log/web.log", "secret-key"):
        path = made / name
        assert not path.exists() or path.stat().st_mode & 0o077 == 0, name
    assert (made / "log" / "web.log").exists()


@pytest.mark.once("it ends before it asks any")
def test_a_taken_port_is_said_and_nothing_is_left_running(make_product):
    product = make_product()
    with socket.socket() as other:
        other.bind(("127.0.0.1", product.port))
        other.listen()
        process = product.launch().process
        assert process.wait(60) == 2
    assert f"port {product.port} is taken" in product.said()
    assert product.pids() == []


@pytest.mark.once("it ends before it asks any")
def test_the_demo_does_not_listen_where_others_reach_it(make_product):
    process = make_product("--demo", "--host", "0.0.0.0").launch().process
    assert process.wait(60) == 2


@pytest.mark.once("the supervisor asks none")
def test_a_killed_child_is_started_again_and_said(running_product):
    wait_until(lambda: tick_is_fresh(running_product), 40, "the worker ticks")
    for name in ("worker", "broker", "web", "tick"):
        killed = running_product.pids(name)
        os.kill(killed[0], signal.SIGKILL)
        running_product.wait_for_words(rf"{name} ended \(SIGKILL\); starting it again", 40)
        wait_until(partial(is_another, running_product, name, killed), 40, f"another {name}")
    wait_until(lambda: running_product.ready().get("broker") == "ok", 40, "the web answers")
    wait_until(lambda: tick_is_fresh(running_product), 40, "due work goes on")


def is_another(product, name: str, killed: list[int]) -> bool:
    """Whether ``name`` runs and nothing of the killed one is left."""
    now = product.pids(name)
    return bool(now) and not set(now) & set(killed)


def test_after_a_killed_supervisor_nothing_is_in_the_way_of_the_next(running_product):
    end(running_product.process, signal.SIGKILL)
    running_product.start()
    wait_until(lambda: tick_is_fresh(running_product), 40, "the worker ticks")
    assert len(running_product.pids("broker")) == 1


def test_checks_go_on_while_worker_is_killed_and_broker_gone(make_product, valkey, demo_service):
    """Fault 3: at most ten seconds late; afterwards the worker takes over again."""
    product = make_product(REDIS_URL=valkey.url, WARROOM_OUTBOUND_ALLOW=demo_service.target)
    product.migrated().start()
    product.run_python(MAKE_CHECK.format(url=demo_service.url))
    wait_until(lambda: tick_is_fresh(product), 40, "the worker ticks")
    log = product.var / "log" / "tick.log"
    began = time.time()
    os.kill(product.pids("worker")[0], signal.SIGKILL)
    valkey.kill()
    try:
        assert worst_tick_age(product, during_s=12) < 10
        assert "the tick does due work itself" in log.read_text()
    finally:
        valkey.start()

    def since_the_outage() -> str:
        return log.read_text().partition("no broker answers")[2]

    wait_until(lambda: "a worker answers" in since_the_outage(), 40, "the worker takes over")
    assert "broker ended" not in product.said()
    said = product.run_python(PRINT_TIMES)
    assert "bands ['green']" in said
    times = [began, *(float(line[3:]) for line in said.splitlines() if line.startswith("at "))]
    gaps = [late - early for early, late in pairwise(t for t in times if t >= began)]
    assert len(gaps) >= 4
    assert max(gaps) < 2 + 10


@pytest.mark.once("the broker is the same")
def test_due_work_goes_on_while_the_broker_is_frozen(make_product, valkey):
    """Fault 4: nothing waits for an answer that does not come."""
    product = make_product(REDIS_URL=valkey.url).migrated().start()
    wait_until(lambda: tick_is_fresh(product), 40, "the worker ticks")
    valkey.freeze()
    try:
        assert worst_tick_age(product, during_s=10) < 10
    finally:
        valkey.thaw()


def worst_tick_age(product, during_s: float) -> float:
    """The greatest age of the last look for due work, seconds, over ``during_s`` seconds."""
    worst = 0.0
    until = time.monotonic() + during_s
    while time.monotonic() < until:
        began = time.monotonic()
        age = product.ready().get("tick_age_s")
        assert age is not None, "the web answers without a broker"
        assert time.monotonic() - began < 2, "the web does not wait for the broker"
        worst = max(worst, float(age))
        time.sleep(0.25)
    return worst


@pytest.mark.once("the supervisor asks none")
def test_a_held_child_stays_ended_until_it_is_let_go(running_product):
    wait_until(lambda: tick_is_fresh(running_product), 40, "the worker ticks")
    running_product.manage("hold", "broker")
    running_product.wait_for_words("broker is held", 40)
    wait_until(lambda: running_product.ready().get("broker") == "no answer", 40, "no broker")
    assert worst_tick_age(running_product, during_s=6) < 10
    assert running_product.pids("broker") == []
    running_product.manage("hold", "broker", "--off")
    wait_until(lambda: running_product.ready().get("broker") == "ok", 40, "the broker is back")


@pytest.mark.once("it names a database of its own")
def test_a_database_that_does_not_answer_is_said_in_one_line(make_product):
    product = make_product(
        DATABASE_URL=f"postgres://nobody@127.0.0.1:{free_port()}/none",
        DJANGO_SECRET_KEY="only-for-tests-" + "k" * 50,
        DJANGO_ALLOWED_HOSTS="127.0.0.1",
    )
    assert product.launch().process.wait(60) == 1
    assert "the database does not answer" in product.said()
    assert "Traceback" not in product.said()
    assert product.pids() == []
