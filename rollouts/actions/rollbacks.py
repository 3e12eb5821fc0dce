"""Rolling back: one change that beats everything and stands until a person resumes."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from rollouts.actions.desired import ROLLBACK, rollout_of, set_desired
from rollouts.actions.run_ends import register_finished
from rollouts.actions.runs import begin_run
from rollouts.models import (
    Guardrail,
    RollbackProcedure,
    RollbackRun,
    RollbackTrigger,
    Rollout,
    RunOutcome,
    Stage,
    StageState,
)
from rollouts.queries.procedures import default_of
from rollouts.queries.rollbacks import leading_of, served, standing_sentence
from rollouts.queries.stages import of_plan
from rollouts.rules import rollbacks as rules
from rollouts.rules.verdict import Word
from warroom.actions.change import Change, change, demand_open
from warroom.actions.escalations import open_escalation, settle
from warroom.actions.lifecycle import set_lifecycle
from warroom.actions.refusals import Invalid, NotAllowed, checked_reason
from warroom.models import DeploymentPlan, User
from warroom.queries.people import LEADING
from warroom.rules.lifecycle import LIVE, ROLLED_BACK

# Whoever leads anything may start one: at that hour nobody looks for the right person.
RIGHTS = LEADING
PERSON, BY_GUARDRAIL, BY_TRIGGER, BY_ROUND = "person", "guardrail", "trigger", "round"


def start_rollback(
    plan: DeploymentPlan,
    *,
    by: User | str,
    reason: str,
    cause: str = PERSON,
    confirmed: str | None = None,
    guardrail: Guardrail | None = None,
    trigger: RollbackTrigger | None = None,
    procedure: RollbackProcedure | None = None,
    to_percent: int | None = None,
    breach_at: datetime | None = None,
    request_id: str | None = None,
) -> RollbackRun | None:
    """Want less traffic on the new version, at once; return the run, or the last one (or None).

    Neither a gate, a vote, a hold, a verdict nor a password stands in its way (law 7, law 10);
    only a closed release does, in which the new version is what everybody uses. Where nothing is
    above the target it changes nothing, which is written down once per generation (scenario 24).
    ``confirmed`` is what a person typed in a browser, None elsewhere. ``to_percent`` defaults to
    the procedure's, else 0. Raises NotAllowed, Refused, Invalid for ``confirmed`` and ``reason``.
    """
    with change(plan, by=by, request_id=request_id) as changing:
        _demand(changing, confirmed)
        if changing.repeated:
            return _newest(changing.plan)
        return roll_back(
            changing,
            reason=_reason(reason, trigger),
            cause=cause,
            guardrail=guardrail,
            trigger=trigger,
            procedure=procedure,
            to_percent=to_percent,
            breach_at=breach_at,
        )


def roll_back(
    changing: Change,
    *,
    reason: str,
    cause: str,
    guardrail: Guardrail | None = None,
    trigger: RollbackTrigger | None = None,
    procedure: RollbackProcedure | None = None,
    to_percent: int | None = None,
    breach_at: datetime | None = None,
) -> RollbackRun | None:
    """What ``start_rollback`` does, inside an open change that asked for right and word."""
    rollout, stages = rollout_of(changing), of_plan(changing.plan)
    procedure = procedure or default_of(changing.plan)
    current = served(changing.plan, rollout, stages)
    target = _target(to_percent, procedure, current, cause)
    if current <= target:
        return _nothing_to_do(changing, rollout, current, target, reason)
    stage = _end_running(changing, stages)
    rollout = set_desired(changing, target, cause=ROLLBACK, stage=stage)
    run = begin_run(
        changing,
        procedure=procedure,
        cause=cause,
        reason=reason,
        from_percent=current,
        to_percent=target,
        generation=rollout.generation,
        guardrail=guardrail,
        trigger=trigger,
        breach_at=breach_at,
        by_name=changing.author_name,
    )
    _record_start(changing, run)
    return run


def _demand(changing: Change, confirmed: str | None) -> None:
    if changing.author is None:
        demand_open(changing.plan, changing.at)
    elif not RIGHTS & changing.held.rights:
        raise NotAllowed(_("Rolling back wants a role that may run, decide or sign."))
    if confirmed is not None and not rules.is_confirmed(confirmed):
        raise Invalid("confirmed", _("Type {word} to roll back.").format(word=rules.WORD))


def _reason(reason: str, trigger: RollbackTrigger | None) -> str:
    said = checked_reason(reason)
    if trigger is not None:
        return " ".join(part for part in (rules.sentence(trigger.text), said) if part)
    if not said:
        raise Invalid("reason", _("A rollback wants a reason: one word will do."))
    return said


def _target(
    to_percent: int | None, procedure: RollbackProcedure | None, current: int, cause: str
) -> int:
    """Where to; what still trips where the procedure would stop goes all the way."""
    if to_percent is not None:
        return to_percent
    there = procedure.to_percent if procedure else 0
    return 0 if cause != PERSON and current <= there else there


def _newest(plan: DeploymentPlan) -> RollbackRun | None:
    return RollbackRun.objects.filter(plan=plan, drill=False).order_by("-number").first()


def _nothing_to_do(
    changing: Change, rollout: Rollout, current: int, target: int, reason: str
) -> RollbackRun | None:
    """Say so, once per generation: the second person to press has to be able to find it."""
    said = changing.plan.events.filter(
        kind="rollback.repeated", data__generation=rollout.generation
    )
    if not said.exists():
        changing.record(
            "rollback.repeated",
            rules.idle(current, target, stands=rollout.rolled_back_at is not None),
            generation=rollout.generation,
            percent=current,
            reason=reason,
        )
    return _newest(changing.plan)


def _end_running(changing: Change, stages: list[Stage]) -> Stage | None:
    running = next((stage for stage in stages if stage.state == StageState.RUNNING), None)
    if running is not None:
        running.state, running.ended_at = StageState.ROLLED_BACK, changing.at
        running.save(update_fields=["state", "ended_at"])
    return running


def _record_start(changing: Change, run: RollbackRun) -> None:
    called = open_escalation(
        changing,
        f"rollback:{run.number}",
        _("Rollback from {from_percent} % to {to_percent} %: {reason}").format(
            from_percent=run.from_percent, to_percent=run.to_percent, reason=run.reason
        ),
        url=f"/plans/{changing.plan.slug}/rollback/{run.number}/",
    )
    before = changing.plan.verdict
    show_standing(changing, run)
    changing.record(
        "rollback.started",
        rules.began(run.number, run.from_percent, run.to_percent, run.reason, str(called or "")),
        run=run.number,
        before=run.from_percent,
        after=run.to_percent,
        cause=run.cause,
        reason=run.reason,
        guardrail=run.guardrail.key if run.guardrail else None,
        generation=run.generation,
        verdict_before=before,
        escalation=called.number if called else None,
    )


# --- while it stands -----------------------------------------------------------------------


def show_standing(changing: Change, run: RollbackRun) -> None:
    """Write ROLLBACK with its sentence into the plan; it stays until a person resumes."""
    plan = changing.plan
    if plan.verdict != Word.ROLLBACK or plan.verdict_since is None:
        plan.verdict_since = changing.at
    plan.verdict, plan.verdict_sentence = Word.ROLLBACK.value, standing_sentence(run)
    plan.verdict_leading, plan.verdict_valid_until = leading_of(run), None
    plan.save(
        update_fields=[
            "verdict",
            "verdict_sentence",
            "verdict_leading",
            "verdict_since",
            "verdict_valid_until",
        ]
    )


# --- its end -------------------------------------------------------------------------------


def rollback_finished(changing: Change, run: RollbackRun) -> str | None:
    """What the end of a real run means, in its change: nobody is served, so it is rolled back.

    ROLLBACK stands all the same until a person resumes. A run that did not work changes nothing
    here; neither does a partial one, after which the release goes on at a smaller share, nor one
    that is ended after somebody resumed: the release serves again.
    """
    settled = settle(changing, f"rollback:{run.number}", _("{run} ended.").format(run=run))
    said = [_("{one} closed").format(one=one) for one in settled]
    verified = run.outcome == RunOutcome.VERIFIED
    stands = rollout_of(changing).rolled_back_at is not None
    if verified and stands and run.to_percent == 0 and changing.plan.lifecycle in LIVE:
        set_lifecycle(changing, ROLLED_BACK, run.reason, checked=False)
        said.append(_("The release is rolled back"))
    return ". ".join(said) or None


register_finished(rollback_finished)
