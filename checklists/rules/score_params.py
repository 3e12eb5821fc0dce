"""What the source of a category's score wants, as people type it on one line. Pure."""

import math
import re
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from checklists.rules.bands import exact, parse_bound

SEVERITIES = ("critical", "high", "medium", "low", "info")
HINTS = {
    "person": "",
    "items": "1, 2",
    "evidence": "coverage.lines 60 to 90",
    "criteria": "gate-1",
    "findings": "critical 4, high 2",
}
_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_EVIDENCE = re.compile(
    rf"(?P<key>[^\s:]{{1,80}})\s*[:,]?\s+(?P<zero>{_NUMBER})\s*%?\s*(?:to|→|->|\.\.)\s*"
    rf"(?P<full>{_NUMBER})\s*%?"
)
_POINTS = re.compile(rf"(?P<severity>[a-z]+)\s*[:=]?\s*(?P<points>{_NUMBER})", re.I)


class NotUnderstood(ValueError):
    """What was typed says nothing to this source; the text says what would."""


def parse(source: str, text: str) -> dict[str, Any]:
    """The parameters of a source, of what was typed. Raises NotUnderstood."""
    read = {"items": _phases, "evidence": _evidence, "criteria": _gate, "findings": _points}
    return read[source](text.strip()) if source in read else {}


def show(source: str, params: dict[str, Any]) -> str:
    """The parameters as they are typed; ``parse`` reads them back."""
    if source == "items":
        return ", ".join(str(number) for number in params.get("phases") or ())
    if source == "evidence" and params:
        bounds = f"{_plain(params.get('zero'))} to {_plain(params.get('full'))}"
        return f"{params.get('key', '')} {bounds}"
    if source == "criteria":
        return str(params.get("gate", ""))
    if source == "findings":
        named = [f"{key} {_plain(params[key])}" for key in SEVERITIES if key in params]
        return ", ".join(named)
    return ""


def checked(source: str, params: dict[str, Any]) -> dict[str, Any]:
    """Parameters given as data, as they are kept. Raises NotUnderstood as ``parse`` does."""
    return parse(source, show(source, params))


def _phases(text: str) -> dict[str, Any]:
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    if not all(word.isdecimal() and len(word) < 5 for word in words):
        raise NotUnderstood(_("Name phases by their numbers: 1, 2. Empty means all of them."))
    return {"phases": sorted({int(word) for word in words})}


def _evidence(text: str) -> dict[str, Any]:
    match = _EVIDENCE.fullmatch(text)
    if match is None or float(match["zero"]) == float(match["full"]):
        raise NotUnderstood(
            _("Give the key, where it is worth nothing and where all: coverage.lines 60 to 90.")
        )
    return {"key": match["key"], "zero": float(match["zero"]), "full": float(match["full"])}


def _gate(text: str) -> dict[str, Any]:
    if text and not re.fullmatch(r"[-\w]{1,60}", text):
        raise NotUnderstood(_("Name a gate by its key: gate-1. Empty means all of them."))
    return {"gate": text} if text else {}


def _points(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in filter(None, re.split(r"\s*[,;]\s*", text)):
        match = _POINTS.fullmatch(part)
        if match is None or match["severity"].lower() not in SEVERITIES:
            raise NotUnderstood(_("Give the points that each takes off: critical 4, high 2."))
        if float(match["points"]) < 0:
            raise NotUnderstood(_("Points are taken off: write them without a minus."))
        found[match["severity"].lower()] = float(match["points"])
    return found


def target_of(text: str, best: Decimal) -> Decimal | None:
    """The figure of a target such as ``≥ 90``, ``90%`` or ``9/10``, on a scale to ``best``.

    None where it names none. A share and a figure of another scale are brought onto this one.
    """
    ratio = re.search(rf"({_NUMBER})\s*/\s*(\d+(?:\.\d+)?)", text)
    if ratio and float(ratio[2]) > 0:
        return _onto(Decimal(ratio[1]), Decimal(ratio[2]), best)
    bound = parse_bound(text)
    if bound is None or not math.isfinite(bound[0].value) or bound[1] not in ("", "%"):
        return None
    value = Decimal(str(bound[0].value))
    return _onto(value, Decimal(100), best) if bound[1] == "%" else value


def _onto(value: Decimal, scale: Decimal, best: Decimal) -> Decimal:
    return round(value * best / scale, 2)


def _plain(value: Any) -> str:
    return exact(value) if isinstance(value, int | float) else str(value)
