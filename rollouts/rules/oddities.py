"""What does not add up in a rollout's stages. Pure; lengths are seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from warroom.rules.oddities import Odd
from warroom.rules.offsets import format_span
from warroom.rules.wording import full_instant


@dataclass(frozen=True)
class Step:
    """A stage as planned. ``at`` is UTC, None without a time."""

    number: int
    start: int
    end: int
    soak_s: int
    at: datetime | None = None
    hold_s: int | None = None
    gated: bool = False
    by_itself: bool = False


def of_stages(steps: Sequence[Step]) -> list[Odd]:
    """Shares that do not join, that do not grow, and soaks that the next stage cuts short."""
    found = []
    for step in steps:
        if step.end <= step.start:
            title = f"Stage {step.number} does not go up"
            found.append(Odd("stage-share", title, f"From {step.start} % to {step.end} %."))
        if step.hold_s == 0:
            text = "Yellow and no data would hold it for no time at all."
            found.append(Odd("stage-hold", f"Stage {step.number} has no hold length", text))
    found += _soakless(steps)
    for before, after in pairwise(steps):
        if after.start != before.end:
            title = f"Stage {after.number} begins at {after.start} %, not at {before.end} %"
            text = f"Stage {before.number} ends at {before.end} %."
            found.append(Odd("stage-gap", title, text))
        if before.at and after.at and after.at < before.at:
            title = f"Stage {after.number} is planned before stage {before.number}"
            text = f"{full_instant(after.at)}, and {full_instant(before.at)}."
            found.append(Odd("stage-order", title, text))
        elif before.at and after.at and after.at - before.at < timedelta(seconds=before.soak_s):
            room = max((after.at - before.at).total_seconds(), 0)
            title = f"Stage {before.number} soaks longer than it has"
            text = f"{format_span(before.soak_s)} of soak in {format_span(room)} until the next."
            found.append(Odd("stage-soak", title, text))
    return found


def _soakless(steps: Sequence[Step]) -> list[Odd]:
    """Stages that another one follows and that nothing watches before: neither soak nor gate."""
    found = []
    for step in steps[:-1]:
        if step.soak_s or step.gated:
            continue
        text = f"The next stage may begin as soon as {step.end} % is there."
        if step.by_itself:
            text = "It says that it goes on by itself, which wants a soak or a gate."
        found.append(Odd("stage-no-soak", f"Stage {step.number} has no soak and no gate", text))
    return found


def past_the_window(steps: Sequence[Step], closes: datetime | None) -> Odd | None:
    """A rollout whose last soak ends after the window has closed."""
    last = next((step for step in reversed(steps) if step.at), None)
    if closes is None or last is None:
        return None
    ends = last.at + timedelta(seconds=last.soak_s)
    if ends <= closes:
        return None
    over = format_span((ends - closes).total_seconds())
    text = f"Stage {last.number} ends its soak {full_instant(ends)}, {over} after the window."
    return Odd("stages-past-window", "The rollout ends after the window", text)
