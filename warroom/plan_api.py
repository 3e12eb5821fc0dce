"""What pipelines do with a release as a whole: the steps of its life, the shift of its T0."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema

from warroom.actions.lifecycle import take_step
from warroom.actions.refusals import Invalid
from warroom.actions.schedule import preview_shift, refusal, shift_t0
from warroom.api import PlanOut, plan_of, plan_shown, zoned
from warroom.live.lint import lint
from warroom.models import DeploymentPlan
from warroom.once import once
from warroom.problems import Instant
from warroom.rules.lifecycle import STEPS
from warroom.rules.schedule import Shift, parse_by, when

router = Router(tags=["plans"])


class StepIn(Schema):
    """``step``: preparing, deploying, watching, rolled_back, aborted or reopen."""

    step: str
    reason: str = ""


@router.post("plans/{slug}/lifecycle", response=PlanOut)
def step(request: HttpRequest, slug: str, body: StepIn):
    """Take a step of the release's life. 422 names ``reason`` where one is wanted."""
    known = STEPS.get(body.step)
    plan = plan_of(request, slug, *((known.right,) if known else ("edit", "run", "decide")))
    take_step(plan, body.step, by=request.user, reason=body.reason, request_id=once(request))
    plan.refresh_from_db()
    return plan_shown(plan)


class ShiftIn(Schema):
    """One of ``t0`` (with its zone) and ``by`` ("+6h", "-30m"). ``basis`` is that of a dry run."""

    t0: Instant | None = None
    by: str = ""
    reason: str = ""
    window_too: bool = False
    dry_run: bool = False
    basis: str = ""


class MoveOut(Schema):
    label: str
    now: datetime | None
    then: datetime
    note: str
    wrong: str
    count: int


class StayOut(Schema):
    label: str
    at: datetime | None


class ShiftOut(Schema):
    done: bool
    t0: datetime | None
    by_s: int
    moves: list[MoveOut]
    stays: list[StayOut]
    refused: str
    basis: str


@router.post("plans/{slug}/shift", response=ShiftOut)
def shift(request: HttpRequest, slug: str, body: ShiftIn):
    """Move T0, or what is ahead of it; with ``dry_run`` only say what would move."""
    plan = plan_of(request, slug, "read" if body.dry_run else "edit")
    to = _wanted(body)
    shown = preview_shift(plan, to, timezone.now(), window_too=body.window_too)
    answer = _shift_shown(plan, shown)
    if body.dry_run:
        return answer
    before = plan.timeline_seq
    shifted = shift_t0(
        plan,
        to,
        by=request.user,
        reason=body.reason,
        window_too=body.window_too,
        basis=body.basis,
        request_id=once(request),
    )
    if shifted.timeline_seq == before:
        # Sent once before, or T0 is there already: nothing moves any more.
        answer |= {"by_s": 0, "moves": []}
    return answer | {"done": True, "t0": shifted.t0}


def _wanted(body: ShiftIn) -> datetime | int:
    if (body.t0 is None) == (not body.by):
        raise Invalid("t0", _("Give one of t0 and by."))
    if body.t0 is not None:
        return zoned("t0", body.t0)
    seconds = parse_by(body.by)
    if seconds is None:
        raise Invalid(
            "by", _("{by!r} is no length. Write +6h, -30m or +1h30m.").format(by=body.by[:40])
        )
    return seconds


def _shift_shown(plan: DeploymentPlan, shown: Shift) -> dict[str, Any]:
    return {
        "done": False,
        "t0": shown.t0,
        "by_s": shown.by_s,
        "moves": [
            {
                "label": row.thing.label,
                "now": row.now,
                "then": row.then,
                "note": row.note,
                "wrong": row.wrong,
                "count": row.count,
            }
            for row in shown.rows
        ],
        "stays": [{"label": one.label, "at": when(one, plan.t0)} for one in shown.stays],
        "refused": refusal(shown) if shown.against else "",
        "basis": shown.basis,
    }


class FindingOut(Schema):
    """Something that does not add up: where it stands, and the page that mends it."""

    code: str
    title: str
    text: str
    place: str
    url: str
    way_out: str
    line: int


@router.get("plans/{slug}/lint", response=list[FindingOut])
def show_lint(request: HttpRequest, slug: str):
    """What does not add up in the plan as it stands now; an empty list when all does."""
    return [vars(finding) for finding in lint(plan_of(request, slug), timezone.now())]
