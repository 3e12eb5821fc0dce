"""Prometheus servers of a release: named secrets, tried, retired (S65, scenario 58)."""

import pytest

from rollouts.actions.sources import add_source, edit_source, retire_source
from rollouts.models import PrometheusQuery, PrometheusSource
from rollouts.probes.prometheus import Tried
from rollouts.queries import sources as queries
from tests.rollouts.cast import make_query
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import TimelineEvent

pytestmark = pytest.mark.django_db

EU = {"name": "EU", "url": "https://p.example", "token_env": "PROM_TOKEN"}


def test_a_server_is_added_once_and_said(plan, cast):
    for _ in range(2):
        source = add_source(plan, EU, by=cast["cora"], request_id="one")
    assert PrometheusSource.objects.get() == source
    assert TimelineEvent.objects.get().text == "EU can be asked: https://p.example"
    with pytest.raises(NotAllowed):
        add_source(plan, {"name": "US"}, by=cast["thon"])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"url": "ftp://p.example"}, "url"),
        ({"url": "https://me:secret@p.example"}, "url"),
        ({"token_env": "DATABASE_URL"}, "token_env"),
        ({"token_env": "ey.a.real-token"}, "token_env"),
        ({"username": "me"}, "token_env"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_field(plan, cast, fields, field):
    with pytest.raises(Invalid) as refused:
        add_source(plan, EU | fields, by=cast["cora"])
    assert refused.value.field == field and not PrometheusSource.objects.exists()


def test_a_moved_server_is_asked_anew_at_once(plan, cast):
    row = make_query(plan)
    PrometheusQuery.objects.update(lease_token="held")
    edit_source(row.source, EU, by=cast["cora"])
    edit_source(row.source, EU, by=cast["cora"])
    assert PrometheusQuery.objects.get().lease_token == ""
    assert TimelineEvent.objects.get().data["changed"]["url"] == ["", "https://p.example"]


def test_a_server_with_metrics_is_not_retired(plan, cast):
    row = make_query(plan)
    with pytest.raises(Refused, match="1 metric is asked of Prometheus"):
        retire_source(row.source, True, by=cast["cora"])
    PrometheusQuery.objects.update(enabled=False)
    assert retire_source(row.source, True, by=cast["cora"]).retired_at


def test_the_section_adds_changes_and_tries(plan, cast, client_of, monkeypatch):
    client, base = client_of(cast["cora"]), f"/plans/{plan.slug}/settings/sources"
    assert client.post(base, EU).status_code == 302
    source = PrometheusSource.objects.get()
    got = client.post(f"{base}/{source.pk}", EU | {"url": "nowhere"})
    html = got.content.decode()
    assert got.status_code == 422 and 'value="nowhere"' in html and "Write an address" in html
    monkeypatch.setattr(queries, "try_query", lambda target: Tried(error="connection refused"))
    html = client.post(f"{base}/{source.pk}/try").content.decode()
    assert "Connection refused (0 ms)." in html
    monkeypatch.setattr(queries, "try_query", lambda target: Tried(value=1.0, took_ms=12))
    assert "It answers within 12 ms" in client.post(f"{base}/{source.pk}/try").content.decode()
