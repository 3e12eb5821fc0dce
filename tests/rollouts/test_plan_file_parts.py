"""What is watched, in a plan file: servers, metrics, checks, stages."""

from fractions import Fraction

import pytest
from django.utils import timezone

from rollouts.models import HealthCheck, PrometheusQuery, PrometheusSource, Stage
from warroom.actions.imports import create_plan
from warroom.documents.portable import as_yaml, plan_data, read
from warroom.rules.rehearsal import in_time

pytestmark = pytest.mark.django_db
HEAD = "warroom: 1\nplan: {name: Checkout}\n"


def again(data):
    return plan_data(create_plan(read(as_yaml(data), "yaml"), by="test", slug="again"), states=True)


def query(plan, source, key, **fields):
    return PrometheusQuery.objects.create(
        plan=plan, source=source, key=key, name=key.title(), promql="up", **fields
    )


def test_the_usual_server_is_not_written_and_made_when_there_are_metrics(plan):
    query(plan, PrometheusSource.objects.create(plan=plan), "up", green_op="<", green_value=0.1)
    data = plan_data(plan, states=True)
    assert "sources" not in data
    assert data["metrics"] == [{"key": "up", "name": "Up", "promql": "up", "green": "< 0.1"}]
    assert again(data)["metrics"] == data["metrics"]
    made = PrometheusSource.objects.get(plan__slug="again")
    assert (made.name, made.url) == ("Prometheus", "")
    assert not PrometheusSource.objects.filter(plan__slug="none").exists()


def test_servers_of_one_name_are_told_apart(plan):
    first, second = (
        PrometheusSource.objects.create(plan=plan, url=f"https://{place}.example")
        for place in ("west", "east")
    )
    query(plan, first, "a", position=1)
    query(plan, second, "b", position=2)
    data = plan_data(plan, states=True)
    assert [source["name"] for source in data["sources"]] == ["Prometheus", "Prometheus 2"]
    assert [metric.get("source") for metric in data["metrics"]] == [None, "Prometheus 2"]
    assert again(data)["metrics"] == data["metrics"]
    urls = PrometheusQuery.objects.filter(plan__slug="again").order_by("key")
    assert [one.source.url for one in urls] == ["https://west.example", "https://east.example"]


def test_nothing_that_was_measured_goes_with_the_plan(plan):
    """A new release has not read anything yet, however green the old one was."""
    at = timezone.now()
    HealthCheck.objects.create(
        plan=plan,
        key="home",
        name="Home",
        url="https://a.example/",
        slow_ms=300,
        interval_s=60,
        band="green",
        value=20,
        observed_at=at,
    )
    data = plan_data(plan, states=True)
    assert data["checks"] == [
        {"key": "home", "name": "Home", "url": "https://a.example/", "slow": "300ms", "every": "1m"}
    ]
    assert again(data)["checks"] == data["checks"]
    check = HealthCheck.objects.get(plan__slug="again")
    assert (check.band, check.value, check.observed_at) == ("no_data", None, None)


def test_how_far_the_rollout_got_is_a_record(plan, gate):
    at = timezone.now()
    Stage.objects.create(
        plan=plan, number=1, from_percent=0, to_percent=5, state="done", started_at=at, ended_at=at
    )
    Stage.objects.create(
        plan=plan, number=2, from_percent=5, to_percent=50, gate=gate, soak_s=43_200, offset_s=0
    )
    data = plan_data(plan, states=True)
    assert data["stages"] == [
        {"from": 0, "to": 5},
        {"from": 5, "to": 50, "at": "T+0", "soak": "12h", "gate": "gate-1"},
    ]
    assert [stage["state"] for stage in data["record"]["stages"]] == ["done"]
    assert again(data)["stages"] == data["stages"]
    assert set(Stage.objects.filter(plan__slug="again").values_list("state", flat=True)) == {
        "pending"
    }


