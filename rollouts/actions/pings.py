"""What a script says of itself: begun, done, failed, with its output. Recorded like a reading."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.utils.translation import gettext as _

from rollouts.actions.claims import LEASE
from rollouts.actions.results import Outcome, record_results
from rollouts.models import CheckResult, HealthCheck
from rollouts.probes import ProbeResult, failure
from warroom.actions.change import RULE, Change, change

OUTPUT_BYTES = 10_000
# The same words again within a second are one ping sent twice; so many in a minute are a loop.
AGAIN = timedelta(seconds=1)
MOST_A_MINUTE = 60
# A run that began longer ago than this did not end in this ping.
LONGEST_RUN = timedelta(days=2)


class Taken(Enum):
    """What became of a ping, in the words of its answer."""

    KEPT = "kept"
    AGAIN = "counted already"
    STARTED = "started"
    CLOSED = "the release is closed; nothing is kept"
    OFF = "nobody watches it now; nothing is kept"
    TOO_OFTEN = f"more than {MOST_A_MINUTE} pings in a minute"


@dataclass(frozen=True)
class Ping:
    """``status``: the exit status, 0 is well. ``output``: its end as text; ``size``: all bytes."""

    status: int = 0
    output: str = ""
    size: int = 0


def find_heartbeat(key: str) -> HealthCheck | None:
    """The heartbeat that a key opens, with its plan; None for a key that there is not."""
    rows = HealthCheck.objects.filter(ping_key=key, kind="heartbeat")
    return rows.select_related("plan").defer("history").first()


def note_start(check: HealthCheck) -> Taken:
    """A run begins: how long it takes counts from here. No event, and no reading."""
    with change(check.plan, by=RULE) as starting:
        row = _fresh(check)
        if refused := _refused(starting, row):
            return refused
        if _is_running(row) and starting.at - row.started_at < AGAIN:
            return Taken.AGAIN
        row.started_at = starting.at
        row.save(update_fields=["started_at"])
    return Taken.STARTED


def take_ping(check: HealthCheck, ping: Ping) -> Taken:
    """Keep a ping as a reading of its check: evidence, history, and an event if its band turns.

    One transaction. What a worker was about to say of the same check is dropped (fencing).
    """
    with change(check.plan, by=RULE) as pinging:
        row = _fresh(check)
        if refused := _refused(pinging, row) or _too_much(row, ping, pinging.at):
            return refused
        run_s = _run_s(row, pinging.at)
        row.pinged_at, row.exit_status, row.output = pinging.at, ping.status, ping.output
        if run_s is None:
            row.started_at = None
        row.lease_token, row.lease_until = str(uuid.uuid4()), pinging.at + LEASE
        row.save(
            update_fields=[
                "pinged_at", "exit_status", "output", "started_at", "lease_token", "lease_until",
            ]
        )  # fmt: skip
        record_results(check.plan, [Outcome(row, row.lease_token, _result(ping, run_s, pinging))])
        _keep_detail(row, ping, run_s)
    return Taken.KEPT


def _fresh(check: HealthCheck) -> HealthCheck:
    return HealthCheck.objects.defer("history").get(pk=check.pk)


def _refused(pinging: Change, row: HealthCheck) -> Taken | None:
    if pinging.plan.is_closed:
        return Taken.CLOSED
    return None if row.enabled else Taken.OFF


def _too_much(row: HealthCheck, ping: Ping, now: datetime) -> Taken | None:
    same = (row.exit_status, row.output) == (ping.status, ping.output)
    lately = row.pinged_at is not None and now - row.pinged_at < AGAIN
    if same and lately and not _is_running(row):
        return Taken.AGAIN
    minute = CheckResult.objects.filter(health_check=row, at__gt=now - timedelta(minutes=1))
    return Taken.TOO_OFTEN if minute.count() >= MOST_A_MINUTE else None


def _is_running(row: HealthCheck) -> bool:
    """Whether a start was told that no end followed."""
    started, ended = row.started_at, row.pinged_at
    return started is not None and (ended is None or started > ended)


def _run_s(row: HealthCheck, now: datetime) -> float | None:
    """Seconds since its start was told; None where that was not, or not for this run."""
    if not _is_running(row) or not timedelta(0) <= now - row.started_at <= LONGEST_RUN:
        return None
    return (now - row.started_at).total_seconds()


def _result(ping: Ping, run_s: float | None, pinging: Change) -> ProbeResult:
    if ping.status != 0:
        last = next((line for line in reversed(ping.output.splitlines()) if line.strip()), "")
        said = f": {last.strip()[:200]}" if last else ""
        return failure(_("exit status {status}{said}").format(status=ping.status, said=said))
    return ProbeResult(value=run_s or 0.0, observed_at=pinging.at)


def _keep_detail(row: HealthCheck, ping: Ping, run_s: float | None) -> None:
    """Every word of a script is a result of its own, also where nothing turned."""
    row = HealthCheck.objects.defer("history").get(pk=row.pk)
    detail = {"exit_status": ping.status, "run_s": run_s, "output": ping.output, "bytes": ping.size}
    newest = CheckResult.objects.filter(health_check=row, at__gte=row.pinged_at).first()
    if newest is None:
        newest = CheckResult(health_check=row, at=row.pinged_at, band=row.band, reason=row.reason)
    newest.detail = detail
    newest.save()
