"""The rollout as a track of percentages, for the room and for the public."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rollouts.models import Stage, StageState
from warroom.live.headline import shown_verdict
from warroom.models import DeploymentPlan
from warroom.rules.wording import instant_text


@dataclass(frozen=True)
class Step:
    """One mark of the track. `state`: done, now, hold, bad or next."""

    percent: int
    state: str
    note: str


@dataclass(frozen=True)
class Track:
    steps: tuple[Step, ...]
    running: Stage | None
    coming: Stage | None
    coming_at: datetime | None


def track(plan: DeploymentPlan, now: datetime) -> Track | None:
    """The stages of a plan as they stand at `now`; None without stages. One SQL statement."""
    stages = list(Stage.objects.filter(plan=plan))
    if not stages:
        return None
    running = next((s for s in stages if s.state == StageState.RUNNING), None)
    coming = next((s for s in stages if s.state == StageState.PENDING), None)
    word = shown_verdict(plan, now).word
    return Track(
        steps=(_start(stages), *(_step(plan, stage, word, now) for stage in stages)),
        running=running,
        coming=coming,
        coming_at=planned(plan, coming) if coming else None,
    )


def planned(plan: DeploymentPlan, stage: Stage) -> datetime | None:
    """When a stage is planned to start (UTC); None while plan or stage have no time."""
    if plan.t0 is None or stage.offset_s is None:
        return None
    return plan.t0 + timedelta(seconds=stage.offset_s)


def _start(stages: Sequence[Stage]) -> Step:
    begun = any(stage.state != StageState.PENDING for stage in stages)
    return Step(stages[0].from_percent, "done" if begun else "now", "done" if begun else "now")


def _step(plan: DeploymentPlan, stage: Stage, word: str, now: datetime) -> Step:
    if stage.state == StageState.DONE:
        return Step(stage.to_percent, "done", "done")
    if stage.state == StageState.RUNNING:
        state, note = {"hold": ("hold", "on hold"), "rollback": ("bad", "roll back")}.get(
            word, ("now", "live")
        )
        return Step(stage.to_percent, state, note)
    at = planned(plan, stage)
    return Step(stage.to_percent, "next", instant_text(at, now) if at else "later")
