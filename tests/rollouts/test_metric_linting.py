"""What is said of queries when a plan is saved or imported (law 11)."""

import pytest
from django.utils import timezone

from rollouts.linting.metrics import queries
from rollouts.models import PrometheusSource
from tests.rollouts.cast import make_query

pytestmark = pytest.mark.django_db


def said(plan):
    return {(one.code, one.title): one.text for one in queries(plan, timezone.now())}


def test_what_cannot_be_asked_or_misleads_is_said(plan, settings):
    settings.PROMETHEUS_URL = "http://prometheus.example"
    make_query(plan, "a", name="A", promql="rate(up)")
    make_query(plan, "b", name="B", promql="sum(rate(memory[5m]))")
    make_query(plan, "c", name="C", promql="rate(<SERVICE>_total[5m])")
    make_query(plan, "d", name="D", promql="rate(up)", enabled=False)
    assert said(plan) == {
        ("promql", "A cannot be asked"): "rate() wants values over a span of time: rate(up[5m]).",
        (
            "promql-odd",
            "B may mislead",
        ): "rate() is meant for counters; memory does not look like one.",
    }


def test_the_same_query_twice_and_a_server_without_address_are_said(plan, settings):
    settings.PROMETHEUS_URL = ""
    make_query(plan, "a", name="A", promql="sum(x_total)")
    make_query(plan, "b", name="B", promql="sum(x_total) ")
    found = said(plan)
    assert found["promql-twice", "Metrics ask the same query"].startswith("A and B ask the same.")
    assert found["source", "No Prometheus to ask"] == (
        "2 metrics are asked of Prometheus, which has no address."
    )
    PrometheusSource.objects.update(url="https://p.example")
    assert ("source", "No Prometheus to ask") not in said(plan)
