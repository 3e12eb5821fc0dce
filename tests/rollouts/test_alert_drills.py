"""Test alerts: fired, received, acknowledged, seconds each (S110), by a real Alertmanager too."""

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from werkzeug import Response

from rollouts.actions.alert_drills import command_of, fire_drill
from rollouts.actions.alert_words import acknowledge
from rollouts.actions.hooks import add_hook
from rollouts.models import Alert, AlertDrill
from rollouts.queries.alerts import counts_of
from rollouts.tasks.alert_drills import post_due
from tests.harness.processes import answers, free_port, wait_until
from tests.rollouts.payloads import alert, envelope
from warroom.actions.refusals import Invalid, NotAllowed
from warroom.demo.debian import find_program
from warroom.models import DeploymentPlan, Lifecycle

pytestmark = pytest.mark.django_db
START = datetime(2025, 10, 23, 20, 46, tzinfo=UTC)
UNPACKED = Path(__file__).parents[2] / "var" / "tools" / "usr" / "bin"


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as frozen:
        yield frozen


@pytest.fixture(autouse=True)
def _in_line(settings):
    settings.MAIL_BESIDE = False


@pytest.fixture
def hook_of(plan, cast):
    DeploymentPlan.objects.update(lifecycle=Lifecycle.WATCHING)

    def make(manager_url=""):
        fields = {"name": "AM", "kind": "alertmanager", "manager_url": manager_url}
        return add_hook(plan, fields, by=cast["cora"])

    return make


def kinds(plan):
    return list(plan.events.order_by("seq").values_list("kind", flat=True))


def test_a_test_alert_goes_its_way_and_counts_for_nothing(client, plan, cast, hook_of, clock):
    hook, token = hook_of()
    drill = fire_drill(plan, hook, by=cast["forge"], name="Night route")
    assert f"warroom_drill={drill.key}" in command_of(drill) and drill.due_at is None
    clock.shift(timedelta(seconds=7))
    body = envelope(alert("t", labels={"warroom_drill": drill.key}))
    client.post(f"/hooks/alertmanager/{token}", json.dumps(body), content_type="application/json")
    clock.shift(timedelta(seconds=12))
    acknowledge(Alert.objects.get(), by=cast["thon"])
    drill.refresh_from_db()
    spans = (drill.received_after.total_seconds(), drill.acknowledged_after.total_seconds())
    assert spans == (7, 19) and drill.acknowledged_by == cast["thon"].display_name
    assert kinds(plan)[-3:] == ["drill.fired", "drill.received", "drill.acknowledged"]
    assert not plan.escalations.exists()
    fresh = DeploymentPlan.objects.get(pk=plan.pk)
    assert counts_of(fresh, "critical", timezone.now())[0].value == 0


def test_the_worker_posts_it_and_says_why_it_could_not(plan, cast, hook_of, httpserver, loopback):
    httpserver.expect_request("/api/v2/alerts", method="POST").respond_with_data("no", status=500)
    hook, _ = hook_of(httpserver.url_for("/"))
    drill = fire_drill(plan, hook, by=cast["forge"])
    assert drill.fired_how == "posted to AM"
    post_due()
    drill.refresh_from_db()
    assert "answered 500" in drill.failure and drill.due_at > timezone.now()
    httpserver.clear()
    httpserver.expect_request("/api/v2/alerts", method="POST").respond_with_data("")
    AlertDrill.objects.update(due_at=timezone.now())
    post_due()
    drill.refresh_from_db()
    assert drill.posted_at and drill.due_at is None and not drill.failure
    (said,) = json.loads(httpserver.log[-1][0].get_data())
    assert said["labels"]["warroom_drill"] == drill.key


def test_two_workers_post_one_test_alert_once(plan, cast, hook_of, httpserver, loopback):
    httpserver.expect_request("/api/v2/alerts").respond_with_data("")
    hook, _ = hook_of(httpserver.url_for("/"))
    fire_drill(plan, hook, by=cast["forge"])
    post_due()
    post_due()
    assert len(httpserver.log) == 1


def test_an_address_that_may_not_be_called_is_not_called(plan, cast, hook_of):
    hook, _ = hook_of("http://169.254.169.254")
    drill = fire_drill(plan, hook, by=cast["forge"])
    post_due()
    drill.refresh_from_db()
    assert drill.failure and not drill.posted_at


def test_after_half_an_hour_it_is_given_up(plan, cast, hook_of, clock):
    hook, _ = hook_of()
    drill = fire_drill(plan, hook, by=cast["forge"])
    clock.shift(timedelta(minutes=31))
    assert post_due() == 1 and post_due() == 0
    drill.refresh_from_db()
    assert drill.given_up_at is not None
    assert "not received" in plan.events.order_by("seq").last().text


def test_who_only_watches_fires_nothing_and_an_odd_severity_is_refused(plan, cast, hook_of):
    hook, _ = hook_of()
    with pytest.raises(NotAllowed):
        fire_drill(plan, hook, by=cast["vera"])
    with pytest.raises(Invalid):
        fire_drill(plan, hook, by=cast["forge"], severity='a" b')


def test_the_page_lists_drills_and_shows_the_command(client, plan, cast, hook_of):
    hook_of()
    client.force_login(cast["forge"])
    answer = client.post(
        reverse("drill-fire", args=[plan.slug]), {"severity": "critical", "name": "Night"}
    )
    page = client.get(answer["Location"])
    assert page.status_code == 200 and "amtool alert add" in page.text and "Night" in page.text


# --- a real Alertmanager ---------------------------------------------------------------------


@pytest.fixture
def manager(tmp_path, httpserver):
    """A real Alertmanager that posts to ``httpserver`` at once."""
    program = find_program(["prometheus-alertmanager", "alertmanager"], [UNPACKED])
    if program is None:
        pytest.skip("Debian's prometheus-alertmanager is not here: scripts/get_tools.py")
    if UNPACKED in program.parents:
        pytest.skip("Debian's prometheus-alertmanager runs only where it is installed")
    config = tmp_path / "alertmanager.yml"
    config.write_text(
        "route: {receiver: warroom, group_wait: 0s, group_interval: 1s}\n"
        "receivers:\n- name: warroom\n  webhook_configs:\n"
        f"  - {{url: '{httpserver.url_for('/hook')}', send_resolved: true}}\n"
    )
    port = free_port()
    process = subprocess.Popen(
        [
            program,
            f"--config.file={config}",
            f"--storage.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "NO_PROXY": "*"},
    )
    try:
        wait_until(lambda: answers(port), 10, "Alertmanager listens")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.mark.process
def test_a_real_alertmanager_carries_a_test_alert_there_and_back(
    client, plan, cast, hook_of, manager, httpserver, loopback
):
    """S110, end to end: posted by the worker, told by the manager, received, acknowledged."""
    bodies = []
    httpserver.expect_request("/hook").respond_with_handler(
        lambda request: bodies.append(request.get_data()) or Response("ok")
    )
    hook, token = hook_of(manager)
    drill = fire_drill(plan, hook, by=cast["forge"])
    post_due()
    wait_until(lambda: bodies, 15, "Alertmanager tells it")
    answer = client.post(f"/hooks/alertmanager/{token}", bodies[0], content_type="application/json")
    assert answer.json()["fired"] == 1
    acknowledge(Alert.objects.get(drill=drill), by=cast["thon"])
    drill.refresh_from_db()
    assert drill.posted_at and 0 < drill.received_after.total_seconds() < 15
    assert drill.acknowledged_at is not None
