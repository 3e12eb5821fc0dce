"""When the next stage may begin: in order, after soak and GO, and only on green (laws 5, 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from warroom.rules.wording import duration_text, instant_text


@dataclass(frozen=True)
class Ahead:
    """What is known of the stage that is to begin.

    `gate` is the title of the gate at the end of the stage before it, empty without one;
    `verdict` is the word as read now: '' (nothing is measured), proceed, hold or rollback.
    `first`: no stage has begun, so there is nothing yet that could be measured. `watches`: the
    plan has queries or checks. `soaks_until` is when the running stage (`soaking`) has had its
    time, None without soak; `now` is when it is asked (both UTC).
    """

    is_next: bool
    gate: str
    gate_said: str
    verdict: str
    verdict_sentence: str
    first: bool = False
    watches: bool = True
    soaking: int = 0
    soak_s: int = 0
    soaks_until: datetime | None = None
    now: datetime | None = None


def objections(ahead: Ahead) -> tuple[str, ...]:
    """Why the stage may not begin now, a sentence each; empty when it may."""
    if not ahead.is_next:
        return ("Another stage comes before it.",)
    missing = []
    if ahead.gate and ahead.gate_said != "go":
        said = "said NO-GO" if ahead.gate_said == "no-go" else "is not decided"
        missing.append(f"{ahead.gate} {said}.")
    if ahead.verdict in ("hold", "rollback"):
        missing.append(f"The verdict is {ahead.verdict.upper()}: {ahead.verdict_sentence}")
    elif not ahead.verdict and ahead.watches and not ahead.first:
        missing.append("Nothing is measured: no data is never green.")
    return (*missing, *_soak(ahead))


def _soak(ahead: Ahead) -> tuple[str, ...]:
    until, now = ahead.soaks_until, ahead.now
    if until is None or now is None or now >= until:
        return ()
    length, left = duration_text(timedelta(seconds=ahead.soak_s)), duration_text(until - now)
    at = instant_text(until, now)
    return (f"Stage {ahead.soaking} soaks until {at} UTC: {length}, {left} left.",)
