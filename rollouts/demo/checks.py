"""The demo's further checks and its alerts: a script that reported, a matrix, a hook, a drill.

All are shown only: the rollout's word rests on its own metrics and pages.
"""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings

from rollouts.actions.alert_drills import fire_drill
from rollouts.actions.alert_words import acknowledge, mark_false
from rollouts.actions.alerts import receive
from rollouts.actions.check_edits import add_check, add_many
from rollouts.actions.checks import repoint
from rollouts.actions.hooks import add_hook
from rollouts.actions.pings import Ping, note_start, take_ping
from rollouts.models import Alert, AlertHook, HealthCheck
from rollouts.rules.alert_payloads import DRILL, Envelope, Told
from warroom.models import DeploymentPlan, User

PAGES = (("Start page", "/"), ("Knobs", "/knobs"), ("Style", "/knobs.css"), ("Health", "/health"))
GROUP = "Endpoints"
SHOWN = {"report_only": True}
RUNBOOK = "https://runbooks.example.org/genesis/"
SAID = "exported 48,210 rows\nuploaded export-20251024.csv.gz, 12 MB\ndone"


def fill(plan: DeploymentPlan, admin: User, now: datetime) -> None:
    """Make what is missing, and point what is there at the present addresses."""
    _endpoints(plan, admin)
    _prometheus(plan, admin)
    if not HealthCheck.objects.filter(plan=plan, kind="heartbeat").exists():
        _export(plan, admin)
    if not AlertHook.objects.filter(plan=plan).exists():
        _alerts(plan, admin, now)


def _endpoints(plan: DeploymentPlan, admin: User) -> None:
    address = settings.DEMO_SERVICE_URL.rstrip("/")
    if not address:
        return
    there = {row.name: row for row in HealthCheck.objects.filter(plan=plan, group=GROUP)}
    if there:
        repoint(plan, {there[name].key: address + path for name, path in PAGES if name in there})
        return
    lines = [(name, address + path) for name, path in PAGES]
    add_many(plan, lines, {"group": GROUP, "interval_s": 30, **SHOWN}, by=admin)


def _prometheus(plan: DeploymentPlan, admin: User) -> None:
    port = urlsplit(settings.PROMETHEUS_URL).netloc
    if ":" not in port:
        return
    if HealthCheck.objects.filter(plan=plan, key="prometheus-port").exists():
        repoint(plan, {"prometheus-port": port})
        return
    fields = {"name": "Prometheus port", "url": port, "interval_s": 30, **SHOWN}
    add_check(plan, "tcp", fields, by=admin)
    source = plan.prometheus_sources.order_by("pk").first()
    targets = {"name": "Scraped targets", "source": source, "interval_s": 30, **SHOWN}
    add_check(plan, "targets", targets, by=admin)


def _export(plan: DeploymentPlan, admin: User) -> None:
    """A script that ran once; nobody runs it again, so that a day later it is late."""
    fields = {"name": "Nightly export", "interval_s": 86_400, "grace_s": 3600,
              "runbook_url": f"{RUNBOOK}export", **SHOWN}  # fmt: skip
    check = add_check(plan, "heartbeat", fields, by=admin)
    note_start(check)
    take_ping(check, Ping(0, SAID, len(SAID)))


def _alerts(plan: DeploymentPlan, admin: User, now: datetime) -> None:
    """Two alerts that are over, one of them false, and a test that came back."""
    hook, _ = add_hook(
        plan, {"name": "Alertmanager", "kind": "alertmanager", "expect_every_s": None}, by=admin
    )
    hours = ((5, "warning", "DiskFillsUp"), (2, "critical", "CheckoutErrorRate"))
    for before, severity, name in hours:
        began = now - timedelta(hours=before)
        told = _told(name, severity, began, began + timedelta(minutes=9))
        receive(hook, Envelope((told,), name, 0))
    acknowledge(Alert.objects.get(plan=plan, name="CheckoutErrorRate"), by=admin)
    mark_false(Alert.objects.get(plan=plan, name="DiskFillsUp"), "A backup filled it", by=admin)
    drill = fire_drill(plan, None, name="Night route to on-call", by=admin)
    for ended in (None, now):
        told = _told("WarroomTestAlert", "critical", now, ended, drill.key)
        receive(hook, Envelope((told,), "test", 0))
    acknowledge(Alert.objects.get(drill=drill), by=admin)


def _told(
    name: str, severity: str, began: datetime, ended: datetime | None, drill: str = ""
) -> Told:
    labels = {"alertname": name, "severity": severity, "instance": "genesis-1"}
    return Told(
        fingerprint=f"demo-{name.lower()}",
        name=name,
        severity=severity,
        summary=f"{name} on genesis-1",
        labels=labels | ({DRILL: drill} if drill else {}),
        annotations={},
        runbook_url=f"{RUNBOOK}{name.lower()}",
        source_url="",
        firing=ended is None,
        started_at=began,
        ended_at=ended,
    )
