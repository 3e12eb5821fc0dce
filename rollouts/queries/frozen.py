"""What is watched as a decision freezes it: queries and checks, texts in full (law 9)."""

from math import isfinite
from typing import Any

from django.conf import settings

from checklists.queries.frozen import register_frozen
from checklists.queries.gates import GateSheet
from rollouts.models import HealthCheck, PrometheusQuery


def watched(sheet: GateSheet) -> list[dict[str, Any]] | None:
    """Each enabled query and check with its latest reading; two SQL statements."""
    plan = sheet.gate.plan
    queries = PrometheusQuery.objects.filter(plan=plan, enabled=True).select_related("source")
    checks = HealthCheck.objects.filter(plan=plan, enabled=True)
    found = [
        _reading(row) | {"query": row.promql, "at": row.source.url or settings.PROMETHEUS_URL}
        for row in queries
    ] + [_reading(row) | {"query": row.url, "at": row.kind} for row in checks]
    return sorted(found, key=lambda row: (row["kind"], row["key"])) or None


def _reading(row: PrometheusQuery | HealthCheck) -> dict[str, Any]:
    return {
        "kind": "metric" if isinstance(row, PrometheusQuery) else "check",
        "key": row.key,
        "label": row.name,
        "value": row.value if row.value is not None and isfinite(row.value) else None,
        "text": row.now_text,
        "verdict": row.band,
        "why": row.reason,
        "observed_at": row.observed_at.isoformat() if row.observed_at else None,
    }


register_frozen("watched", watched)
