"""The registers of findings and dry runs as pages show them live, and what gates show of them."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _l

from checklists.models import Finding, FindingState
from checklists.panels import Context, GateFamily
from checklists.queries.beside import grave_findings
from checklists.queries.dryruns import dry_runs
from checklists.queries.findings import (
    IMPORTED,
    Wish,
    accepted_line,
    accepted_now,
    history_of,
    register_of,
    row_of,
    states_now,
)
from checklists.rules.findings import stated
from checklists.rules.numbers import whole_number
from warroom import navigation
from warroom.live import panels
from warroom.models import DeploymentPlan, TimelineEvent

ALL = "all"
KINDS = ("finding.", "evidence.recorded", "plan.")
MOST_TURNED = 50  # findings that one import turned and whose open pages are told


class FindingsSum(panels.Panel):
    """7: 1 open, 1 accepted, 4 fixed, 1 false positive."""

    name = "findings-sum"
    template = "checklists/_findings_sum.html"
    kinds = KINDS
    places = ("evidence",)
    slot = "findings-head"

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context:
        return {"stated": stated(states_now(plan, now).items())}


class FindingsList(panels.Panel):
    """The register, open first; a family with one member per state, and ``all``."""

    name = "findings-list"
    template = "checklists/_findings_list.html"
    kinds = KINDS
    places = ("evidence",)
    slot = "findings"
    refresh_s = 60  # an acceptance ends without anything being written

    def keys(self, plan: DeploymentPlan, events: Sequence[TimelineEvent]) -> list[str]:
        return [ALL, *FindingState.values]

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        if key != ALL and key not in FindingState.values:
            return None
        return {"register": register_of(plan, now, Wish(state="" if key == ALL else key))}


class OneFinding(panels.Panel):
    """One finding with its history; a family named by number."""

    name = "finding"
    template = "checklists/_finding.html"
    kinds = KINDS
    places = ("evidence",)
    slot = "findings"
    refresh_s = 60

    def keys(self, plan: DeploymentPlan, events: Sequence[TimelineEvent]) -> list[str]:
        ours = [event for event in events if not event.kind.startswith("plan.")]
        numbers = [event.data["finding"] for event in ours if "finding" in event.data]
        for event in ours:  # those of a plan have other findings: what its document lacks
            told = event.data.get("findings") or {}
            spans = [span for key in IMPORTED if key != "new" for span in told.get(key) or ()]
            turned = [n for first, last in spans for n in range(first, last + 1)]
            numbers += turned[:MOST_TURNED]
        return [str(number) for number in dict.fromkeys(numbers)]

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        number = whole_number(key)
        found = Finding.objects.filter(plan=plan, number=number).select_related("by", "last_result")
        finding = found.first() if number else None
        if finding is None:
            return None
        finding.plan = plan
        return {"row": row_of(finding, now), "finding": finding, "history": history_of(finding)}


class GateFindings(GateFamily):
    """What is accepted stands at every gate; a decided one shows what was accepted then."""

    name = "gate-findings"
    template = "checklists/_gate_findings.html"
    kinds = ("finding.", "evidence.recorded", "dryrun.", "gate.", "plan.")
    refresh_s = 60

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        shared = super().context(plan, now, key)
        return shared | findings_at(plan, shared["sheet"], now) if shared else None


def findings_at(plan: DeploymentPlan, sheet, now: datetime) -> Context:
    """The lines of a gate about findings and dry runs: frozen where it is decided."""
    if sheet.decided:
        kept = sheet.decided.evidence.get("findings") or {}
        runs = sheet.decided.evidence.get("dry_runs") or {}
        return {"kept": kept.get("accepted") or [], "runs": runs.get("totals", "")}
    line = accepted_line(accepted_now(plan, now), now)
    found = dry_runs(plan, now)
    grave = grave_findings(plan, now)
    return {"line": line, "grave": grave, "runs": found.totals if found.rows else ""}


class DryRunList(panels.Panel):
    """The dry runs with their newest results, and their sum."""

    name = "dryruns"
    template = "checklists/_dryruns_list.html"
    kinds = ("dryrun.", "plan.")
    places = ("trials",)
    slot = "trials"

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context:
        return {"found": dry_runs(plan, now)}


def findings_count(plan: DeploymentPlan) -> str | None:
    """How many findings there are; nothing where there are none."""
    number = plan.findings.count()
    return str(number) if number else None


navigation.register_part("checks", "findings", _l("Findings"), "findings", 30, count=findings_count)
navigation.register_part("checks", "dryruns", _l("Dry runs"), "dryruns", 50)

for panel in (FindingsSum(), FindingsList(), OneFinding(), GateFindings(), DryRunList()):
    panels.register(panel)
