"""The servers that other tests lean on are the real ones."""

from pathlib import Path

import pytest
import redis
from playwright.sync_api import expect

from tests.harness import postgres
from tests.harness.postgres import Cluster, create_database


@pytest.mark.redis
def test_the_broker_of_tests_answers_as_redis(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        assert client.ping()


@pytest.mark.process
@pytest.mark.parametrize("where", [postgres.SYSTEM, Path("/not/installed")])
@pytest.mark.once("it asks a cluster of its own")
def test_a_cluster_starts_under_any_user_and_leaves_nothing(monkeypatch, where):
    monkeypatch.setattr(postgres, "SYSTEM", where)
    with Cluster() as cluster:
        assert create_database(cluster.url("postgres"), "room").endswith("/room")
    assert cluster.process.poll() is not None
    assert not cluster.folder.exists()


@pytest.mark.prometheus
def test_prometheus_scrapes_the_demo_service(prometheus):
    assert prometheus.wait_for('up{job="genesis"}') == 1


@pytest.mark.browser
def test_the_browser_opens_the_page_of_knobs(page, demo_service):
    page.goto(demo_service.url)
    page.get_by_role("button", name="slow").click()
    expect(page.get_by_text("It is slow")).to_be_visible()
