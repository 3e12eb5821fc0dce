"""What does not add up in a rollout's stages. Pure; lengths are seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.utils.translation import gettext as _

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
            title = _("Stage {step} does not go up").format(step=step.number)
            found.append(
                Odd(
                    "stage-share",
                    title,
                    _("From {start} % to {end} %.").format(start=step.start, end=step.end),
                )
            )
        if step.hold_s == 0:
            text = _("Yellow and no data would hold it for no time at all.")
            found.append(
                Odd(
                    "stage-hold",
                    _("Stage {step} has no hold length").format(step=step.number),
                    text,
                )
            )
    found += _soakless(steps)
    for before, after in pairwise(steps):
        if after.start != before.end:
            title = _("Stage {after} begins at {start} %, not at {end} %").format(
                after=after.number, start=after.start, end=before.end
            )
            text = _("Stage {before} ends at {end} %.").format(before=before.number, end=before.end)
            found.append(Odd("stage-gap", title, text))
        if before.at and after.at and after.at < before.at:
            title = _("Stage {after} is planned before stage {before}").format(
                after=after.number, before=before.number
            )
            text = _("{at}, and {before_at}.").format(
                at=full_instant(after.at), before_at=full_instant(before.at)
            )
            found.append(Odd("stage-order", title, text))
        elif before.at and after.at and after.at - before.at < timedelta(seconds=before.soak_s):
            room = max((after.at - before.at).total_seconds(), 0)
            title = _("Stage {before} soaks longer than it has").format(before=before.number)
            text = _("{format_span} of soak in {format_span_room} until the next.").format(
                format_span=format_span(before.soak_s), format_span_room=format_span(room)
            )
            found.append(Odd("stage-soak", title, text))
    return found


def _soakless(steps: Sequence[Step]) -> list[Odd]:
    """Stages that another one follows and that nothing watches before: neither soak nor gate."""
    found = []
    for step in steps[:-1]:
        if step.soak_s or step.gated:
            continue
        text = _("The next stage may begin as soon as {end} % is there.").format(end=step.end)
        if step.by_itself:
            text = _("It says that it goes on by itself, which wants a soak or a gate.")
        found.append(
            Odd(
                "stage-no-soak",
                _("Stage {step} has no soak and no gate").format(step=step.number),
                text,
            )
        )
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
    text = _("Stage {last} ends its soak {ends}, {over} after the window.").format(
        last=last.number, ends=full_instant(ends), over=over
    )
    return Odd("stages-past-window", _("The rollout ends after the window"), text)
