"""The chain of stages: each begins where the one before ended. Pure; shares in percent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from warroom.rules.wording import duration_text

# Of a stage that is under way only what is still ahead of it; what was done is a record.
RUNNING_FIELDS = frozenset(
    {"name", "soak_s", "hold_s", "cadence", "auto_advance", "explanation", "command"}
)
LABELS = {
    "name": "name",
    "from_percent": "from",
    "to_percent": "to",
    "offset_s": "begins",
    "soak_s": "soak",
    "hold_s": "hold length",
    "gate_id": "gate at its end",
    "cadence": "rounds",
    "auto_advance": "goes on by itself",
    "rollback_mode": "rolls back",
    "explanation": "explanation",
    "command": "command",
}


@dataclass(frozen=True)
class Link:
    """A stage as the chain sees it."""

    number: int
    start: int
    end: int
    state: str = "pending"


def wrong_share(links: Sequence[Link], number: int, start: int, end: int) -> str:
    """Why stage ``number`` cannot go from ``start`` to ``end``; "" when it can."""
    if not 0 <= start < end <= 100:
        return "A stage goes up, to 100 % at most."
    before = next((one for one in reversed(links) if one.number < number), None)
    after = next((one for one in links if one.number > number), None)
    if before is not None and start != before.end:
        return f"Stage {before.number} ends at {before.end} %: this one begins there."
    if after is not None and end >= after.end:
        return f"Stage {after.number} goes to {after.end} %: this one ends below."
    return ""


def place_of(links: Sequence[Link], end: int) -> tuple[int, int, str]:
    """Where a new stage to ``end`` stands: its number, its start, and why it cannot; "" if it can.

    It takes its part of the stage that goes over that share, or stands at the end.
    """
    if not 0 < end <= 100:
        return 0, 0, "A stage goes to 1 % at least and 100 % at most."
    for one in links:
        if one.end == end:
            return 0, 0, f"Stage {one.number} goes to {end} % already."
        if one.start < end < one.end:
            if one.state != "pending":
                return 0, 0, f"Stage {one.number} is not ahead any more."
            return one.number, one.start, ""
    last = links[-1] if links else None
    if last is not None and end < last.end:
        return 0, 0, f"The stages begin at {links[0].start} %."
    return (last.number + 1 if last else 1), (last.end if last else 0), ""


def told(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What changed, in words: “soak 12 h, was 24 h; hold length 6 h, was 12 h”."""
    parts = []
    for name, now in after.items():
        if before.get(name) != now:
            was = _word(name, before.get(name)) or "none"
            parts.append(f"{LABELS[name]} {_word(name, now) or 'none'}, was {was}")
    return "; ".join(parts)


def _word(name: str, value: Any) -> str:
    if name in ("soak_s", "hold_s") and value:
        return duration_text(value)
    if name in ("from_percent", "to_percent"):
        return f"{value} %"
    if name == "cadence":
        return "; ".join(_step(step) for step in value or ())
    if name == "auto_advance":
        return "yes" if value else "no"
    if name == "offset_s" and value is not None:
        return f"T{'−' if value < 0 else '+'}{duration_text(abs(value))}"
    return str(value or "")


def _step(step: Mapping[str, Any]) -> str:
    every = f"every {duration_text(step['every_s'])}"
    return f"{every} until {duration_text(step['until_s'])}" if step.get("until_s") else every
