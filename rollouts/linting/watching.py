"""The findings of this floor: bands of metrics, stages."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from checklists.rules import bands
from checklists.rules.due import due_at
from rollouts.models import Probing, PrometheusQuery
from rollouts.queries.stages import stages_now
from rollouts.queries.watching import all_checks_now, all_metrics_now
from rollouts.rules import oddities
from rollouts.rules.oddities import Step
from warroom.live.lint import LintFinding, register_lint
from warroom.models import DeploymentPlan
from warroom.rules.blanks import blanks, told


def metrics(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """Bands that do not fit together, and blanks that are left."""
    queries = all_metrics_now(plan, now)
    for query in queries:
        for sentence in bands.findings(query.bands) if query.bands else ():
            url = f"{reverse('checks', args=[plan.slug])}?focus={query.key}"
            title = _("{query} has odd bands").format(query=query.name)
            line = query.source_line or 0
            yield LintFinding("bands", title, sentence, query.name, url, _("See metric"), line)
    yield from _placeholders(plan, queries, now)


def _placeholders(
    plan: DeploymentPlan, queries: list[PrometheusQuery], now: datetime
) -> Iterator[LintFinding]:
    """Queries and addresses in which blanks of a template are left: these are not asked."""
    rows: list[tuple[Probing, str]] = [(row, row.promql) for row in queries]
    rows += [(row, row.url) for row in all_checks_now(plan, now)]
    left = {row: found for row, text in rows if (found := blanks(text))}
    if left:
        first = next(iter(left))
        title, text = told({row.name: found for row, found in left.items()}, "check")
        url = f"{reverse('checks', args=[plan.slug])}?focus={first.key}"
        said = _("{text} They are not asked until then.").format(text=text)
        yield LintFinding("placeholder", title, said, first.name, url, _("See metric"))


def stages(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    steps = [
        Step(
            row.number,
            row.from_percent,
            row.to_percent,
            row.soak_s,
            row.started_at or due_at(plan.t0, None, row.offset_s),
            row.hold_s,
            row.gate_id is not None,
            row.auto_advance,
        )
        for row in stages_now(plan, now)
    ]
    late = oddities.past_the_window(steps, plan.window_end)
    url = reverse("stages", args=[plan.slug])
    for odd in [*oddities.of_stages(steps), *([late] if late else [])]:
        yield LintFinding(odd.code, odd.title, odd.text, "stages", url, _("See stages"))


for source in (metrics, stages):
    register_lint(source)
