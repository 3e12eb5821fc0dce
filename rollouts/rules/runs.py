"""A run against the clock: legs that add up to the whole, whatever order steps were closed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

DECIDE, EXECUTE, VERIFY = "decide", "execute", "verify"


@dataclass(frozen=True)
class PlannedStep:
    """A step as a run copies it. ``kind`` is a value of StepKind, ``target_s`` seconds."""

    segment: str
    title: str
    kind: str
    target_s: int | None = None
    hold_s: int = 0


# What a plan without a procedure does: 5 + 10 + 5 minutes.
USUAL = (
    PlannedStep(DECIDE, "Decide to roll back", "person", 300),
    PlannedStep(EXECUTE, "Take the traffic to {to} %", "execute", 600),
    PlannedStep(VERIFY, "See that {to} % holds and that users are served", "person", 300),
)


def decide_from(started_at: datetime, breach_at: datetime | None, window_s: float = 0) -> datetime:
    """Since when somebody could have decided (UTC).

    A guardrail may not decide before its window is full, so its decision counts from there and
    not from the first red reading.
    """
    if breach_at is None:
        return started_at
    return min(started_at, breach_at + timedelta(seconds=window_s))
