"""The first sight of the wanted share: what follows of it, within the change that saw it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from rollouts.models import HAND, Effect, EffectState, Rollout
from warroom.actions.change import Change
from warroom.actions.escalations import settle
from warroom.models import Escalation

Follow = Callable[[Change, Rollout], None]
_followers: list[Follow] = []


def register_verified(follow: Follow) -> None:
    """Call ``follow(changing, rollout)`` in the change in which the wanted share is first seen.

    Once per generation; ``rollout.verified_at`` is set. It may write rows and no event: the
    change has its own.
    """
    _followers.append(follow)


def note_seen(changing: Change, rollout: Rollout, at: datetime) -> list[Escalation]:
    """The wanted share was seen at ``at`` (UTC), or a person stands for it; save the rollout.

    Returns the escalations that ended by it. An effect that was not accepted yet is sent all the
    same: one reading alone must not keep a call from being made.
    """
    rollout.verified_at, rollout.drift_since = at, None
    rollout.save(
        update_fields=[
            "verified_at", "drift_since", "actual_percent", "actual_at", "actual_reason",
        ]
    )  # fmt: skip
    effects = Effect.objects.filter(plan=changing.plan, generation=rollout.generation)
    sent = effects.filter(Q(state=EffectState.SENT) | Q(state=EffectState.DUE, executor__kind=HAND))
    sent.update(state=EffectState.DONE, done_at=at)
    closed = [
        one
        for cause in ("drift", "unverified")
        for one in settle(
            changing,
            cause,
            _("{desired_percent} % is seen.").format(desired_percent=rollout.desired_percent),
        )
    ]
    for follow in _followers:
        follow(changing, rollout)
    return closed
