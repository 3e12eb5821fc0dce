"""Test alerts: fired, received, acknowledged, and how long each took (S110)."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from rollouts.models import AlertDrill, AlertHook
from rollouts.rules.alert_payloads import DRILL
from rollouts.rules.alerts import NAME
from warroom.actions.change import RULE, change
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan, User

ALERT = "WarroomTestAlert"
# A test alert that came back to nobody by then will not: something on its way is broken.
GIVEN_UP = timedelta(minutes=30)
LASTS = timedelta(minutes=5)
LEASE = timedelta(seconds=30)
REST_S = (5, 15, 60, 180)  # between one try to post and the next


def fire_drill(
    plan: DeploymentPlan,
    hook: AlertHook | None,
    *,
    by: User,
    severity: str = "critical",
    name: str = "",
    request_id: str | None = None,
) -> AlertDrill:
    """Fire a test alert; a worker posts it where ``hook`` names its manager, else people do.

    It is known again by its label when it comes back through a hook. Raises Invalid, and
    NotAllowed without the right to tick.
    """
    if not NAME.fullmatch(severity):
        raise Invalid("severity", _("One word in small letters: critical, high, warning."))
    name = " ".join(name.replace("\0", "").split())[:120] or ALERT
    with change(plan, by=by, right="tick", request_id=request_id) as firing:
        rows = AlertDrill.objects.filter(plan=firing.plan)
        if firing.repeated:
            return rows.order_by("-pk").first()
        posts = hook is not None and bool(hook.manager_url)
        drill = AlertDrill.objects.create(
            plan=firing.plan,
            hook=hook,
            key=secrets.token_hex(8),
            name=name,
            severity=severity,
            fired_at=firing.at,
            fired_by=firing.author_name,
            fired_how=_("posted to {hook}").format(hook=hook.name) if posts else _("by hand"),
            due_at=firing.at if posts else None,
        )
        text = _("Test alert {name} ({severity}) fired, {fired_how}").format(
            name=name, severity=severity, fired_how=drill.fired_how
        )
        firing.record("drill.fired", text, drill=drill.key, severity=severity)
    return drill


def as_posted(drill: AlertDrill, now: datetime) -> list[dict[str, Any]]:
    """What Alertmanager's API (v2) takes: one alert that ends by itself after five minutes."""
    url = reverse("alerts", args=[drill.plan.slug])
    return [
        {
            "labels": {
                "alertname": ALERT,
                "severity": drill.severity,
                DRILL: drill.key,
                "release": drill.plan.slug,
            },
            "annotations": {
                "summary": _("Test of the alerts of {plan}: {drill}").format(
                    plan=drill.plan.name, drill=drill.name
                )
            },
            "startsAt": now.isoformat(),
            "endsAt": (now + LASTS).isoformat(),
            "generatorURL": f"{settings.PUBLIC_URL.rstrip('/')}{url}",
        }
    ]


def command_of(drill: AlertDrill) -> str:
    """The command that fires it by hand."""
    manager = drill.hook.manager_url if drill.hook and drill.hook.manager_url else ""
    return (
        f"amtool alert add {ALERT} severity={drill.severity} {DRILL}={drill.key} "
        f"release={drill.plan.slug} "
        f"--alertmanager.url={manager or 'http://alertmanager:9093'}"
    )


# --- the worker ----------------------------------------------------------------------------


def claim_drills(now: datetime, limit: int = 20) -> list[AlertDrill]:
    """Take test alerts that are to be posted; a worker that dies leaves them to be due again."""
    rows = AlertDrill.objects.filter(due_at__lte=now).select_related("plan", "hook")
    return [
        row
        for row in rows[:limit]
        # Whoever comes second finds another due time and changes nothing.
        if AlertDrill.objects.filter(pk=row.pk, due_at=row.due_at).update(due_at=now + LEASE)
    ]


def note_posted(drill: AlertDrill, now: datetime) -> None:
    """Its manager took it; that is no event, as it is not what the drill asks."""
    rows = AlertDrill.objects.filter(pk=drill.pk)
    rows.update(due_at=None, posted_at=now, failure="", tries=drill.tries + 1)


def note_unposted(drill: AlertDrill, reason: str, now: datetime) -> None:
    """It could not be posted; it is tried again a few times, and the page says why."""
    left = REST_S[drill.tries] if drill.tries < len(REST_S) else None
    again = None if left is None else now + timedelta(seconds=left)
    with change(drill.plan, by=RULE) as failing:
        row = AlertDrill.objects.get(pk=drill.pk)
        row.due_at, row.failure, row.tries = again, reason[:300], drill.tries + 1
        row.save(update_fields=["due_at", "failure", "tries"])
        if drill.tries == 0:
            text = _("Test alert {row} could not be posted: {failure}").format(
                row=row.name, failure=row.failure
            )
            failing.record("drill.failed", text, drill=row.key, reason=row.failure)


def give_up(now: datetime) -> int:
    """End the drills that nobody received or answered in half an hour; return how many."""
    late = AlertDrill.objects.filter(
        acknowledged_at=None, given_up_at=None, fired_at__lt=now - GIVEN_UP
    ).select_related("plan")
    return sum(_give_up(drill) for drill in late[:50])


def _give_up(drill: AlertDrill) -> int:
    with change(drill.plan, by=RULE) as ending:
        row = AlertDrill.objects.get(pk=drill.pk)
        if row.acknowledged_at is not None or row.given_up_at is not None:
            return 0
        row.given_up_at, row.due_at = ending.at, None
        row.save(update_fields=["given_up_at", "due_at"])
        missing = "acknowledged" if row.received_at else "received"
        text = (
            _("Test alert {row} was not acknowledged within 30 minutes")
            if row.received_at
            else _("Test alert {row} was not received within 30 minutes")
        )
        ending.record("drill.given_up", text.format(row=row.name), drill=row.key, missing=missing)
    return 1
