"""The share of traffic that is wanted (R5): stored, not commanded; executors are driven to it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from rollouts.actions.seen import note_seen
from rollouts.models import Effect, EffectState, Rollout, Stage
from rollouts.queries.rollouts import executor_of, is_observed
from warroom.actions.change import RULE, Change

ADVANCE, ROLLBACK, RESUME = "advance", "rollback", "resume"
# The lease of a look is not written under the plan's lock: it is left alone here.
WANTED_FIELDS = (
    "generation", "desired_percent", "desired_cause", "desired_at", "desired_by", "verified_at",
    "unverified_at", "drift_since", "observe_due_at", "rolled_back_at",
)  # fmt: skip


def rollout_of(changing: Change) -> Rollout:
    """The plan's rollout, made where there is none; only under the plan's lock."""
    row, _unused = Rollout.objects.get_or_create(plan=changing.plan)
    return row


def set_desired(
    changing: Change, percent: int, *, cause: str, stage: Stage | None = None
) -> Rollout:
    """Want another share of the traffic, inside an open change; return the rollout.

    Begins a new generation: open effects of older ones are superseded, one effect for the
    executor is due at once, and what was seen counts for nothing until it is seen anew.
    ``cause`` is ADVANCE, ROLLBACK or RESUME. The caller records the event. Where nothing moves
    and nothing observes the traffic, the word of whoever advances is the sight of it: change the
    stage before, since what follows of a sight (``register_verified``) follows within the call.
    """
    rollout = rollout_of(changing)
    before = rollout.desired_percent
    rollout.generation += 1
    rollout.desired_percent, rollout.desired_cause = percent, cause
    rollout.desired_at, rollout.desired_by = changing.at, changing.author_name
    rollout.verified_at = rollout.unverified_at = rollout.drift_since = None
    rollout.observe_due_at = changing.at
    rollout.rolled_back_at = changing.at if cause == ROLLBACK else None
    rollout.save(update_fields=WANTED_FIELDS)
    open_ones = Effect.objects.filter(plan=changing.plan).exclude(
        state__in=(EffectState.DONE, EffectState.SUPERSEDED)
    )
    # Who is calling at this instant keeps the lease: that call may come in after the new one.
    open_ones.update(state=EffectState.SUPERSEDED)
    executor = executor_of(changing.plan)
    if executor is not None:
        Effect.objects.create(
            plan=changing.plan,
            executor=executor,
            stage=stage,
            key=f"{changing.plan.slug}:{rollout.generation}:{executor.key}",
            generation=rollout.generation,
            action=cause,
            percent=percent,
            before_percent=before,
            at=changing.at,
            due_at=changing.at,
        )
    elif not is_observed(rollout) and cause != ROLLBACK and changing.by != RULE:
        # Back is never taken on trust: a rule cannot know that somebody moved the traffic.
        rollout.actual_percent, rollout.actual_at = percent, changing.at
        rollout.actual_reason = _("said by {author_name}").format(author_name=changing.author_name)[
            :500
        ]
        note_seen(changing, rollout, changing.at)
    return rollout
