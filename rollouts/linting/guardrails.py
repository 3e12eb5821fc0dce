"""The findings of guardrails: what can never trip, and stages that nothing guards."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from rollouts.models import GuardrailKind, RollbackMode
from rollouts.queries.guardrails import rails_now
from rollouts.queries.stages import stages_now
from rollouts.queries.watching import all_metrics_now
from warroom.live.lint import LintFinding, register_lint
from warroom.models import DeploymentPlan


def guardrails(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """One SQL statement; what is measured is read already."""
    metrics = all_metrics_now(plan, now)
    if not metrics:
        return
    rails = rails_now(plan, now)
    url = f"{reverse('rollout', args=[plan.slug])}#guardrails"
    for rail in rails:
        query = rail.query if rail.kind == GuardrailKind.METRIC else None
        if query is not None and (query.bands is None or query.bands.red is None):
            title = _("Guardrail {rail} never trips").format(rail=rail.name)
            text = _(
                "{query} has no red band. Say where red begins, or remove the guardrail."
            ).format(query=query.name)
            line = rail.source_line or 0
            yield LintFinding(
                "guardrail-red", title, text, rail.name, url, _("See guardrails"), line
            )
    red = [row.name for row in metrics if row.bands is not None and row.bands.red is not None]
    if red and stages_now(plan, now) and not any(r.mode != RollbackMode.OFF for r in rails):
        title = _("No guardrail rolls back")
        text = _("{red} can turn red, and then it is for people to roll back.").format(red=red[0])
        add = reverse("guardrail-new", args=[plan.slug])
        yield LintFinding("guardrail-none", title, text, "stages", add, _("Add a guardrail"))


register_lint(guardrails)
