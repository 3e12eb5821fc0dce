"""The steps of a run: closed by people, by what is observed, or left out with a reason."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.actions.seen import register_verified
from rollouts.models import RollbackRun, Rollout, RunOutcome, RunStep, StepKind
from rollouts.queries.runs import in_the_way, shown_by, to_close
from warroom.actions.change import RULE, Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import DeploymentPlan, User
from warroom.rules.wording import span_text

OPEN, DONE, SKIPPED, FAILED = "open", "done", "skipped", "failed"
SAID = {
    OPEN: _l("open again"),
    DONE: _l("done"),
    SKIPPED: _l("left out"),
    FAILED: _l("did not work"),
}
FIELDS = ["done_at", "done_by", "skipped", "failed", "note"]


def state_of(step: RunStep) -> str:
    """open, done, skipped or failed. What failed is still to be done."""
    if step.failed:
        return FAILED
    if step.done_at is None:
        return OPEN
    return SKIPPED if step.skipped else DONE


def set_step(
    run: RollbackRun,
    position: int,
    state: str,
    *,
    by: User,
    note: str = "",
    request_id: str | None = None,
) -> RunStep:
    """Set what became of a step; the same again changes nothing.

    ``state`` is open, done, skipped or failed; the last two want a ``note``. Raises Refused once
    the run is over, while a step that blocks is open before this one and while the metric or check
    of a real run's step does not show it; done without data wants a note too. RunStep.DoesNotExist
    for a position that there is not, NotAllowed without the right to tick.
    """
    if state not in SAID:
        raise Invalid(
            "state",
            _("{state!r} is none of {said}.").format(state=state[:40], said=", ".join(SAID)),
        )
    note = checked_reason(note, 1000)
    with change(run.plan, by=by, right="tick", request_id=request_id) as ticking:
        run = open_run(ticking.plan, run.number)
        step = run.steps.get(position=position)
        if ticking.repeated or (state_of(step) == state and note in ("", step.note)):
            return step
        if state in (SKIPPED, FAILED) and not note:
            raise Invalid(
                "note", _("Say why: “{step}” {state}.").format(step=step.title, state=SAID[state])
            )
        if state == DONE:
            demand_order(run, step)
            _demand_shown(run, step, note, ticking.at)
        _set(step, state, ticking, note)
        _record(ticking, run, step, state)
    return step


def open_run(plan: DeploymentPlan, number: int) -> RollbackRun:
    """The run of that number, which is not over. Raises Refused."""
    run = RollbackRun.objects.select_related("guardrail").get(plan=plan, number=number)
    run.plan = plan
    if run.ended_at is not None:
        text = (
            _("{run} was ended verified by {ended_by} at {ended_at:%H:%M} UTC.")
            if run.outcome == RunOutcome.VERIFIED
            else _(
                "{run} was ended as one that did not work by {ended_by} at {ended_at:%H:%M} UTC."
            )
        )
        raise Refused(text.format(run=run, ended_by=run.ended_by, ended_at=run.ended_at))
    return run


def demand_order(run: RollbackRun, step: RunStep) -> None:
    """Raise Refused while a step that blocks is open before ``step``."""
    before = in_the_way(list(run.steps.all()), step)
    if before is not None:
        raise Refused(
            _(
                "“{before}” comes before “{step}” and blocks it: do that first, or leave "
                "it out with a reason."
            ).format(before=before.title, step=step.title)
        )


def _demand_shown(run: RollbackRun, step: RunStep, note: str, now: datetime) -> None:
    """What is measured is not ticked on somebody's word, but where nothing measures it (law 7)."""
    watch = shown_by(run, step, now)
    if watch is None or watch.holds:
        return
    name = (step.query or step.health_check).name
    if not watch.is_blind:
        raise Refused(_("{name} shows it by itself: {watch}.").format(name=name, watch=watch.text))
    if not note:
        raise Invalid(
            "note", _("{name} has no data: write down what shows it instead.").format(name=name)
        )


def _set(step: RunStep, state: str, ticking: Change, note: str) -> None:
    closed = state in (DONE, SKIPPED)
    step.done_at = ticking.at if closed else None
    step.done_by = ticking.author_name if state != OPEN else ""
    step.skipped, step.failed = state == SKIPPED, state == FAILED
    step.note = note or ("" if state == OPEN else step.note)
    step.save(update_fields=FIELDS)


def _record(ticking: Change, run: RollbackRun, step: RunStep, state: str) -> None:
    blocks = _(", although it blocks") if state == SKIPPED and step.blocking else ""
    why = f": {step.note}" if step.note and state in (SKIPPED, FAILED) else ""
    ticking.record(
        "run.step",
        f"{run}: “{step.title}” {SAID[state]}{blocks}{why}",
        run=run.number,
        drill=run.drill,
        step=step.position,
        segment=step.segment,
        to=state,
        note=step.note,
    )


def close_executed(changing: Change, rollout: Rollout) -> None:
    """The wanted share is seen: what the executor had to do in the run is done.

    That is an observation, so no order of steps stands against it.
    """
    steps = RunStep.objects.filter(
        run__plan=changing.plan,
        run__generation=rollout.generation,
        run__drill=False,
        run__ended_at=None,
        kind=StepKind.EXECUTE,
        done_at=None,
    )
    note = f"{rollout.actual_reason or 'observed'}: {rollout.desired_percent} %"
    steps.update(
        done_at=rollout.verified_at or changing.at, done_by=RULE, failed=False, note=note[:1000]
    )


register_verified(close_executed)


def close_shown(run: RollbackRun, now: datetime | None = None) -> list[RunStep]:
    """Close the steps of a real run whose metric or check has been green for long enough (S7).

    One event names them all; without any nothing is written. ``now`` (UTC) is that of the change.
    """
    with change(run.plan, by=RULE) as closing:
        found = RollbackRun.objects.filter(pk=run.pk, ended_at=None, drill=False).first()
        if found is None:
            return []
        found.plan = closing.plan
        shown = to_close(found, now or closing.at)
        for watch in shown:
            step = watch.step
            step.done_at, step.done_by, step.failed = closing.at, RULE, False
            step.note = _("{watch}, green for {held_s}").format(
                watch=watch.value, held_s=span_text(watch.held_s)
            )
            step.save(update_fields=FIELDS)
        if shown:
            said = "; ".join(f"“{one.step.title}”: {one.step.note}" for one in shown)
            closing.record(
                "run.step",
                f"{found}: {said}",
                run=found.number,
                drill=False,
                step=[one.step.position for one in shown],
                to=DONE,
            )
    return [one.step for one in shown]
