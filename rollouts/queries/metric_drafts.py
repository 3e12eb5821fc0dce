"""A draft of a metric beside what stands: how it would judge, what tried out gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from checklists.models import Criterion
from checklists.rules.bands import Band, judge
from rollouts.models import Guardrail, PrometheusQuery
from rollouts.probes.prometheus import Tried
from rollouts.rules.promql_parts import grouped_by, without_labels
from warroom.models import DeploymentPlan
from warroom.rules.wording import duration_text, listed

MOST = 50  # series that are shown
OFFERED = ("max", "min", "avg", "sum", "worst")


@dataclass(frozen=True)
class TriedRow:
    """One series as the page shows it."""

    name: str
    value: str
    band: Band


@dataclass(frozen=True)
class Shown:
    """What a try-out says: the one value with its band, or why there is none."""

    tried: Tried
    asked_at: datetime
    band: Band
    value: str
    why: str
    rows: tuple[TriedRow, ...]
    age: timedelta | None
    stale_after: str
    fix: str = ""  # the query with what differs taken out of its "by"
    fix_word: str = ""
    offers: tuple[str, ...] = ()

    @property
    def several(self) -> bool:
        return bool(self.offers)


def shown(draft: PrometheusQuery, tried: Tried, now: datetime) -> Shown:
    """The try-out of a draft in the words of its page."""
    several = len(tried.series) > 1 and not draft.reducer
    names = differing([labels for labels, _unused in tried.series])
    fix = without_labels(draft.promql, names) if several else ""
    return Shown(
        tried,
        now,
        Band.NO_DATA if tried.error else _band(draft, tried.value),
        draft.show(tried.value) if not tried.error else "",
        _why(tried, names, several),
        tuple(_row(draft, labels, value, names) for labels, value in tried.series[:MOST]),
        now - tried.at if tried.at else None,
        duration_text(draft.stale_s or 2 * draft.interval_s),
        fix,
        (grouped_by(fix) or _("one series")) if fix else "",
        OFFERED if several else (),
    )


def _why(tried: Tried, names: frozenset[str], several: bool) -> str:
    """Why it is no data (law 5); "" when it is a value."""
    if several and not tried.warnings:
        by = _(": one per {names}").format(names=listed(sorted(names))) if names else ""
        return _("{count} series where 1 is meant{by}.").format(count=len(tried.series), by=by)
    return f"{tried.error[:1].upper()}{tried.error[1:]}." if tried.error else ""


def differing(labels: Sequence[Mapping[str, str]]) -> frozenset[str]:
    """The labels in which series differ."""
    names = {name for one in labels for name in one}
    return frozenset(n for n in names if len({one.get(n) for one in labels}) > 1)


def _band(draft: PrometheusQuery, value: float | None) -> Band:
    return judge(draft.bands, value) if draft.bands else Band.NO_DATA


def _row(
    draft: PrometheusQuery, labels: Mapping[str, str], value: float | None, names: frozenset[str]
) -> TriedRow:
    kept = {name: said for name, said in labels.items() if name in names} or labels
    said = ", ".join(f'{name}="{value}"' for name, value in sorted(kept.items()))
    band = _band(draft, value)
    return TriedRow(said or _("no labels"), draft.show(value) or _("no number"), band)


def uses(plan: DeploymentPlan, row: PrometheusQuery) -> str:
    """``Gate 1, Gate 2 and one guardrail``: what rests on a metric; two SQL statements."""
    rows = Criterion.objects.filter(gate__plan=plan, evidence_key=row.key)
    gates = rows.order_by("gate__number").values_list("gate__title", flat=True).distinct()
    count = Guardrail.objects.filter(query=row).count()
    named = list(dict.fromkeys(gates))[:4]
    if count:
        named.append(
            _("one guardrail") if count == 1 else _("{count} guardrails").format(count=count)
        )
    return listed(named) if named else ""
