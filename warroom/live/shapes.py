"""The shape of a room at an instant: the same for everybody who has it open."""

from datetime import datetime, timedelta

from warroom.live import kept
from warroom.live.headline import shown_verdict
from warroom.models import DeploymentPlan
from warroom.queries.escalations import open_now
from warroom.rules import lifecycle as life
from warroom.rules import shapes

NAME, KEPT_FOR = ("shape of the room", ""), timedelta(seconds=5)  # a verdict ages without an event


def shape_of(plan: DeploymentPlan, now: datetime) -> str:
    """The shape at ``now`` (UTC). One SQL statement, shared with the panel of open calls, while
    the release serves somebody and its verdict is PROCEED; else none."""
    word = shown_verdict(plan, now).word
    asks = word == shapes.PROCEED and plan.lifecycle not in life.ENDED
    return shapes.shape(
        plan.lifecycle,
        word,
        begun=plan.t0 is not None and plan.t0 <= now,
        calls=len(open_now(plan, now)) if asks else 0,
    )


def shape_now(plan: DeploymentPlan, now: datetime) -> str:
    """As ``shape_of``, kept for a few seconds while nothing happens."""
    return kept.made(NAME, plan, now, KEPT_FOR, lambda: shape_of(plan, now))
