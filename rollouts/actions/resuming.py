"""Going on after a rollback: a person resumes, a new generation begins (law 7, S61)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from rollouts.actions.desired import RESUME, rollout_of, set_desired
from rollouts.actions.holding import keep_hold
from rollouts.actions.stages import start, warnings
from rollouts.actions.verdicts import apply_verdict, by_readings
from rollouts.models import RollbackRun, Rollout, Stage, StageState
from rollouts.queries.stages import of_plan, said_of
from rollouts.rules.verdict import Word
from warroom.actions.change import Change, change
from warroom.actions.lifecycle import set_lifecycle, weigh
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import DeploymentPlan, User
from warroom.rules.lifecycle import CLOSED, RESUMED, ROLLED_BACK


def resume_rollout(
    plan: DeploymentPlan,
    to_percent: int,
    *,
    by: User | str,
    reason: str,
    confirmed: str | None = None,
    request_id: str | None = None,
) -> Rollout:
    """Take the rollback back and go on at the stage to ``to_percent``, or at 0 with the first.

    Wants that share as a new generation; that stage runs, those before it are done, those after it
    begin anew. The runs that stood are marked as redeployed (S79). What else speaks against it is
    overridden by the ``reason`` and named. Raises Refused where no rollback stands, the readings
    say ROLLBACK, or a gate on the way has not said GO; Invalid for the share, the reason and the
    number typed; NotAllowed without the right to run the rollout.
    """
    with change(plan, by=by, right="run", request_id=request_id) as resuming:
        rollout, stages = rollout_of(resuming), of_plan(resuming.plan)
        if resuming.repeated:
            return rollout
        why = _reason(reason)
        stage = _stage(stages, to_percent)
        if rollout.rolled_back_at is None and resuming.plan.lifecycle != ROLLED_BACK:
            raise Refused(_("No rollback stands: there is nothing to resume."))
        _demand_gates(stages, stage)
        if confirmed is not None and confirmed.strip() != str(to_percent):
            raise Invalid(
                "confirmed",
                _("Type {to_percent} to resume at {to_percent} %.").format(to_percent=to_percent),
            )
        data = _overridden(resuming, why)
        _record(resuming, rollout, stage, why, data)
        keep_hold(rollout, None)
        rollout = _begin(resuming, stages, stage)
    apply_verdict(plan)
    return rollout


def _reason(text: str) -> str:
    if not (reason := checked_reason(text)):
        raise Invalid("reason", _("Resuming wants a reason: what was wrong, and why it is over."))
    return reason


def _stage(stages: list[Stage], percent: int) -> Stage | None:
    """The stage to begin with; None for 0: all begin anew."""
    if percent == 0:
        return None
    found = next((one for one in stages if one.to_percent == percent), None)
    if found is None:
        shares = ", ".join(f"{one.to_percent} %" for one in stages)
        raise Invalid(
            "to_percent",
            _("No stage goes to {percent} %. They go to {shares}, or 0 %.").format(
                percent=percent, shares=shares
            ),
        )
    return found


def _demand_gates(stages: list[Stage], stage: Stage | None) -> None:
    for one in stages:
        if stage is None or one.number >= stage.number:
            return
        if one.gate is not None and said_of(one.gate.pk) != "go":
            raise Refused(
                _("{gate} has not said GO: {to_percent} % lies behind it.").format(
                    gate=one.gate.title, to_percent=stage.to_percent
                )
            )


def _overridden(resuming: Change, why: str) -> dict[str, Any]:
    """What the reason overrides, for the event. Only ROLLBACK by the readings refuses."""
    plan = resuming.plan
    if plan.lifecycle in CLOSED:
        raise Refused(_("The release is closed. Reopen it in the settings first."))
    said = by_readings(plan, resuming.at)
    if said.word is Word.ROLLBACK:
        raise Refused(_("The readings say ROLLBACK: {said}").format(said=said.sentence))
    data = weigh(warnings(plan, resuming.at) if resuming.author else (), why)
    if said.word is Word.HOLD:
        data.setdefault("overridden", []).append(
            _("The readings say HOLD: {said}").format(said=said.sentence)
        )
    if plan.lifecycle == ROLLED_BACK:
        set_lifecycle(resuming, RESUMED, why, checked=False)
    return data


def _begin(resuming: Change, stages: list[Stage], stage: Stage | None) -> Rollout:
    for one in stages:
        before = stage is not None and one.number < stage.number
        one.state = StageState.DONE if before else StageState.PENDING
        one.save(update_fields=["state"])
    runs = RollbackRun.objects.filter(plan=resuming.plan, drill=False, redeployed_at=None)
    runs.update(redeployed_at=resuming.at)
    if stage is None:
        return set_desired(resuming, 0, cause=RESUME)
    start(resuming, stage, resuming.at, RESUME)
    return rollout_of(resuming)


def _record(
    resuming: Change, rollout: Rollout, stage: Stage | None, why: str, data: dict[str, Any]
) -> None:
    percent = stage.to_percent if stage else 0
    at = (
        _("with stage {stage} at {percent} %").format(stage=stage.number, percent=percent)
        if stage
        else _("at 0 %, all stages anew")
    )
    over = " ".join(data.get("overridden", ()))
    text = _("Rollout resumed {at}: {why}").format(at=at, why=why)
    resuming.record(
        "rollout.resumed",
        _("{text} Overridden: {over}").format(text=text, over=over) if over else text,
        before=rollout.desired_percent,
        after=percent,
        stage=stage.number if stage else None,
        reason=why,
        **data,
    )
