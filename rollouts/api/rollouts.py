"""The rollout for pipelines: where it stands, to go on, to hold, to end a hold, to resume."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema

from rollouts.actions.holds import hold as hold_rollout
from rollouts.actions.holds import release as release_hold
from rollouts.actions.resuming import resume_rollout
from rollouts.actions.stages import advance as go_on
from rollouts.models import Rollout
from rollouts.queries.calendar import behind
from rollouts.queries.holds import hold_of
from rollouts.queries.rollouts import is_known, is_observed, rollout_now
from rollouts.queries.soaks import soak_of
from rollouts.queries.stages import of_plan, planned, track
from rollouts.rules.holds import Hold
from rollouts.rules.shares import agrees
from rollouts.rules.soak import SoakNow
from warroom.actions.refusals import Invalid, Refused
from warroom.api import plan_of, zoned
from warroom.live.headline import shown_verdict
from warroom.models import DeploymentPlan
from warroom.once import once
from warroom.problems import Instant

router = Router(tags=["rollouts"])


class VerdictOut(Schema):
    verdict: str
    sentence: str
    since: datetime | None


class StageOut(Schema):
    """Shares in percent, lengths in seconds, times in UTC."""

    number: int
    name: str
    from_percent: int
    to_percent: int
    state: str
    planned_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    soak_s: int
    hold_s: int
    gate: str | None
    auto_advance: bool


class SoakOut(Schema):
    """``ends_at`` is the earliest end, if all stays green. ``counts``: it does so now.
    ``claimed_s`` of ``observed_s`` was said when the stage was begun, and not observed."""

    length_s: float
    observed_s: float
    claimed_s: float
    left_s: float
    begun: bool
    counts: bool
    ends_at: datetime


class HoldOut(Schema):
    """``until`` null: until somebody ends it; by ``rule`` it is looked at again then."""

    by: str
    reason: str
    at: datetime
    until: datetime | None


class RolloutOut(Schema):
    """``desired`` and ``actual`` in percent; ``verified_at``: when the share was first seen.

    ``against`` says why the next stage may not begin now, a sentence each.
    """

    desired: int
    desired_at: datetime | None
    desired_by: str
    cause: str
    generation: int
    actual: float | None
    actual_at: datetime | None
    actual_reason: str
    observed: bool
    agrees: bool
    verified_at: datetime | None
    rolled_back: bool
    rolled_back_at: datetime | None
    stage: StageOut | None
    next: StageOut | None
    against: list[str]
    soak: SoakOut | None
    hold: HoldOut | None
    verdict: VerdictOut
    behind: str
    stages: list[StageOut]


def shown(plan: DeploymentPlan) -> dict[str, Any]:
    """The answer of every call here, as of now."""
    plan.refresh_from_db()
    now = timezone.now()
    row, found = rollout_now(plan, now) or Rollout(plan=plan), track(plan, now)
    verdict, running = shown_verdict(plan, now), found.running if found else None
    coming = found.coming if found else None
    rows = {stage.number: _stage(plan, stage) for stage in of_plan(plan)}
    return {
        "desired": row.desired_percent,
        "desired_at": row.desired_at,
        "desired_by": row.desired_by,
        "cause": row.desired_cause,
        "generation": row.generation,
        "actual": row.actual_percent,
        "actual_at": row.actual_at,
        "actual_reason": row.actual_reason,
        "observed": is_observed(row),
        "agrees": row.desired_at is not None
        and is_known(row, now)
        and agrees(row.actual_percent, row.desired_percent),
        "verified_at": row.verified_at,
        "rolled_back": row.rolled_back_at is not None,
        "rolled_back_at": row.rolled_back_at,
        "stage": rows.get(running.number) if running else None,
        "next": rows.get(coming.number) if coming else None,
        "against": list(found.against) if found else [],
        "soak": _soak(soak_of(plan, running, row, now)),
        "hold": _hold(hold_of(row, now)),
        "verdict": {
            "verdict": verdict.word, "sentence": verdict.sentence, "since": verdict.since,
        },
        "behind": behind(plan, now),
        "stages": list(rows.values()),
    }  # fmt: skip


def _stage(plan: DeploymentPlan, stage) -> dict[str, Any]:
    kept = ("number", "name", "from_percent", "to_percent", "state", "started_at", "ended_at",
            "soak_s", "hold_s", "auto_advance")  # fmt: skip
    return {name: getattr(stage, name) for name in kept} | {
        "planned_at": planned(plan, stage),
        "gate": stage.gate.key if stage.gate else None,
    }


def _soak(soak: SoakNow | None) -> dict[str, Any] | None:
    if soak is None:
        return None
    return {
        "length_s": soak.length_s,
        "observed_s": soak.observed_s,
        "claimed_s": soak.claimed_s,
        "left_s": soak.left_s,
        "begun": soak.begun,
        "counts": soak.runs,
        "ends_at": soak.ends,
    }


def _hold(hold: Hold | None) -> dict[str, Any] | None:
    if hold is None:
        return None
    return {"by": hold.by, "reason": hold.reason, "at": hold.at, "until": hold.until}


@router.get("plans/{slug}/rollout", response=RolloutOut)
def rollout(request: HttpRequest, slug: str):
    """What is wanted and seen of the traffic, stage, soak, hold and verdict."""
    return shown(plan_of(request, slug))


class AdvanceIn(Schema):
    """``to_percent`` says which step is meant; without it the next one."""

    reason: str = ""
    to_percent: int | None = None


@router.post("plans/{slug}/rollout/advance", response=RolloutOut)
def advance(request: HttpRequest, slug: str, body: AdvanceIn):
    """Begin the next stage. 409 says what stands against it; 422 names ``reason`` where one is
    wanted. With an ``Idempotency-Key`` a repeat begins nothing more."""
    plan = plan_of(request, slug, "run")
    go_on(
        plan,
        to_percent=body.to_percent if body.to_percent is not None else _next(plan, request),
        by=request.user,
        reason=body.reason,
        request_id=once(request),
    )
    return shown(plan)


def _next(plan: DeploymentPlan, request: HttpRequest) -> int:
    """The share of the next stage; of the one that this very request began, if it is repeated."""
    key = once(request)
    done = plan.events.filter(request_id=key, kind="stage.started").first() if key else None
    if done is not None:
        return int(done.data["after"])
    coming = next((one for one in of_plan(plan) if one.state == "pending"), None)
    if coming is None:
        raise Refused(_("There is no next stage."))
    return coming.to_percent


class HoldIn(Schema):
    """``until`` with its zone, or ``for_s`` seconds; neither: until somebody ends it."""

    reason: str
    until: Instant | None = None
    for_s: int | None = Field(None, ge=1, le=30 * 86_400)


@router.post("plans/{slug}/rollout/hold", response=RolloutOut)
def hold(request: HttpRequest, slug: str, body: HoldIn):
    """Hold the rollout, or give its hold another end."""
    plan = plan_of(request, slug, "run")
    if body.until is not None and body.for_s is not None:
        raise Invalid("for_s", _("Give until or for_s, not both."))
    until = zoned("until", body.until)
    if body.for_s is not None:
        until = timezone.now() + timedelta(seconds=body.for_s)
    hold_rollout(plan, by=request.user, reason=body.reason, until=until, request_id=once(request))
    return shown(plan)


class ReasonIn(Schema):
    reason: str


@router.post("plans/{slug}/rollout/release", response=RolloutOut)
def release(request: HttpRequest, slug: str, body: ReasonIn):
    """End the hold. 409 while the readings hold it."""
    plan = plan_of(request, slug, "run")
    release_hold(plan, by=request.user, reason=body.reason, request_id=once(request))
    return shown(plan)


class ResumeIn(Schema):
    reason: str
    to_percent: int = Field(ge=0, le=100)


@router.post("plans/{slug}/rollout/resume", response=RolloutOut)
def resume(request: HttpRequest, slug: str, body: ResumeIn):
    """Take a rollback back and go on at ``to_percent``; 0: all stages begin anew."""
    plan = plan_of(request, slug, "run")
    resume_rollout(
        plan, body.to_percent, by=request.user, reason=body.reason, request_id=once(request)
    )
    return shown(plan)
