"""Findings and dry runs for pipelines. A token acts for its person, with that person's rights."""

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from checklists.actions import dryruns as trying
from checklists.actions import findings as actions
from checklists.models import DryRun, DryRunResult, Finding
from checklists.queries.dryruns import dry_runs, outcome_of
from checklists.queries.findings import SOURCES, Wish, register_of
from checklists.rules.findings import SEVERITIES, STATES, counts
from warroom.actions.refusals import Invalid
from warroom.api import plan_of
from warroom.models import DeploymentPlan
from warroom.once import once
from warroom.problems import Instant

router = Router(tags=["evidence"])


class FindingIn(Schema):
    title: str
    severity: str
    place: str = ""
    rule: str = ""
    description: str = ""
    owner: str = ""
    due: Instant | None = None


class FindingChange(Schema):
    """Only what is given changes; another severity wants a ``reason``."""

    title: str | None = None
    severity: str | None = None
    place: str | None = None
    description: str | None = None
    owner: str | None = None
    due: Instant | None = None
    reason: str = ""
    revision: int | None = None


class FindingStateIn(Schema):
    """``until`` (UTC without a zone) goes with accepted; ``retest`` null: as its severity wants."""

    state: str
    reason: str = ""
    until: Instant | None = None
    before: str = ""
    after: str = ""
    fix: str = ""
    retest: bool | None = None
    revision: int | None = None


class RetestIn(Schema):
    note: str
    after: str = ""
    revision: int | None = None


class FindingOut(Schema):
    """``counts``: whether criteria count it now. ``missing_since``: a newer scan lacks it."""

    number: int
    title: str
    severity: str
    state: str
    counts: bool
    reason: str
    until: datetime | None
    place: str
    tool: str
    rule: str
    owner: str
    due: datetime | None
    before: str
    after: str
    fix: str
    retest: bool
    confirmed: str
    confirmed_at: datetime | None
    seen_at: datetime
    missing_since: datetime | None
    suppressed: bool
    by: str
    at: datetime
    revision: int


class RegisterOut(Schema):
    """A page of 100, open first and the gravest first; ``total`` is of all that were asked for."""

    total: int
    stated: str
    findings: list[FindingOut]


@router.get("plans/{slug}/findings", response=RegisterOut)
def list_findings(
    request: HttpRequest,
    slug: str,
    state: str = "",
    severity: str = "",
    source: str = "",
    q: str = "",
    page: int = 1,
):
    """The register; ``source`` is scan or hand. 422 for a filter that there is not."""
    known = {"state": STATES, "severity": SEVERITIES, "source": tuple(SOURCES)}
    for name, given in (("state", state), ("severity", severity), ("source", source)):
        if given and given not in known[name]:
            raise Invalid(name, _("One of: {name}.").format(name=", ".join(known[name])))
    q = q.replace("\0", "")[:100]
    plan, now = plan_of(request, slug), timezone.now()
    found = register_of(plan, now, Wish(state, source, severity, q, max(1, min(page, 1000))))
    rows = [_finding(row.finding, now) for row in found.rows]
    return {"total": found.total, "stated": found.stated, "findings": rows}


@router.post("plans/{slug}/findings", response={201: FindingOut})
def post_finding(request: HttpRequest, slug: str, body: FindingIn):
    """Write a finding down. Scans are better posted as results: they come again and agree."""
    plan = plan_of(request, slug, "evidence")
    fields = body.model_dump() | {"due": _utc(body.due)}
    found = actions.add_finding(plan, fields, by=request.user, request_id=once(request))
    return Status(201, _finding(found, timezone.now()))


@router.get("plans/{slug}/findings/{int:number}", response=FindingOut)
def get_finding(request: HttpRequest, slug: str, number: int):
    return _finding(_find(plan_of(request, slug), number), timezone.now())


