"""How looks are taken: what hangs is waited for beside them, and how punctual they are is kept."""

import threading
import time
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollouts.actions.engine import forget_spans, note_look
from rollouts.models import CheckResult, EngineSpan, HealthCheck, PrometheusQuery, PrometheusSource
from rollouts.queries.engine import last_minute, readiness
from rollouts.tasks import asking, probing
from rollouts.tasks.probing import probe_due
from tests.conftest import make_plan
from tests.rollouts.cast import make_check, make_query, read
from tests.servers import raw_server, say_nothing
from warroom.live import panels

pytestmark = pytest.mark.usefixtures("loopback")
STEP = timedelta(seconds=15)


@pytest.fixture
def beside(settings):
    settings.PROBES_BESIDE = True


def late_ones_are_in():
    """Wait for the thread that finishes a look."""
    for thread in threading.enumerate():
        if thread.name == "late":
            thread.join(timeout=10)


@pytest.mark.django_db(transaction=True)
def test_scenario_32_a_look_does_not_wait_for_a_target_that_hangs(beside, httpserver):
    """The others are kept and the look is over within about a second; the late answer counts."""
    plan = make_plan(lifecycle="watching")
    httpserver.expect_request("/health").respond_with_data("ok")
    fast = make_check(plan, "fast", url=httpserver.url_for("/health"))
    with raw_server(say_nothing) as url:
        slow = make_check(plan, "slow", url=url, options={"deadline_s": 4})
        began = time.monotonic()
        assert probe_due() == 1
        assert time.monotonic() - began < 4
        fast.refresh_from_db()
        assert fast.band == "green"
        late_ones_are_in()
    slow.refresh_from_db()
    assert (slow.band, slow.reason) == ("red", "no whole answer within 4 s")
    assert EngineSpan.objects.get().kept == 2, "the late answer is counted too"


@pytest.mark.django_db(transaction=True)
def test_what_comes_due_within_a_look_is_asked_at_its_time(beside, httpserver):
    plan = make_plan(lifecycle="watching")
    httpserver.expect_request("/health").respond_with_data("ok")
    soon = timezone.now() + timedelta(seconds=0.4)
    check = make_check(plan, url=httpserver.url_for("/health"), due_at=soon)
    HealthCheck.objects.update(read_at=soon - STEP)
    assert probe_due() == 1
    check.refresh_from_db()
    assert check.read_at - soon < timedelta(seconds=1)
    assert EngineSpan.objects.get().missed == 0


@pytest.mark.django_db
def test_a_hanging_prometheus_holds_up_no_other(plan, httpserver, settings):
    answer = {"resultType": "scalar", "result": [time.time() + 5, "120"]}
    httpserver.expect_request("/api/v1/query").respond_with_json(
        {"status": "success", "data": answer}
    )
    settings.PROMETHEUS_URL = httpserver.url_for("")
    fine = make_query(plan, "fine")
    for n in range(12):
        make_query(plan, f"h{n}")
    with raw_server(say_nothing) as url:
        hanging = PrometheusSource.objects.create(plan=plan, name="Hanging", url=url)
        PrometheusQuery.objects.exclude(key="fine").update(source=hanging)
        began = timezone.now()
        probe_due()
    fine.refresh_from_db()
    assert fine.band == "green" and fine.read_at - began < timedelta(seconds=2)


def test_turns_are_given_back_once_and_a_slow_one_gives_its_own_away(monkeypatch):
    monkeypatch.setattr(asking, "TURNS", 1)
    monkeypatch.setattr(asking, "TURN_S", 0.1)

    async def both():
        turns, order = asking.Turns(), []

        async def take(name, seconds):
            async with turns.turn():
                order.append(name)
                await asking.asyncio.sleep(seconds)

        await asking.asyncio.gather(take("slow", 0.5), take("fast", 0), take("last", 0))
        return order, turns.free._value

    assert asking.asyncio.run(both()) == (["slow", "fast", "last"], 1)


# --- what is kept of it --------------------------------------------------------------------


def rows(plan, count, late_s):
    """Checks on a cadence that were asked `late_s` seconds after they were due."""
    now = timezone.now()
    made = [make_check(plan, f"c{n}") for n in range(count)]
    for row in made:
        row.due_at, row.read_at = now - timedelta(seconds=late_s), now - 2 * STEP
    return [(row, now) for row in made]


def test_a_look_keeps_how_late_it_was_and_what_it_missed(plan):
    note_look([*rows(plan, 3, 0.2), *rows_late(plan)], 4, *a_look())
    span = EngineSpan.objects.get()
    assert (span.asked, span.kept, span.missed) == (4, 4, 2)
    assert span.lag_p50_s == pytest.approx(0.2) and span.lag_max_s == pytest.approx(40)


def rows_late(plan):
    now = timezone.now()
    row = make_check(plan, "late")
    row.due_at, row.read_at = now - timedelta(seconds=40), now - timedelta(seconds=55)
    return [(row, now)]


def a_look():
    return timezone.now(), 0.3


def test_what_was_never_read_is_not_late(plan):
    row = make_check(plan, due_at=timezone.now() - timedelta(days=3))
    span = note_look([(row, timezone.now())], 1, *a_look())
    assert (span.asked, span.missed, span.lag_max_s) == (1, 0, 0)


def test_a_look_at_nothing_is_not_kept(db):
    assert note_look([], 0, *a_look()) is None
    assert probe_due() == 0 and not EngineSpan.objects.exists()


