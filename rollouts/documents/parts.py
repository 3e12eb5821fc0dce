"""What machines watch, in a plan file: Prometheus servers and metrics."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from django.db.models import Q
from pydantic import Field

from checklists.documents.parts import Line, has_lines
from rollouts.models import PrometheusQuery, PrometheusSource
from rollouts.models.probing import Probing
from warroom.documents import fields as f
from warroom.documents.bounds import Bound, bound, bound_fields
from warroom.documents.portable import Part, register_part
from warroom.documents.readers import Creation
from warroom.models import DeploymentPlan

EVERY_S, SUSTAINED_S = 15, 300
USUAL = "Prometheus"
DAY_S = 86_400


class SourceFields(f.Strict):
    """A Prometheus server. Without ``url`` the one that the room is set up with.

    Secrets are named by variables of the worker's environment, never written.
    """

    name: f.words(100)
    url: f.url(300) = ""
    page: f.url(300) = ""
    token_env: f.text(80) = ""
    username: f.text(120) = ""
    password_env: f.text(80) = ""
    ca_env: f.text(80) = ""
    tenant: f.text(120) = ""


class SourcesPart(Part):
    """Servers are named by metrics; the usual one is not written."""

    key, order, schema = "sources", 90, f.many(SourceFields, 100)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        found = [_source(source, name) for source, name in named_sources(plan)]
        return [] if all(one == {"name": USUAL} for one in found) else found

    def check(self, value: list[SourceFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        yield from f.doubled(value, "name", ("sources",))

    def create(
        self, plan: DeploymentPlan, value: list[SourceFields] | None, creation: Creation
    ) -> None:
        rows = PrometheusSource.objects.bulk_create(
            PrometheusSource(plan=plan, page_url=one.page, **one.model_dump(exclude={"page"}))
            for one in value or []
        )
        creation.made["sources"] = {row.name: row for row in rows}


def named_sources(plan: DeploymentPlan) -> list[tuple[PrometheusSource, str]]:
    """The servers with a name of its own each: two of one name get a number."""
    taken: set[str] = set()
    named = []
    wanted = Q(retired_at=None) | Q(queries__isnull=False)
    for source in plan.prometheus_sources.filter(wanted).distinct().order_by("pk"):
        base, n = (source.name.strip() or USUAL)[:90], 2
        name = base
        while name in taken:
            name, n = f"{base} {n}", n + 1
        taken.add(name)
        named.append((source, name))
    return named


def _source(source: PrometheusSource, name: str) -> dict[str, Any]:
    return f.given(
        name=name,
        url=source.url,
        page=source.page_url,
        token_env=source.token_env,
        username=source.username,
        password_env=source.password_env,
        ca_env=source.ca_env,
        tenant=source.tenant,
    )


# --- metrics -------------------------------------------------------------------------------


class CadenceStep(f.Strict):
    """Asked every so often until this age of the release; the last step without an end."""

    every: f.a_length(1, DAY_S)
    until: f.Offset = None


class Watched(f.Strict):
    """What metrics and checks share: how often they are asked and what follows of red."""

    key: f.key(80)
    name: f.words(200)
    every: f.a_length(1, DAY_S) = EVERY_S
    sustained: f.Length = SUSTAINED_S
    red_after: int = Field(1, ge=1, le=100)
    cadence: f.many(CadenceStep, 10) = Field([])
    runbook: f.url(500) = ""
    report_only: bool = False
    enabled: bool = True


class MetricFields(Watched):
    promql: f.words()
    unit: f.text(20) = ""
    green: Bound = None
    red: Bound = None
    source: f.text(100) = ""
    reducer: Literal["", "sum", "max", "min", "avg", "count", "worst"] = ""
    guard: f.text() = ""
    guard_min: float | None = Field(None, gt=0, strict=False)
    stale: f.a_length(1, 7 * DAY_S) | None = None
    meaning: f.text() = ""
    expected: f.text(200) = ""
    link: f.url(500) = ""
    alert: f.text(120) = ""
    words: dict[f.words(60), f.text(120)] = Field({}, max_length=100)
    line: int = Line


class MetricsPart(Part):
    key, order, schema = "metrics", 91, f.many(MetricFields, 1000)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        named = {source.pk: name for source, name in named_sources(plan)}
        usual = next(iter(named), None)
        lined = has_lines(plan)
        return [
            _metric(row, "" if row.source_id == usual else named[row.source_id], lined)
            for row in plan.prometheusquery_set.order_by("position", "pk")
        ]

    def check(self, value: list[MetricFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        yield from f.doubled(value, "key", ("metrics",))
        known = [source.name for source in whole.get("sources", ())]
        for n, metric in enumerate(value):
            yield from f.unknown(metric.source, known, ("metrics", n, "source"), "source")

    def count(self, value: list[MetricFields]) -> dict[str, int]:
        return {"queries": len(value)}

    def create(
        self, plan: DeploymentPlan, value: list[MetricFields] | None, creation: Creation
    ) -> None:
        sources = creation.made["sources"]
        if value and not sources:
            sources = {USUAL: PrometheusSource.objects.create(plan=plan)}
        usual = next(iter(sources.values()), None)
        lined = creation.made.get("lined", False)
        PrometheusQuery.objects.bulk_create(
            PrometheusQuery(
                source=sources.get(one.source, usual),
                promql=one.promql,
                unit=one.unit,
                **bound_fields(one.green, one.red),
                reducer=one.reducer,
                guard_promql=one.guard,
                guard_min=one.guard_min,
                stale_s=one.stale,
                meaning=one.meaning,
                expected=one.expected,
                link_url=one.link,
                alert_name=one.alert,
                words=dict(one.words),
                source_line=one.line if lined else None,
                **watched_row(plan, place, one, creation),
            )
            for place, one in enumerate(value or [], start=1)
        )


def _metric(row: PrometheusQuery, source: str, lined: bool) -> dict[str, Any]:
    return f.given(
        key=row.key,
        name=row.name,
        source=source,
        promql=row.promql,
        unit=row.unit,
        green=bound(row.green_op, row.green_value),
        red=bound(row.red_op, row.red_value),
        **watched(row),
        reducer=row.reducer,
        guard=row.guard_promql,
        guard_min=row.guard_min,
        stale=f.length(row.stale_s) if row.stale_s else None,
        meaning=row.meaning,
        expected=row.expected,
        link=row.link_url,
        alert=row.alert_name,
        words=row.words,
        line=row.source_line if lined else None,
    )


def watched(row: Probing) -> dict[str, Any]:
    return {
        "every": None if row.interval_s == EVERY_S else f.length(row.interval_s),
        "sustained": None if row.sustained_s == SUSTAINED_S else f.length(row.sustained_s),
        "red_after": None if row.red_after == 1 else row.red_after,
        "cadence": [step_of(step) for step in row.cadence],
        "runbook": row.runbook_url,
        "report_only": row.report_only or None,
        "enabled": None if row.enabled else False,
    }


def step_of(step: Mapping[str, int]) -> dict[str, str]:
    until = f.offset(step["until_s"]) if step.get("until_s") else None
    return f.given(every=f.length(step["every_s"]), until=until)


def cadence_of(steps: Iterable[CadenceStep]) -> list[dict[str, int]]:
    """Steps as a row keeps them, in seconds."""
    return [{"every_s": one.every} | ({"until_s": one.until} if one.until else {}) for one in steps]


def watched_row(
    plan: DeploymentPlan, place: int, one: Watched, creation: Creation
) -> dict[str, Any]:
    return {
        "plan": plan,
        "position": place,
        "key": one.key,
        "name": one.name,
        "interval_s": one.every,
        "sustained_s": one.sustained,
        "red_after": one.red_after,
        "cadence": cadence_of(one.cadence),
        "runbook_url": one.runbook,
        "report_only": one.report_only,
        "enabled": one.enabled,
        "due_at": creation.at,
    }


for part in (SourcesPart(), MetricsPart()):
    register_part(part)
