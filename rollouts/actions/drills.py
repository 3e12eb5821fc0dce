"""Drills: the same steps with the same stopwatch. They move no production traffic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Max
from django.utils.translation import gettext as _

from rollouts.actions.run_ends import checked_span
from rollouts.actions.runs import begin_run
from rollouts.models import RollbackProcedure, RollbackRun, RunOutcome, RunStep
from rollouts.rules.runs import TOTAL
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, checked_reason
from warroom.models import DeploymentPlan, User
from warroom.rules.wording import full_instant, span_text

DRILL, NOTES = "drill", "notes"
OLDEST = timedelta(days=5 * 366)


def start_drill(
    plan: DeploymentPlan,
    procedure: RollbackProcedure | None,
    place: str,
    *,
    by: User,
    reason: str = "",
    request_id: str | None = None,
) -> RollbackRun:
    """Begin a drill of a procedure (None: the default) at a place; return its run.

    It touches neither the wanted share nor any effect. Raises Invalid without a place, NotAllowed
    without the right to tick.
    """
    place = _place(place)
    with change(plan, by=by, right="tick", request_id=request_id) as starting:
        if starting.repeated:
            return _newest(starting.plan)
        run = begin_run(
            starting,
            procedure=_own(starting, procedure),
            drill=True,
            cause=DRILL,
            reason=checked_reason(reason),
            from_percent=0,
            to_percent=procedure.to_percent if procedure else 0,
            place=place,
            by_name=starting.author_name,
        )
        starting.record(
            "run.started",
            _("{run} began at {place}: {run_name}. It moves no production traffic").format(
                run=run, place=place, run_name=run.name
            ),
            run=run.number,
            drill=True,
            procedure=procedure.key if procedure else None,
            place=place,
        )
    return run


def enter_drill(
    plan: DeploymentPlan,
    procedure: RollbackProcedure,
    place: str,
    started_at: datetime,
    durations: Mapping[str, float],
    *,
    by: User | str,
    held_by: str = "",
    note: str = "",
    worked: bool = True,
    downtime_s: float | None = None,
    request_id: str | None = None,
) -> RollbackRun:
    """Keep a drill that was held before, as its notes tell it, and marked so.

    ``durations`` are seconds by segment of the procedure, each of them; ``started_at`` is UTC and
    past. Raises Invalid for ``started_at``, ``place``, ``held_by`` or a segment's name.
    """
    place, held_by = _place(place), checked_reason(held_by)[:150]
    with change(plan, by=by, right="tick", request_id=request_id) as entering:
        if entering.repeated:
            return _newest(entering.plan)
        rows = list(_own(entering, procedure).steps.all())
        spans = _spans(rows, durations)
        started_at = _past(started_at, entering.at, sum(spans.values()))
        run = _noted(entering, procedure, place, started_at, sum(spans.values()))
        run.started_by = run.ended_by = held_by or entering.author_name
        run.saw, run.downtime_s = checked_reason(note), checked_span(downtime_s, "downtime")
        run.outcome = RunOutcome.VERIFIED if worked else RunOutcome.FAILED
        run.save()
        _keep_steps(run, rows, spans)
        took = span_text(run.ended_at - run.started_at)
        entering.record(
            "run.noted",
            _(
                "{run} of {started_at} entered from notes: {run_name} at {place}, "
                "{took}, held by {started_by}"
            ).format(
                run=run,
                started_at=full_instant(started_at),
                run_name=run.name,
                place=place,
                took=took,
                started_by=run.started_by,
            ),
            run=run.number,
            drill=True,
            procedure=procedure.key,
            seconds={name: round(span, 1) for name, span in spans.items()},
            started_at=started_at.isoformat(),
        )
    return run


def _place(place: str) -> str:
    place = checked_reason(place, 120)
    if not place:
        raise Invalid("place", _("Say where the drill is held, such as staging."))
    return place


def _own(changing: Change, procedure: RollbackProcedure | None) -> RollbackProcedure | None:
    if procedure is not None and procedure.plan_id != changing.plan.pk:
        raise Invalid("procedure", _("That is a procedure of another release."))
    return procedure


def _newest(plan: DeploymentPlan) -> RollbackRun:
    return RollbackRun.objects.filter(plan=plan, drill=True).order_by("-number")[0]


def _spans(rows: list[RunStep], durations: Mapping[str, float]) -> dict[str, float]:
    segments = list(dict.fromkeys(row.segment for row in rows)) or [TOTAL]
    unknown = sorted(set(durations) - set(segments))
    if unknown:
        raise Invalid(
            "durations",
            _("{unknown!r} is none of {segments}.").format(
                unknown=unknown[0], segments=", ".join(segments)
            ),
        )
    spans = {name: checked_span(durations.get(name), name) for name in segments}
    missing = [name for name, span in spans.items() if span is None]
    if missing:
        raise Invalid(
            missing[0], _("Say how long {missing} took, such as 1:26.").format(missing=missing[0])
        )
    return {name: span for name, span in spans.items() if span is not None}


def _past(started_at: datetime, now: datetime, seconds: float) -> datetime:
    if started_at + timedelta(seconds=seconds) > now:
        raise Invalid("started_at", _("It is not over yet by these times: start a drill instead."))
    if now - started_at > OLDEST:
        raise Invalid("started_at", _("That is more than five years ago."))
    return started_at


def _noted(
    entering: Change,
    procedure: RollbackProcedure,
    place: str,
    started_at: datetime,
    seconds: float,
) -> RollbackRun:
    runs = RollbackRun.objects.filter(plan=entering.plan)
    return RollbackRun(
        plan=entering.plan,
        procedure=procedure,
        number=(runs.aggregate(newest=Max("number"))["newest"] or 0) + 1,
        drill=True,
        place=place,
        name=procedure.name,
        target_s=procedure.target_s,
        downtime_target_s=procedure.downtime_target_s,
        to_percent=procedure.to_percent,
        cause=NOTES,
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=seconds),
        noted_at=entering.at,
    )


def _keep_steps(run: RollbackRun, rows: list, spans: Mapping[str, float]) -> None:
    """Each step is over when its segment is: notes say no more."""
    ends, at = {}, run.started_at
    for segment, span in spans.items():
        at += timedelta(seconds=span)
        ends[segment] = at
    RunStep.objects.bulk_create(
        RunStep(
            run=run,
            position=position,
            segment=row.segment,
            title=row.title,
            kind=row.kind,
            target_s=row.target_s,
            blocking=row.blocking,
            done_at=ends[row.segment],
            done_by=run.started_by,
        )
        for position, row in enumerate(rows, start=1)
    )
