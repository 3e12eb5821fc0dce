"""What does not add up in a procedure: sums of targets, an order that lets something be lost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from warroom.rules.typed import length_of
from warroom.rules.wording import span_text

_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):([0-5]\d)")


def span_of(text: str) -> int | None:
    """Seconds of ``5:00``, ``1:02:03``, ``5m``, ``90 s`` or ``0``; None for anything else."""
    text = text.strip().removeprefix("<").strip()
    if text in ("0", "0:00"):
        return 0
    match = _CLOCK.fullmatch(text)
    if match:
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return hours * 3600 + minutes * 60 + seconds
    return length_of(text)


@dataclass(frozen=True)
class Step:
    """A step of a procedure. ``watches``: it names a metric or check."""

    title: str
    segment: str
    kind: str
    target_s: int | None = None
    blocking: bool = False
    watches: bool = False


def segments(steps: Sequence[Step]) -> list[tuple[str, int | None]]:
    """Each segment with the sum of its steps' targets, seconds; None where none has one."""
    found: dict[str, int | None] = {}
    for step in steps:
        known = found.setdefault(step.segment, None)
        if step.target_s is not None:
            found[step.segment] = (known or 0) + step.target_s
    return list(found.items())


def odd(target_s: int | None, steps: Sequence[Step]) -> Iterator[tuple[str, str]]:
    """What a person should look at: a code and a sentence for each."""
    if not steps:
        yield "procedure_empty", _("It has no steps; a run would have decide, execute and verify.")
        return
    sums = segments(steps)
    said = [seconds for _unused, seconds in sums if seconds is not None]
    total = sum(said)
    if target_s is not None and said and total > target_s:
        parts = " + ".join(span_text(one) for one in said)
        yield (
            "procedure_sum",
            _("{parts} = {total}, but its target is {target_s}.").format(
                parts=parts, total=span_text(total), target_s=span_text(target_s)
            ),
        )
    elif target_s is not None and len(said) == len(sums) and total < target_s:
        text = _("its target is {target_s}, its segments add up to {total}.").format(
            target_s=span_text(target_s), total=span_text(total)
        )
        yield (
            "procedure_sum",
            _("{target_s} are in no segment: {text}").format(
                target_s=span_text(target_s - total), text=text
            ),
        )
    kinds = [step.kind for step in steps]
    if "stop_intake" in kinds and any(
        kind not in ("stop_intake", "person") for kind in kinds[: kinds.index("stop_intake")]
    ):
        yield "procedure_order", _("Requests are taken until after something was changed.")
    if "backup" in kinds and "execute" in kinds[: kinds.index("backup")]:
        yield "procedure_order", _("The backup comes after what it is to save from.")
    for step in steps:
        if step.kind in ("metric", "check") and not step.watches:
            yield (
                "procedure_watch",
                _("“{step}” names no metric or check; a person ticks it.").format(step=step.title),
            )
