"""A procedure that is carried out, for real or as a drill."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from rollouts.models import (
    Guardrail,
    RollbackProcedure,
    RollbackRun,
    RollbackTrigger,
    RunStep,
    StepKind,
)
from rollouts.queries.procedures import default_of
from rollouts.queries.runs import frozen_now
from rollouts.rules.runs import DECIDE, USUAL, VERIFY
from warroom.actions.change import Change

COPIED = (
    "segment", "title", "kind", "target_s", "command", "expected", "blocking", "query_id",
    "health_check_id", "hold_s",
)  # fmt: skip


def begin_run(
    changing: Change,
    *,
    procedure: RollbackProcedure | None = None,
    drill: bool = False,
    cause: str,
    reason: str,
    from_percent: int,
    to_percent: int,
    generation: int | None = None,
    guardrail: Guardrail | None = None,
    trigger: RollbackTrigger | None = None,
    breach_at: datetime | None = None,
    place: str = "",
    by_name: str,
) -> RollbackRun:
    """Begin a run inside an open change and return it; the caller records the event.

    Without ``procedure`` the plan's default is taken, without that decide, execute and verify in
    5 + 10 + 5 minutes. Steps and targets are copied, the readings of this instant frozen. Of a
    real run the decision is taken as it begins; a drill measures it as well.
    """
    plan = changing.plan
    procedure = procedure or default_of(plan)
    newest = RollbackRun.objects.filter(plan=plan).aggregate(newest=Max("number"))["newest"] or 0
    run = RollbackRun.objects.create(
        plan=plan,
        procedure=procedure,
        number=newest + 1,
        drill=drill,
        place=place[:120],
        name=procedure.name if procedure else _("Rollback"),
        target_s=procedure.target_s if procedure else sum(one.target_s or 0 for one in USUAL),
        downtime_target_s=procedure.downtime_target_s if procedure else None,
        generation=generation,
        from_percent=from_percent,
        to_percent=to_percent,
        cause=cause,
        reason=reason,
        guardrail=guardrail,
        trigger=trigger,
        frozen=frozen_now(plan, changing.at),
        breach_at=breach_at,
        started_at=changing.at,
        started_by=by_name,
    )
    _copy_steps(run, procedure)
    return run


def _copy_steps(run: RollbackRun, procedure: RollbackProcedure | None) -> None:
    steps = [RunStep(**fields) for fields in _planned(run, procedure)]
    for position, step in enumerate(steps, start=1):
        step.run, step.position = run, position
        if step.segment == DECIDE and not run.drill:
            step.done_at, step.done_by = run.started_at, run.started_by
    RunStep.objects.bulk_create(steps)


def _planned(run: RollbackRun, procedure: RollbackProcedure | None) -> list[dict[str, Any]]:
    rows = list(procedure.steps.all()) if procedure else []
    if rows:
        return [{name: getattr(row, name) for name in COPIED} for row in rows]
    usual: list[dict[str, Any]] = [
        {
            "segment": one.segment,
            "title": one.title.format(to=run.to_percent),
            "kind": one.kind,
            "target_s": one.target_s,
        }
        for one in USUAL
    ]
    return [*usual, *_back_in_target(run)]


def _back_in_target(run: RollbackRun) -> list[dict[str, Any]]:
    """What tripped must be seen to recover before the run counts as verified (S7)."""
    found = run.guardrail
    if found is None or not (found.query_id or found.health_check_id):
        return []
    return [
        {
            "segment": VERIFY,
            "title": _("{found} is green again").format(found=found.name),
            "kind": StepKind.METRIC if found.query_id else StepKind.CHECK,
            "query_id": found.query_id,
            "health_check_id": found.health_check_id,
            "hold_s": 120,
        }
    ]