def test_the_last_minute_of_all_workers_is_added_up_in_one_statement(plan):
    note_look(rows(plan, 1, 0.1), 1, *a_look())
    EngineSpan.objects.create(at=timezone.now(), worker="b", asked=9, kept=8, lag_p99_s=0.4)
    EngineSpan.objects.create(at=timezone.now() - timedelta(minutes=2), worker="c", asked=99)
    with CaptureQueriesContext(connection) as caught:
        minute = last_minute(timezone.now())
    assert len(caught) == 1
    assert (minute.asked, minute.kept, minute.workers, minute.late) == (10, 9, 2, False)
    assert readiness(timezone.now()) == {"asked": 10, "missed": 0, "lag_p99_s": 0.4}


def test_looks_are_forgotten_after_a_day(db):
    now = timezone.now()
    for hours in (1, 25):
        EngineSpan.objects.create(at=now - timedelta(hours=hours), worker="a")
    assert forget_spans(now) == 1


def test_the_panel_says_it_calmly(plan):
    now = timezone.now()
    span = EngineSpan.objects.create(at=now, worker="a", asked=1000, kept=1000, lag_p99_s=0.3)
    html = shown(plan, now)
    assert "1000 asked in the last minute, lag p99 0.3 s, 0 missed" in " ".join(html.split())
    assert "On time" in html
    EngineSpan.objects.filter(pk=span.pk).update(missed=4)
    assert "Late" in shown(plan, now)


def shown(plan, now):
    panel = panels._panels["engine"]
    context = panel.context(plan, now)
    return render_to_string(panel.template, {**context, "fragment_id": "engine", "seq": 1})


def test_readyz_and_metrics_tell_it(client, db):
    EngineSpan.objects.create(at=timezone.now(), worker="a", asked=7, kept=7, lag_p99_s=0.25)
    assert client.get("/readyz").json()["checks"] == {"asked": 7, "missed": 0, "lag_p99_s": 0.25}
    assert "warroom_checks_asked 7.0" in client.get("/metrics").content.decode()


# --- judging rows --------------------------------------------------------------------------


def test_so_many_failures_in_a_row_turn_a_check_red(plan):
    with time_machine.travel("2025-10-23T20:46:00Z", tick=False) as clock:
        check = make_check(plan, red_after=3)
        bands = []
        for _ in range(3):
            read(plan, HealthCheck, band="failed")
            check.refresh_from_db()
            bands.append((check.band, check.reds))
            clock.shift(STEP)
    assert bands == [("yellow", 1), ("yellow", 2), ("red", 3)]


def test_the_cadence_of_a_release_slows_down_with_its_age(plan):
    """S68: every 5 s in the first minute after T0, then every 60 s."""
    with time_machine.travel("2025-10-23T20:46:00Z", tick=False) as clock:
        plan.t0 = timezone.now()
        plan.save()
        lines = [{"until_s": 60, "every_s": 5}, {"every_s": 60}]
        check = make_check(plan, cadence=lines, due_at=timezone.now())
        read(plan, HealthCheck)
        check.refresh_from_db()
        assert (check.interval_s, check.due_at - plan.t0) == (5, timedelta(seconds=5))
        clock.shift(timedelta(seconds=61))
        read(plan, HealthCheck)
        check.refresh_from_db()
        assert (check.interval_s, check.due_at - plan.t0) == (60, timedelta(seconds=65))


def test_a_heartbeat_turns_late_and_red_by_the_clock_and_keeps_only_its_turns(plan):
    with time_machine.travel("2025-10-23T20:46:00Z", tick=False) as clock:
        fields = {"interval_s": 60, "grace_s": 10, "exit_status": 0, "url": ""}
        beat = make_check(plan, kind="heartbeat", pinged_at=timezone.now(), **fields)
        said = []
        for _ in range(13):
            probe_due()
            beat.refresh_from_db()
            said.append(beat.band)
            clock.shift(STEP)
    assert said == ["green"] * 5 + ["yellow"] * 4 + ["red"] * 4
    assert list(CheckResult.objects.values_list("band", flat=True)) == ["green", "yellow", "red"]
    assert list(plan.events.filter(kind="check.failed").values_list("kind")) != []


def test_targets_say_how_many_of_how_many_are_up(plan, settings, httpserver):
    active = [{"labels": {"instance": f"a{n}"}, "health": "up" if n else "down"} for n in range(4)]
    said = {"status": "success", "data": {"activeTargets": active}}
    httpserver.expect_request("/api/v1/targets").respond_with_json(said)
    settings.PROMETHEUS_URL = httpserver.url_for("")
    check = make_check(plan, kind="targets", url="", name="Targets")
    assert probe_due() == 1
    check.refresh_from_db()
    assert (check.band, check.now_text, check.total) == ("red", "3 of 4", 4)
    assert check.reason == "below its 4 of 4 limit; not up: a0"
    HealthCheck.objects.update(options={"min_up": 3}, due_at=timezone.now())
    probe_due()
    check.refresh_from_db()
    assert check.band == "yellow"


def test_options_that_cannot_be_are_no_data_with_their_field(plan):
    check = make_check(plan, options={"methods": "GET"})
    probe_due()
    check.refresh_from_db()
    assert check.band == "no_data" and check.reason.startswith("not asked: methods: There is no")


@pytest.mark.parametrize("count", [1, 1200])
def test_claiming_takes_all_batches_that_are_due(plan, count):
    HealthCheck.objects.bulk_create(
        HealthCheck(plan=plan, key=f"c{n}", name=f"C {n}") for n in range(count)
    )
    assert sum(len(batch) for batch in probing.claim_all_due()) == count
    assert list(probing.claim_all_due()) == []
