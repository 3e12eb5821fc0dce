"""The chain of stages: each begins where the one before ended. Pure; shares in percent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.rules.wording import duration_text

# Of a stage that is under way only what is still ahead of it; what was done is a record.
RUNNING_FIELDS = frozenset(
    {"name", "soak_s", "hold_s", "cadence", "auto_advance", "explanation", "command"}
)
LABELS = {
    "name": _l("name"),
    "from_percent": _l("from"),
    "to_percent": _l("to"),
    "offset_s": _l("begins"),
    "soak_s": _l("soak"),
    "hold_s": _l("hold length"),
    "gate_id": _l("gate at its end"),
    "cadence": _l("rounds"),
    "auto_advance": _l("goes on by itself"),
    "rollback_mode": _l("rolls back"),
    "explanation": _l("explanation"),
    "command": _l("command"),
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
        return _("A stage goes up, to 100 % at most.")
    before = next((one for one in reversed(links) if one.number < number), None)
    after = next((one for one in links if one.number > number), None)
    if before is not None and start != before.end:
        return _("Stage {before} ends at {end} %: this one begins there.").format(
            before=before.number, end=before.end
        )
    if after is not None and end >= after.end:
        return _("Stage {after} goes to {end} %: this one ends below.").format(
            after=after.number, end=after.end
        )
    return ""


def place_of(links: Sequence[Link], end: int) -> tuple[int, int, str]:
    """Where a new stage to ``end`` stands: its number, its start, and why it cannot; "" if it can.

    It takes its part of the stage that goes over that share, or stands at the end.
    """
    if not 0 < end <= 100:
        return 0, 0, _("A stage goes to 1 % at least and 100 % at most.")
    for one in links:
        if one.end == end:
            return 0, 0, _("Stage {one} goes to {end} % already.").format(one=one.number, end=end)
        if one.start < end < one.end:
            if one.state != "pending":
                return 0, 0, _("Stage {one} is not ahead any more.").format(one=one.number)
            return one.number, one.start, ""
    last = links[-1] if links else None
    if last is not None and end < last.end:
        return 0, 0, _("The stages begin at {start} %.").format(start=links[0].start)
    return (last.number + 1 if last else 1), (last.end if last else 0), ""


def told(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What changed, in words: “soak 12 h, was 24 h; hold length 6 h, was 12 h”."""
    parts = []
    for name, now in after.items():
        if before.get(name) != now:
            was = _word(name, before.get(name)) or _("none")
            parts.append(
                _("{name} {word}, was {was}").format(
                    name=LABELS[name], word=_word(name, now) or _("none"), was=was
                )
            )
    return "; ".join(parts)


def _word(name: str, value: Any) -> str:
    if name in ("soak_s", "hold_s") and value:
        return duration_text(value)
    if name in ("from_percent", "to_percent"):
        return f"{value} %"
    if name == "cadence":
        return "; ".join(_step(step) for step in value or ())
    if name == "auto_advance":
        return _("yes") if value else _("no")
    if name == "offset_s" and value is not None:
        return f"T{'−' if value < 0 else '+'}{duration_text(abs(value))}"
    return str(value or "")


def _step(step: Mapping[str, Any]) -> str:
    every = _("every {every_s}").format(every_s=duration_text(step["every_s"]))
    return (
        _("{every} until {until_s}").format(every=every, until_s=duration_text(step["until_s"]))
        if step.get("until_s")
        else every
    )
