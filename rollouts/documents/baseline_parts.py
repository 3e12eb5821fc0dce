"""Baselines in a plan file."""

from collections.abc import Iterable, Mapping
from typing import Any

from checklists.documents.parts import Line, has_lines
from rollouts.models import Baseline
from warroom.documents import fields as f
from warroom.documents.bounds import Bound, bound
from warroom.documents.portable import Part, register_part
from warroom.documents.readers import Creation
from warroom.models import DeploymentPlan


class BaselineFields(f.Strict):
    """What is normal of a metric. ``value`` was measured ``over`` a span, where it says one."""

    name: f.words(200)
    metric: f.key(80) | None = None
    unit: f.text(20) = ""
    target: Bound = None
    alert_if: Bound = None
    value: float | int | None = None
    over: f.Length = None
    note: f.text(500) = ""
    line: int = Line


class BaselinesPart(Part):
    key, order, schema = "baselines", 94, f.many(BaselineFields, 200)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        lined = has_lines(plan)
        rows = plan.baselines.select_related("query").order_by("position", "pk")
        return [_baseline(row, lined) for row in rows]

    def check(self, value: list[BaselineFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        keys = [metric.key for metric in whole.get("metrics", ())]
        for n, one in enumerate(value):
            yield from f.unknown(one.metric, keys, ("baselines", n, "metric"), "metric")

    def create(
        self, plan: DeploymentPlan, value: list[BaselineFields] | None, creation: Creation
    ) -> None:
        queries = {row.key: row for row in plan.prometheusquery_set.all()} if value else {}
        lined = creation.made.get("lined", False)
        Baseline.objects.bulk_create(
            Baseline(
                plan=plan,
                name=one.name,
                query=queries.get(one.metric),
                unit=one.unit,
                target_op=one.target[0] if one.target else "",
                target_value=one.target[1] if one.target else None,
                alert_op=one.alert_if[0] if one.alert_if else "",
                alert_value=one.alert_if[1] if one.alert_if else None,
                value=one.value,
                over_s=one.over,
                note=one.note,
                position=place,
                source_line=one.line if lined else None,
            )
            for place, one in enumerate(value or [], start=1)
        )


def _baseline(row: Baseline, lined: bool) -> dict[str, Any]:
    return f.given(
        name=row.name,
        metric=row.query.key if row.query else None,
        unit=row.unit,
        target=bound(row.target_op, row.target_value),
        alert_if=bound(row.alert_op, row.alert_value),
        value=row.value,
        over=f.length(row.over_s) if row.over_s else None,
        note=row.note,
        line=row.source_line if lined else None,
    )


register_part(BaselinesPart())
