"""Watched things for tests."""

from checklists.rules.bands import Band
from rollouts.actions.claims import claim_due
from rollouts.actions.results import Outcome, record_results
from rollouts.actions.verdicts import apply_verdict
from rollouts.models import HealthCheck, PrometheusQuery, PrometheusSource
from rollouts.probes import ProbeResult, failure, no_data

LATENCY = {
    "name": "P95 latency", "unit": "ms", "green_op": "<", "green_value": 200,
    "red_op": ">", "red_value": 500,
}  # fmt: skip
VALUES = {Band.GREEN: 120.0, Band.YELLOW: 236.0, Band.RED: 731.0}


def make_query(plan, key="p95-latency", **fields):
    source, _ = PrometheusSource.objects.get_or_create(plan=plan)
    fields = {**LATENCY, "promql": "latency", "sustained_s": 60, **fields}
    return PrometheusQuery.objects.create(plan=plan, source=source, key=key, **fields)


def make_check(plan, key="demo", **fields):
    fields = {"name": "Demo service", "url": "http://127.0.0.1:1/health", **fields}
    return HealthCheck.objects.create(plan=plan, key=key, **fields)


def answer(band):
    """A probe's answer that falls into a band."""
    if band == Band.NO_DATA:
        return no_data("connection refused")
    return ProbeResult(value=VALUES[band])


def read(plan, model=PrometheusQuery, result=None, band=Band.GREEN):
    """Claim what is due, answer all alike, record it and judge; gives how many counted."""
    rows = [row for row in claim_due(model) if row.plan_id == plan.pk]
    said = result or (failure("connection refused") if band == "failed" else answer(band))
    counted = record_results(plan, [Outcome(row, row.lease_token, said) for row in rows])
    apply_verdict(plan)
    plan.refresh_from_db()
    return counted
