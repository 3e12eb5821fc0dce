from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from rollouts.actions.desired import ADVANCE, set_desired
from rollouts.actions.soaks import begin_soak
from rollouts.models import Rollout, Stage, StageState
from rollouts.queries.rollouts import is_known, is_observed
from rollouts.queries.safe_start import latest_safe_start
from rollouts.queries.soaks import is_seen
from rollouts.queries.stages import ahead_of, coming, of_plan
from rollouts.rules.shares import agrees
from rollouts.rules.soak import claimed_text
from rollouts.rules.stages import Ahead, objections
from warroom.actions.change import RULE, Change, change
from warroom.actions.lifecycle import outside_window, set_lifecycle, weigh
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, User
from warroom.rules.lifecycle import DEPLOYING, ENDED, STEPS, Objection, late
from warroom.rules.wording import instant_text

# What else waits for a stage to begin: done in its change; gives a sentence and data for its event.
Begun = Callable[[Change, Stage], tuple[str, dict[str, Any]]]
_begun: list[Begun] = []


def register_begun(follow: Begun) -> None:
    if follow not in _begun:
        _begun.append(follow)


def advance(
    plan: DeploymentPlan,
    *,
    to_percent: int,
    by: User | str,
    at: datetime | None = None,
    reason: str = "",
    confirmed: str | None = None,
    request_id: str | None = None,
) -> Stage:
    """Begin the next stage, which must be the one to `to_percent`; it ends the one before.

    Its share is wanted from now on: the executor is driven to it, and the soak begins when it was
    seen. Where nothing moves or observes the traffic, the team has moved it and this records it,
    from `at` on (UTC; default now). Asked again when that stage already runs it changes nothing.
    The first stage is go-live, with its checks. `confirmed` is the number that a person typed in
    a browser, None elsewhere. Raises Refused where order, gate, verdict, hold, rollback or soak
    stand against it, Invalid for `confirmed`, Unconfirmed without a `reason` outside the window or
    past the latest safe start of a rollback, NotAllowed without the right to run the rollout.
    """
    with change(plan, by=by, right="run", request_id=request_id) as moving:
        if moving.repeated:
            return _at(moving.plan, to_percent)
        if moving.plan.lifecycle in ENDED:
            raise Refused(late(STEPS[DEPLOYING], moving.plan.lifecycle, ""))
        stages = of_plan(moving.plan)
        running = next((stage for stage in stages if stage.state == StageState.RUNNING), None)
        if running is not None and running.to_percent == to_percent:
            return running
        stage = coming(stages)
        if stage is None or stage.to_percent != to_percent:
            there = f"{running.to_percent} %" if running else _("no stage")
            raise Refused(
                _("{to_percent} % is not the next step: the rollout stands at {there}.").format(
                    to_percent=to_percent, there=there
                )
            )
        ahead = ahead_of(moving.plan, stages, stage, moving.at)
        if against := objections(ahead):
            raise Refused(" ".join(against))
        _demand_typed(confirmed, to_percent)
        if moving.by == RULE:
            _demand_unattended(moving, running, ahead)
        confirmation = _confirm(moving, reason)
        _move(moving, stage, running, at or moving.at, bool(ahead.verdict), confirmation, reason)
    return stage


def _demand_typed(confirmed: str | None, percent: int) -> None:
    if confirmed is not None and confirmed.strip().removesuffix("%").strip() != str(percent):
        raise Invalid(
            "confirmed", _("Type {percent} to go on to {percent} %.").format(percent=percent)
        )


def _demand_unattended(moving: Change, running: Stage | None, ahead: Ahead) -> None:
    """A rule goes on only where the plan says so, on green that was observed, with no warning."""
    if running is None or not running.auto_advance:
        raise Refused(_("The stage does not go on by itself."))
    if ahead.verdict != "proceed" or not (running.soak_s or ahead.gate):
        raise Refused(_("Nobody is there, and neither soak nor gate says that it may go on."))
    _demand_seen(moving)
    if found := [one.sentence for one in warnings(moving.plan, moving.at)]:
        raise Refused(" ".join(found))


