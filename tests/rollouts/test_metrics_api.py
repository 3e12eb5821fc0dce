"""Metrics and servers by token: who may, what is refused, what comes back (S65, S67)."""

import json

import pytest

from rollouts.api import metrics as api
from rollouts.models import PrometheusQuery, PrometheusSource, WatchVersion
from rollouts.probes.prometheus import Tried
from tests.rollouts.cast import make_query
from tests.rollouts.test_metric_sets import OWN, RULES
from warroom.actions.tokens import SCOPES, make_token
from warroom.models import TimelineEvent

pytestmark = pytest.mark.django_db

BODY = {"name": "P95", "promql": "latency", "unit": "ms", "green": "< 200", "red": "> 500"}
CALLS = [
    ("PUT", "/metrics/p95-latency", {"green": "< 250", "reason": "Agreed."}),
    ("DELETE", "/metrics/p95-latency?reason=Gone", None),
    ("POST", "/metrics/try", {"promql": "up"}),
    ("POST", "/metrics/import", OWN),
    ("PUT", "/sources/1", {"name": "EU"}),
    ("DELETE", "/sources/1", None),
]


@pytest.fixture
def call(client, cast, plan):
    """``call("cora", "PUT", "/metrics/p95", {...})`` -> (status, answer)."""

    def send(name, method, path, body=None, scopes=SCOPES):
        token = make_token(cast[name], scopes, None)[1]
        data = body if isinstance(body, str) else json.dumps(body) if body is not None else ""
        kind = "application/yaml" if isinstance(body, str) else "application/json"
        url = f"/api/v1/plans/{plan.slug}{path}"
        answer = client.generic(
            method, url, data, content_type=kind, headers={"authorization": f"Bearer {token}"}
        )
        return answer.status_code, json.loads(answer.content or "null")

    return send


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_to_set_up_wants_the_scope_and_the_right_to_edit(
    call, plan, monkeypatch, method, path, body
):
    monkeypatch.setattr(api, "try_query", lambda target: Tried(value=1.0))
    source = make_query(plan).source
    path = path.replace("/sources/1", f"/sources/{source.pk}")
    reading = tuple(one for one in SCOPES if one != "edit")
    assert call("cora", method, path, body, scopes=reading)[0] == 403
    assert call("thon", method, path, body)[0] == 403
    assert call("stranger", method, path, body)[0] == 404
    assert not TimelineEvent.objects.exists()


def test_a_metric_is_added_and_changed_under_its_key(call):
    status, made = call("cora", "PUT", "/metrics/p95", BODY | {"does": "automatic"})
    assert (status, made["key"], made["version"], made["band"]) == (201, "p95", 1, "no_data")
    change = {"green": "< 250", "reason": "Cache.", "version": 1}
    status, now = call("cora", "PUT", "/metrics/p95", change)
    assert (status, now["version"], now["green_value"], now["red_value"]) == (200, 2, 250, 500)
    status, late = call(
        "cora", "PUT", "/metrics/p95", {"green": "< 260", "reason": "x"} | {"version": 1}
    )
    assert status == 409 and "changed while you wrote" in late["detail"]
    assert call("cora", "GET", "/metrics/tuning")[1][0]["reason"] == "Cache."


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"promql": "rate(up)"}, "promql"),
        ({"every": "often"}, "every"),
        ({"red": "soon 5 maybe 3"}, "red"),
        ({"source": "US"}, "source"),
        ({"green": "< 250"}, "reason"),
        ({"does": "explode", "reason": "x"}, "does"),
    ],
)
def test_wrong_input_names_its_field(call, plan, body, field):
    make_query(plan)
    status, said = call("cora", "PUT", "/metrics/p95-latency", body)
    assert (status, said["field"]) == (422, field) and not WatchVersion.objects.exists()


def test_a_metric_is_taken_off_and_put_back(call, plan):
    make_query(plan)
    assert call("cora", "DELETE", "/metrics/p95-latency?reason=Gone")[0] == 204
    assert not PrometheusQuery.objects.get().enabled
    status, now = call("cora", "PUT", "/metrics/p95-latency", {"enabled": True, "reason": "Back."})
    assert status == 200 and now["enabled"]
    assert call("cora", "DELETE", "/metrics/nothing?reason=Gone")[0] == 404


def test_a_query_is_tried_and_nothing_is_kept(call, plan, monkeypatch):
    monkeypatch.setattr(
        api, "try_query", lambda target: Tried(series=(({"a": "b"}, 3.0),), value=3.0, took_ms=4)
    )
    status, said = call("cora", "POST", "/metrics/try", {"promql": "up"})
    assert (status, said["value"], said["series"][0]["labels"]) == (200, 3.0, {"a": "b"})
    assert said["remarks"] and not PrometheusQuery.objects.exists()


def test_a_set_is_looked_at_and_taken_over(call, plan):
    status, said = call("cora", "POST", "/metrics/import?dry_run=1", RULES)
    assert (status, said["form"], len(said["metrics"])) == (200, "prometheus", 2)
    assert not PrometheusQuery.objects.exists()
    status, said = call("cora", "POST", "/metrics/import?format=prometheus", RULES)
    assert [one["kind"] for one in said["metrics"]] == ["new", "new"]
    assert PrometheusQuery.objects.count() == 2
    status, wrong = call("cora", "POST", "/metrics/import", "metrics: [{key: a}]")
    assert status == 422 and wrong["detail"]


def test_servers_are_listed_without_secrets(call, plan, monkeypatch):
    monkeypatch.setenv("PROM_TOKEN", "canary-secret")
    status, made = call("cora", "POST", "/sources", {"name": "EU", "token_env": "PROM_TOKEN"})
    assert (status, made["token_env"]) == (201, "PROM_TOKEN")
    assert "canary" not in json.dumps(call("vera", "GET", "/sources")[1])
    path = f"/sources/{made['id']}"
    assert call("cora", "PUT", path, {"name": "EU", "url": "https://p.example"})[0] == 200
    assert call("cora", "DELETE", path)[0] == 204
    assert PrometheusSource.objects.get().retired_at
