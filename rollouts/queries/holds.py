"""Whether a rollout is held."""

from __future__ import annotations

from datetime import datetime

from rollouts.models import Rollout
from rollouts.rules.holds import Hold


def kept_hold(rollout: Rollout | None) -> Hold | None:
    """The hold that is kept, also when its time has come but nobody looked yet.

    While a rollback stands, that is what stands.
    """
    if rollout is None or rollout.held_at is None or rollout.rolled_back_at is not None:
        return None
    return Hold(rollout.held_by, rollout.held_reason, rollout.held_at, rollout.held_until)


def hold_of(rollout: Rollout | None, now: datetime) -> Hold | None:
    """The hold that stands at ``now`` (UTC). One of a rule stands until it was looked at again."""
    hold = kept_hold(rollout)
    return None if hold is None or (hold.is_over(now) and not hold.by_rule) else hold
