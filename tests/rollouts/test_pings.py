"""A script says that it ran: start, end, exit status, output, and silence (scenario 9)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from checklists.models import Evidence
from checklists.rules.bands import Band
from rollouts.actions.check_edits import add_check, remove_check, renew_key
from rollouts.models import CheckResult, HealthCheck
from rollouts.tasks.probing import probe_due
from warroom.models import DeploymentPlan, Lifecycle

pytestmark = pytest.mark.django_db
START = datetime(2025, 10, 23, 20, 46, tzinfo=UTC)
FIELDS = {"name": "Nightly export", "interval_s": 3600, "grace_s": 300}


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as frozen:
        yield frozen


@pytest.fixture
def beat(plan, cast, clock):
    DeploymentPlan.objects.update(lifecycle=Lifecycle.WATCHING)
    return add_check(plan, "heartbeat", FIELDS, by=cast["cora"])


@pytest.fixture
def script():
    """A client that knows no session and no token."""
    return Client(enforce_csrf_checks=True)


def now_is(beat):
    return HealthCheck.objects.get(pk=beat.pk)


def kinds(plan):
    return list(plan.events.order_by("seq").values_list("kind", flat=True))


def test_a_key_is_long_and_stands_in_no_event(plan, beat):
    assert len(beat.ping_key) == 32
    assert all(beat.ping_key not in f"{e.text}{e.data}" for e in plan.events.all())


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_a_ping_is_a_reading_with_evidence_and_an_event(script, plan, beat, method):
    assert getattr(script, method)(f"/ping/{beat.ping_key}").status_code == 200
    row = now_is(beat)
    assert row.band == Band.GREEN and row.pinged_at == START
    assert Evidence.objects.get(key=beat.key).observed_at == START
    assert "check.recovered" in kinds(plan)


def test_an_exit_status_fails_with_the_last_line_that_was_said(script, beat):
    body = b"copying\n\xff\x00disk full\n\n"
    script.post(f"/ping/{beat.ping_key}/3", body, content_type="text/plain")
    row = now_is(beat)
    assert row.band == Band.RED and row.exit_status == 3 and "disk full" in row.reason
    assert CheckResult.objects.get().detail["bytes"] == len(body)


def test_of_a_long_output_the_end_is_kept_and_the_rest_is_counted(script, beat):
    script.post(f"/ping/{beat.ping_key}", b"x" * 30_000 + b"the end", content_type="text/plain")
    row = now_is(beat)
    assert row.output.endswith("the end") and len(row.output) == 10_000
    assert CheckResult.objects.get().detail["bytes"] == 30_007


def test_a_run_is_measured_from_its_start(script, beat, clock):
    script.post(f"/ping/{beat.ping_key}/start")
    clock.shift(timedelta(seconds=90))
    script.post(f"/ping/{beat.ping_key}")
    assert CheckResult.objects.get().detail["run_s"] == 90
    clock.shift(timedelta(seconds=90))
    script.post(f"/ping/{beat.ping_key}")  # no start was told: not the old one
    assert CheckResult.objects.latest("at").detail["run_s"] is None


def test_the_same_ping_a_hundred_times_is_one(script, plan, beat):
    """Scenario 9: one effect."""
    before = plan.events.count()
    said = {script.post(f"/ping/{beat.ping_key}").text for _ in range(100)}
    assert said == {"kept\n", "counted already\n"}
    assert CheckResult.objects.count() == 1
    assert plan.events.filter(kind__startswith="check.").count() - before <= 1


def test_a_loop_is_slowed_down(script, beat, clock):
    for n in range(60):
        script.post(f"/ping/{beat.ping_key}", f"{n}", content_type="text/plain")
    answer = script.post(f"/ping/{beat.ping_key}", "more", content_type="text/plain")
    assert answer.status_code == 429 and answer["Retry-After"] == "60"
    clock.shift(timedelta(minutes=1))
    assert script.post(f"/ping/{beat.ping_key}").status_code == 200


def test_silence_is_late_and_then_missed(script, beat, clock):
    """S48: late after interval and grace; red after one more interval."""
    script.post(f"/ping/{beat.ping_key}")
    for seconds, band in ((3900, Band.GREEN), (30, Band.YELLOW), (2 * 3600, Band.RED)):
        clock.shift(timedelta(seconds=seconds))
        HealthCheck.objects.update(lease_until=None, due_at=START)
        probe_due()
        assert now_is(beat).band == band, seconds


@pytest.mark.parametrize(
    ("path", "status"),
    [("none", 404), ("{key}/256", 422), ("{key}/-1", 422), ("{key}/soon", 422), ("{key}/²", 422)],
)
def test_odd_addresses_get_an_answer_and_keep_nothing(script, beat, path, status):
    assert script.post(f"/ping/{path.format(key=beat.ping_key)}").status_code == status
    assert now_is(beat).pinged_at is None


def test_a_closed_release_and_a_check_that_is_off_answer_200_and_keep_nothing(
    script, plan, cast, beat
):
    url = f"/ping/{beat.ping_key}"
    remove_check(beat, by=cast["cora"])
    assert "nobody watches" in script.post(url).text
    HealthCheck.objects.update(enabled=True)
    DeploymentPlan.objects.update(lifecycle=Lifecycle.STABLE)
    answer = script.post(url)
    assert answer.status_code == 200 and "closed" in answer.text
    assert now_is(beat).pinged_at is None


def test_a_new_address_kills_the_old_one(script, cast, beat):
    old = beat.ping_key
    fresh = renew_key(beat, by=cast["cora"])
    assert script.post(f"/ping/{old}").status_code == 404
    assert script.post(f"/ping/{fresh.ping_key}").status_code == 200
