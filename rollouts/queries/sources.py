"""Servers as the settings page shows them, and what one says when it is tried."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from rollouts.models import PrometheusSource
from rollouts.probes.prometheus import PrometheusTarget, try_query
from rollouts.queries.targets import server_of
from warroom.models import DeploymentPlan


@dataclass(frozen=True)
class Answered:
    """What a server said to the query ``1``: ``good`` or not, and a sentence."""

    good: bool
    text: str


def sources_of(plan: DeploymentPlan) -> list[PrometheusSource]:
    """All servers with the number of metrics that are asked of each, retired ones last."""
    asked = Count("queries", filter=Q(queries__enabled=True))
    rows = PrometheusSource.objects.filter(plan=plan).annotate(asked=asked)
    return sorted(rows, key=lambda row: (row.retired_at is not None, row.pk))


def try_source(source: PrometheusSource) -> Answered:
    """Ask for the number 1: whether somebody answers, lets us in, and is a Prometheus.

    Blocks for the deadline of a probe at most and raises nothing.
    """
    tried = try_query(PrometheusTarget(server=server_of(source), promql="1", interval_s=60))
    took = _("{took_ms:.0f} ms").format(took_ms=tried.took_ms)
    if tried.error:
        return Answered(False, f"{tried.error[:1].upper()}{tried.error[1:]} ({took}).")
    return Answered(True, _("It answers within {took} and can be asked.").format(took=took))
