"""Alerts as their managers tell them. What people say of them: ``alert_words``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from rollouts.models import Alert, AlertDrill, AlertHook
from rollouts.rules.alert_payloads import Envelope, Told
from rollouts.rules.alerts import CRITICAL
from warroom.actions.change import Change, change
from warroom.actions.escalations import open_escalation
from warroom.models import Lifecycle
from warroom.rules.wording import listed

GROUPS = 50  # groups of which alerts were left out, kept per hook
# Before it is deployed, what fires in production is not this release's, and calls nobody here.
CALLS = frozenset({Lifecycle.DEPLOYING, Lifecycle.WATCHING})
_KEPT = ("name", "severity", "summary", "labels", "annotations", "runbook_url", "source_url")


@dataclass
class Heard:
    """What one notification changed."""

    fired: list[Alert] = field(default_factory=list)
    resolved: list[Alert] = field(default_factory=list)
    drills: list[AlertDrill] = field(default_factory=list)
    again: list[Alert] = field(default_factory=list)

    @property
    def is_news(self) -> bool:
        return bool(self.fired or self.resolved or self.drills)


def receive(hook: AlertHook, envelope: Envelope) -> Heard:
    """Keep what a manager told, in one change; what was told before only counts as heard again.

    An alert is one fingerprint and start. Once it is resolved it stays so, whatever comes late:
    two managers of a pair overtake each other, and a replay looks the same. In a closed release
    nothing is kept.
    """
    heard = Heard()
    with change(hook.plan, by=hook.name) as hearing:
        if hearing.plan.is_closed:
            return heard
        known = _known(hearing, envelope.alerts)
        drills = _drills(hearing, envelope.alerts)
        for told in envelope.alerts:
            _take(hearing, hook, told, known, drills, heard)
        _save(hearing, heard)
        _keep_hook(hearing, hook, envelope)
        if heard.is_news:
            called = _call(hearing, heard.fired)
            hearing.record(_kind(heard), _sentence(heard) + called, **_data(hook, envelope, heard))
    return heard


def _known(hearing: Change, told: Sequence[Told]) -> dict[tuple[str, Any], Alert]:
    rows = Alert.objects.filter(
        plan=hearing.plan, fingerprint__in={one.fingerprint for one in told}
    ).select_related("drill")
    return {(row.fingerprint, row.started_at): row for row in rows}


def _drills(hearing: Change, told: Sequence[Told]) -> dict[str, AlertDrill]:
    keys = {one.drill for one in told if one.drill}
    rows = AlertDrill.objects.filter(plan=hearing.plan, key__in=keys) if keys else ()
    return {row.key: row for row in rows}


def _take(
    hearing: Change,
    hook: AlertHook,
    told: Told,
    known: dict[tuple[str, Any], Alert],
    drills: dict[str, AlertDrill],
    heard: Heard,
) -> None:
    row = known.get((told.fingerprint, told.started_at))
    if row is None:
        row = _new(hearing, hook, told, drills.get(told.drill))
        known[told.fingerprint, told.started_at] = row
        (heard.fired if told.firing else heard.resolved).append(row)
        if row.drill and row.drill.received_at is None:
            row.drill.received_at = hearing.at
            heard.drills.append(row.drill)
        return
    if not told.firing and row.resolved_at is None:
        row.resolved_at, row.ended_at = hearing.at, told.ended_at
        if row.pk is not None:
            heard.resolved.append(row)
    heard.again.append(row)


def _new(hearing: Change, hook: AlertHook, told: Told, drill: AlertDrill | None) -> Alert:
    return Alert(
        plan=hearing.plan,
        hook=hook,
        drill=drill,
        fingerprint=told.fingerprint,
        **{name: getattr(told, name) for name in _KEPT},
        started_at=told.started_at,
        ended_at=told.ended_at,
        received_at=hearing.at,
        heard_at=hearing.at,
        resolved_at=None if told.firing else hearing.at,
    )


def _save(hearing: Change, heard: Heard) -> None:
    """In a fixed number of statements, however many alerts came together."""
    Alert.objects.bulk_create(row for row in (*heard.fired, *heard.resolved) if row.pk is None)
    told = Alert.objects.filter(pk__in=[row.pk for row in heard.again])
    told.update(heard_at=hearing.at)
    Alert.objects.bulk_update(heard.resolved, ["resolved_at", "ended_at"])
    AlertDrill.objects.filter(pk__in=[one.pk for one in heard.drills]).update(
        received_at=hearing.at, due_at=None
    )


def _keep_hook(hearing: Change, hook: AlertHook, envelope: Envelope) -> None:
    cut = {group: said for group, said in hook.cut.items() if group != envelope.group}
    if envelope.cut:
        cut[envelope.group] = [envelope.cut, int(hearing.at.timestamp())]
    newest = sorted(cut.items(), key=lambda one: one[1][1], reverse=True)[:GROUPS]
    hook.heard_at, hook.cut = hearing.at, dict(newest)
    hook.save(update_fields=["heard_at", "cut"])


# --- who is called -------------------------------------------------------------------------


def cause_of(alert: Alert) -> str:
    """Under which cause an alert opens an escalation."""
    return f"alert:{alert.fingerprint}"


def _call(hearing: Change, fired: Sequence[Alert]) -> str:
    """Call for help once, however many critical alerts fire together; gives " E-3." or ""."""
    plan = hearing.plan
    critical = [row for row in fired if row.severity == CRITICAL and row.drill is None]
    if not critical or plan.lifecycle not in CALLS:
        return ""
    waiting = plan.escalations.filter(
        cause__startswith="alert:", closed_at=None, acknowledged_at=None
    )
    if waiting.exists():
        return ""
    reason = _("Critical alert: {fromkeys}").format(
        fromkeys=listed(list(dict.fromkeys(row.name for row in critical)))
    )
    url = reverse("alerts", args=[plan.slug])
    opened = open_escalation(hearing, cause_of(critical[0]), reason, url=url)
    return _(" {opened} is opened.").format(opened=opened) if opened else ""


# --- the event -----------------------------------------------------------------------------


def _kind(heard: Heard) -> str:
    real = [row for row in heard.fired if row.drill is None]
    if heard.drills and not real:
        return "drill.received"
    return "alert.fired" if heard.fired else "alert.resolved"


def _sentence(heard: Heard) -> str:
    told = {"fired": heard.fired, "resolved": heard.resolved}
    real = {word: [row for row in rows if row.drill is None] for word, rows in told.items()}
    parts = [f"{_names(rows)} {word}" for word, rows in real.items() if rows]
    parts += [
        _("Test alert {one} received {seconds} after it was fired").format(
            one=one.name, seconds=_seconds(one)
        )
        for one in heard.drills
    ]
    if not parts:
        parts = [_("A test alert is resolved")]
    return ". ".join(parts) + "."


def _names(rows: Sequence[Alert]) -> str:
    """ "Alert TargetDown (critical)", "4 alerts: CheckoutErrorRate (critical)"."""
    told = list(dict.fromkeys(f"{row.name} ({row.severity or _('no severity')})" for row in rows))
    shown = listed(told[:4]) + (
        _(" and {count} more").format(count=len(told) - 4) if len(told) > 4 else ""
    )
    return (
        _("Alert {shown}").format(shown=shown)
        if len(rows) == 1
        else _("{count} alerts: {shown}").format(count=len(rows), shown=shown)
    )


def _seconds(drill: AlertDrill) -> str:
    return f"{(drill.received_at - drill.fired_at).total_seconds():.0f} s"


def _data(hook: AlertHook, envelope: Envelope, heard: Heard) -> dict[str, Any]:
    return {
        "hook": hook.name,
        "fired": [row_of(row) for row in heard.fired[:50]],
        "resolved": [row_of(row) for row in heard.resolved[:50]],
        "drills": [one.key for one in heard.drills],
        "cut": envelope.cut,
    }


def row_of(row: Alert) -> dict[str, str]:
    """An alert as events name it."""
    return {
        "fingerprint": row.fingerprint,
        "name": row.name,
        "severity": row.severity,
        "since": row.started_at.isoformat(),
    }
