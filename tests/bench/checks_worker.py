"""The process that asks, for tests/bench/checks.py: prints its figures as JSON."""

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import NamedTuple

import django

django.setup()

import requests  # noqa: E402
from django.db import connections  # noqa: E402
from django.utils import timezone  # noqa: E402

from rollouts.models import (  # noqa: E402
    CheckResult,
    EngineSpan,
    HealthCheck,
    PrometheusQuery,
    PrometheusSource,
)
from rollouts.tasks.probing import probe_due  # noqa: E402
from tests.bench.checks import CHECKS, QUERIES  # noqa: E402
from warroom.models import DeploymentPlan  # noqa: E402

ROUNDS, THREADS = 3, 32
DAY = 86_400


def main(port: int) -> None:
    plan = DeploymentPlan.objects.create(slug="bench", name="Bench", lifecycle="watching")
    url = f"http://127.0.0.1:{port}/health"
    HealthCheck.objects.bulk_create(
        HealthCheck(
            plan=plan, key=f"c{n}", name=f"Check {n}", url=url, interval_s=DAY, history=half_a_day()
        )
        for n in range(CHECKS)
    )
    found = side_by_side()
    ratios = {
        f"ratio to {name}": round(found["ours"]["per_s"] / found[name]["per_s"], 1)
        for name in ("asked only", "with writes")
    }
    hanging = with_one_hanging(plan, port)
    print(json.dumps({**found, **ratios, "one hanging": hanging, "promql": promql(plan)}))


def half_a_day() -> dict:
    """The history of a check that was asked for as long as a history reaches."""
    now = int(time.time())
    return {"step": 480, "points": [[now - 480 * n, 21.5, "green"] for n in range(89, 0, -1)]}


def side_by_side() -> dict:
    """One after the other in each round, so that what else runs slows all of them alike."""
    ways = {
        "ours": ours,
        "asked only": lambda: baseline(writes=False),
        "with writes": lambda: baseline(writes=True),
    }
    ours()  # what is opened and imported once
    rounds = [{name: way() for name, way in ways.items()} for _ in range(ROUNDS)]
    return {name: figures([one[name] for one in rounds]) for name in ways}


def due_again() -> None:
    """All are due at this moment, as if they had been read one interval ago."""
    now = timezone.now()
    HealthCheck.objects.update(
        due_at=now, read_at=now - timedelta(seconds=DAY), lease_until=None, lease_token=""
    )
    EngineSpan.objects.all().delete()


class Round(NamedTuple):
    """Seconds, for all checks together."""

    took: float
    cpu: float
    lag_p99: float


def ours() -> Round:
    due_again()
    began, before, at = time.perf_counter(), time.process_time(), timezone.now()
    probe_due()
    while HealthCheck.objects.filter(read_at__lt=at).exists():
        time.sleep(0.05)  # looking costs as well
    took, cpu = time.perf_counter() - began, time.process_time() - before
    return Round(took, cpu, max(EngineSpan.objects.values_list("lag_p99_s", flat=True)))


def figures(rounds: list[Round]) -> dict:
    """The median of each, and the best: what else runs on the machine makes the difference."""
    took, cpu, lag = (sorted(one) for one in zip(*rounds, strict=True))
    half = len(rounds) // 2
    return {
        "per_s": round(CHECKS / took[half]),
        "per_s at best": round(CHECKS / took[0]),
        "lag_p99_s": round(lag[half], 2),
        "lag_p99_s at best": round(lag[0], 2),
        "cpu_ms_per_check": round(1000 * cpu[half] / CHECKS, 2),
        "cpu_ms_per_check at best": round(1000 * cpu[0] / CHECKS, 2),
    }


def baseline(writes: bool) -> Round:
    """One task per check on 32 threads, each with a kept session of `requests`."""
    own, lags = threading.local(), []
    keys = list(HealthCheck.objects.values_list("pk", flat=True))
    due_again()

    def task(key: int) -> None:
        lags.append(time.perf_counter() - began)
        row = HealthCheck.objects.get(pk=key)
        if not hasattr(own, "session"):
            own.session = requests.Session()
        asked = time.perf_counter()
        status = own.session.get(row.url, timeout=5).status_code
        if writes:
            row.band, row.value = "green" if status == 200 else "red", time.perf_counter() - asked
            row.read_at = timezone.now()
            row.save(update_fields=["band", "value", "read_at"])
            CheckResult.objects.create(health_check=row, at=row.read_at, band=row.band)

    def leave() -> None:
        connections.close_all()

    began, before = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(task, keys))
        took, cpu = time.perf_counter() - began, time.process_time() - before
        list(pool.map(lambda _: leave(), range(THREADS)))
    return Round(took, cpu, sorted(lags)[int(0.99 * len(lags))])


def with_one_hanging(plan: DeploymentPlan, port: int) -> dict:
    """How much later the last of the others is read when one target never answers."""
    last = {}
    for name in ("without", "with"):
        if name == "with":
            url = f"http://127.0.0.1:{port}/hang"
            HealthCheck.objects.create(plan=plan, key="hang", name="Hang", url=url, interval_s=DAY)
        due_again()
        start = timezone.now()
        until = time.monotonic() + 7
        while time.monotonic() < until:
            probe_due()
        others = HealthCheck.objects.exclude(key="hang").order_by("-read_at")
        last[name] = (others[0].read_at - start).total_seconds()
    HealthCheck.objects.filter(key="hang").delete()
    return {"others_later_by_s": round(last["with"] - last["without"], 2)}


def promql(plan: DeploymentPlan) -> dict:
    """The share of one core that 200 queries every 15 s take, over two turns."""
    HealthCheck.objects.update(enabled=False)
    source = PrometheusSource.objects.create(plan=plan)
    PrometheusQuery.objects.bulk_create(
        PrometheusQuery(
            plan=plan, source=source, key=f"q{n}", name=f"Query {n}", promql=f"metric_{n}",
            green_op="<", green_value=200, red_op=">", red_value=500, interval_s=15,
        )
        for n in range(QUERIES)
    )  # fmt: skip
    probe_due()
    before, began, done = time.process_time(), time.monotonic(), 0
    while time.monotonic() < began + 30:
        look = time.monotonic()
        done += probe_due()
        time.sleep(max(0.0, 1.0 - (time.monotonic() - look)))
    share = (time.process_time() - before) / (time.monotonic() - began)
    return {"kept": done, "share_of_a_core": round(share, 3)}


if __name__ == "__main__":
    main(int(sys.argv[1]))
