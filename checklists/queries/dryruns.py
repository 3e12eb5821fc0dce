"""The dry runs of a release as they stand: each with its newest result, and their sum."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.utils.translation import gettext as _

from checklists.models import Criterion, DryRun, DryRunResult, Source
from checklists.queries.frozen import register_frozen
from checklists.queries.gates import GateSheet
from checklists.queries.measures import Measured, register_measure
from checklists.rules.dryruns import SHOWN, Outcome, good_of, totals
from warroom.models import DeploymentPlan
from warroom.queries.once import once


@dataclass(frozen=True)
class DryRunRow:
    """A dry run with its newest result, None where it never ran; ``times``: results so far."""

    run: DryRun
    newest: DryRunResult | None
    times: int

    @property
    def outcome(self) -> Outcome:
        return outcome_of(self.newest, self.run)

    @property
    def word(self) -> str:
        if self.outcome.other:
            return _("changed since")
        return SHOWN[self.newest.word] if self.newest else _("not run")

    @property
    def look(self) -> tuple[str, str]:
        """The modifier of its signal and its icon."""
        looks = {"pass": ("mute", "ok"), "warn": ("warn", "warn"), "fail": ("bad", "bad")}
        if self.newest is None or self.outcome.other:
            return _("open"), _("open")
        return looks[self.newest.word]

    @property
    def modifier(self) -> str:
        return self.look[0]

    @property
    def icon(self) -> str:
        return self.look[1]


@dataclass(frozen=True)
class DryRuns:
    """All of them, with the sum in one sentence."""

    rows: tuple[DryRunRow, ...]

    @property
    def totals(self) -> str:
        return totals(row.outcome for row in self.rows)

    @property
    def good(self) -> int:
        return good_of(row.outcome for row in self.rows)

    @property
    def oldest(self) -> datetime | None:
        """When the one of the good results that lies back furthest was taken (UTC)."""
        good = (row.newest.at for row in self.rows if row.newest and row.outcome.good)
        return min(good, default=None)


def outcome_of(result: DryRunResult | None, run: DryRun) -> Outcome:
    """How ``run`` stands by its newest result, which may be of the command before an edit."""
    if result is None:
        return Outcome()
    other = run.asked_at is not None and result.at < run.asked_at
    return Outcome(result.word, result.accepted, other)


def dry_runs(plan: DeploymentPlan, now: datetime) -> DryRuns:
    """Every dry run with its newest result, without outputs; two SQL statements."""
    return once(plan, now, "dry-runs", lambda: _read(plan))


def _read(plan: DeploymentPlan) -> DryRuns:
    newest = DryRunResult.objects.filter(dry_run=OuterRef("pk")).order_by("-at", "-pk")
    runs = list(
        DryRun.objects.filter(plan=plan, removed_at=None)
        .annotate(newest_id=Subquery(newest.values("pk")[:1]), times=Count("results"))
        .order_by("number")
    )
    wanted = [run.newest_id for run in runs if run.newest_id]
    results = DryRunResult.objects.defer("output").in_bulk(wanted) if wanted else {}
    return DryRuns(tuple(DryRunRow(run, results.get(run.newest_id), run.times) for run in runs))


def _measure(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured | None:
    """How many dry runs passed or are accepted; one that never ran is not among them."""
    found = dry_runs(plan, now)
    if not found.rows:
        return None
    number = len(found.rows)
    return Measured(
        value=found.good,
        text=_("{good} of {number}").format(good=found.good, number=number),
        unit=_("of {number}").format(number=number),
        origin=_("dry runs: {totals}").format(totals=found.totals),
        observed_at=found.oldest,
        url=f"/plans/{plan.slug}/dryruns/",
    )


register_measure(Source.DRYRUNS, _measure)


def _frozen(sheet: GateSheet) -> dict[str, Any] | None:
    found = dry_runs(sheet.gate.plan, sheet.at)
    if not found.rows:
        return None
    return {"totals": found.totals, "runs": [_kept(row) for row in found.rows]}


def _kept(row: DryRunRow) -> dict[str, Any]:
    newest = row.newest
    return {
        "number": row.run.number,
        "title": row.run.title,
        "word": newest.word if newest else "",
        "at": newest.at.isoformat() if newest else None,
        "by": newest.by_name if newest else "",
        "changed_since": row.outcome.other,
        "accepted": newest.accepted if newest else None,
        "reason": newest.accepted_reason if newest else "",
    }


register_frozen("dry_runs", _frozen)
