"""The findings of this floor: bands of metrics, stages."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from checklists.rules import bands
from checklists.rules.due import due_at
from rollouts.models import HealthCheck, Probing, PrometheusQuery
from rollouts.rules import oddities
from rollouts.rules.oddities import Step
from warroom.live.lint import LintFinding, register_lint
from warroom.models import DeploymentPlan
from warroom.rules.blanks import blanks, named


def metrics(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    for query in PrometheusQuery.objects.filter(plan=plan):
        for sentence in bands.findings(query.bands) if query.bands else ():
            url = f"{reverse('checks', args=[plan.slug])}?focus={query.key}"
            title = f"{query.name} has odd bands"
            line = query.source_line or 0
            yield LintFinding("bands", title, sentence, query.name, url, "See metric", line)


def stages(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    steps = [
        Step(
            row.number,
            row.from_percent,
            row.to_percent,
            row.soak_s,
            row.started_at or due_at(plan.t0, None, row.offset_s),
        )
        for row in plan.stages.all()
    ]
    late = oddities.past_the_window(steps, plan.window_end)
    url = f"{reverse('settings', args=[plan.slug])}#schedule"
    for odd in [*oddities.of_stages(steps), *([late] if late else [])]:
        yield LintFinding(odd.code, odd.title, odd.text, "stages", url, "See schedule")


def placeholders(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """Queries and addresses in which a blank of the template is left; they are not asked."""
    for query in PrometheusQuery.objects.filter(plan=plan, enabled=True).defer("history"):
        yield from _unfilled(plan, query, query.promql, "Its query is not asked until then.")
    for check in HealthCheck.objects.filter(plan=plan, enabled=True).defer("history"):
        yield from _unfilled(plan, check, check.url, "Its address is not asked until then.")


def _unfilled(plan: DeploymentPlan, row: Probing, text: str, then: str) -> Iterator[LintFinding]:
    if left := blanks(text):
        url = f"{reverse('checks', args=[plan.slug])}?focus={row.key}"
        said = f"Fill in {named(left)}. {then}"
        line = getattr(row, "source_line", None) or 0
        yield LintFinding(
            "placeholder", f"{row.name} has blanks", said, row.name, url, "See metric", line
        )


for source in (metrics, stages, placeholders):
    register_lint(source)
