"""Does a URL answer as expected, and how fast?"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rollouts.probes.base import ProbeResult, failure, no_data
from warroom.outbound import DEADLINE_S, Forbidden, OutboundError, Transport, Unresolved

MAX_HEALTH_BYTES = 20_000


@dataclass(frozen=True)
class HttpTarget:
    """Ask `url` and want `expect_status`, all within `deadline_s` seconds."""

    url: str
    expect_status: int = 200
    deadline_s: float = DEADLINE_S


async def ask(transport: Transport, target: HttpTarget) -> ProbeResult:
    """The value is the latency in milliseconds.

    A refused connection, a time-out and a wrong status are the target's failures. A name that
    does not resolve or an address that may not be called says nothing about the target: no data.
    """
    try:
        answer = await transport.fetch("GET", target.url, deadline_s=target.deadline_s)
    except (Forbidden, Unresolved) as error:
        return no_data(error.reason)
    except OutboundError as error:
        return failure(error.reason)
    latency, labels = answer.elapsed_s * 1000, _counts(answer.body)
    if answer.status != target.expect_status:
        failed = failure(f"answered {answer.status}, wanted {target.expect_status}", latency)
        return replace(failed, labels=labels)
    return ProbeResult(
        value=latency,
        text=f"{latency:.0f} ms",
        latency_ms=latency,
        observed_at=datetime.now(UTC),
        labels=labels,
    )


def _counts(body: bytes) -> dict[str, str]:
    """What a health page says of its own checks: {"passing": "5", "total": "5"}, else {}."""
    if not body.startswith(b"{") or len(body) > MAX_HEALTH_BYTES:
        return {}
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    passing, total = said.get("passing"), said.get("total")
    if type(passing) is not int or type(total) is not int or not 0 <= passing <= total <= 10_000:
        return {}
    return {"passing": str(passing), "total": str(total)}