@router.patch("plans/{slug}/findings/{int:number}", response=FindingOut)
def patch_finding(request: HttpRequest, slug: str, number: int, body: FindingChange):
    """Change what a finding says. 409 when ``revision`` is no longer the finding's."""
    plan = plan_of(request, slug, "sign")
    given = body.model_dump(exclude_unset=True, exclude={"reason", "revision"})
    if "due" in given:
        given["due"] = _utc(body.due)
    found = actions.edit_finding(
        _find(plan, number),
        given,
        by=request.user,
        reason=body.reason,
        seen_revision=body.revision,
        request_id=once(request),
    )
    return _finding(found, timezone.now())


@router.put("plans/{slug}/findings/{int:number}/state", response=FindingOut)
def put_finding_state(request: HttpRequest, slug: str, number: int, body: FindingStateIn):
    """Open, fixed, accepted or false-positive. 403 for who may not let a grave one go."""
    plan = plan_of(request, slug, "sign")
    names = ("reason", "before", "after", "fix", "retest")
    said = actions.Said(**{n: getattr(body, n) for n in names}, until=_utc(body.until))
    found = actions.set_finding_state(
        _find(plan, number),
        body.state,
        by=request.user,
        said=said,
        seen_revision=body.revision,
        request_id=once(request),
    )
    return _finding(found, timezone.now())


@router.post("plans/{slug}/findings/{int:number}/retest", response=FindingOut)
def post_retest(request: HttpRequest, slug: str, number: int, body: RetestIn):
    """A retest agrees that the fix holds."""
    plan = plan_of(request, slug, "sign")
    found = actions.confirm_finding(
        _find(plan, number),
        body.note,
        by=request.user,
        after=body.after,
        seen_revision=body.revision,
        request_id=once(request),
    )
    return _finding(found, timezone.now())


def _find(plan: DeploymentPlan, number: int) -> Finding:
    found = Finding.objects.filter(plan=plan, number=number).first()
    if found is None:
        raise Http404
    found.plan = plan
    return found


def _utc(at: datetime | None) -> datetime | None:
    """A time without a zone is meant as UTC."""
    if at is None or at.tzinfo is not None:
        return at
    return at.replace(tzinfo=UTC)


def _finding(one: Finding, now: datetime) -> dict[str, Any]:
    same = ("number", "title", "severity", "state", "reason", "place", "tool", "rule", "owner")
    same += ("fix", "retest", "confirmed_at", "seen_at", "missing_since", "suppressed", "revision")
    return {name: getattr(one, name) for name in same} | {
        "counts": counts(one, now),
        "until": one.accepted_until,
        "due": one.due_at,
        "before": one.before_text,
        "after": one.after_text,
        "confirmed": one.confirmed_by,
        "by": one.state_by_name,
        "at": one.state_at,
    }


# --- dry runs --------------------------------------------------------------------------------


class DryRunIn(Schema):
    title: str
    command: str = ""
    expected: str = ""


class DryRunChange(Schema):
    title: str | None = None
    command: str | None = None
    expected: str | None = None
    revision: int | None = None


class DryRunResultIn(Schema):
    """``word``: pass, warn or fail; ``at``: when it ran (UTC without a zone), else now."""

    word: str
    output: str = ""
    analysis: str = ""
    at: Instant | None = None


class AcceptedIn(Schema):
    """``result``: the id of the result that was seen."""

    accepted: bool
    reason: str
    result: int | None = None


class DryRunResultOut(Schema):
    id: int
    word: str
    at: datetime
    by: str
    analysis: str
    accepted: bool | None
    accepted_by: str
    accepted_reason: str


class DryRunOut(Schema):
    """``good``: passed, or accepted. ``result`` is the newest."""

    number: int
    title: str
    command: str
    expected: str
    good: bool
    result: DryRunResultOut | None


class DryRunsOut(Schema):
    """``totals`` is computed: "6 pass, 1 warning accepted of 7"."""

    totals: str
    good: int
    dry_runs: list[DryRunOut]


class RecordedOut(Schema):
    totals: str
    dry_run: DryRunOut


