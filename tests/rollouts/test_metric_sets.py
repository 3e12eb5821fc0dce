"""Sets of metrics in and out: our own YAML and Prometheus alert rules (S65, S66, S67)."""

import pytest

from rollouts.actions.metric_import import basis, import_set, preview
from rollouts.documents.metric_sets import read_set, write_set
from rollouts.models import PrometheusQuery, PrometheusSource, WatchVersion
from tests.rollouts.cast import make_query
from warroom.actions.refusals import Invalid, Refused
from warroom.documents.source import DocumentError
from warroom.models import TimelineEvent

pytestmark = pytest.mark.django_db

OWN = """\
warroom_metrics: 1
metrics:
  - key: p95-latency
    name: P95 latency
    promql: latency
    unit: ms
    green: "< 250"
    red: "> 500"
    sustained: 1m
  - key: flag
    name: Feature flag
    promql: flag
    green: ">= 1"
    red: "< 1"
    reducer: min
    words: {"1": "ON", "0": "OFF"}
"""
RULES = """\
groups:
  - name: api
    interval: 30s
    rules:
      - alert: HighErrorRate
        expr: sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])) > 0.05
        for: 5m
        labels: {severity: critical}
        annotations:
          summary: Too many errors
          runbook_url: https://runbooks.example/errors
      - alert: ErrorRateRising
        expr: (sum(rate(errors_total[5m])) / sum(rate(requests_total[5m]))) > 0.01
        for: 10m
        labels: {severity: warning}
      - alert: TargetDown
        expr: 0 == up{job="api"}
        for: 1m
      - record: job:up
        expr: avg(up)
      - alert: Gone
        expr: absent(up{job="api"})
      - alert: Broken
        expr: rate(up) > 1
"""


@pytest.fixture
def cora(cast):
    return cast["cora"]


def test_our_own_form_comes_back_as_it_was_written(plan, cora):
    import_set(plan, read_set(OWN), by=cora)
    text = write_set(plan)
    assert 'words:\n      "1": ON' in text or "ON" in text
    assert {one.kind for one in preview(plan, read_set(text))} == {"same"}


def test_an_import_adds_and_edits_in_one_change(plan, cora):
    row = make_query(plan)
    found = read_set(OWN)
    said = {one.key: one for one in preview(plan, found)}
    assert (said["p95-latency"].kind, said["flag"].kind) == ("changed", "new")
    assert [part.text for part in said["p95-latency"].moved] == ["green < 250 ms, was < 200 ms"]
    with pytest.raises(Invalid) as refused:
        import_set(plan, found, by=cora)
    assert refused.value.field == "reason"
    counts = import_set(plan, found, by=cora, reason="Agreed set.")
    assert (counts["new"], counts["changed"]) == (1, 1)
    row.refresh_from_db()
    assert (row.version, row.green_value) == (2, 250)
    assert WatchVersion.objects.get().reason == "Agreed set."
    [event] = TimelineEvent.objects.filter(kind__startswith="metric.")
    assert event.kind == "metric.imported" and "1 new, 1 changed: Agreed set." in event.text


def test_the_same_set_again_changes_nothing(plan, cora):
    for _ in range(2):
        import_set(plan, read_set(OWN), by=cora)
    assert TimelineEvent.objects.filter(kind="metric.imported").count() == 1


def test_what_changed_since_the_preview_is_asked_about(plan, cora):
    seen = basis(plan)
    make_query(plan)
    with pytest.raises(Refused, match="since the preview"):
        import_set(plan, read_set(OWN), by=cora, reason="x", seen=seen)


def test_alert_rules_become_metrics_and_what_is_guessed_or_left_is_said():
    found = read_set(RULES)
    errors, target = found.metrics
    assert (errors.fields["name"], errors.fields["alert_name"]) == (
        "High error rate", "HighErrorRate",
    )  # fmt: skip
    assert (errors.fields["green"].op, errors.fields["green"].value) == ("<=", 0.01)
    assert (errors.fields["red"].op, errors.fields["red"].value) == (">", 0.05)
    assert (errors.fields["sustained_s"], errors.fields["interval_s"]) == (300, 30)
    assert errors.fields["runbook_url"] == "https://runbooks.example/errors"
    assert target.fields["promql"] == 'up{job="api"}'
    assert (target.fields["red"].op, target.fields["red"].value) == ("=", 0)
    left = [line.text for line in found.lines if line.kind == "left"]
    assert left == [
        "job:up records a series; it is no alert.",
        "Gone: the expression compares no query with a number.",
        "Broken: rate() wants values over a span of time: rate(up[5m]).",
    ]
    assert any("green is ≤ 0.01" in line.text for line in found.lines if line.kind == "guessed")
    assert [line.line for line in found.lines] == sorted(line.line for line in found.lines)


def test_alert_rules_are_imported(plan, cora):
    import_set(plan, read_set(RULES), by=cora)
    row = PrometheusQuery.objects.get(key="target-down")
    assert (row.red_op, row.sustained_s, row.source.plan_id) == ("=", 60, plan.pk)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("metrics: [{key: a, name: A}]", "promql"),
        ("metrics: [{key: a, name: A, promql: up, colour: red}]", "colour"),
        ("metrics: [{key: a, name: A, promql: up}, {key: a, name: B, promql: up}]", "earlier"),
        ("groups: 3", "no groups"),
        ("- 1", "no set of metrics"),
        ("metrics: [", "Line"),
        ("a: &a [*a]", "Line"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(text, says):
    with pytest.raises(DocumentError) as wrong:
        read_set(text)
    assert says in str(wrong.value)


def test_one_wrong_metric_keeps_all_of_them_out(plan, cora):
    """Law 13: nothing half saved."""
    text = OWN + "  - {key: bad, name: Bad, promql: rate(up)}\n"
    with pytest.raises(Invalid, match="bad, promql"):
        import_set(plan, read_set(text), by=cora)
    assert not PrometheusQuery.objects.exists()


def test_a_server_that_the_release_has_is_named_and_an_unknown_one_refused(plan, cora):
    PrometheusSource.objects.create(plan=plan, name="EU", url="https://eu.example")
    text = "metrics: [{key: a, name: A, promql: up, source: %s}]"
    import_set(plan, read_set(text % "EU"), by=cora)
    assert PrometheusQuery.objects.get().source.name == "EU"
    with pytest.raises(Invalid, match="no server “US”"):
        import_set(plan, read_set(text % "US"), by=cora)


def test_the_page_shows_first_and_saves_then(plan, cora, client_of):
    client = client_of(cora)
    url = f"/plans/{plan.slug}/checks/import/"
    shown = client.post(url, {"text": RULES})
    html = shown.content.decode()
    assert shown.status_code == 200 and "Import 2 metrics" in html and "Left, line" in html
    assert "HighErrorRate" in html and not PrometheusQuery.objects.exists()
    done = client.post(url, {"text": RULES, "apply": "1", "basis": basis(plan)})
    assert done.status_code == 302 and PrometheusQuery.objects.count() == 2
    wrong = client.post(url, {"text": "metrics: [{key: a}]"})
    assert wrong.status_code == 422 and "metrics: [{key: a}]" in wrong.content.decode()
    file = client.get(f"/plans/{plan.slug}/checks/metrics.yaml")
    assert file.content.decode().startswith("warroom_metrics: 1\n")
