"""Baselines: measured, typed, taken from documents; target and alert-if with a band (S28, S42)."""

from datetime import timedelta
from fractions import Fraction

import pytest
from django.utils import timezone

from checklists.rules.bands import Bound
from rollouts.actions.baselines import record_baseline, save_baseline
from rollouts.models import Baseline, MetricSample
from rollouts.queries.baselines import baseline_rows
from tests.rollouts.cast import make_query, read
from warroom.actions.imports import create_plan, import_plan
from warroom.actions.refusals import Invalid
from warroom.documents.portable import as_yaml, plan_data
from warroom.documents.portable import read as read_plan
from warroom.models import TimelineEvent
from warroom.rules.rehearsal import in_time

pytestmark = pytest.mark.django_db

DOCUMENT = """\
# Checkout v2

## Production Metrics Baseline

| Metric | Target | Alert If |
|--------|--------|----------|
| Uptime | >99.9% | <99% |
| Error Rate | <1% | >5% |
| Pattern Retrieval | <10ms | >100ms |

## Error rate

- Unit: percent
- Green: < 1%
- Red: > 5%

```promql
sum(rate(errors_total[5m]))
```
"""


def samples(row, *values):
    now = timezone.now()
    MetricSample.objects.bulk_create(
        MetricSample(query=row, at=now - timedelta(minutes=n), value=value, band="green")
        for n, value in enumerate(values)
    )


def test_a_baseline_is_the_median_of_the_last_hour(plan, cast):
    row = make_query(plan)
    samples(row, 100, 140, 9000, None)
    assert record_baseline(plan, 3600, by=cast["cora"]) == 1
    one = Baseline.objects.get()
    assert (one.value, one.over_s, one.measured_by, one.query) == (140, 3600, "Cora", row)
    assert TimelineEvent.objects.get().text == "Baseline over 1 h: P95 latency 140 ms"


def test_without_readings_nothing_is_recorded(plan, cast):
    make_query(plan)
    with pytest.raises(Invalid, match="Nothing was read"):
        record_baseline(plan, 3600, by=cast["cora"])


def test_between_target_and_alert_lies_a_band(plan, cast):
    row = make_query(plan)
    read(plan, band="yellow")
    save_baseline(
        plan,
        {"name": "P95", "unit": "ms", "query": row, "value": 200.0,
         "target": Bound("<", 200), "alert": Bound(">", 500)},
        by=cast["cora"],
    )  # fmt: skip
    [shown] = baseline_rows(plan, timezone.now())
    assert (shown.target, shown.alert, shown.between) == ("< 200 ms", "> 500 ms", "200 to 500 ms")
    assert (shown.band, shown.change) == ("yellow", "+18 %")


def test_a_table_of_metric_target_and_alert_if_becomes_baselines_linked_by_name():
    plan = import_plan(DOCUMENT.encode(), by="test")
    found = list(Baseline.objects.filter(plan=plan))
    assert [(one.name, one.unit) for one in found] == [
        ("Uptime", "%"), ("Error Rate", "%"), ("Pattern Retrieval", "ms"),
    ]  # fmt: skip
    error = found[1]
    assert (error.target_op, error.target_value, error.alert_op, error.alert_value) == (
        "<", 1, ">", 5,
    )  # fmt: skip
    assert error.query.name == "Error rate" and found[0].query is None
    assert error.source_line == 8


def test_baselines_go_round_in_plan_files_and_in_less_time_in_rehearsals(plan, cast):
    row = make_query(plan)
    samples(row, 100, 140)
    record_baseline(plan, 7200, by=cast["cora"])
    data = plan_data(plan, states=False)
    assert data["baselines"] == [
        {"name": "P95 latency", "metric": "p95-latency", "unit": "ms", "value": 120.0, "over": "2h"}
    ]
    made = create_plan(read_plan(as_yaml(data), "yaml"), by="test", slug="again")
    assert plan_data(made, states=False)["baselines"] == data["baselines"]
    assert in_time(data, Fraction(12))["baselines"][0]["over"] == "10m"


def test_the_page_records_adds_and_loses_nothing(plan, cast, client_of):
    row = make_query(plan)
    samples(row, 100)
    client, url = client_of(cast["cora"]), f"/plans/{plan.slug}/checks/baseline/"
    assert client.post(f"{url}record", {"over": "1h"}).status_code == 302
    assert "100 ms" in client.get(url).content.decode()
    wrong = client.post(url, {"name": "Uptime", "target": "a lot", "alert": "< 99 %"})
    assert wrong.status_code == 422 and 'value="a lot"' in wrong.content.decode()
    said = {"name": "Uptime", "target": "> 99.9 %", "alert": "< 99 %"}
    assert client.post(url, said).status_code == 302
    assert "99 to 99.9 %" in client.get(url).content.decode()
    [_, one] = Baseline.objects.all()
    assert client.post(url, said | {"baseline": one.pk, "value": "99.95"}).status_code == 302
    assert Baseline.objects.get(pk=one.pk).value == 99.95
