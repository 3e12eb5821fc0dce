"""Which alerts fire, how much is known of it, and what became of earlier ones and of drills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from checklists.queries.measures import Measured
from rollouts.models import Alert, AlertDrill, AlertHook
from rollouts.rules.alerts import CRITICAL
from warroom.models import DeploymentPlan
from warroom.queries.once import once
from warroom.queries.there import there
from warroom.rules.wording import duration_text

# Alertmanager repeats what goes on firing, by itself every four hours. What was not repeated for
# longer is not known any more, which is no data and not resolved.
REPEATED = timedelta(hours=6)
SHOWN = 100


def hooks_now(plan: DeploymentPlan, now: datetime) -> list[AlertHook]:
    """The addresses that are in use, read once for ``now`` (UTC); one SQL statement."""
    rows = AlertHook.objects.filter(plan=plan, retired_at=None).order_by("pk")
    return once(plan, now, "alert-hooks", lambda: list(there(plan, rows)))


def firing_now(plan: DeploymentPlan, now: datetime) -> list[Alert]:
    """Real alerts that nobody called resolved, of hooks in use; one SQL statement."""
    rows = Alert.objects.filter(plan=plan, resolved_at=None, drill=None, hook__retired_at=None)
    return once(plan, now, "firing-alerts", lambda: list(there(plan, rows)))


def unanswered(plan: DeploymentPlan, now: datetime) -> list[Alert]:
    """Critical ones that fire and that nobody has acknowledged; oldest first."""
    rows = [row for row in firing_now(plan, now) if row.severity == CRITICAL]
    return [row for row in reversed(rows) if row.acknowledged_at is None]


def cut_of(hook: AlertHook, now: datetime) -> int:
    """How many alerts its manager left out of what it told last."""
    since = (now - REPEATED).timestamp()
    return sum(count for count, at in hook.cut.values() if at >= since)


def is_silent(hook: AlertHook, now: datetime) -> bool:
    """Whether it was not heard for longer than it should be."""
    if hook.heard_at is None:
        return True
    every = hook.expect_every_s
    return every is not None and now - hook.heard_at > timedelta(seconds=every)


def counts_of(plan: DeploymentPlan, severity: str, now: datetime) -> list[Measured]:
    """How many alerts of a severity fire, by every hook; two SQL statements or one."""
    hooks = hooks_now(plan, now)
    firing = firing_now(plan, now) if hooks else []
    return [_count_of(hook, firing, severity, now) for hook in hooks]


def _count_of(hook: AlertHook, firing: Sequence[Alert], severity: str, now: datetime) -> Measured:
    origin = _("alerts of {hook}").format(hook=hook.name)
    if why := _unknown(hook, now):
        return Measured(why=why, origin=origin, observed_at=hook.heard_at)
    rows = [row for row in firing if row.hook_id == hook.pk and row.severity == severity]
    known = [row for row in rows if now - row.heard_at <= REPEATED]
    cut, old = cut_of(hook, now), len(rows) - len(known)
    if not known and (cut or old):
        why = (
            _("{cut} alerts were left out by {hook}").format(cut=cut, hook=hook.name)
            if cut
            else _("{rows} is not told any more").format(rows=rows[0].name)
        )
        return Measured(
            why=_("{why}: whether one fires is not known").format(why=why), origin=origin
        )
    text = _("at least {count}").format(count=len(known)) if cut or old else str(len(known))
    return Measured(
        value=float(len(known)),
        text=text,
        origin=origin,
        # Where silence is calm, what was heard last counts for now.
        observed_at=hook.heard_at if hook.expect_every_s else now,
        valid_for_s=hook.expect_every_s,
    )


def _unknown(hook: AlertHook, now: datetime) -> str:
    if hook.heard_at is None:
        return _("{hook} has told nothing yet").format(hook=hook.name)
    if is_silent(hook, now):
        return _("{hook} is silent for {now}").format(
            hook=hook.name, now=duration_text(now - hook.heard_at)
        )
    return ""


# --- what pages show -----------------------------------------------------------------------


@dataclass(frozen=True)
class HookRow:
    hook: AlertHook
    silent: bool
    cut: int


@dataclass(frozen=True)
class AlertRow:
    """``known``: it was repeated lately enough to say that it fires."""

    alert: Alert
    known: bool
    severity: str
    where: str  # the labels that tell it from others of its name

    @property
    def band(self) -> str:
        """How its word is coloured: what is not known is no data."""
        if self.alert.resolved_at is not None:
            return "green"
        if not self.known:
            return "no_data"
        return "red" if self.severity == CRITICAL else "yellow"


@dataclass(frozen=True)
class AlertSheet:
    firing: list[AlertRow]
    earlier: list[AlertRow]
    hooks: list[HookRow]
    drills: list[AlertDrill]
    false: int
    more: int  # earlier ones that are not listed


def sheet(plan: DeploymentPlan, now: datetime) -> AlertSheet:
    """Firing first, the gravest first; the newest of the others; four SQL statements.

    Read once for all the panels that show it at ``now`` (UTC).
    """
    return once(plan, now, "alert-sheet", lambda: _sheet(plan, now))


def _sheet(plan: DeploymentPlan, now: datetime) -> AlertSheet:
    rows = Alert.objects.filter(plan=plan).select_related("hook", "drill")
    firing = [_row(row, now) for row in rows.filter(resolved_at=None)[: 5 * SHOWN]]
    over = [_row(row, now) for row in rows.exclude(resolved_at=None)[: 5 * SHOWN]]
    hooks = [
        HookRow(hook, is_silent(hook, now), cut_of(hook, now)) for hook in hooks_now(plan, now)
    ]
    return AlertSheet(
        firing=sorted(firing, key=lambda row: (row.severity != CRITICAL, row.alert.drill_id or 0)),
        earlier=over[:SHOWN],
        hooks=hooks,
        drills=list(AlertDrill.objects.filter(plan=plan).select_related("hook")[:20]),
        false=sum(row.alert.false_at is not None for row in [*firing, *over]),
        more=max(0, len(over) - SHOWN),
    )


_COMMON = frozenset({"alertname", "severity", "job", "warroom_drill", "release"})


def _row(alert: Alert, now: datetime) -> AlertRow:
    where = [f"{name} {value}" for name, value in alert.labels.items() if name not in _COMMON]
    known = now - alert.heard_at <= REPEATED
    return AlertRow(alert, known, alert.severity, ", ".join(where[:3]))


def false_alerts(plan: DeploymentPlan, since: datetime, until: datetime) -> int:
    """How many alerts that fired in a span (UTC) were false, say people (S143)."""
    rows = Alert.objects.filter(plan=plan, drill=None, started_at__gte=since, started_at__lt=until)
    return rows.exclude(false_at=None).count()
