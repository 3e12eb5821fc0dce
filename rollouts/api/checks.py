"""Health checks, alerts and test alerts for scripts."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from rollouts.actions import check_edits as actions
from rollouts.actions.alert_drills import command_of, fire_drill
from rollouts.actions.alert_words import acknowledge
from rollouts.actions.check_fields import shown, source_named
from rollouts.models import Alert, AlertDrill, AlertHook, HealthCheck
from rollouts.queries.alerts import sheet
from rollouts.queries.watching import all_checks_now, watched
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid
from warroom.api import plan_of
from warroom.models import DeploymentPlan, Right
from warroom.once import once

router = Router(tags=["rollouts"])


class CheckIn(Schema):
    """Lengths are seconds. ``options``: what the kind wants besides. ``source``: the name of a
    Prometheus server. What is left out is as usual, or stays as it is.
    """

    name: str | None = None
    url: str | None = None
    expect_status: int | None = None
    slow_ms: int | None = None
    red_ms: int | None = None
    options: dict[str, Any] | None = None
    source: str | None = None
    group: str | None = None
    interval_s: int | None = None
    cadence: list[dict[str, int]] | None = None
    grace_s: int | None = None
    sustained_s: int | None = None
    red_after: int | None = None
    report_only: bool | None = None
    runbook_url: str | None = None


class NewCheckIn(CheckIn):
    """``kind``: http, tcp, tls, targets or heartbeat. ``key`` is made of the name where it is not
    given.
    """

    kind: str = "http"
    key: str = ""


class ChangeIn(CheckIn):
    """409 when ``version`` is no longer the check's."""

    reason: str = ""
    version: int | None = None


class CheckOut(Schema):
    """``band``: green, yellow, red or no_data, as it counts now; ``why`` says why. Times are UTC.
    ``ping``: where a heartbeat reports, for those who may edit; else "".
    """

    key: str
    kind: str
    name: str
    enabled: bool
    version: int
    band: str
    value: str
    why: str
    read_at: datetime | None
    settings: dict[str, Any]
    ping: str


class AlertOut(Schema):
    """``state``: firing, unknown (not repeated for long) or resolved. ``drill``: a test's key."""

    id: int
    name: str
    severity: str
    state: str
    summary: str
    labels: dict[str, str]
    runbook_url: str
    started_at: datetime
    ended_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    false: bool
    drill: str


class DrillIn(Schema):
    """``hook``: the name of the hook whose manager it is posted to; none: by hand."""

    hook: str = ""
    severity: str = "critical"
    name: str = ""


class DrillOut(Schema):
    """Seconds from when it was fired; null until then. ``command`` fires it by hand."""

    key: str
    name: str
    severity: str
    fired_at: datetime
    fired_how: str
    failure: str
    received_s: float | None
    acknowledged_s: float | None
    given_up: bool
    command: str


# --- checks ----------------------------------------------------------------------------------


@router.get("plans/{slug}/checks", response=list[CheckOut])
def list_checks(request: HttpRequest, slug: str):
    """All health checks, those too that are not watched any more."""
    plan, now = plan_of(request, slug), timezone.now()
    sources = {source.pk: source for source in plan.prometheus_sources.all()}
    rows = all_checks_now(plan, now)
    for row in rows:
        row.source = sources.get(row.source_id)
    return [_check(row, now) for row in rows]


@router.post("plans/{slug}/checks", response={201: CheckOut})
def add_check(request: HttpRequest, slug: str, body: NewCheckIn):
    """Watch one more thing. The same Idempotency-Key adds it once."""
    plan = plan_of(request, slug, "edit")
    said = _said(plan, body)
    row = actions.add_check(
        plan, body.kind, said, key=body.key, by=request.user, request_id=once(request)
    )
    return Status(201, _check(row, timezone.now(), ping=True))


@router.get("plans/{slug}/checks/{key}", response=CheckOut)
def get_check(request: HttpRequest, slug: str, key: str):
    """One health check."""
    return _check(_find(plan_of(request, slug), key), timezone.now())


@router.patch("plans/{slug}/checks/{key}", response=CheckOut)
def change_check(request: HttpRequest, slug: str, key: str, body: ChangeIn):
    """Change what a check asks; the older text is kept."""
    plan = plan_of(request, slug, "edit")
    row = actions.edit_check(
        _find(plan, key),
        _said(plan, body),
        by=request.user,
        reason=body.reason,
        seen_version=body.version,
        request_id=once(request),
    )
    return _check(row, timezone.now(), ping=True)


