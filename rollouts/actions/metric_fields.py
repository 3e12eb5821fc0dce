"""What people may say of a metric: the fields, how they are judged, how they are kept.

===========================  ===============================================================
``name unit meaning``        words; ``expected alert_name runbook_url link_url`` too
``promql source``            the query and the ``PrometheusSource`` that is asked
``green red``                a Bound each, or None: shown and not judged
``interval_s cadence``       how often it is asked, in seconds; the latter by age of the release
``sustained_s red_after``    red counts after so many seconds, and so many bad answers in a row
``stale_s``                  how old a reading may be; None: two intervals
``reducer``                  what several series become (``rules.metric_words.REDUCERS``)
``guard_promql guard_min``   fewer samples than this are no data
``report_only words``        shown and not counted; words for values
===========================  ===============================================================
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from checklists.rules.bands import Bound
from rollouts.models import PrometheusQuery, PrometheusSource
from rollouts.rules.metric_words import REDUCERS
from rollouts.rules.promql import lint
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan

LIMITS = {
    "name": 200,
    "unit": 20,
    "meaning": 4000,
    "expected": 200,
    "alert_name": 120,
    "runbook_url": 500,
    "link_url": 500,
    "promql": 8000,
    "guard_promql": 8000,
}
LENGTHS = {  # seconds: least and most
    "interval_s": (1, 86_400),
    "sustained_s": (0, 7 * 86_400),
    "stale_s": (1, 7 * 86_400),
}
MANY_LINES = frozenset({"promql", "guard_promql", "meaning"})
NAMES = frozenset(LIMITS) | frozenset(LENGTHS)
NAMES |= {"source", "green", "red", "cadence", "red_after", "reducer", "guard_min"}
NAMES |= {"report_only", "words"}
_WEB = re.compile(r"https?://[^\s<>\"'`]+")


def checked(fields: Mapping[str, Any], *, new: bool = False) -> dict[str, Any]:
    """The fields as they will be kept; what has no name here is left aside. Raises Invalid."""
    values = {name: value for name, value in fields.items() if name in NAMES}
    for name, limit in LIMITS.items():
        if name in values:
            values[name] = _text(name, values[name], limit)
    for name in ("name", "promql"):
        if not values.get(name, "" if new else "-"):
            raise Invalid(name, _("Give it a name.") if name == "name" else _("Write the query."))
    for name in ("promql", "guard_promql"):
        wrong = [one.text for one in lint(values[name]) if one.error] if values.get(name) else []
        if wrong:
            raise Invalid(name, wrong[0])
    for name in ("runbook_url", "link_url"):
        if values.get(name) and not _WEB.fullmatch(values[name]):
            raise Invalid(name, _("Write a web address: https://…"))
    _check_numbers(values)
    _check_shape(values)
    return values


def _check_numbers(values: dict[str, Any]) -> None:
    for name, (least, most) in LENGTHS.items():
        value = values.get(name)
        if value is None and name != "stale_s" and name in values:
            raise Invalid(name, _("Give a length, such as 15s or 5m."))
        if value is not None and not least <= value <= most:
            raise Invalid(
                name,
                _("Give a length from {least} s to {most} h.").format(
                    least=least, most=most // 3600
                ),
            )
    after = values.get("red_after", 1)
    if not isinstance(after, int) or not 1 <= after <= 100:
        raise Invalid("red_after", _("Give a number from 1 to 100."))
    guard = values.get("guard_min")
    if guard is not None and not (math.isfinite(guard) and guard > 0):
        raise Invalid("guard_min", _("Give a number above 0."))


def _check_shape(values: dict[str, Any]) -> None:
    if values.get("reducer", "") not in REDUCERS:
        known = ", ".join(filter(None, REDUCERS))
        raise Invalid(
            "reducer", _("Several series become nothing, or one of: {known}.").format(known=known)
        )
    for name in ("green", "red"):
        bound = values.get(name)
        if bound is not None and not math.isfinite(bound.value):
            raise Invalid(name, _("Give a finite number."))
    if values.get("red") is not None and values.get("green", Bound("=", 0)) is None:
        raise Invalid("green", _("Say what is green as well."))
    if "cadence" in values:
        values["cadence"] = _cadence(values["cadence"])
    if "words" in values:
        values["words"] = _words(values["words"])


def _cadence(steps: Any) -> list[dict[str, int]]:
    """Steps by age: each but the last ends, later than the one before."""
    kept, before = [], 0
    steps = list(steps or ())
    for place, step in enumerate(steps, start=1):
        every, until = step.get("every_s"), step.get("until_s")
        if not isinstance(every, int) or not 1 <= every <= 86_400:
            raise Invalid("cadence", _("Each step says how often: every 15s."))
        if place < len(steps) and (not isinstance(until, int) or until <= before):
            raise Invalid("cadence", _("Each step but the last ends later than the one before."))
        before = until or before
        kept.append({"every_s": every} | ({"until_s": until} if until else {}))
    if len(kept) > 10:
        raise Invalid("cadence", _("At most ten steps."))
    return kept


def _words(words: Any) -> dict[str, str]:
    kept = {}
    for value, word in dict(words or {}).items():
        kept[_text("words", value, 60)] = _text("words", word, 120)
    if len(kept) > 100:
        raise Invalid("words", _("At most 100 words."))
    return kept


def _text(name: str, value: Any, limit: int) -> str:
    text = str(value or "").replace("\0", "").replace("\r\n", "\n").strip()
    if name not in MANY_LINES:
        text = " ".join(text.split())
    if len(text) > limit:
        raise Invalid(
            name,
            _("This has {count} characters; {limit} are allowed.").format(
                count=len(text), limit=limit
            ),
        )
    return text


def columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """Checked fields as columns of the row, by attribute name; plain JSON."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name in ("green", "red"):
            found[f"{name}_op"] = value.op if value else ""
            found[f"{name}_value"] = float(value.value) if value else None
        elif name == "source":
            found["source_id"] = value.pk
        else:
            found[name] = value
    return found


def assign(row: PrometheusQuery, found: Mapping[str, Any]) -> None:
    """Write columns into the row, unsaved."""
    for name, value in found.items():
        setattr(row, name, value)
    if bool(row.guard_promql) != (row.guard_min is not None):
        missing = "guard_min" if row.guard_promql else "guard_promql"
        raise Invalid(missing, _("A guard is a query that counts samples and the fewest that do."))
    if row.source_id and "source_id" in found:
        row.source = PrometheusSource.objects.get(pk=row.source_id)


def source_of(plan: DeploymentPlan, name: str) -> PrometheusSource | None:
    """The server of that name that is not retired; without a name the plan's first."""
    rows = PrometheusSource.objects.filter(plan=plan, retired_at=None).order_by("pk")
    return (rows.filter(name=name) if name else rows).first()
