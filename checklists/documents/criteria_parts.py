"""What a gate asks, in a plan file: bounds, where the value comes from, what it counts.

Older files name a key of evidence alone; they mean what they meant. What was accepted, and the
texts that a criterion had before, are facts of one release: they go into its record only.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import AfterValidator, Field

from checklists.documents.parts import Line
from checklists.models import Area, Criterion, CriterionVersion, Gate, Source, Waiver
from warroom.documents import fields as f
from warroom.documents.bounds import Bound, bound, bound_fields
from warroom.models import DeploymentPlan

AREAS, SOURCES = tuple(Area.values), tuple(Source.values)
YEAR_S = 365 * 86_400


def _hundredths(value: float) -> float:
    if round(value, 2) != value:
        f.wrong(
            _("{value} has more than two decimals.").format(value=value),
            _("Write {value:g}.").format(value=round(value, 2)),
        )
    return value


Share = Annotated[float, Field(gt=0, le=100), AfterValidator(_hundredths)]
Weight = Annotated[float, Field(gt=0, lt=10_000), AfterValidator(_hundredths)]


def hundredths(value: float | None) -> Decimal | None:
    """A share or a weight as its column keeps it."""
    return None if value is None else Decimal(str(value))


class OfFields(f.Strict):
    """What the source counts; empty: all before the gate, all checks, critical alerts."""

    phases: list[int] = Field([], max_length=1000)
    groups: list[f.words(300)] = Field([], max_length=100)
    scopes: list[f.words(80)] = Field([], max_length=100)
    checks: list[f.key(80)] = Field([], max_length=100)
    severity: f.text(80) = ""
    key: f.text(80) = ""


class CriterionFields(f.Strict):
    key: f.key(80)
    label: f.words(200)
    target: f.text(200) = ""
    acceptable: f.text(200) = ""
    fail: f.text(200) = ""
    green: Bound = None
    red: Bound = None
    unit: f.text(20) = ""
    evidence: f.text(80) = ""
    report_only: bool = False
    source: Literal[SOURCES] = "evidence"
    of: OfFields = None
    weight: Weight = None
    area: Literal["", *AREAS] = ""
    valid: f.a_length(1, YEAR_S) = None
    line: int = Line


def unknown_phases(
    criteria: list[CriterionFields], whole: Mapping[str, Any], path: tuple
) -> Iterable[f.Fault]:
    """Phases that a criterion counts and the file does not have."""
    known = len(whole.get("phases", ()))
    for n, one in enumerate(criteria):
        for number in one.of.phases if one.of else ():
            if not 1 <= number <= known:
                where = (*path, n, "of", "phases")
                yield (
                    where,
                    _("There is no phase {number}.").format(number=number),
                    _("The file has {known} phases.").format(known=known),
                )


def criterion_out(one: Criterion, lined: bool) -> dict[str, Any]:
    return f.given(
        key=one.key,
        label=one.label,
        target=one.target_text,
        acceptable=one.acceptable_text,
        fail=one.fail_text,
        green=bound(one.green_op, one.green_value),
        red=bound(one.red_op, one.red_value),
        unit=one.unit,
        evidence=one.evidence_key,
        report_only=one.report_only or None,
        source=None if one.source == Source.EVIDENCE else one.source,
        of={name: value for name, value in one.params.items() if value},
        weight=None if one.weight is None else float(one.weight),
        area=one.area,
        valid=None if one.valid_for_s is None else f.length(one.valid_for_s),
        line=one.source_line if lined else None,
    )


def criterion_in(gate: Gate, place: int, one: CriterionFields, lined: bool) -> Criterion:
    return Criterion(
        gate=gate,
        key=one.key,
        position=place,
        label=one.label,
        target_text=one.target,
        acceptable_text=one.acceptable,
        fail_text=one.fail,
        **bound_fields(one.green, one.red),
        unit=one.unit,
        evidence_key=one.evidence,
        report_only=one.report_only,
        source=one.source,
        params=_params(one),
        weight=hundredths(one.weight),
        area=one.area,
        valid_for_s=one.valid,
        source_line=one.line if lined else None,
    )


def _params(one: CriterionFields) -> dict[str, Any]:
    said = one.of.model_dump() if one.of else {}
    return {name: value for name, value in said.items() if value}


def record_of(plan: DeploymentPlan) -> dict[str, Any]:
    """What was accepted and what criteria said before, for the plan's record."""
    return f.given(waivers=_waivers(plan), criterion_versions=_versions(plan))


def _waivers(plan: DeploymentPlan) -> list[dict[str, Any]]:
    rows = Waiver.objects.filter(criterion__gate__plan=plan)
    return [
        f.given(
            gate=one.criterion.gate.key,
            criterion=one.criterion.key,
            version=one.criterion_version,
            role=one.role.key,
            by=one.person_name,
            band=one.band,
            value=one.text,
            reason=one.reason,
            until=f.instant(one.ends_at),
            withdrawn=one.withdrawn or None,
            statement=one.statement,
            at=f.instant(one.at),
            superseded=hasattr(one, "superseded_by") or None,
        )
        for one in rows.select_related("criterion__gate", "role", "superseded_by")
    ]


def _versions(plan: DeploymentPlan) -> list[dict[str, Any]]:
    rows = CriterionVersion.objects.filter(criterion__gate__plan=plan)
    return [
        f.given(
            gate=one.criterion.gate.key,
            criterion=one.criterion.key,
            version=one.number,
            said=one.data,
            reason=one.reason,
            by=one.by_name,
            at=f.instant(one.at),
        )
        for one in rows.select_related("criterion__gate").order_by("at", "pk")
    ]
