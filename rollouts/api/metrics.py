"""Metrics and servers for pipelines: as on the pages, by token.

What asks for new votes or restarts a soak is refused with 409, which says so, unless the request
says ``revoke: true``.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from checklists.rules.bands import Bound
from checklists.rules.drafts import WrongBound, read_bounds
from rollouts.actions import metric_fields, metrics, sources
from rollouts.actions.metric_import import import_set, preview
from rollouts.actions.metric_pending import save_for_next_stage
from rollouts.actions.versions import settings_of
from rollouts.documents.metric_sets import FORMS, read_set, write_set
from rollouts.models import PrometheusQuery, PrometheusSource
from rollouts.probes.prometheus import try_query
from rollouts.queries.metric_versions import tuning_log
from rollouts.queries.targets import target_of
from rollouts.queries.watching import watched
from rollouts.rules.promql import lint
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid
from warroom.api import plan_of
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.problems import problem
from warroom.rules.typed import length_of

router = Router(tags=["rollouts"])
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/yaml": {"schema": {"type": "string"}}},
    }
}


class MetricIn(Schema):
    """What is left out stays. ``green`` and ``red`` as people write them; lengths as 15s, 5m.

    ``does``: automatic, recommend, hold or report. ``when``: next, to wait for the next stage.
    ``version``: the one that was read; 409 when there is a newer one.
    """

    name: str | None = None
    promql: str | None = None
    unit: str | None = None
    source: str | None = None
    green: str | None = None
    red: str | None = None
    every: str | None = None
    sustained: str | None = None
    stale: str | None = None
    red_after: int | None = None
    cadence: list[dict[str, int]] | None = None
    reducer: str | None = None
    guard: str | None = None
    guard_min: float | None = None
    meaning: str | None = None
    expected: str | None = None
    alert: str | None = None
    runbook: str | None = None
    link: str | None = None
    words: dict[str, str] | None = None
    does: str = ""
    enabled: bool | None = None
    place: int | None = None
    reason: str = ""
    version: int | None = None
    revoke: bool = False
    when: str = ""


class TryIn(Schema):
    promql: str
    source: str = ""
    reducer: str = ""
    unit: str = ""


class SourceIn(Schema):
    name: str
    url: str = ""
    page_url: str = ""
    token_env: str = ""
    username: str = ""
    password_env: str = ""
    ca_env: str = ""
    tenant: str = ""


@router.get("plans/{slug}/metrics", response={200: list[dict[str, Any]]})
def list_metrics(request: HttpRequest, slug: str, format: str = "json"):
    """Every metric with its value now; ``format=yaml``: the set as a file that can be imported."""
    plan = plan_of(request, slug)
    if format == "yaml":
        return HttpResponse(write_set(plan), content_type="application/yaml; charset=utf-8")
    if format != "json":
        return problem(415, _("Ask for json or yaml."), field="format")
    return [_out(row) for row in _rows(plan)]


@router.get("plans/{slug}/metrics/tuning", response=list[dict[str, Any]])
def list_tuning(request: HttpRequest, slug: str):
    """What was tuned, with reasons, and noted of metrics; newest first."""
    return [vars(one) for one in tuning_log(plan_of(request, slug))]


@router.post("plans/{slug}/metrics/try", response=dict[str, Any])
def try_metric(request: HttpRequest, slug: str, body: TryIn):
    """Ask a query once and give every series, with what is odd about it; nothing is kept."""
    plan = plan_of(request, slug, "edit")
    demand(plan, request.user, Right.EDIT)
    said = {"promql": body.promql, "reducer": body.reducer, "unit": body.unit, "name": _("Try")}
    values = metric_fields.checked(said)
    row = PrometheusQuery(plan=plan, source=_source(plan, body.source))
    metric_fields.assign(row, metric_fields.columns(values))
    tried = try_query(target_of(row))
    return {
        "value": tried.value,
        "error": tried.error,
        "series": [{"labels": dict(labels), "value": value} for labels, value in tried.series],
        "warnings": list(tried.warnings),
        "remarks": [one.text for one in lint(row.promql, row.reducer)],
        "at": tried.at,
        "took_ms": round(tried.took_ms, 1),
    }


@router.post("plans/{slug}/metrics/import", response=dict[str, Any], openapi_extra=_BODY)
def import_metrics(
    request: HttpRequest, slug: str, format: str = "", dry_run: bool = False, reason: str = ""
):
    """Take over a set: our own YAML (``format=warroom``) or alert rules (``format=prometheus``).

    ``dry_run=1`` only says what it would change. Metrics that the file does not name stay.
    """
    plan = plan_of(request, slug, *(("read",) if dry_run else ("edit",)))
    if format and format not in FORMS:
        raise Invalid("format", _("One of: {forms}.").format(forms=", ".join(FORMS)))
    found = read_set(request.body, format)
    taken = preview(plan, found)
    if not dry_run:
        import_set(plan, found, by=request.user, reason=reason, request_id=once(request))
    return {
        "form": found.form,
        "metrics": [
            {
                "key": one.key,
                "name": one.name,
                "line": one.line,
                "kind": one.kind,
                "changes": [part.text for part in one.moved],
                "restarts": one.restarts,
            }
            for one in taken
        ],
        "lines": [vars(line) for line in found.lines],
        "dry_run": dry_run,
    }


@router.put("plans/{slug}/metrics/{key}", response={200: dict[str, Any], 201: dict[str, Any]})
def put_metric(request: HttpRequest, slug: str, key: str, body: MetricIn):
    """Add a metric under this key, or change it; the older text is kept as a version."""
    plan = plan_of(request, slug, "edit")
    row = _find(plan, key, missing=True)
    fields = _fields(plan, body, row)
    common = {"by": request.user, "reason": body.reason, "request_id": once(request)}
    if row is None:
        made = metrics.add_metric(plan, fields, key=key, does=body.does, **common)
        return Status(201, _out(_find(plan, made.key)))
    if body.place is not None:
        if body.dict(exclude_unset=True).keys() - {"place"}:
            raise Invalid("place", _("Change what it asks or where it stands: not both at once."))
        common.pop("reason")
        metrics.move_metric(row, body.place, **common)
    elif body.when == "next":
        save_for_next_stage(row, fields, does=body.does, seen_version=body.version, **common)
    elif body.enabled is not None and body.enabled != row.enabled:
        named = None if body.revoke else ()
        metrics.set_enabled(row, body.enabled, named=named, seen_version=body.version, **common)
    else:
        named = None if body.revoke else ()
        metrics.edit_metric(
            row, fields, does=body.does, named=named, seen_version=body.version, **common
        )
    return Status(200, _out(_find(plan, key)))


@router.delete("plans/{slug}/metrics/{key}", response={204: None})
def delete_metric(
    request: HttpRequest, slug: str, key: str, reason: str = "", revoke: bool = False
):
    """Take a metric off the list. Its readings and versions stay."""
    row = _find(plan_of(request, slug, "edit"), key)
    named = None if revoke else ()
    metrics.set_enabled(
        row, False, by=request.user, reason=reason, named=named, request_id=once(request)
    )
    return Status(204, None)


@router.get("plans/{slug}/sources", response=list[dict[str, Any]])
def list_sources(request: HttpRequest, slug: str):
    """The Prometheus servers. Secrets are not here: only the names of their variables."""
    return [_source_out(row) for row in plan_of(request, slug).prometheus_sources.order_by("pk")]


@router.post("plans/{slug}/sources", response={201: dict[str, Any]})
def add_source(request: HttpRequest, slug: str, body: SourceIn):
    """Name one more server."""
    plan = plan_of(request, slug, "edit")
    made = sources.add_source(plan, body.dict(), by=request.user, request_id=once(request))
    return Status(201, _source_out(made))


@router.put("plans/{slug}/sources/{number}", response=dict[str, Any])
def put_source(request: HttpRequest, slug: str, number: int, body: SourceIn):
    """Change a server; its metrics are asked anew at once."""
    found = plan_of(request, slug, "edit").prometheus_sources.filter(pk=number).first()
    if found is None:
        raise Http404
    said = body.dict(exclude_unset=True)
    return _source_out(sources.edit_source(found, said, by=request.user, request_id=once(request)))


@router.delete("plans/{slug}/sources/{number}", response={204: None})
def retire_source(request: HttpRequest, slug: str, number: int):
    """Take a server off; 409 while metrics are asked of it."""
    found = plan_of(request, slug, "edit").prometheus_sources.filter(pk=number).first()
    if found is None:
        raise Http404
    sources.retire_source(found, True, by=request.user, request_id=once(request))
    return Status(204, None)


# --- parts ---------------------------------------------------------------------------------

_NAMES = {
    "every": "interval_s",
    "sustained": "sustained_s",
    "stale": "stale_s",
    "guard": "guard_promql",
    "alert": "alert_name",
    "runbook": "runbook_url",
    "link": "link_url",
}
_PLAIN = ("name", "promql", "red_after", "cadence", "reducer", "guard_min", "meaning")
_PLAIN += ("expected", "words")


def _fields(plan: DeploymentPlan, body: MetricIn, row: PrometheusQuery | None) -> dict[str, Any]:
    """What the body says, as ``actions.metric_fields`` takes it; null empties a field."""
    said = body.dict(exclude_unset=True)
    fields = {name: said[name] for name in _PLAIN if name in said}
    for name in ("every", "sustained", "stale"):
        if name in said:
            fields[_NAMES[name]] = _length(name, said[name])
    for name in ("guard", "alert", "runbook", "link"):
        if name in said:
            fields[_NAMES[name]] = said[name] or ""
    if "source" in said:
        fields["source"] = _source(plan, said["source"] or "")
    if {"green", "red", "unit"} & said.keys():
        fields |= _bounds(said, row)
    return fields


def _bounds(said: dict[str, Any], row: PrometheusQuery | None) -> dict[str, Any]:
    stands = row.bands if row else None
    unit = said.get("unit", row.unit if row else "") or ""
    try:
        found = read_bounds(said.get("green") or "", said.get("red") or "", "", unit)
    except WrongBound as wrong:
        alone = wrong.field == "target" and "green" not in said
        if not (alone and stands):
            field = {"target": "green", "fail": "red"}.get(wrong.field, wrong.field)
            raise Invalid(field, wrong.sentence) from wrong
        found = read_bounds("0", said.get("red") or "", "", unit)
    green: Bound | None = found.green if "green" in said else (stands.green if stands else None)
    red: Bound | None = found.red if "red" in said else (stands.red if stands else None)
    return {"green": green, "red": red if green else None, "unit": found.unit or unit}


def _length(name: str, text: str | None) -> int | None:
    if not text:
        return 0 if name == "sustained" else None
    seconds = 0 if text in ("0", "0s") else length_of(text)
    if seconds is None:
        raise Invalid(name, _("{text!r} is no length. Write 15s, 5m or 1h.").format(text=text[:30]))
    return seconds


def _source(plan: DeploymentPlan, name: str) -> PrometheusSource:
    found = metric_fields.source_of(plan, name)
    if found is None and name:
        raise Invalid(
            "source", _("There is no server {name!r} in this release.").format(name=name[:60])
        )
    return found or PrometheusSource(plan=plan)


def _rows(plan: DeploymentPlan):
    return PrometheusQuery.objects.filter(plan=plan).select_related("source")


def _find(plan: DeploymentPlan, key: str, *, missing: bool = False) -> PrometheusQuery | None:
    row = _rows(plan).filter(key=key).first()
    if row is None and not missing:
        raise Http404
    if row is not None:
        row.plan = plan
    return row


def _out(row: PrometheusQuery) -> dict[str, Any]:
    now = watched(row, timezone.now())
    said = settings_of(row)
    said.pop("source_id")
    return said | {
        "key": row.key,
        "place": row.position,
        "version": row.version,
        "source": row.source.name,
        "value": row.value if now.band != "no_data" else None,
        "band": now.band,
        "why": now.trouble or row.reason,
        "read_at": row.read_at,
        "waits": row.pending.get("fields") or None,
    }


def _source_out(row: PrometheusSource) -> dict[str, Any]:
    said = {name: getattr(row, name) for name in sources.LIMITS}
    return {"id": row.pk, **said, "retired_at": row.retired_at}
