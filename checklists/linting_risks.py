"""The findings about risks and contingency scenarios."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from checklists.models import Risk
from checklists.queries.gates import final_of, gates_now
from checklists.queries.risks import risk_sheet
from checklists.rules import risk_oddities as oddities
from checklists.rules.risks import Said
from warroom.live.lint import LintFinding, register_lint
from warroom.models import DeploymentPlan
from warroom.rules.oddities import Odd


def risks(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """Risks without an owner, with odd ratings, high ones without criteria; empty scenarios."""
    sheet = risk_sheet(plan, now)
    counting = [row for row in sheet.risks if row.rated.counts]
    unowned = oddities.of_owners([row.name for row in counting if not row.risk.owner.strip()])
    if unowned is not None:
        yield _finding(plan, unowned, "ri-h")
    gates = any(final_of(gate) is None for gate in gates_now(plan, now)) if counting else False
    for row in counting:
        for odd in oddities.of_risk(_said(row.risk), row.rated, len(row.criteria), gates):
            yield _finding(plan, odd, f"risk-{row.risk.number}", row.risk.source_line or 0)
    for one in sheet.scenarios:
        odd = oddities.of_scenario(one.scenario.number, one.scenario.action, len(one.wishes))
        if odd is not None:
            line = one.scenario.source_line or 0
            yield _finding(plan, odd, f"scenario-{one.scenario.number}", line)


def _said(risk: Risk) -> Said:
    return Said(f"R{risk.number}", risk.severity, risk.probability, risk.probability_after)


def _finding(plan: DeploymentPlan, odd: Odd, anchor: str, line: int = 0) -> LintFinding:
    url = f"{reverse('risks', args=[plan.slug])}#{anchor}"
    return LintFinding(odd.code, odd.title, odd.text, "risks", url, _("See risks"), line)


register_lint(risks)