@router.get("plans/{slug}/dryruns", response=DryRunsOut)
def list_dry_runs(request: HttpRequest, slug: str):
    """Every dry run with its newest result."""
    found = dry_runs(plan_of(request, slug), timezone.now())
    rows = [_run(row.run, row.newest) for row in found.rows]
    return {"totals": found.totals, "good": found.good, "dry_runs": rows}


@router.post("plans/{slug}/dryruns", response={201: DryRunOut})
def post_dry_run(request: HttpRequest, slug: str, body: DryRunIn):
    plan = plan_of(request, slug, "evidence")
    run = trying.add_dry_run(plan, body.model_dump(), by=request.user, request_id=once(request))
    return Status(201, _run(run, None))


@router.patch("plans/{slug}/dryruns/{int:number}", response=DryRunOut)
def patch_dry_run(request: HttpRequest, slug: str, number: int, body: DryRunChange):
    """Change what is tried; what is left out stays. 409 when ``revision`` is old."""
    run = _find_run(plan_of(request, slug, "edit"), number)
    said = body.model_dump(exclude_unset=True, exclude={"revision"})
    given = {"seen_revision": body.revision, "request_id": once(request)}
    run = trying.edit_dry_run(run, said, by=request.user, **given)
    return _run(run, run.results.last())


@router.delete("plans/{slug}/dryruns/{int:number}", response={204: None})
def delete_dry_run(request: HttpRequest, slug: str, number: int, reason: str = ""):
    """Take a dry run off; its results are kept."""
    run = _find_run(plan_of(request, slug, "edit"), number)
    trying.remove_dry_run(run, reason, by=request.user, request_id=once(request))
    return Status(204, None)


@router.post("plans/{slug}/dryruns/{int:number}/results", response={201: RecordedOut})
def post_dry_run_result(request: HttpRequest, slug: str, number: int, body: DryRunResultIn):
    """Record how a dry run went; earlier results stay. At most 64 KB of output."""
    plan = plan_of(request, slug, "evidence")
    run = _find_run(plan, number)
    given = body.model_dump() | {"at": _utc(body.at)}
    result = trying.record_dry_run(
        run, given.pop("word"), by=request.user, request_id=once(request), **given
    )
    return Status(201, _recorded(plan, run, result))


@router.put("plans/{slug}/dryruns/{int:number}/accepted", response=RecordedOut)
def put_dry_run_accepted(request: HttpRequest, slug: str, number: int, body: AcceptedIn):
    """Accept the warning or failure that stands, or say that it is not accepted."""
    plan = plan_of(request, slug, "sign")
    run = _find_run(plan, number)
    result = trying.judge_dry_run(
        run,
        body.accepted,
        body.reason,
        by=request.user,
        result=body.result,
        request_id=once(request),
    )
    return _recorded(plan, run, result)


def _find_run(plan: DeploymentPlan, number: int) -> DryRun:
    run = plan.dry_runs.filter(number=number, removed_at=None).first()
    if run is None:
        raise Http404
    run.plan = plan
    return run


def _recorded(plan: DeploymentPlan, run: DryRun, result: DryRunResult) -> dict[str, Any]:
    plan.refresh_from_db()
    return {"totals": dry_runs(plan, timezone.now()).totals, "dry_run": _run(run, result)}


def _run(run: DryRun, newest: DryRunResult | None) -> dict[str, Any]:
    return {
        "number": run.number,
        "title": run.title,
        "command": run.command,
        "expected": run.expected,
        "good": outcome_of(newest, run).good,
        "result": _result(newest) if newest else None,
    }


def _result(one: DryRunResult) -> dict[str, Any]:
    return {
        "id": one.pk,
        "word": one.word,
        "at": one.at,
        "by": one.by_name,
        "analysis": one.analysis,
        "accepted": one.accepted,
        "accepted_by": one.accepted_by_name,
        "accepted_reason": one.accepted_reason,
    }
