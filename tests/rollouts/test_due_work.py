"""Due work is rows: claimed, asked outside any transaction, recorded once."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from werkzeug import Response

from checklists.models import Evidence
from checklists.rules.bands import Band
from rollouts.actions import results as results_module
from rollouts.actions.claims import LEASE, claim_due
from rollouts.actions.results import Outcome, record_results
from rollouts.actions.verdicts import apply_verdict
from rollouts.models import CheckResult, HealthCheck, MetricSample, PrometheusQuery
from rollouts.probes import ProbeResult, no_data
from rollouts.tasks import probing as tasks
from rollouts.tasks.probing import probe_due
from tests.conftest import make_plan
from tests.rollouts.cast import answer, make_check, make_query, read
from tests.servers import raw_server, say_nothing
from warroom.live.lint import lint

STEP = timedelta(seconds=15)


@pytest.fixture
def clock():
    """A clock that stands until it is moved."""
    with time_machine.travel("2025-10-23T20:46:00Z", tick=False) as frozen:
        yield frozen


def kinds(plan):
    return list(plan.events.order_by("seq").values_list("kind", flat=True))


# --- claiming ------------------------------------------------------------------------------


def test_a_claimed_row_is_not_given_twice(plan):
    make_query(plan)
    assert len(claim_due(PrometheusQuery)) == 1
    assert claim_due(PrometheusQuery) == []


def test_a_lease_that_ran_out_makes_the_row_due_again(plan, clock):
    make_query(plan)
    (first,) = claim_due(PrometheusQuery)
    clock.shift(LEASE + timedelta(seconds=1))
    (second,) = claim_due(PrometheusQuery)
    assert second.lease_token != first.lease_token


def test_nothing_is_probed_in_a_draft(plan):
    plan.lifecycle = "draft"
    plan.save()
    make_query(plan)
    make_check(plan)
    assert claim_due(PrometheusQuery) == claim_due(HealthCheck) == []
    plan.lifecycle = "preparing"
    plan.save()
    assert len(claim_due(PrometheusQuery)) == 1


def test_a_query_with_a_blank_is_not_asked_and_the_blank_is_named(plan):
    make_query(plan, promql='up{job="<job>"}')
    assert probe_due() == 1
    query = PrometheusQuery.objects.get(plan=plan)
    assert query.reason == "not asked: <job> is still to be filled in"
    found = [one for one in lint(plan, timezone.now()) if one.code == "placeholder"]
    said = "Fill in <job>. In P95 latency. They are not asked until then."
    assert [one.text for one in found] == [said]


def test_what_is_switched_off_or_not_yet_due_is_left_alone(plan):
    make_query(plan, "off", enabled=False)
    make_query(plan, "later", due_at=timezone.now() + STEP)
    assert claim_due(PrometheusQuery) == []


@pytest.mark.django_db(transaction=True)
def test_scenario_7_two_workers_at_once_do_the_work_once():
    plan = make_plan()
    for n in range(40):
        make_query(plan, f"q{n}")
    claimed, start = queue.SimpleQueue(), threading.Barrier(4)

    def worker():
        try:
            start.wait()
            for _ in range(5):
                for row in claim_due(PrometheusQuery, limit=10):
                    claimed.put(row.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [claimed.get() for _ in range(claimed.qsize())]
    assert sorted(ids) == sorted(set(ids))
    assert len(ids) == 40


# --- recording -----------------------------------------------------------------------------


def test_a_reading_becomes_sample_row_and_evidence(plan, clock):
    query = make_query(plan)
    assert read(plan, band=Band.YELLOW) == 1
    query.refresh_from_db()
    assert (query.band, query.value) == ("yellow", 236)
    assert query.reason == "above its 200 ms target"
    assert query.lease_token == "" and query.lease_until is None
    assert MetricSample.objects.get().band == "yellow"
    evidence = Evidence.objects.get(plan=plan, key="p95-latency")
    assert (evidence.value, evidence.text, evidence.valid_for_s) == (236, "236 ms", 30)


def test_the_fixed_cadence_is_kept_when_an_answer_is_late(plan, clock):
    query = make_query(plan, due_at=timezone.now())
    due = query.due_at
    clock.shift(timedelta(seconds=4))
    read(plan)
    query.refresh_from_db()
    assert query.due_at == due + STEP


def test_a_result_under_a_lease_that_has_passed_on_is_dropped(plan, clock):
    query = make_query(plan)
    (slow,) = claim_due(PrometheusQuery)
    clock.shift(LEASE + timedelta(seconds=1))
    (fast,) = claim_due(PrometheusQuery)
    assert record_results(plan, [Outcome(slow, slow.lease_token, answer(Band.RED))]) == 0
    assert record_results(plan, [Outcome(fast, fast.lease_token, answer(Band.GREEN))]) == 1
    assert record_results(plan, [Outcome(fast, fast.lease_token, answer(Band.RED))]) == 0
    query.refresh_from_db()
    assert query.band == "green"
    assert MetricSample.objects.count() == 1


def test_a_result_for_a_deleted_row_is_dropped(plan):
    query = make_query(plan)
    (row,) = claim_due(PrometheusQuery)
    query.delete()
    assert record_results(plan, [Outcome(row, row.lease_token, answer(Band.GREEN))]) == 0


def test_one_event_per_change_of_band_and_none_per_sample(plan, clock):
    make_query(plan)
    for band in (Band.GREEN, Band.GREEN, Band.YELLOW, Band.YELLOW, Band.GREEN):
        read(plan, band=band)
        clock.shift(STEP)
    assert kinds(plan).count("metric.changed") == 3


def test_changes_that_come_together_are_one_event(plan):
    make_query(plan, "a", name="Error rate")
    make_query(plan, "b", name="P95 latency")
    read(plan, band=Band.YELLOW)
    (event,) = plan.events.filter(kind="metric.changed")
    assert event.text == (
        "Error rate turned yellow: 236 ms, above its 200 ms target. "
        "P95 latency turned yellow: 236 ms, above its 200 ms target."
    )
    assert [change["key"] for change in event.data["changed"]] == ["a", "b"]


def test_without_an_event_the_panels_are_still_rung(
    plan, clock, monkeypatch, django_capture_on_commit_callbacks
):
    make_query(plan)
    read(plan)
    clock.shift(STEP)
    rung = []
    monkeypatch.setattr(results_module.doorbell, "ring", lambda *args: rung.append(args))
    with django_capture_on_commit_callbacks(execute=True):
        read(plan)
    assert (plan.pk, results_module.PANELS) in rung


def test_no_data_keeps_the_last_value_and_its_time(plan, clock):
    query = make_query(plan)
    read(plan)
    seen = timezone.now()
    clock.shift(STEP)
    read(plan, band=Band.NO_DATA)
    query.refresh_from_db()
    assert (query.band, query.value, query.observed_at) == ("no_data", 120, seen)
    assert query.reason == "connection refused"
    assert Evidence.objects.get().value is None


def test_a_failed_check_is_said_and_its_recovery_too(plan, clock):
    make_check(plan)
    read(plan, HealthCheck)
    clock.shift(STEP)
    read(plan, HealthCheck, band="failed")
    clock.shift(STEP)
    read(plan, HealthCheck)
    texts = dict(plan.events.exclude(kind="verdict.changed").values_list("kind", "text"))
    assert texts["check.failed"] == "Demo service turned red: failing, connection refused."
    assert texts["check.recovered"] == "Demo service turned green."
    assert CheckResult.objects.count() == 3


def test_what_a_health_page_counts_is_evidence_for_gates(plan, clock):
    make_check(plan)
    counts = {"passing": "4", "total": "5"}
    read(plan, HealthCheck, result=ProbeResult(value=3.0, labels=counts))
    evidence = Evidence.objects.get(key="health-checks")
    assert (evidence.value, evidence.unit, evidence.text) == (4, "of 5", "4 of 5")
    assert evidence.source.startswith("by the health page's own count, http")


@pytest.mark.parametrize("count", [1, 200])  # SQLite takes 999 parameters a statement
def test_recording_costs_the_same_number_of_statements(plan, count):
    for n in range(count):
        make_query(plan, f"q{n}")
    rows = claim_due(PrometheusQuery)
    outcomes = [Outcome(row, row.lease_token, answer(Band.GREEN)) for row in rows]
    with CaptureQueriesContext(connection) as caught:
        record_results(plan, outcomes)
        apply_verdict(plan)
    assert len(caught) == 19


# --- the verdict ---------------------------------------------------------------------------


def test_all_green_proceeds_and_one_yellow_holds_with_its_reason(plan, clock):
    make_query(plan)
    read(plan)
    assert (plan.verdict, plan.verdict_counts) == ("proceed", "1 of 1 green")
    clock.shift(STEP)
    read(plan, band=Band.YELLOW)
    assert plan.verdict == "hold"
    assert plan.verdict_sentence == (
        "P95 latency is 236 ms, above its 200 ms target since 20:46. "
        "One yellow holds the stage; no red, so no rollback."
    )


def test_lasting_red_rolls_back_and_passing_red_only_holds(plan, clock):
    make_query(plan)
    words = []
    for _ in range(6):
        read(plan, band=Band.RED)
        words.append(plan.verdict)
        clock.shift(STEP)
    assert words == ["hold"] * 4 + ["rollback"] * 2


def test_no_data_holds_and_is_never_green(plan, clock):
    make_query(plan)
    read(plan)
    clock.shift(STEP)
    read(plan, band=Band.NO_DATA)
    assert plan.verdict == "hold"
    assert "no data since 20:46: connection refused" in plan.verdict_sentence


def test_a_moving_number_is_no_event_but_the_sentence_follows(plan, clock):
    make_query(plan)
    read(plan, result=ProbeResult(value=236.0))
    clock.shift(STEP)
    read(plan, result=ProbeResult(value=241.0))
    assert "241 ms" in plan.verdict_sentence
    assert kinds(plan).count("verdict.changed") == 1


def test_another_leading_reason_is_an_event(plan, clock):
    make_query(plan)
    read(plan, band=Band.YELLOW)
    clock.shift(STEP)
    read(plan, band=Band.NO_DATA)
    assert plan.verdict == "hold"
    assert kinds(plan).count("verdict.changed") == 2


def test_a_verdict_is_valid_until_its_oldest_reading_is_two_intervals_old(plan, clock):
    make_query(plan, "a")
    read(plan)
    first = timezone.now()
    clock.shift(timedelta(seconds=5))
    make_query(plan, "b")
    read(plan)
    assert plan.verdict_valid_until == first + 2 * STEP


def test_a_reading_that_stopped_coming_counts_as_no_data(plan, clock):
    make_query(plan, "a", name="Error rate")
    read(plan)
    PrometheusQuery.objects.update(due_at=timezone.now() + timedelta(days=1))
    make_query(plan, "b")
    clock.shift(timedelta(seconds=31))
    read(plan)
    assert plan.verdict == "hold"
    assert "Error rate has no data since 20:46: not read for 31 s" in plan.verdict_sentence


def test_what_only_reports_or_has_no_bands_does_not_hold(plan):
    make_query(plan, "a", report_only=True)
    make_query(plan, "b", green_op="", green_value=None, red_op="", red_value=None)
    make_query(plan, "c", promql="other")
    rows = {row.key: row for row in claim_due(PrometheusQuery)}
    bad = [Outcome(rows[k], rows[k].lease_token, no_data("gone")) for k in "ab"]
    good = [Outcome(rows["c"], rows["c"].lease_token, answer(Band.GREEN))]
    record_results(plan, bad + good)
    assert apply_verdict(plan).word == "proceed"


def test_scenario_28_an_empty_answer_three_times_holds_at_once(plan, clock):
    make_query(plan)
    for _ in range(3):
        read(plan, result=no_data("the query found no series"))
        assert plan.verdict == "hold"
        clock.shift(STEP)


def test_scenario_35_flapping_neither_rolls_back_nor_advances(plan, clock):
    make_query(plan)
    read(plan, band=Band.RED)
    words = set()
    for n in range(30):
        clock.shift(STEP)
        read(plan, band=Band.GREEN if n % 2 == 0 else Band.RED)
        words.add(plan.verdict)
    assert words == {"hold"}


# --- the whole way -------------------------------------------------------------------------


@pytest.fixture
def fake_prometheus(loopback, settings, httpserver):
    """Answers every query with the value that the test sets."""
    answers = {"value": "120"}

    def respond(request):
        data = {
            "resultType": "vector",
            "result": [{"metric": {}, "value": [time.time(), answers["value"]]}],
        }
        return answers.get("response") or _json({"status": "success", "data": data})

    httpserver.expect_request("/api/v1/query").respond_with_handler(respond)
    httpserver.expect_request("/health").respond_with_data("ok")
    settings.PROMETHEUS_URL = httpserver.url_for("")
    return answers


def _json(body):
    return Response(json.dumps(body), content_type="application/json")


def test_the_tick_asks_records_and_judges(plan, fake_prometheus, httpserver):
    make_query(plan)
    make_check(plan, url=httpserver.url_for("/health"))
    assert probe_due() == 2
    plan.refresh_from_db()
    assert plan.verdict == "proceed"
    assert probe_due() == 0


def test_without_prometheus_the_tile_says_how_to_get_one(plan, settings):
    settings.PROMETHEUS_URL = ""
    query = make_query(plan)
    probe_due()
    query.refresh_from_db()
    assert query.band == "no_data" and "set PROMETHEUS_URL" in query.reason


def test_scenario_32_a_hanging_target_delays_no_other(plan, fake_prometheus, httpserver):
    fast = make_check(plan, "fast", url=httpserver.url_for("/health"))
    query = make_query(plan)
    with raw_server(say_nothing) as url:
        slow = make_check(plan, "slow", url=url)
        started = timezone.now()
        assert probe_due() >= 3
    for row in (fast, query):
        row.refresh_from_db()
        assert row.read_at - started < timedelta(seconds=2.5)  # the hanging one takes 5 s
    slow.refresh_from_db()
    assert slow.band == "red" and slow.read_at - started < timedelta(seconds=6.5)


def test_a_check_that_cannot_be_asked_keeps_no_other_from_being_asked(
    plan, fake_prometheus, httpserver
):
    odd = make_check(plan, "odd", kind="telepathy", due_at=timezone.now() - STEP)
    fine = make_check(plan, "fine", url=httpserver.url_for("/health"))
    assert probe_due() == 2
    odd.refresh_from_db()
    fine.refresh_from_db()
    assert (odd.band, fine.band) == ("no_data", "green")
    assert "There is no such check" in odd.reason


def test_trouble_with_one_plan_keeps_no_other_from_being_recorded(
    plan, fake_prometheus, httpserver, monkeypatch
):
    other = make_plan("other", "Other")
    for each in (plan, other):
        make_check(each, url=httpserver.url_for("/health"))
    honest = tasks.record_results

    def record(plan, outcomes):
        if plan.slug == "genesis-4":
            raise RuntimeError("no room on the disk")
        return honest(plan, outcomes)

    monkeypatch.setattr(tasks, "record_results", record)
    assert probe_due() == 1
    other.refresh_from_db()
    assert other.verdict == "proceed"


def test_a_silent_prometheus_is_waited_for_once_not_per_query(plan, loopback, settings):
    for n in range(30):
        make_query(plan, f"q{n}")
    with raw_server(say_nothing) as url:
        settings.PROMETHEUS_URL = url
        started = time.monotonic()
        assert probe_due() >= 30
        assert time.monotonic() - started < 45  # thirty waits in turn take far longer
    assert set(PrometheusQuery.objects.values_list("band", flat=True)) == {"no_data"}


def test_readings_that_no_chart_reaches_are_forgotten_once_an_hour(plan, clock, monkeypatch):
    monkeypatch.setattr(tasks, "_pruned_at", None)
    make_query(plan)
    read(plan)
    clock.shift(tasks.KEEP_SAMPLES + timedelta(seconds=1))
    read(plan)
    assert tasks.prune() == 1
    assert MetricSample.objects.count() == 1
    MetricSample.objects.update(at=timezone.now() - timedelta(days=30))
    assert tasks.prune() == 0, "not again within the hour"


@pytest.mark.process
@pytest.mark.django_db(transaction=True)
def test_scenario_1_a_worker_killed_between_claim_and_record_loses_nothing(tmp_path):
    """The claim is made by a real process, which then dies of SIGKILL."""
    plan = make_plan()
    make_query(plan)
    settings_of = connection.settings_dict
    if settings_of["NAME"] == ":memory:" or "mode=memory" in str(settings_of["NAME"]):
        pytest.skip("another process cannot see an in-memory database")
    code = (
        "import django, os, time; from django.conf import settings;"
        f"settings.DATABASES['default']['NAME'] = {str(settings_of['NAME'])!r};"
        "django.setup();"
        "from rollouts.actions.claims import claim_due; from rollouts.models import *;"
        "print(len(claim_due(PrometheusQuery)), flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "warroom.settings"},
    )
    assert process.stdout.readline().strip() == b"1"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert claim_due(PrometheusQuery) == []
    later = timezone.now() + LEASE + timedelta(seconds=1)
    with time_machine.travel(later, tick=False):
        assert read(plan) == 1
