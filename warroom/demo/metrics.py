"""What the demo service measures: traffic that nobody sends, as its knobs describe it."""

import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

REQUESTS_PER_S = 200
FLAP_S = 20
BUCKETS = (0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.5, 2.5, 5, 10)
MEMORY_BYTES = 8 * 1024**3
FLAG = "phase_4_deployment"


@dataclass(frozen=True)
class Knobs:
    """How the service behaves. ``error_rate`` in percent; ``latency_ms`` is about the P95."""

    error_rate: float = 0.02
    latency_ms: float = 120.0
    down: bool = False
    flapping: bool = False
    no_metrics: bool = False
    stuck: bool = False
    rollout_percentage: float = 0.0

    def turned(self, values: dict[str, object]) -> "Knobs":
        """Return these knobs with some turned; ValueError names what is unknown or out of range."""
        limits = {"error_rate": 100.0, "latency_ms": 60_000.0, "rollout_percentage": 100.0}
        known = {field.name for field in fields(self)}
        changes: dict[str, float | bool] = {}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"there is no knob {name!r}; there are {', '.join(sorted(known))}")
            limit = limits.get(name)
            changes[name] = _switch(name, value) if limit is None else _number(name, value, limit)
        return replace(self, **changes)

    def as_dict(self) -> dict[str, float | bool]:
        return asdict(self)


def _switch(name: str, value: object) -> bool:
    word = str(value).strip().lower()
    if word not in ("true", "on", "1", "false", "off", "0", ""):
        raise ValueError(f"{name} is {value!r}; it wants true or false")
    return word in ("true", "on", "1")


def _number(name: str, value: object, limit: float) -> float:
    try:
        number = float(str(value))
    except ValueError:
        raise ValueError(f"{name} is {value!r}; it wants a number") from None
    if not 0 <= number <= limit:
        raise ValueError(f"{name} is {number:g}; it wants 0 to {limit:g}")
    return number


class NodeNumbers(Collector):
    """A steady machine. Made up, so that a busy laptop does not turn the demo red by itself."""

    def __init__(self, started: float) -> None:
        self.started = started

    def collect(self) -> Iterator[Metric]:
        total = GaugeMetricFamily("node_memory_MemTotal_bytes", "Memory of the demo machine.")
        total.add_metric([], MEMORY_BYTES)
        yield total
        free = GaugeMetricFamily("node_memory_MemAvailable_bytes", "Memory that is free.")
        free.add_metric([], MEMORY_BYTES * 0.62)
        yield free
        cpu = CounterMetricFamily("node_cpu_seconds", "Time per mode.", labels=["cpu", "mode"])
        age = time.monotonic() - self.started
        for core in ("0", "1"):
            for mode, share in (("idle", 0.71), ("user", 0.22), ("system", 0.07)):
                cpu.add_metric([core, mode], age * share)
        yield cpu


class Traffic:
    """Synthetic requests. A fault grows over ``ramp_s`` seconds; a repair is at once."""

    def __init__(self, ramp_s: float) -> None:
        disable_created_metrics()
        self.ramp_s = ramp_s
        self.knobs = Knobs()
        # What the flag says; what the service does may differ while it is stuck.
        self.flag_on, self.flag_share = False, 0.0
        self.latency_ms = self.knobs.latency_ms
        self.error_rate = self.knobs.error_rate
        self._owed_requests = self._owed_errors = 0.0
        self._random = random.Random(4)
        self.registry = CollectorRegistry()
        self.registry.register(NodeNumbers(time.monotonic()))
        self.requests = Counter("genesis_requests", "Requests.", registry=self.registry)
        self.errors = Counter("genesis_errors", "Requests that failed.", registry=self.registry)
        self.duration = Histogram(
            "genesis_request_duration_seconds", "Duration.", buckets=BUCKETS, registry=self.registry
        )
        passed = Gauge("genesis_tests_passed", "Tests that passed.", registry=self.registry)
        passed.set(1026)
        tests = Gauge("genesis_tests_total", "Tests that ran.", registry=self.registry)
        tests.set(1044)
        self.flag = self._flag_gauge("enabled", "Whether a feature flag is on.")
        self.share = self._flag_gauge("rollout_percentage", "Share of users with the flag.")
        self.turn(self.knobs)

    def _flag_gauge(self, what: str, text: str) -> Gauge:
        gauge = Gauge(f"genesis_feature_flag_{what}", text, ["flag_name"], registry=self.registry)
        return gauge.labels(flag_name=FLAG)

    @property
    def flagged(self) -> float:
        """The share that the flag asks for, in percent."""
        return self.flag_share if self.flag_on else 0.0

    def turn(self, knobs: Knobs) -> None:
        """Behave in another way. Who is no longer stuck follows the flag; the knob beats it."""
        freed = self.knobs.stuck and not knobs.stuck
        if freed and knobs.rollout_percentage == self.knobs.rollout_percentage:
            knobs = replace(knobs, rollout_percentage=self.flagged)
        self.knobs = knobs
        self.flag.set(1)
        self.share.set(knobs.rollout_percentage)

    def is_down(self, now: float) -> bool:
        """Whether the service refuses at ``now``, in monotonic seconds."""
        return self.knobs.down or (self.knobs.flapping and int(now // FLAP_S) % 2 == 1)

    def pass_time(self, seconds: float) -> None:
        """Record the requests of the last ``seconds``."""
        self.latency_ms = self._approach(
            self.latency_ms, self.knobs.latency_ms, Knobs.latency_ms, seconds
        )
        self.error_rate = self._approach(
            self.error_rate, self.knobs.error_rate, Knobs.error_rate, seconds
        )
        self._owed_requests += REQUESTS_PER_S * seconds
        count, self._owed_requests = int(self._owed_requests), self._owed_requests % 1
        self.requests.inc(count)
        # Errors come evenly, not by chance: a low rate is no burst in any short window.
        self._owed_errors += count * self.error_rate / 100
        failed, self._owed_errors = int(self._owed_errors), self._owed_errors % 1
        self.errors.inc(failed)
        for _ in range(count):
            self.duration.observe(self.latency_ms / 1000 * self._random.uniform(0.6, 1.02))

    def _approach(self, now: float, target: float, usual: float, seconds: float) -> float:
        if target <= now or self.ramp_s <= 0:
            return target
        return min(target, now + (target - usual) * seconds / self.ramp_s)
