"""The rollout as a track of percentages, for the room and for the public."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from checklists.models import Decision, DecisionWord
from checklists.queries.gates import final_of
from rollouts.models import Stage, StageState
from rollouts.queries.holds import hold_of
from rollouts.queries.rollouts import rollout_now
from rollouts.queries.soaks import soak_of, watches_now
from rollouts.rules.stages import Ahead, objections
from warroom.live.headline import shown_verdict
from warroom.models import DeploymentPlan
from warroom.queries.once import already, once
from warroom.queries.there import there
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
    against: tuple[str, ...] = ()


def track(plan: DeploymentPlan, now: datetime) -> Track | None:
    """The stages of a plan as they stand at `now`; None without stages. Two SQL statements."""
    stages = stages_now(plan, now)
    if not stages:
        return None
    running = next((s for s in stages if s.state == StageState.RUNNING), None)
    following = coming(stages)
    word = shown_verdict(plan, now).word
    return Track(
        steps=(_start(stages), *(_step(plan, stage, word, now) for stage in stages)),
        running=running,
        coming=following,
        coming_at=planned(plan, following) if following else None,
        against=objections(ahead_of(plan, stages, following, now)) if following else (),
    )


def for_public(track: Track, held: bool, now: datetime) -> Track:
    """The track without what a hold makes untrue: no times ahead, and no word of a rollback."""
    late = track.coming_at is not None and track.coming_at < now
    if not held and not late:
        return track
    notes = {"next": _("later"), "bad": _("paused")}
    steps = tuple(replace(one, note=notes.get(one.state, one.note)) for one in track.steps)
    return replace(track, steps=steps, coming_at=None)


def of_plan(plan: DeploymentPlan) -> list[Stage]:
    """The stages in order, each with the gate at its end; one SQL statement."""
    return list(there(plan, Stage.objects.filter(plan=plan).select_related("gate")))


def stages_now(plan: DeploymentPlan, now: datetime) -> list[Stage]:
    """``of_plan``, read once for everything that is shown of one instant (UTC)."""
    return once(plan, now, "stages", lambda: of_plan(plan))


def track_began(plan: DeploymentPlan, now: datetime) -> Stage | None:
    """The stage that runs and is known to have begun: what charts mark."""
    found = stages_now(plan, now)
    running = next((one for one in found if one.state == StageState.RUNNING), None)
    return running if running is not None and running.started_at else None


def coming(stages: Sequence[Stage]) -> Stage | None:
    """The stage that has not begun and comes first."""
    return next((stage for stage in stages if stage.state == StageState.PENDING), None)


def ahead_of(plan: DeploymentPlan, stages: Sequence[Stage], stage: Stage, now: datetime) -> Ahead:
    """What `rules.stages` judges a stage by at `now`; one SQL statement if a gate comes
    before, and two more while nothing is measured."""
    before = next((s for s in reversed(stages) if s.number < stage.number), None)
    gate = before.gate if before else None
    shown = shown_verdict(plan, now)
    running = next((s for s in stages if s.state == StageState.RUNNING), None)
    rollout = rollout_now(plan, now)
    hold, soak = hold_of(rollout, now), soak_of(plan, running, rollout, now)
    return Ahead(
        is_next=before is None or before.state != StageState.PENDING,
        gate=gate.title if gate else "",
        gate_said=_said(plan, gate.pk, now) if gate else "",
        verdict=shown.word,
        verdict_sentence=shown.sentence,
        first=all(one.state == StageState.PENDING for one in stages),
        watches=bool(shown.word) or watches_now(plan, now),
        soaking=running.number if running else 0,
        soak_s=running.soak_s if running else 0,
        soaks_until=soak.ends if soak and not soak.is_over else None,
        now=now,
        soak_waits=running.to_percent if running and soak and not soak.begun else None,
        rolled_back=rollout is not None and rollout.rolled_back_at is not None,
        held=hold.said(now) if hold else "",
    )


def soaks_until(plan: DeploymentPlan, running: Stage | None, now: datetime) -> datetime | None:
    """When the running stage has had its time (UTC) at the earliest: if all stays green.

    None without soak. A soak that is over gives ``now``.
    """
    soak = soak_of(plan, running, rollout_now(plan, now), now)
    return soak.ends if soak else None


def _said(plan: DeploymentPlan, gate_id: int, now: datetime) -> str:
    """As ``said_of``, from the gates of the plan where a page has read them."""
    for gate in already(plan, now, "gates") or ():
        if gate.pk == gate_id:
            decided = final_of(gate)
            return decided.word if decided else ""
    return said_of(gate_id)


def said_of(gate_id: int) -> str:
    """GO or NO-GO of a gate, '' while it is not decided for good."""
    decided = Decision.objects.filter(gate_id=gate_id).exclude(word=DecisionWord.HOLD)
    return decided.values_list("word", flat=True).first() or ""


def planned(plan: DeploymentPlan, stage: Stage) -> datetime | None:
    """When a stage is planned to start (UTC); None while plan or stage have no time."""
    if plan.t0 is None or stage.offset_s is None:
        return None
    return plan.t0 + timedelta(seconds=stage.offset_s)


def _start(stages: Sequence[Stage]) -> Step:
    begun = any(stage.state != StageState.PENDING for stage in stages)
    return Step(
        stages[0].from_percent, "done" if begun else "now", _("done") if begun else _("now")
    )


def _step(plan: DeploymentPlan, stage: Stage, word: str, now: datetime) -> Step:
    if stage.state == StageState.DONE:
        return Step(stage.to_percent, "done", _("done"))
    if stage.state == StageState.RUNNING:
        state, note = {"hold": ("hold", _("on hold")), "rollback": ("bad", _("roll back"))}.get(
            word, ("now", _("live"))
        )
        return Step(stage.to_percent, state, note)
    at = planned(plan, stage)
    return Step(stage.to_percent, "next", instant_text(at, now) if at else _("later"))
