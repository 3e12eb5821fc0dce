"""When the next stage may begin: in order, after its gate said GO, and only on green (law 6)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ahead:
    """What is known of the stage that is to begin.

    `gate` is the title of the gate at the end of the stage before it, empty without one;
    `verdict` is the word as read now: '' (nothing is measured), proceed, hold or rollback.
    """

    is_next: bool
    gate: str
    gate_said: str
    verdict: str
    verdict_sentence: str


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
    return tuple(missing)
