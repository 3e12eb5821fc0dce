"""What is open beside a gate: the rule does not ask for it, and a meeting should not miss it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from checklists.models import RiskState, Severity
from checklists.queries.dryruns import dry_runs
from checklists.queries.findings import counts_now
from checklists.queries.load import load_rows
from checklists.queries.risks import risk_sheet
from warroom.models import DeploymentPlan
from warroom.queries.once import once
from warroom.rules.wording import listed

GRAVE = (Severity.CRITICAL, Severity.HIGH)


@dataclass(frozen=True)
class Beside:
    """A sentence, and where it is dealt with."""

    text: str
    url: str


def beside(plan: DeploymentPlan, now: datetime) -> tuple[Beside, ...]:
    """What is open of the registers at ``now`` (UTC), the gravest first; read once an instant."""
    return once(plan, now, "beside", lambda: tuple(_read(plan, now)))


def _read(plan: DeploymentPlan, now: datetime) -> Iterator[Beside]:
    if grave := grave_findings(plan, now):
        yield Beside(grave, _to("findings", plan))
    troubled = [row for row in dry_runs(plan, now).rows if row.newest and not row.outcome.good]
    if troubled:
        names = listed([row.run.title for row in troubled])
        yield Beside(
            _("Dry runs without a pass: {names}.").format(names=names), _to("dryruns", plan)
        )
    failed = [row.profile.name for row in load_rows(plan) if row.state == "failed"]
    if failed:
        yield Beside(
            _("Load tests that failed: {failed}.").format(failed=listed(failed)),
            _to("trials", plan),
        )
    yield from _risks(plan, now)


def grave_findings(plan: DeploymentPlan, now: datetime) -> str:
    """``Findings that count: 1 critical and 2 high.``; "" where none does."""
    counts = counts_now(plan, now)
    grave = [f"{counts[one]} {one.label.lower()}" for one in GRAVE if counts[one]]
    return _("Findings that count: {grave}.").format(grave=listed(grave)) if grave else ""


def _risks(plan: DeploymentPlan, now: datetime) -> Iterator[Beside]:
    sheet = risk_sheet(plan, now)
    force = [row.scenario.title for row in sheet.scenarios if row.in_force]
    if force:
        yield Beside(
            _("Contingency in force: {force}.").format(force=listed(force)), _to("risks", plan)
        )
    happened = [row.name for row in sheet.risks if row.risk.state == RiskState.OCCURRED]
    if happened:
        yield Beside(
            _("Risks that have happened: {happened}.").format(happened=listed(happened)),
            _to("risks", plan),
        )


def _to(name: str, plan: DeploymentPlan) -> str:
    return reverse(name, args=[plan.slug])
