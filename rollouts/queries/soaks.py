"""How far the soak of a stage is."""

from __future__ import annotations

from datetime import datetime

from rollouts.models import HealthCheck, PrometheusQuery, Rollout, Stage
from rollouts.rules import soak as rules
from rollouts.rules.soak import Soak, SoakNow
from warroom.models import DeploymentPlan
from warroom.queries.once import once
from warroom.queries.there import there

_WATCHED = (PrometheusQuery.objects, HealthCheck.objects)


def watches(plan: DeploymentPlan) -> bool:
    """Whether anything is set up to be measured for this plan."""
    return any(there(plan, rows.filter(plan=plan)).exists() for rows in _WATCHED)


def watches_now(plan: DeploymentPlan, now: datetime) -> bool:
    """``watches``, read once for everything that is shown of one instant (UTC)."""
    return once(plan, now, "watches", lambda: watches(plan))


def kept(stage: Stage) -> Soak:
    """The soak as it was counted at the newest judgement."""
    return Soak(stage.observed_s, stage.counted_at)


def is_seen(rollout: Rollout | None) -> bool:
    """Whether the share that is wanted was seen, or nobody ever wanted one through a rollout."""
    return rollout is None or rollout.desired_at is None or rollout.verified_at is not None


def soak_of(
    plan: DeploymentPlan, stage: Stage | None, rollout: Rollout | None, now: datetime
) -> SoakNow | None:
    """The soak of the stage that runs, at ``now`` (UTC); None without one.

    One or two SQL statements the first time for an instant.
    """
    if stage is None or stage.started_at is None or not stage.soak_s:
        return None
    begun = stage.soak_from is not None or is_seen(rollout)
    # Where a verdict was counted, something is watched: no need to ask.
    if not plan.verdict_counts and not watches_now(plan, now):
        since = (stage.soak_from or stage.started_at) if begun else None
        return rules.unwatched(stage.soak_s, since, now)
    good = plan.verdict_valid_until
    return rules.soak_now(
        kept(stage), stage.soak_s, now, good, begun=begun, claimed_s=stage.claimed_s
    )
