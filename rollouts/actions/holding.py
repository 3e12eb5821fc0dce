"""Holds within an open change: begun by a rule, looked at again, and ended at their time."""

from __future__ import annotations

from rollouts.actions.desired import rollout_of
from rollouts.models import Rollout, Stage
from rollouts.queries.holds import kept_hold
from rollouts.rules.holds import RULE, Hold, Looked, look
from rollouts.rules.verdict import Verdict
from warroom.actions.change import Change

HELD = ["held_at", "held_until", "held_by", "held_reason"]
# What was found, as against what could not be read.
FOUND = (":yellow", ":red", ":unsettled")


def look_at_hold(
    judging: Change, rollout: Rollout | None, stage: Stage | None, said: Verdict
) -> tuple[Hold | None, Looked]:
    """Look at the hold as the readings are now, and keep what becomes of it (law 6).

    ``said`` is the verdict by the readings alone. Returns the hold that stands afterwards.
    """
    plan, hold = judging.plan, kept_hold(rollout)
    good = plan.verdict_valid_until is not None and judging.at <= plan.verdict_valid_until
    looked = look(
        hold,
        said.word,
        was=plan.verdict if good else "",
        found=said.leading.endswith(FOUND),
        at=judging.at,
        length_s=stage.hold_s if stage else 0,
    )
    if looked.begins:
        since = hold.at if hold else judging.at
        hold = Hold(RULE, f"{said.reasons[0]}." if said.reasons else "", since, looked.until)
        keep_hold(rollout or rollout_of(judging), hold)
    elif looked.ends and rollout is not None:
        keep_hold(rollout, None)
    return (hold if looked.stands else None), looked


def keep_hold(rollout: Rollout, hold: Hold | None) -> None:
    """Write a hold, or that there is none."""
    rollout.held_at, rollout.held_until = (hold.at, hold.until) if hold else (None, None)
    rollout.held_by, rollout.held_reason = (hold.by, hold.reason) if hold else ("", "")
    rollout.save(update_fields=HELD)
