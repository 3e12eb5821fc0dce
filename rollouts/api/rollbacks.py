"""Rolling back for pipelines."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema

from rollouts.actions.rollbacks import start_rollback
from rollouts.models import RollbackProcedure, RollbackRun, RollbackTrigger, Rollout
from warroom.actions.refusals import Invalid
from warroom.api import plan_of
from warroom.models import DeploymentPlan
from warroom.once import once

router = Router(tags=["rollout"])


class RollbackIn(Schema):
    """``procedure`` and ``trigger`` by key and number; ``to_percent`` for a partial rollback."""

    reason: str = ""
    procedure: str = ""
    trigger: int | None = None
    to_percent: int | None = None


class RollbackOut(Schema):
    """``started``: this request began it. ``run``: the run that stands or stood last, if any."""

    started: bool
    run: int | None
    from_percent: int | None
    to_percent: int | None
    desired_percent: int
    generation: int
    url: str


@router.post("plans/{slug}/rollout/rollback", response=RollbackOut)
def post_rollback(request: HttpRequest, slug: str, body: RollbackIn):
    """Roll back at once; no vote and no word is asked for. Asked again it changes nothing."""
    plan = plan_of(request, slug, "run")
    if body.to_percent is not None and not 0 <= body.to_percent <= 100:
        raise Invalid("to_percent", _("Give a share of the traffic from 0 to 100."))
    before = plan.timeline_seq
    run = start_rollback(
        plan,
        by=request.user,
        reason=body.reason,
        cause="trigger" if body.trigger is not None else "person",
        procedure=_procedure(plan, body.procedure),
        trigger=_trigger(plan, body.trigger),
        to_percent=body.to_percent,
        request_id=once(request),
    )
    return _out(plan, run, before)


def _procedure(plan: DeploymentPlan, key: str) -> RollbackProcedure | None:
    found = RollbackProcedure.objects.filter(plan=plan, retired_at=None)
    if key and not found.filter(key=key).exists():
        keys = ", ".join(found.values_list("key", flat=True)) or "none"
        raise Invalid(
            "procedure",
            _("There is no procedure {key!r}. Its procedures: {keys}.").format(key=key, keys=keys),
        )
    return found.get(key=key) if key else None


def _trigger(plan: DeploymentPlan, number: int | None) -> RollbackTrigger | None:
    if number is None:
        return None
    row = RollbackTrigger.objects.filter(plan=plan, retired_at=None, pk=number).first()
    if row is None:
        raise Invalid("trigger", _("This release has no such trigger."))
    return row


def _out(plan: DeploymentPlan, run: RollbackRun | None, before: int) -> dict[str, Any]:
    rollout = Rollout.objects.get(plan=plan)
    return {
        "started": plan.events.filter(seq__gt=before, kind="rollback.started").exists(),
        "run": run.number if run else None,
        "from_percent": run.from_percent if run else None,
        "to_percent": run.to_percent if run else None,
        "desired_percent": rollout.desired_percent,
        "generation": rollout.generation,
        "url": f"/plans/{plan.slug}/rollback/{run.number}/" if run else plan.get_absolute_url(),
    }