def _demand_seen(moving: Change) -> None:
    """What stands has to be there before a rule adds to it: a soak may have been seen and lost."""
    rollout = Rollout.objects.filter(plan=moving.plan).first()
    if not is_observed(rollout):
        return
    known = is_known(rollout, moving.at) and rollout.verified_at is not None
    if not (known and agrees(rollout.actual_percent, rollout.desired_percent)):
        raise Refused(
            _("{percent} % is wanted and not seen now.").format(percent=rollout.desired_percent)
        )


def _confirm(moving: Change, reason: str) -> dict[str, Any]:
    """What `reason` overrides. Whoever is no person (the demo) is asked for nothing."""
    checked = moving.author is not None
    if moving.plan.lifecycle in STEPS[DEPLOYING].start:
        return set_lifecycle(moving, DEPLOYING, reason, checked=checked)
    return weigh(warnings(moving.plan, moving.at) if checked else (), reason)


def warnings(plan: DeploymentPlan, now: datetime) -> Iterable[Objection]:
    """What going on wants a written reason for at `now` (UTC)."""
    yield from outside_window(plan, now)
    safe = latest_safe_start(plan, now)
    if safe is not None and safe.passed(now):
        at = instant_text(safe.at, now)
        text = _("The latest safe start of a rollback was {at} UTC ({safe}: {needs}).").format(
            at=at, safe=safe.name, needs=safe.needs
        )
        yield Objection(text, refuses=False, code="safe-start")


def _move(
    moving: Change,
    stage: Stage,
    running: Stage | None,
    at: datetime,
    measured: bool,
    confirmed: dict[str, Any],
    reason: str,
) -> None:
    _end(running, at)
    rollout = start(moving, stage, at)
    texts, followed = [], {}
    for follow in _begun:
        text, data = follow(moving, stage)
        texts, followed = [*texts, text.strip()], followed | data
    began = _("Stage {stage} began: {from_percent} % to {to_percent} %").format(
        stage=stage.number, from_percent=stage.from_percent, to_percent=stage.to_percent
    )
    began += "" if measured else _(" (not measured)")
    claimed = min(stage.claimed_s, stage.soak_s) if measured else 0.0
    if claimed:
        texts.append(claimed_text(claimed))
        followed["soak_claimed_s"] = round(claimed)
    why = [*confirmed.get("overridden", ()), reason.strip(), *texts]
    said = " ".join(part for part in why if part)
    moving.record(
        "stage.started",
        f"{began}. {said}" if said else began,
        stage=stage.number,
        before=stage.from_percent,
        after=stage.to_percent,
        generation=rollout.generation,
        seen=is_seen(rollout),
        **({"reason": reason.strip()} if reason.strip() else {}),
        **confirmed,
        **followed,
    )


def _end(running: Stage | None, at: datetime) -> None:
    if running is not None:
        running.state, running.ended_at = StageState.DONE, at
        running.save(update_fields=["state", "ended_at"])


def start(moving: Change, stage: Stage, at: datetime, cause: str = ADVANCE) -> Rollout:
    """Let a stage run from `at` on (UTC) and want its share, inside an open change.

    Its soak begins when the share was seen, which may be within this call.
    """
    stage.state, stage.started_at, stage.ended_at = StageState.RUNNING, at, None
    stage.soak_from, stage.observed_s, stage.counted_at = None, 0.0, None
    stage.claimed_s = 0.0
    stage.save(
        update_fields=[
            "state", "started_at", "ended_at", "soak_from", "observed_s", "counted_at", "claimed_s",
        ]
    )  # fmt: skip
    rollout = set_desired(moving, stage.to_percent, cause=cause, stage=stage)
    if is_seen(rollout):
        begin_soak(moving.plan, stage, at, moving.at)
    return rollout


def _at(plan: DeploymentPlan, percent: int) -> Stage:
    """The stage that a repeated request began."""
    return next(stage for stage in of_plan(plan) if stage.to_percent == percent)
