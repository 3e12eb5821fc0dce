"""Load profiles and their runs for pipelines: read, add, start, end, explain."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from checklists.actions import load, load_runs
from checklists.models import LoadRun
from checklists.queries.load import ProfileRow, limits_of, load_rows
from checklists.rules.load import KINDS, LIMITED, written
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid
from warroom.api import plan_of
from warroom.models import DeploymentPlan, Right
from warroom.once import once

router = Router(tags=["evidence"])


class Limits(Schema):
    """A number: latencies at most so many ms, ``errors`` at most so many percent, ``rps`` at least.

    A text keeps bounds apart: "< 500" leaves 500 out.
    """

    p50: float | str | None = None
    p95: float | str | None = None
    p99: float | str | None = None
    errors: float | str | None = None
    rps: float | str | None = None


class ProfileIn(Schema):
    name: str
    users: int | None = None
    minutes: int | None = None
    command: str = ""
    limits: Limits = Limits()


class ProfileChange(Schema):
    """A limit that is null is none any more. 409 when ``revision`` is no longer the profile's."""

    name: str | None = None
    users: int | None = None
    minutes: int | None = None
    command: str | None = None
    limits: Limits | None = None
    revision: int | None = None


class ExceptIn(Schema):
    reason: str


class RunIn(Schema):
    """``start``: it runs from now on, for ``minutes``. Else the figures of a run that ended."""

    start: bool = False
    minutes: float | None = None
    measured: dict[str, float | None] = {}
    cause: str = ""


class CauseIn(Schema):
    cause: str
    fix: str = ""


class RunOut(Schema):
    """``band``: green, red or no_data; "" while it runs. Times are UTC."""

    number: int
    started: datetime
    ends_about: datetime | None
    ended: datetime | None
    measured: dict[str, float]
    band: str
    sentence: str
    cause: str
    fix: str
    excepted: str
    baseline: bool
    by: str


class ProfileOut(Schema):
    """``runs``: the newest first."""

    key: str
    name: str
    users: int | None
    minutes: int | None
    command: str
    limits: Limits
    state: str
    runs: list[RunOut]


@router.get("plans/{slug}/load", response=list[ProfileOut])
def list_load(request: HttpRequest, slug: str):
    """Every load profile with its runs."""
    return [_out(row) for row in load_rows(plan_of(request, slug))]


@router.post("plans/{slug}/load", response={201: ProfileOut})
def post_load(request: HttpRequest, slug: str, body: ProfileIn):
    """Add a load profile. 422 names the field that is wrong."""
    plan = plan_of(request, slug, "edit")
    limits = {kind.field: getattr(body.limits, kind.key) for kind in LIMITED}
    fields = body.dict(exclude={"limits"}) | limits
    made = load.add_profile(plan, fields, by=request.user, request_id=once(request))
    return Status(201, _out(_find(plan, made.key)))


@router.patch("plans/{slug}/load/{key}", response=ProfileOut)
def patch_load(request: HttpRequest, slug: str, key: str, body: ProfileChange):
    """Change what a profile asks; what is left out stays, and so do runs as they were judged."""
    plan = plan_of(request, slug, "edit")
    fields = body.dict(exclude_unset=True, exclude={"limits", "revision"})
    limits = body.limits.dict(exclude_unset=True) if body.limits else {}
    fields |= {KINDS[name].field: limit for name, limit in limits.items()}
    given = {"seen_revision": body.revision, "request_id": once(request)}
    load.edit_profile(_find(plan, key).profile, fields, by=request.user, **given)
    return _out(_find(plan, key))


@router.delete("plans/{slug}/load/{key}", response={204: None})
def delete_load(request: HttpRequest, slug: str, key: str):
    """Take a profile off the list; its runs are kept."""
    profile = _find(plan_of(request, slug, "edit"), key).profile
    load.remove_profile(profile, by=request.user, request_id=once(request))
    return Status(204, None)


@router.put("plans/{slug}/load/{key}/runs/{int:number}/exception", response=RunOut)
def put_load_exception(request: HttpRequest, slug: str, key: str, number: int, body: ExceptIn):
    """Accept as a role that decides that a run failed. It stays red."""
    run = _find_run(plan_of(request, slug, "decide"), key, number)
    told = {"by": request.user, "request_id": once(request)}
    return _run(load_runs.except_run(run, body.reason, **told))


@router.put("plans/{slug}/load/{key}/runs/{int:number}/baseline", response=RunOut)
def put_load_baseline(request: HttpRequest, slug: str, key: str, number: int):
    """Compare the profile's other runs with this one."""
    run = _find_run(plan_of(request, slug, "evidence"), key, number)
    return _run(load_runs.set_baseline(run, by=request.user, request_id=once(request)))


@router.post("plans/{slug}/load/{key}/runs", response={201: RunOut})
def post_load_run(request: HttpRequest, slug: str, key: str, body: RunIn):
    """Start a run, or end the one under way with its figures (or write one down that ended).

    ``measured``: p50, p95, p99 (ms), errors, cpu, memory (percent), rps, requests, users.
    """
    plan = plan_of(request, slug, "evidence")
    demand(plan, request.user, Right.TICK)
    row = _find(plan, key)
    told: dict[str, Any] = {"by": request.user, "request_id": once(request)}
    if body.start and body.measured:
        raise Invalid("start", _("A run that starts has no figures yet."))
    if body.start:
        run = load_runs.start_run(row.profile, minutes=body.minutes, **told)
    else:
        run = load_runs.finish_run(row.profile, body.measured, cause=body.cause, **told)
    return Status(201, _run(run))


@router.put("plans/{slug}/load/{key}/runs/{int:number}/cause", response=RunOut)
def put_load_cause(request: HttpRequest, slug: str, key: str, number: int, body: CauseIn):
    """Say why a run failed and what was done about it."""
    plan = plan_of(request, slug, "evidence")
    demand(plan, request.user, Right.TICK)
    run = _find_run(plan, key, number)
    told = load_runs.explain_run(
        run, body.cause, body.fix, by=request.user, request_id=once(request)
    )
    return _run(told)


def _find(plan: DeploymentPlan, key: str) -> ProfileRow:
    rows = load_rows(plan, key)
    if not rows:
        raise Http404
    rows[0].profile.plan = plan
    return rows[0]


def _find_run(plan: DeploymentPlan, key: str, number: int) -> LoadRun:
    row = _find(plan, key)
    run = next((one.run for one in row.runs if one.run.number == number), None)
    if run is None:
        raise Http404
    run.profile = row.profile
    return run


def _out(row: ProfileRow) -> dict[str, Any]:
    profile = row.profile
    names = ("key", "name", "users", "minutes", "command")
    return {name: getattr(profile, name) for name in names} | {
        "limits": {k: written(KINDS[k], bound) for k, bound in limits_of(profile).items()},
        "state": row.state,
        "runs": [_run(one.run) for one in row.runs],
    }


def _run(run: LoadRun) -> dict[str, Any]:
    same = ("number", "band", "sentence", "cause", "fix", "excepted", "baseline")
    return {name: getattr(run, name) for name in same} | {
        "started": run.started_at,
        "ends_about": run.eta_at,
        "ended": run.ended_at,
        "measured": {key: value for key, value in run.measured.items() if key in KINDS},
        "by": run.by_name,
    }
