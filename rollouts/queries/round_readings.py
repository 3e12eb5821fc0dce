"""The values that a round is recorded with: what is watched, as it counts at an instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from checklists.rules.bands import Band
from rollouts.models import WatchRound
from rollouts.queries import watching
from rollouts.queries.watching import Watched
from rollouts.rules.readings import HEALTH_CHECKS
from rollouts.rules.round_readings import Reading, of_data, worst
from warroom.models import DeploymentPlan


def readings_now(plan: DeploymentPlan, now: datetime) -> list[Reading]:
    """Every metric, and the health checks as one line; two SQL statements."""
    metrics = [_reading(watching.watched(row, now)) for row in watching.metrics_now(plan, now)]
    checks = [watching.watched(row, now) for row in watching.checks_now(plan, now)]
    return [*metrics, *_checks(checks)]


def _reading(one: Watched) -> Reading:
    row = one.row
    return Reading(
        key=one.key,
        name=one.name,
        text=f"{one.value} {one.unit}".strip(),
        band="" if one.word == watching.NOT_JUDGED_WORD or row.report_only else one.band,
        target=one.target,
        value=row.value,
        why=one.trouble,
        at=row.observed_at.isoformat() if row.observed_at else "",
    )


def _checks(rows: Sequence[Watched]) -> list[Reading]:
    if len(rows) < 2:
        return [_reading(one) for one in rows]
    judged = [_reading(one) for one in rows]
    passing = sum(one.band in (Band.GREEN, Band.YELLOW, "") for one in judged)
    bad = [f"{one.name}: {one.why or one.text}" for one in judged if one.band not in ("", "green")]
    return [
        Reading(
            key=HEALTH_CHECKS,
            name=_("Health checks"),
            text=_("{passing} of {count}").format(passing=passing, count=len(rows)),
            band=worst(judged),
            target=_("target {count} of {count}").format(count=len(rows)),
            value=float(passing),
            why="; ".join(bad)[:500],
            at=min(one.at for one in judged),
        )
    ]


def before(one: WatchRound) -> WatchRound | None:
    """The round recorded before it in the same stage; one SQL statement."""
    same = WatchRound.objects.filter(
        plan=one.plan_id, stage=one.stage_id, generation=one.generation, number__lt=one.number
    )
    return same.exclude(done_at=None).order_by("-number").first()


def pairs(readings: Sequence[Reading], earlier: WatchRound | None) -> list[tuple[Reading, str]]:
    """Each reading with what the round before it said, "" where it said nothing."""
    known = {one.key: one.text for one in of_data(earlier.readings)} if earlier else {}
    return [(one, known.get(one.key, "")) for one in readings]
