"""A criterion as tables show it, alike whether it is read now or was frozen with a decision."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _l

from checklists.models import Area
from checklists.queries.criteria import CriterionRow
from checklists.rules.bands import Band

BESIDES = _l("Besides")  # what has no area, where others have one


@dataclass(frozen=True)
class ShownCriterion:
    """One row of a table. ``accepted``: somebody accepted the deviation, ``until`` then (UTC)."""

    key: str
    label: str
    band: str
    text: str
    why: str
    source: str
    green: str
    yellow: str
    red: str
    observed_at: datetime | None
    report_only: bool = False
    weight: str | None = None
    area: str = ""
    judged: bool = False
    note: str = ""
    accepted: bool = False
    who: str = ""
    reason: str = ""
    until: datetime | None = None
    loosened: str = ""
    to_judge: bool = False
    url: str = ""  # of the result that gave the value

    @property
    def to_accept(self) -> bool:
        """Whether there is a deviation that could be accepted."""
        return self.band != Band.GREEN and not self.report_only


def shown_of(row: CriterionRow | Mapping[str, Any]) -> ShownCriterion:
    """``row`` as it counts now, or as plain JSON from the evidence of a decision."""
    return _of_row(row) if isinstance(row, CriterionRow) else _of_frozen(row)


def _of_row(row: CriterionRow) -> ShownCriterion:
    criterion, waiver = row.criterion, row.waiver if row.accepted else None
    return ShownCriterion(
        key=criterion.key,
        label=criterion.label,
        band=row.band.value,
        text=row.text,
        why=row.why,
        source=row.source,
        green=row.green_text,
        yellow=row.yellow_text,
        red=row.red_text,
        observed_at=row.observed_at,
        report_only=criterion.report_only,
        weight=_weight(criterion.weight),
        area=criterion.area,
        judged=row.judged,
        note=row.note,
        accepted=waiver is not None,
        who=f"{waiver.person_name}, {waiver.role.name}" if waiver else "",
        reason=waiver.reason if waiver else "",
        until=waiver.ends_at if waiver else None,
        loosened=row.loosened,
        to_judge=row.to_judge,
        url=row.url,
    )


def _of_frozen(row: Mapping[str, Any]) -> ShownCriterion:
    waiver = (row.get("waiver") or {}) if row.get("waived") else {}
    return ShownCriterion(
        key=row["key"],
        label=row["label"],
        band=row["verdict"],
        text=row["text"],
        why=row["why"],
        source=row["source"],
        green=row["green"],
        yellow=row["yellow"],
        red=row["red"],
        observed_at=_moment(row.get("observed_at")),
        report_only=row.get("report_only", False),
        weight=_weight(row.get("weight")),
        area=row.get("area", ""),
        judged=row.get("judged", False),
        note=row.get("sentence", "").partition(": ")[2] if row.get("judged") else "",
        accepted=bool(waiver),
        who=waiver.get("person", ""),
        reason=waiver.get("reason", ""),
        until=_moment(waiver.get("ends_at")),
        url=row.get("url", ""),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _weight(weight: Any) -> str | None:
    return None if weight is None else f"{float(weight):g}"


def by_area(rows: Iterable[CriterionRow | Mapping[str, Any]]) -> list[tuple[str, list]]:
    """Rows in groups of their areas, with the areas' names; one group without a name for none."""
    shown = [shown_of(row) for row in rows]
    if not any(row.area for row in shown):
        return [("", shown)]
    groups = [(str(area.label), [row for row in shown if row.area == area]) for area in Area]
    groups.append((str(BESIDES), [row for row in shown if not row.area]))
    return [(label, found) for label, found in groups if found]
