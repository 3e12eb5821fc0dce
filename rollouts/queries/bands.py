"""The bands that metrics and checks are in, for whoever watches one of them."""

from collections.abc import Iterable
from datetime import datetime

from checklists.queries.watched import Reading, register_readings
from rollouts.models import Probing
from rollouts.queries.watching import checks_now, metrics_now
from rollouts.rules.readings import as_read, valid_until
from warroom.models import DeploymentPlan


def bands_now(plan: DeploymentPlan, now: datetime) -> Iterable[Reading]:
    """Every enabled metric and check as it counts at ``now`` (UTC); two SQL statements."""
    return [_reading(row, now) for rows in (metrics_now, checks_now) for row in rows(plan, now)]


def _reading(row: Probing, now: datetime) -> Reading:
    said = as_read(row.band, row.reason, row.read_at, row.fresh_s, now)
    grown_old = said.band != row.band and row.read_at is not None
    since = valid_until(row.read_at, row.fresh_s) if grown_old else row.band_since
    return Reading(row.key, row.name, said.band, since)


register_readings(bands_now)