def test_all_that_a_stage_says_goes_into_the_file_and_comes_back(plan):
    """S45 S50 S51: cadence with duties, hold length, going on by itself, command."""
    Stage.objects.create(
        plan=plan, number=1, from_percent=0, to_percent=5, soak_s=43_200, hold_s=21_600 * 2,
        cadence=[{"until_s": 3600, "every_s": 300, "duties": ["Look at logs"]}, {"every_s": 7200}],
        auto_advance=True, rollback_mode="recommend", explanation="The flag.", command="flag 5",
    )  # fmt: skip
    data = plan_data(plan, states=True)
    assert data["stages"] == [
        {
            "from": 0, "to": 5, "soak": "12h", "hold": "12h",
            "cadence": [
                {"every": "5m", "until": "T+1h", "duties": ["Look at logs"]}, {"every": "2h"},
            ],
            "auto_advance": True, "rollback": "recommend", "explanation": "The flag.",
            "command": "flag 5",
        }
    ]  # fmt: skip
    assert again(data)["stages"] == data["stages"]
    copy, kept = Stage.objects.get(plan__slug="again"), Stage.objects.get(plan=plan)
    assert (copy.cadence, copy.hold_s) == (kept.cadence, kept.hold_s)


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ("metrics: [{key: a, name: A, promql: ''}]", "Nothing stands here"),
        ("metrics: [{key: a, name: A, promql: up, source: B}]", "no source"),
        ("metrics: [{key: a, name: A, promql: up, every: 0m}]", "out of bounds"),
        ("checks: [{key: a, name: A}]", '"url" is missing'),
        ("checks: [{key: a, name: A, url: 'file:///etc/passwd'}]", "no web address"),
        ("checks: [{key: a, name: A, url: 'https://a', slow: 300}]", "300ms"),
        ("stages: [{from: 0.5, to: 5}]", "not whole|whole number"),
        ("sources: [{name: A}, {name: A}]", "earlier one"),
    ],
)
def test_what_is_wrong_in_what_is_watched_is_said(part, says):
    with pytest.raises(ValueError, match=says):
        read(HEAD + part, "yaml")


def test_everything_that_people_set_up_of_metrics_and_servers_goes_round(plan):
    source = PrometheusSource.objects.create(
        plan=plan, name="EU", url="https://p.example", page_url="https://g.example",
        token_env="PROM_TOKEN", username="w", password_env="PROM_PW", ca_env="PROM_CA", tenant="t",
    )  # fmt: skip
    PrometheusQuery.objects.create(
        plan=plan, source=source, key="p95", name="P95", promql="latency", reducer="max",
        guard_promql="count(x)", guard_min=20, stale_s=90, red_after=3, expected="120 ms",
        cadence=[{"every_s": 15, "until_s": 86_400}, {"every_s": 60}],
        runbook_url="https://r.example", link_url="https://l.example",
    )  # fmt: skip
    data = plan_data(plan, states=False)
    assert data["sources"][0]["token_env"] == "PROM_TOKEN"
    assert data["metrics"][0]["cadence"] == [
        {"every": "15s", "until": "T+24h"}, {"every": "1m"},
    ]  # fmt: skip
    made = again(data)
    assert (made["metrics"], made["sources"]) == (data["metrics"], data["sources"])
    quick = in_time(data, Fraction(12))["metrics"][0]
    assert (quick["cadence"][0], quick["stale"]) == ({"every": "5s", "until": "T+2h"}, "10s")


def test_every_kind_of_check_goes_round_without_the_word_of_a_heartbeat(plan):
    source = PrometheusSource.objects.create(plan=plan, name="EU", url="https://p.example")
    made = [
        {"kind": "http", "url": "https://a.example/", "red_ms": 2000, "group": "API",
         "options": {"contains": "ok", "headers": {"X-Key": "env:SHOP_KEY"}, "redirects": True}},
        {"kind": "tcp", "url": "db.example:5432"},
        {"kind": "tls", "url": "a.example:443", "options": {"yellow_days": 30}},
        {"kind": "targets", "source": source, "options": {"job": "web", "expected": 4}},
        {"kind": "heartbeat", "grace_s": 300, "options": {"longest_s": 1200}, "ping_key": "secret"},
    ]  # fmt: skip
    for place, one in enumerate(made):
        HealthCheck.objects.create(plan=plan, key=one["kind"], name="A", position=place, **one)
    data = plan_data(plan, states=True)
    assert "secret" not in str(data)
    assert again(data)["checks"] == data["checks"]
    copied = HealthCheck.objects.filter(plan__slug="again")
    assert [row.options for row in copied] == [one.get("options", {}) for one in made]
    assert len(copied.get(kind="heartbeat").ping_key) == 32
    assert copied.get(kind="targets").source.name == "EU"


@pytest.mark.parametrize(
    ("check", "says"),
    [
        ("kind: tcp, url: db.example", "Host and port"),
        ("kind: heartbeat, url: https://a.example", "asks no address"),
        ("url: https://a.example, options: {colour: red}", "no such option"),
        ("url: https://a.example, options: {headers: {Authorization: abc}}", "is a secret"),
        ("kind: targets, source: West", "no source"),
    ],
)
def test_what_is_wrong_in_a_check_is_said(check, says):
    with pytest.raises(ValueError, match=says):
        read(f"{HEAD}checks: [{{key: a, name: A, {check}}}]", "yaml")
