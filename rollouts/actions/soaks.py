"""The soak of the stage that runs: counted at each judgement, begun when its share is seen."""

from __future__ import annotations

from datetime import datetime

import structlog

from rollouts.actions.seen import register_verified
from rollouts.models import Rollout, Stage
from rollouts.queries.rollouts import is_known, running_of
from rollouts.queries.soaks import is_seen, kept
from rollouts.rules.soak import Soak, judged
from rollouts.rules.verdict import Word
from warroom.actions.change import Change
from warroom.models import DeploymentPlan

FIELDS = ["observed_s", "counted_at"]
log = structlog.get_logger()


def count_soak(judging: Change, stage: Stage | None, rollout: Rollout | None, word: Word) -> None:
    """Add the green time since the judgement before; ``word`` is what the readings say now.

    Call it before the plan's verdict is kept anew: until when the one before was good is read
    from the plan. While the share is not the wanted one, or nobody sees it, nothing soaks.
    """
    if stage is None:
        return
    there = is_seen(rollout) and is_known(rollout, judging.at) and not _drifts(rollout)
    green = word is Word.PROCEED and there
    before = kept(stage)
    after = judged(before, judging.at, green=green, good_until=judging.plan.verdict_valid_until)
    if after != before:
        stage.observed_s, stage.counted_at = after.observed_s, after.counted_at
        stage.save(update_fields=FIELDS)


def _drifts(rollout: Rollout | None) -> bool:
    return rollout is not None and rollout.drift_since is not None


def restart_soak(changing: Change, stage: Stage, why: str) -> float:
    """Let the soak of a stage begin anew; return the green seconds that were observed until now.

    They were watched for what was asked before, and are kept with its old text by the caller,
    whose event says so (law 4, S57). ``why`` goes into the log.
    """
    seen = max(stage.observed_s - stage.claimed_s, 0.0)
    stage.soak_from, stage.observed_s, stage.counted_at = changing.at, 0.0, None
    stage.claimed_s = 0.0
    stage.save(update_fields=["soak_from", "claimed_s", *FIELDS])
    log.info("soak restarted", plan=changing.plan.slug, stage=stage.number, why=why, seen_s=seen)
    return seen


def begin_soak(plan: DeploymentPlan, stage: Stage, at: datetime, now: datetime) -> None:
    """Let the soak of a stage begin at ``at`` (UTC): whoever says a time in the past has seen it.

    What lies before ``now`` counts too, and is kept apart as said and not observed. It counts from
    ``now`` on where the readings are green at that moment.
    """
    good = plan.verdict_valid_until
    green = plan.verdict == Word.PROCEED and good is not None and now <= good
    soak = Soak(max((now - at).total_seconds(), 0.0), now if green else None)
    stage.soak_from, stage.observed_s, stage.counted_at = at, soak.observed_s, soak.counted_at
    stage.claimed_s = soak.observed_s
    stage.save(update_fields=["soak_from", "claimed_s", *FIELDS])


def _share_seen(changing: Change, rollout: Rollout) -> None:
    stage = running_of(changing.plan)
    if stage is not None and stage.to_percent == rollout.desired_percent:
        begin_soak(changing.plan, stage, changing.at, changing.at)


register_verified(_share_seen)
