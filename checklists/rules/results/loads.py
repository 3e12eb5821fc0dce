"""What the readers of load tests share: the figures that a profile's thresholds are about."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.rules.results.shape import Figure, figure, share
from warroom.rules.wording import number_text

# The figures of a load test; latencies in ms, errors in percent, rates in requests a second.
LABELS = {
    "requests": (_l("Requests"), ""),
    "failures": (_l("Requests that failed"), ""),
    "error-rate": (_l("Error rate"), "%"),
    "p50": ("P50", "ms"),
    "p90": ("P90", "ms"),
    "p95": ("P95", "ms"),
    "p99": ("P99", "ms"),
    "average": (_l("Average"), "ms"),
    "max": (_l("Slowest"), "ms"),
    "rps": (_l("Throughput"), "/s"),
    "users": (_l("Users"), ""),
}


def load_figures(values: dict[str, float | None]) -> tuple[Figure, ...]:
    """In the order of LABELS. Where no request is known of, no other figure says anything.

    No figure of a load test lies below zero: one that does is no data.
    """
    idle = is_idle(values)
    return tuple(
        figure(key, label, None if _unsaid(key, values[key], idle) else values[key], unit)
        for key, (label, unit) in LABELS.items()
        if key in values
    )


def is_idle(values: dict[str, float | None]) -> bool:
    """Whether nothing is known to have been requested: none, no number, or fewer than none."""
    return (values.get("requests") or 0) <= 0


def _unsaid(key: str, value: float | None, idle: bool) -> bool:
    return (idle and key not in ("requests", "users")) or (value is not None and value < 0)


def error_rate(failures: float | None, requests: float | None) -> float | None:
    """In percent of the requests; None without requests, or with more failures than those."""
    if failures is None or requests is None or not 0 <= failures <= requests:
        return None
    return share(failures, requests)


def load_text(values: dict[str, float | None]) -> str:
    """``P95 171 ms``: the one figure that a list shows; no data without requests."""
    if is_idle(values):
        return _("no data")
    value = values.get("p95")
    value = None if value is not None and value < 0 else value
    return (
        f"P95 {number_text(value, 'ms')}"
        if value is not None
        else _("{requests} requests").format(requests=number_text(values["requests"]))
    )
