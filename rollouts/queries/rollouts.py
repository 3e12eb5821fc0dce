"""Which share of the traffic is wanted and which is seen."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from rollouts.models import Effect, EffectState, Executor, Rollout, Stage, StageState
from warroom.models import DeploymentPlan
from warroom.queries.once import once
from warroom.queries.there import there

LOOK = timedelta(seconds=9)  # a look may take so long


def rollout_now(plan: DeploymentPlan, now: datetime) -> Rollout | None:
    """The plan's rollout, read once for ``now`` (UTC); None before anything was wanted."""
    rows = there(plan, Rollout.objects.filter(plan=plan))
    return once(plan, now, "rollout", lambda: rows.select_related("observed_by").first())


def executor_of(plan: DeploymentPlan) -> Executor | None:
    """Who moves the traffic: the first enabled one; None: people do, without a command."""
    return Executor.objects.filter(plan=plan, enabled=True).order_by("position", "pk").first()


def running_of(plan: DeploymentPlan) -> Stage | None:
    """The stage that is under way, if any."""
    return Stage.objects.filter(plan=plan, state=StageState.RUNNING).order_by("-number").first()


def is_observed(rollout: Rollout | None) -> bool:
    """Whether something looks at the traffic; otherwise people confirm what they see."""
    return rollout is not None and bool(rollout.observed_by_id or rollout.observe_url)


def is_known(rollout: Rollout | None, now: datetime) -> bool:
    """Whether what was seen of the traffic still counts at ``now`` (UTC): no data is no sight.

    A look is good for two of its intervals, and for the seconds that the next one may take; a
    person's word, and a release that nobody moves through a rollout, for good (law 5).
    """
    if rollout is None or rollout.desired_at is None or not is_observed(rollout):
        return True
    good = timedelta(seconds=2 * rollout.observe_every_s) + LOOK
    return rollout.actual_at is not None and now - rollout.actual_at <= good


def open_effects(plan: DeploymentPlan, generation: int) -> QuerySet[Effect]:
    """The effects of a generation that nobody has accepted yet."""
    waiting = (EffectState.DUE, EffectState.FAILED, EffectState.HELD)
    return Effect.objects.filter(plan=plan, generation=generation, state__in=waiting)


def source_of(plan: DeploymentPlan, url: str) -> DeploymentPlan | None:
    """The release that a rehearsal was copied from, where that one's traffic is moved at ``url``.

    A rehearsal of a rehearsal is followed back; none for what is no rehearsal.
    """
    source = plan.copied_from if plan.rehearsal and url else None
    while source is not None:
        if Executor.objects.filter(plan=source, url=url).exists():
            return source
        source = source.copied_from
    return None
