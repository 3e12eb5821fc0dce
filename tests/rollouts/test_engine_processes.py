"""Checks go on whatever becomes of a worker's task or of the broker's memory."""

import time
from itertools import pairwise

import pytest
import redis

from tests import hanging
from tests.harness.processes import wait_until
from tests.test_up import MAKE_CHECK, PRINT_TIMES, tick_is_fresh

pytestmark = pytest.mark.process


def test_a_hanging_task_and_an_emptied_broker_lose_no_check(make_product, valkey, demo_service):
    """Scenarios 10 and 5: killed at its limit, the others at most 2 s late; nothing due is lost."""
    product = make_product(
        REDIS_URL=valkey.url,
        WARROOM_OUTBOUND_ALLOW=demo_service.target,
        WARROOM_TASK_LIMIT_S="4",
        DJANGO_SETTINGS_MODULE="tests.hanging_settings",
    )
    product.migrated().start()
    product.run_python(MAKE_CHECK.format(url=demo_service.url))
    wait_until(lambda: tick_is_fresh(product), 40, "the worker ticks")
    began = time.time()
    (product.var / hanging.ASKED).touch()
    wait_until((product.var / hanging.TAKEN).exists, 40, "a task hangs")
    broker = redis.Redis.from_url(valkey.url)
    for _ in range(16):
        broker.flushall()
        time.sleep(0.5)
    log = product.var / "log" / "worker.log"
    wait_until(lambda: "Hard time limit (4" in log.read_text(), 40, "it is killed")
    said = product.run_python(PRINT_TIMES)
    broker.close()
    times = [float(line[3:]) for line in said.splitlines() if line.startswith("at ")]
    gaps = [late - early for early, late in pairwise([began, *(t for t in times if t >= began)])]
    assert len(gaps) >= 3 and "bands ['green']" in said
    assert max(gaps) <= 2 + 2 + 1, "every two seconds, two late, one for a busy machine"
