"""What every probe gives back. Probes know the network and nothing of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True)
class ProbeResult:
    """One reading.

    Exactly one of three: a `value` to be judged by its bands; `failed`, when the thing itself
    answered wrongly or not at all; neither, which is no data. `reason` says why in words for the
    latter two. `observed_at` is aware (UTC), `latency_ms` is the time of the whole call.
    """

    value: float | None = None
    text: str = ""
    failed: bool = False
    reason: str = ""
    observed_at: datetime | None = None
    latency_ms: float | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    timed_out: bool = False

    @property
    def ok(self) -> bool:
        return self.value is not None


def no_data(reason: str, latency_ms: float | None = None) -> ProbeResult:
    """A reading that says nothing about the thing itself, and why."""
    return ProbeResult(reason=reason, latency_ms=latency_ms, observed_at=datetime.now(UTC))


def failure(reason: str, latency_ms: float | None = None) -> ProbeResult:
    """The thing itself is not well."""
    return ProbeResult(
        failed=True, reason=reason, latency_ms=latency_ms, observed_at=datetime.now(UTC)
    )
