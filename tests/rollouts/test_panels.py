"""What the pages show of metrics, checks and stages, at a fixed cost."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from checklists.rules.bands import Band
from rollouts.models import HealthCheck, PrometheusQuery, Stage
from rollouts.panels.watching import green_of_all
from rollouts.probes import ProbeResult
from tests.rollouts.cast import make_check, make_query, read
from warroom.actions.timeline import add_note
from warroom.live import panels

START = datetime(2025, 10, 23, 20, 46, 0, tzinfo=UTC)
STEP = timedelta(seconds=15)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as frozen:
        yield frozen


def shown(name, plan, key="", after=timedelta(0)):
    plan.refresh_from_db()
    return panels.render(panels.get(name), plan, timezone.now() + after, key)


def make_stages(plan, *states):
    percents = [0, 5, 10, 25]
    for number, state in enumerate(states, start=1):
        Stage.objects.create(
            plan=plan, number=number, from_percent=percents[number - 1],
            to_percent=percents[number], state=state, offset_s=3600 * number,
            started_at=START if state == "running" else None,
        )  # fmt: skip


def test_a_tile_shows_value_target_band_and_sparkline(plan, clock):
    make_query(plan)
    read(plan)
    clock.shift(STEP)
    read(plan, band=Band.YELLOW)
    html = shown("metrics", plan, after=timedelta(minutes=0))
    assert 'id="metrics" data-live="metrics"' in html
    assert "236<small> ms</small>" in html
    assert "target &lt; 200 ms" in html
    assert "Yellow" in html and "tile--warn" in html
    assert '<polyline class="line" points="' in html


def test_a_gate_shows_the_hours_before_and_what_was_noted_in_them(plan, gate, cast, clock):
    """S59: the evidence of a decision is its history and its notes, not one value."""
    make_query(plan)
    read(plan, band=Band.YELLOW)
    add_note(plan, "Cache warm-up overlaps until 01:30", by=cast["thon"])
    html = shown("gate-history", plan, after=timedelta(minutes=20))
    assert "P95 latency yellow in 1 of 1 blocks" in html
    assert "Cache warm-up overlaps until 01:30" in html
    assert "Cache warm-up" not in shown("gate-history", plan, after=timedelta(hours=13))


def test_a_tile_without_data_says_reason_and_age_of_the_last_value(plan, clock):
    make_query(plan)
    read(plan)
    clock.shift(timedelta(minutes=3))
    read(plan, band=Band.NO_DATA)
    html = shown("metrics", plan)
    assert "No data" in html and "tile--none" in html
    assert "connection refused; last value 120 ms, 3 min ago" in html
    assert "Green" not in html


def test_a_tile_that_was_never_read_is_no_data(plan, clock):
    make_query(plan)
    html = shown("metrics", plan)
    assert "never seen" in html and "Green" not in html


def test_a_reading_grows_stale_by_being_read_late(plan, clock):
    make_query(plan)
    read(plan)
    assert "Green" in shown("metrics", plan, after=timedelta(seconds=30))
    late = shown("metrics", plan, after=timedelta(seconds=31))
    assert "Stale" in late and "Green" not in late
    assert "not read for 31 s" in late


def test_a_metric_without_bands_is_shown_and_not_judged(plan, clock):
    make_query(plan, green_op="", green_value=None, red_op="", red_value=None, unit="")
    read(plan, result=ProbeResult(value=5.0))
    html = shown("metrics", plan)
    assert "Not judged" in html and "5<small>" in html


def test_a_value_can_have_a_word(plan, clock):
    """S66: 1 is UP, 0 is DOWN."""
    make_query(
        plan, name="System uptime", unit="", words={"1": "UP", "0": "DOWN"},
        green_op="=", green_value=1, red_op="=", red_value=0,
    )  # fmt: skip
    read(plan, result=ProbeResult(value=1.0))
    html = shown("metrics", plan)
    assert "UP<small>" in html and "target UP" in html and "Green" in html
    clock.shift(STEP)
    read(plan, result=ProbeResult(value=0.0))
    assert "DOWN<small>" in shown("metrics", plan)
    assert "System uptime is DOWN" in plan.verdict_sentence


def test_markup_in_names_and_reasons_is_text(plan, clock):
    make_query(plan, name="<script>alert(1)</script>")
    read(plan, result=ProbeResult(reason="<img src=x onerror=alert(1)>"))
    html = shown("metrics", plan) + shown("focus", plan) + shown("metric-table", plan)
    assert "<script>" not in html and "<img" not in html


def test_checks_say_up_or_down_with_the_reason(plan, clock):
    make_check(plan)
    read(plan, HealthCheck, result=ProbeResult(value=12.0))
    assert "12 ms" in shown("checks", plan) and "1 of 1 passing" in shown("checks-sum", plan)
    clock.shift(STEP)
    read(plan, HealthCheck, band="failed")
    html = shown("checks", plan)
    assert "Down: " in html and "connection refused" in html
    assert "0 of 1 passing" in shown("checks-sum", plan)


def test_nothing_to_watch_shows_no_panel(plan):
    tables = ("metric-table", "health", "gate-history")
    for name in ("metrics", "checks", "stage", "focus", "progress", *tables):
        assert shown(name, plan) == ""


def test_the_track_shows_what_is_done_running_and_next(plan, clock):
    plan.t0 = START
    plan.save()
    make_stages(plan, "done", "running", "pending")
    html = shown("stage", plan)
    assert "Stage 2: 10 % of traffic" in html
    assert html.count("is-done") == 2 and html.count("is-now") == 1 and html.count("is-next") == 1
    assert "23:46" in html


def test_the_track_says_hold_with_the_verdict(plan, clock):
    make_stages(plan, "running")
    make_query(plan)
    read(plan, band=Band.YELLOW)
    assert "on hold" in shown("stage", plan)


def test_the_public_progress_names_no_metric(plan, clock):
    make_stages(plan, "running", "pending")
    make_query(plan)
    read(plan, band=Band.YELLOW)
    html = shown("progress", plan)
    assert "5 %" in html and "latency" not in html.lower()


def test_the_focus_is_the_worst_metric_unless_one_is_named(plan, clock):
    make_query(plan, "a", name="Error rate")
    make_query(plan, "b", name="P95 latency")
    read(plan)
    PrometheusQuery.objects.filter(key="b").update(band="red")
    assert "P95 latency" in shown("focus", plan)
    assert "Error rate" in shown("focus", plan, "a")
    assert 'id="focus-a"' in shown("focus", plan, "a")


@pytest.mark.parametrize("count", [1, 50])
@pytest.mark.parametrize(
    ("panel", "statements"),
    [("metrics", 2), ("checks", 1), ("stage", 3), ("progress", 2), ("focus", 4),
     ("metric-table", 1), ("health", 1), ("gate-history", 2)],
)  # fmt: skip
def test_a_panel_costs_the_same_statements_at_any_size(
    plan, django_assert_num_queries, panel, statements, count
):
    for n in range(count):
        make_query(plan, f"q{n}")
        make_check(plan, f"c{n}")
        Stage.objects.create(plan=plan, number=n, from_percent=n, to_percent=n + 1)
    read(plan)
    plan.refresh_from_db()
    now = timezone.now()
    with django_assert_num_queries(statements):
        assert panels.render(panels.get(panel), plan, now)


# --- the page ------------------------------------------------------------------------------


@pytest.fixture
def page(plan, cast, client_of):
    def get(who="cora", **query):
        return client_of(cast[who]).get(reverse("checks", args=[plan.slug]), query)

    return get


def test_the_page_shows_chart_tables_and_values(plan, page, clock):
    make_query(plan)
    make_check(plan)
    for band in (Band.GREEN, Band.YELLOW):
        read(plan, band=band)
        read(plan, HealthCheck, result=ProbeResult(value=8.0))
        clock.shift(STEP)
    html = page().content.decode()
    assert "2 watched, 1 green, 1 yellow, 0 red, 0 without data." in html
    for fragment in ("focus", "metric-table", "health"):
        assert f'id="{fragment}"' in html
    assert "Show as a table" in html and "Run now" in html


@pytest.mark.parametrize(
    "query", ["focus=p95-latency", "w=12h", "w=nonsense", "focus=nobody", "focus=x&w=24h"]
)
def test_a_chart_can_be_chosen(plan, page, clock, query):
    make_query(plan)
    read(plan)
    response = page(**dict(QueryDict(query).items()))
    assert response.status_code == 200
    assert 'id="focus-chosen"' in response.content.decode()


def test_the_page_of_a_plan_without_checks_says_so(page):
    assert "Nothing is measured yet" in page().content.decode()


def test_a_stranger_finds_no_page(page):
    assert page("stranger").status_code == 404


# --- run now -------------------------------------------------------------------------------


@pytest.fixture
def press(plan, cast, client_of):
    def post(who="thon", kind="metric", key="p95-latency", **data):
        url = reverse("run-check", args=[plan.slug, kind, key])
        return client_of(cast[who]).post(url, data)

    return post


def test_run_now_makes_it_due_and_is_an_event(plan, press, cast):
    query = make_query(plan, due_at=timezone.now() + timedelta(hours=1))
    assert press().status_code == 302
    query.refresh_from_db()
    assert query.due_at <= timezone.now()
    event = plan.events.get(kind="check.requested")
    assert (event.actor, event.text) == (cast["thon"], "P95 latency: asked to run now")


def test_run_now_twice_by_the_same_request_is_one_event(plan, press):
    make_query(plan)
    for _ in range(2):
        press(request_id="abc")
    assert plan.events.filter(kind="check.requested").count() == 1


@pytest.mark.parametrize(
    ("who", "status"), [("hudson", 403), ("forge", 403), ("vera", 403), ("stranger", 404)]
)
def test_run_now_wants_the_right_to_run(plan, press, who, status):
    make_query(plan, due_at=timezone.now() + timedelta(hours=1))
    assert press(who).status_code == status
    assert not plan.events.filter(kind="check.requested").exists()


@pytest.mark.parametrize(("kind", "key"), [("metric", "nobody"), ("planet", "p95-latency")])
def test_what_does_not_exist_cannot_be_run(plan, press, kind, key):
    make_query(plan)
    assert press(kind=kind, key=key).status_code == 404


def test_run_now_is_a_post(plan, cast, client_of):
    make_query(plan)
    url = reverse("run-check", args=[plan.slug, "metric", "p95-latency"])
    assert client_of(cast["thon"]).get(url).status_code == 302


def test_the_tab_counts_no_green_that_has_grown_old(plan):
    now = timezone.now()
    plan.verdict, plan.verdict_counts = "proceed", "5 of 6 green"
    plan.verdict_valid_until = now + timedelta(seconds=30)
    assert green_of_all(plan, timezone.now()) == "5/6"
    plan.verdict_valid_until = now - timedelta(seconds=1)
    assert green_of_all(plan, timezone.now()) == "no data"


@pytest.mark.parametrize("word", ["hold", "rollback"])
def test_the_public_is_promised_no_step_while_the_release_is_held(plan, clock, word):
    make_stages(plan, "done", "running", "pending")
    plan.t0, plan.verdict, plan.verdict_valid_until = START, "proceed", START + STEP
    plan.save()
    assert "23:46" in shown("progress", plan)
    plan.verdict = word
    plan.save()
    html = shown("progress", plan)
    assert "Next step</dt><dd>25 %, when the hold ends" in " ".join(html.split())
    assert "23:46" not in html
    assert "roll back" not in html


def test_the_public_is_promised_no_time_that_has_passed(plan, clock):
    make_stages(plan, "done", "running", "pending")
    plan.t0 = START
    plan.save()
    assert "23:46" not in shown("progress", plan, after=timedelta(hours=5))
