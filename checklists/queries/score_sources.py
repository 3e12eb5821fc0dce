"""Where a category's score comes from, as it counts at an instant.

What a source does not know is no data, with the reason (law 5): an old reading, a list without
required items, findings before anything looked for them.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Any

from django.utils.translation import gettext as _

from checklists.models import (
    Criterion,
    Finding,
    ReadinessCategory,
    ScoreSource,
    Source,
)
from checklists.queries.counted import missing_phases
from checklists.queries.criteria import criterion_rows, evidence_now
from checklists.queries.looks import counting, looked
from checklists.queries.phases import items_now, phases_now
from checklists.rules import readiness
from checklists.rules.bands import Band
from checklists.rules.items import CLOSED
from warroom.models import DeploymentPlan
from warroom.queries.once import once
from warroom.rules.wording import age_text, duration_text, number_text

# What a finding takes off a scale of 10, where the category says nothing else.
POINTS = {"critical": 4, "high": 2, "medium": 0.5, "low": 0.1, "info": 0}


@dataclass(frozen=True)
class Found:
    """A computed score on the plan's scale, and what it is made of; ``why`` without one."""

    score: Fraction | None
    why: str
    observed_at: datetime | None = None


Params = dict[str, Any]
Read = Callable[[DeploymentPlan, ReadinessCategory, Decimal, datetime], Found]


def computed(
    plan: DeploymentPlan, category: ReadinessCategory, best: Decimal, now: datetime
) -> Found | None:
    """The score that the category's source gives at ``now`` (UTC); None where people give it."""
    read = _SOURCES.get(category.source)
    return read(plan, category, best, now) if read else None


def _items(
    plan: DeploymentPlan, category: ReadinessCategory, best: Decimal, now: datetime
) -> Found:
    phases = set(category.params.get("phases") or ())
    if phases and (gone := missing_phases(category.params, phases_now(plan, now))):
        return Found(None, gone)
    asked = [
        item
        for item in items_now(plan, now)
        if item.required and (not phases or item.phase.number in phases)
    ]
    closed = sum(item.state in CLOSED for item in asked)
    where = _(" of phase {str}").format(str=", ".join(map(str, sorted(phases)))) if phases else ""
    if not asked:
        return Found(None, _("there are no required items{where}").format(where=where))
    why = _("{closed} of {count} required items{where} closed").format(
        closed=closed, count=len(asked), where=where
    )
    return Found(readiness.share(closed, len(asked), best), why)


def _evidence(
    plan: DeploymentPlan, category: ReadinessCategory, best: Decimal, now: datetime
) -> Found:
    key = category.params.get("key", "")
    row = evidence_now(plan, now).get(key)
    if row is None or row.value is None or not isfinite(row.value):
        return Found(
            None,
            (row.reason if row else "") or _("there is no reading under {key}").format(key=key),
        )
    age_s = (now - row.observed_at).total_seconds() if row.observed_at else None
    if age_s is None or age_s > row.valid_for_s:
        return Found(
            None,
            _("the reading of {key} is older than {valid_for_s}").format(
                key=key, valid_for_s=duration_text(row.valid_for_s)
            ),
        )
    full, zero = category.params.get("full"), category.params.get("zero")
    score = None
    if full is not None and zero is not None:
        score = readiness.between(row.value, zero, full, best)
    if score is None:
        return Found(None, _("its source gives no two different bounds"))
    text = row.text or number_text(row.value, row.unit)
    why = f"{row.label or key} {text}, {age_text(row.observed_at, now)}"
    return Found(score, why, row.observed_at)


def _criteria(
    plan: DeploymentPlan, category: ReadinessCategory, best: Decimal, now: datetime
) -> Found:
    wanted = category.params.get("gate", "")
    asked = [row for gate, row in _criteria_now(plan, now) if not wanted or gate == wanted]
    if not asked:
        return Found(None, _("no criterion is asked there"))
    green = sum(row.band is Band.GREEN for row in asked)
    return Found(
        readiness.share(green, len(asked), best),
        _("{green} of {count} criteria green").format(green=green, count=len(asked)),
    )


def _criteria_now(plan: DeploymentPlan, now: datetime) -> list[tuple[str, Any]]:
    """The criteria that count, with their gates. One that asks the score would ask itself."""

    def read() -> list[tuple[str, Any]]:
        asked = Criterion.objects.filter(gate__plan=plan, report_only=False)
        asked = list(asked.exclude(source=Source.SCORE).select_related("gate"))
        for one in asked:
            one.gate.plan = plan
        rows = criterion_rows(plan, asked, now)
        return [(one.gate.key, row) for one, row in zip(asked, rows, strict=True)]

    return once(plan, now, "score-criteria", read)


def _findings(
    plan: DeploymentPlan, category: ReadinessCategory, best: Decimal, now: datetime
) -> Found:
    seen = looked(plan, now)
    if seen.why or seen.look is None:
        return Found(None, seen.why)
    counts = once(plan, now, "score-findings", lambda: _findings_now(plan, now))
    points = {key: float(one * best / 10) for key, one in _points(category).items()}
    text = ", ".join(f"{counts[key]} {key}" for key in POINTS if counts[key])
    score = readiness.less(counts, points, best)
    return Found(
        score,
        _("{text} open").format(text=text) if text else _("none is open"),
        seen.look.observed_at,
    )


def _points(category: ReadinessCategory) -> dict[str, Decimal]:
    given = POINTS | {key: category.params[key] for key in POINTS if key in category.params}
    return {key: Decimal(str(one)) for key, one in given.items()}


def _findings_now(plan: DeploymentPlan, now: datetime) -> Counter[str]:
    """How many findings count, by severity. ``queries.findings`` asks gates, and so cannot be."""
    rows = Finding.objects.filter(counting(now), plan=plan).order_by()
    return Counter(rows.values_list("severity", flat=True))


_SOURCES: dict[str, Read] = {
    ScoreSource.ITEMS: _items,
    ScoreSource.EVIDENCE: _evidence,
    ScoreSource.CRITERIA: _criteria,
    ScoreSource.FINDINGS: _findings,
}
