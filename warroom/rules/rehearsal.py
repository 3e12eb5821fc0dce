"""A rehearsal: the same plan in less time, and never to be taken for the real thing. Pure.

Works on a plan as plain data, in the form of the plan file: lengths such as "11h40m", offsets
such as "T-2h".
"""

import re
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from warroom.rules import lengths

MARK = "REHEARSAL"
MOST_FACTOR = 1440  # a day in a minute
LEAST_CADENCE_S = 5
LEAST_SOAK_S = 10
LEAST_HOLD_S = 60  # holds are kept in whole minutes

# What of a plan is a length, by its part and name, and how short it may become. What people are
# given (a level of the escalation, the watching before "stable") is not among them.
LENGTHS: dict[tuple[str, str], int] = {
    ("stages", "soak"): LEAST_SOAK_S,
    ("stages", "watch"): LEAST_CADENCE_S,
    ("stages", "every"): LEAST_CADENCE_S,
    ("stages", "hold"): LEAST_HOLD_S,
    ("gates", "hold"): LEAST_HOLD_S,
    ("metrics", "every"): LEAST_CADENCE_S,
    ("metrics", "sustained"): LEAST_CADENCE_S,
    ("metrics", "stale"): 2 * LEAST_CADENCE_S,
    ("baselines", "over"): 60,
    ("checks", "every"): LEAST_CADENCE_S,
    ("checks", "sustained"): LEAST_CADENCE_S,
    ("checks", "grace"): LEAST_CADENCE_S,
    ("checks", "longest"): LEAST_CADENCE_S,
    ("phases", "runs"): LEAST_SOAK_S,
    ("rounds", "every"): LEAST_CADENCE_S,
    ("rounds", "until"): 2 * LEAST_CADENCE_S,
    ("round_limits", "late"): LEAST_CADENCE_S,
    ("success", "over"): LEAST_SOAK_S,
    ("guardrails", "window"): LEAST_CADENCE_S,
    ("procedures", "hold"): LEAST_CADENCE_S,
}
# The plan file leaves out what is usual; a rehearsal's is not.
USUAL: dict[str, dict[str, str]] = {
    "stages": {"hold": "6h"},
    "gates": {"hold": "6h"},
    "metrics": {"every": "15s", "sustained": "5m"},
    "checks": {"every": "15s", "sustained": "5m"},
}
# Kinds of event whose sentence says that it is a rehearsal: what somebody could point at later.
MARKED = ("signoff.", "gate.", "vote.", "criterion.", "readiness.", "condition.", "plan.stable")

_OFFSET = re.compile(rf"T(?P<sign>[+-])(?P<length>{lengths.PATTERN})")


def marked(kind: str, text: str) -> str:
    """An event's sentence as it stands on the timeline of a rehearsal."""
    return _("In rehearsal: {text}").format(text=text) if kind.startswith(MARKED) else text


def in_time(data: Any, ratio: Fraction, part: str = "", top: bool = False) -> Any:
    """The plan with its lengths and offsets divided by ``ratio``; below 1 they grow.

    What would become shorter than its bound stays at the bound, and what is shorter already stays
    as it is. Fixed dates and words are left alone.
    """
    if isinstance(data, list):
        usual = USUAL.get(part, {}) if top else {}
        return [in_time(usual | one if usual else one, ratio, part) for one in data]
    if not isinstance(data, dict):
        return data
    return {name: _field(name, value, ratio, part) for name, value in data.items()}


def _field(name: str, value: Any, ratio: Fraction, part: str) -> Any:
    if not isinstance(value, str):
        return in_time(value, ratio, part or name, top=not part)
    least = LENGTHS.get((part, name))
    if least is not None and (seconds := lengths.read(value)) is not None:
        return lengths.written(_shorter(seconds, ratio, least, name == "hold"))
    if name in ("at", "until", "due", "opens", "from", "cover") and _OFFSET.fullmatch(value):
        return _offset(value, ratio)
    return value


def _shorter(seconds: int, ratio: Fraction, least: int, minutes: bool) -> int:
    quotient = round(seconds / ratio)
    if minutes:
        quotient = round(Fraction(quotient, 60)) * 60
    return max(quotient, min(seconds, least))


def _offset(value: str, ratio: Fraction) -> str:
    match = _OFFSET.fullmatch(value)
    seconds = round((lengths.read(match["length"]) or 0) / ratio)
    return lengths.offset(-seconds if match["sign"] == "-" else seconds)
