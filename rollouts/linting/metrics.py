"""Findings about queries: what cannot be asked, is asked twice, or is asked of nobody."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.models import PrometheusQuery, PrometheusSource
from rollouts.queries.watching import all_metrics_now
from rollouts.rules.promql import lint
from warroom.live.lint import LintFinding, register_lint
from warroom.models import DeploymentPlan
from warroom.rules.blanks import blanks
from warroom.rules.wording import listed

# Of what is only odd: what gives another number than is meant. The rest is said at the query.
_MISLEADING = ("rate()", "irate()", "increase()", "histogram_quantile()")


def queries(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """What is wrong with the queries that are asked; one SQL statement at most of its own."""
    rows = [row for row in all_metrics_now(plan, now) if row.enabled]
    for row in rows:
        if not blanks(row.promql):
            yield from _of_query(plan, row)
    yield from _twice(plan, rows)
    yield from _of_nobody(plan, rows)


def _of_query(plan: DeploymentPlan, row: PrometheusQuery) -> Iterator[LintFinding]:
    for remark in lint(row.promql, row.reducer):
        if remark.error or remark.text.startswith(_MISLEADING):
            code = "promql" if remark.error else "promql-odd"
            title = (
                _("{row} cannot be asked").format(row=row.name)
                if remark.error
                else _("{row} may mislead").format(row=row.name)
            )
            line = row.source_line or 0
            yield LintFinding(code, title, remark.text, row.name, _page(plan, row), _("Edit"), line)


def _twice(plan: DeploymentPlan, rows: list[PrometheusQuery]) -> Iterator[LintFinding]:
    same: dict[tuple, list[PrometheusQuery]] = {}
    for row in rows:
        key = (row.source_id, " ".join(row.promql.split()), row.reducer)
        same.setdefault(key, []).append(row)
    for group in same.values():
        if len(group) > 1:
            names = listed([row.name for row in group[:6]])
            text = _("{names} ask the same. Each counts in the verdict by itself.").format(
                names=names
            )
            title = _("Metrics ask the same query")
            yield LintFinding(
                "promql-twice", title, text, group[0].name, _page(plan, group[1]), _("Edit")
            )


def _of_nobody(plan: DeploymentPlan, rows: list[PrometheusQuery]) -> Iterator[LintFinding]:
    """Without an address of its own a server is this installation's, which may have none."""
    if settings.PROMETHEUS_URL or not rows:
        return
    bare = PrometheusSource.objects.filter(plan=plan, url="").values_list("pk", "name")
    names = dict(bare)
    asked = [row for row in rows if row.source_id in names]
    if asked:
        text = ngettext(
            "{name} is asked of {server}, which has no address.",
            "{count} metrics are asked of {server}, which has no address.",
            len(asked),
        ).format(name=asked[0].name, count=len(asked), server=names[asked[0].source_id])
        url = f"{reverse('settings', args=[plan.slug])}#sources"
        yield LintFinding(
            "source", _("No Prometheus to ask"), text, "sources", url, _("See servers")
        )


def _page(plan: DeploymentPlan, row: PrometheusQuery) -> str:
    return reverse("metric-edit", args=[plan.slug, row.key])


register_lint(queries)