@router.delete("plans/{slug}/checks/{key}", response={204: None})
def remove_check(request: HttpRequest, slug: str, key: str, reason: str = ""):
    """Watch it no more; it is kept with its history."""
    plan = plan_of(request, slug, "edit")
    actions.remove_check(_find(plan, key), by=request.user, reason=reason, request_id=once(request))
    return Status(204, None)


def _find(plan: DeploymentPlan, key: str) -> HealthCheck:
    row = HealthCheck.objects.filter(plan=plan, key=key).select_related("source").first()
    if row is None:
        raise Http404
    row.plan = plan
    return row


def _said(plan: DeploymentPlan, body: CheckIn) -> dict[str, Any]:
    said = body.dict(exclude_unset=True)
    for name in ("kind", "key", "reason", "version"):
        said.pop(name, None)
    if "source" in said:
        said["source"] = source_named(plan, said["source"] or "")
    return {name: value for name, value in said.items() if value is not None or name in _NULLS}


_NULLS = ("red_ms", "source")


def _check(row: HealthCheck, now: datetime, *, ping: bool = False) -> dict[str, Any]:
    seen, kept = watched(row, now), shown(row)
    kept.pop("asks")
    address = reverse("ping", args=[row.ping_key]) if ping and row.ping_key else ""
    return {
        "key": row.key,
        "kind": row.kind,
        "name": kept.pop("name"),
        "enabled": row.enabled,
        "version": row.version,
        "band": seen.band,
        "value": f"{seen.value} {seen.unit}".strip(),
        "why": seen.trouble or row.reason,
        "read_at": row.read_at,
        "settings": kept,
        "ping": f"{settings.PUBLIC_URL.rstrip('/')}{address}" if address else "",
    }


# --- alerts ----------------------------------------------------------------------------------


@router.get("plans/{slug}/alerts", response=list[AlertOut])
def list_alerts(request: HttpRequest, slug: str):
    """Firing ones first, then the newest of the others."""
    found = sheet(plan_of(request, slug), timezone.now())
    return [_alert(row.alert, row.known) for row in (*found.firing, *found.earlier)]


@router.post("plans/{slug}/alerts/{int:number}/acknowledge", response=AlertOut)
def acknowledge_alert(request: HttpRequest, slug: str, number: int):
    """Say that somebody looks after it; again changes nothing."""
    plan = plan_of(request, slug, "tick")
    row = Alert.objects.filter(plan=plan, pk=number).select_related("plan").first()
    if row is None:
        raise Http404
    return _alert(acknowledge(row, by=request.user, request_id=once(request)), True)


def _alert(row: Alert, known: bool) -> dict[str, Any]:
    firing = "firing" if known else "unknown"
    names = set(AlertOut.model_fields) - {"id", "state", "false", "drill"}
    return {name: getattr(row, name) for name in names} | {
        "id": row.pk,
        "state": "resolved" if row.resolved_at else firing,
        "false": row.false_at is not None,
        "drill": row.drill.key if row.drill else "",
    }


@router.post("plans/{slug}/alert-drills", response={201: DrillOut})
def fire(request: HttpRequest, slug: str, body: DrillIn):
    """Fire a test alert; a worker posts it, or ``command`` does."""
    plan = plan_of(request, slug, "tick")
    demand(plan, request.user, Right.TICK)
    hook = AlertHook.objects.filter(plan=plan, name=body.hook, retired_at=None).first()
    if body.hook and hook is None:
        raise Invalid("hook", _("This release has no such hook."))
    drill = fire_drill(
        plan,
        hook,
        severity=body.severity,
        name=body.name,
        by=request.user,
        request_id=once(request),
    )
    return Status(201, _drill(drill))


@router.get("plans/{slug}/alert-drills", response=list[DrillOut])
def list_drills(request: HttpRequest, slug: str):
    """Test alerts, newest first: what it took until each was received and acknowledged."""
    plan = plan_of(request, slug)
    rows = AlertDrill.objects.filter(plan=plan).select_related("hook", "plan")
    return [_drill(row) for row in rows[:100]]


def _drill(row: AlertDrill) -> dict[str, Any]:
    received, answered = row.received_after, row.acknowledged_after
    return {
        "key": row.key,
        "name": row.name,
        "severity": row.severity,
        "fired_at": row.fired_at,
        "fired_how": row.fired_how,
        "failure": row.failure,
        "received_s": received.total_seconds() if received else None,
        "acknowledged_s": answered.total_seconds() if answered else None,
        "given_up": row.given_up_at is not None,
        "command": command_of(row),
    }
