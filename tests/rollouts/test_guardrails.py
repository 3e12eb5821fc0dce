"""Sustained breaches roll back without asking, once, and flapping does not (S56, scenario 35)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from checklists.rules.bands import Band
from rollouts.actions.desired import ADVANCE, RESUME, set_desired
from rollouts.actions.guardrails import judge_guardrails, set_guardrail
from rollouts.models import (
    Guardrail,
    HealthCheck,
    PrometheusQuery,
    RollbackRun,
    Rollout,
    Stage,
)
from rollouts.probes import ProbeResult, no_data
from rollouts.queries.guardrails import states_now
from rollouts.rules.guardrails import Breach, has_tripped, red_breach, silence, softer
from rollouts.rules.sustained import RedMemory
from rollouts.tasks.guarding import guard_all
from tests.rollouts.cast import make_check, make_query, read
from warroom.actions.change import RULE, change
from warroom.live import panels
from warroom.live.needs import needs
from warroom.models import Escalation

STEP = timedelta(seconds=15)
T = datetime(2025, 10, 23, 20, 46, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(T, tick=False) as frozen:
        yield frozen


@pytest.fixture
def live(plan, cast, clock):
    """A release at 5 % with an error rate that rolls back after a minute of red."""
    make_query(plan, "error-rate", name="Error rate", unit="%", green_value=0.1, red_value=1)
    Stage.objects.create(plan=plan, number=1, to_percent=5, from_percent=0, state="running")
    plan.lifecycle = "deploying"
    plan.save()
    with change(plan, by=RULE) as changing:
        set_desired(changing, 5, cause=ADVANCE)
        set_guardrail(changing, plan.prometheusquery_set.get(), "automatic", 60, "HighErrorRate")
        changing.record("guardrail.changed", "Guarded")
    plan.refresh_from_db()
    return plan


def see(plan, clock, *values, model=PrometheusQuery):
    """One reading after another, an interval apart, judged each time as the worker does."""
    run = None
    for value in values:
        result = no_data("connection refused") if value is None else ProbeResult(value=value)
        model.objects.filter(plan=plan).update(due_at=datetime.now(UTC))
        read(plan, model, result=result)
        run = judge_guardrails(plan) or run
        clock.shift(STEP)
    plan.refresh_from_db()
    return run


def kinds(plan):
    return list(plan.events.order_by("seq").values_list("kind", flat=True))


def test_red_for_the_whole_window_rolls_back_by_rule(live, clock):
    """S56: and the readings of that moment are frozen into the run."""
    run = see(live, clock, 1.31, 1.2, 1.1, 1.2, 1.25)
    assert run.cause == "guardrail"
    assert run.reason == "Error rate was above 1 % for 1 min, peak 1.31 %."
    assert (run.from_percent, run.to_percent, run.started_by) == (5, 0, "rule")
    assert (run.breach_at, run.started_at) == (T, T + timedelta(seconds=60))
    assert Rollout.objects.get(plan=live).desired_percent == 0
    assert live.verdict == "rollback"
    assert live.verdict_sentence == (
        "Error rate was above 1 % for 1 min, peak 1.31 %. "
        "Guardrail HighErrorRate started the rollback to 0 % at 20:47:00."
    )
    rail = Guardrail.objects.get(plan=live)
    assert rail.tripped_at == run.started_at
    (reading,) = run.frozen["readings"]
    assert (reading["key"], reading["band"]) == ("error-rate", "red")


def test_a_moment_less_does_not(live, clock):
    assert see(live, clock, 1.31, 1.2, 1.1, 1.2) is None
    rail = Guardrail.objects.get(plan=live)
    assert rail.in_breach_since == T


def test_what_is_only_shown_moves_no_traffic(live, clock):
    live.prometheusquery_set.update(report_only=True)
    assert see(live, clock, *[1.3] * 8) is None
    assert Guardrail.objects.get(plan=live).in_breach_since is None


def test_flapping_neither_rolls_back_nor_advances(live, clock):
    """Scenario 35."""
    assert see(live, clock, *(1.3, 0.05) * 10) is None
    assert live.verdict == "hold"
    assert not RollbackRun.objects.exists()


def test_a_gap_without_data_is_neither_red_nor_a_way_out(live, clock):
    assert see(live, clock, 1.3, 1.3, None, 1.3, None) is None
    assert see(live, clock, 1.3) is not None


def test_it_trips_once_however_often_and_by_whomever_it_is_judged(live, clock):
    """Scenario 23: worker and watchdogs together."""
    see(live, clock, *[1.3] * 5)
    for _ in range(3):
        assert judge_guardrails(live) is None
        assert guard_all() == 0
    see(live, clock, *[1.3] * 8)
    assert kinds(live).count("rollback.started") == 1
    assert "rollback.repeated" not in kinds(live)


def test_after_a_person_resumed_red_has_to_last_anew(live, clock):
    see(live, clock, *[1.3] * 6)
    with change(live, by=RULE) as changing:
        set_desired(changing, 5, cause=RESUME)
        Stage.objects.filter(plan=live).update(state="running")
        changing.record("rollout.resumed", "Again")
    assert see(live, clock, *[1.3] * 4) is None
    assert see(live, clock, 1.3).number == 2


def test_one_that_recommends_says_so_and_calls_once_per_generation(live, clock):
    Guardrail.objects.update(mode="recommend")
    assert see(live, clock, *[1.3] * 8) is None
    assert kinds(live).count("rollback.recommended") == 1
    called = Escalation.objects.get(plan=live)
    assert called.url == f"/plans/{live.slug}/rollback/"
    assert "HighErrorRate recommends a rollback from 5 %." in called.reason
    assert Rollout.objects.get(plan=live).desired_percent == 5
    Guardrail.objects.update(mode="automatic")
    assert judge_guardrails(live) is not None


@pytest.mark.parametrize(("of_stage", "kind"), [("recommend", "rollback.recommended"), ("off", "")])
def test_a_stage_softens_what_its_guardrails_say(live, clock, of_stage, kind):
    Stage.objects.update(rollback_mode=of_stage)
    assert see(live, clock, *[1.3] * 6) is None
    said = [one for one in kinds(live) if one.startswith("rollback.")]
    assert said == ([kind] if kind else [])


def test_a_hold_does_not_stop_it(live, clock):
    """Law 6: evaluation never pauses while people deliberate."""
    Rollout.objects.update(held_at=T, held_by="Cora", held_reason="We talk")
    assert see(live, clock, *[1.3] * 5) is not None


@pytest.mark.parametrize("lifecycle", ["draft", "preparing", "rolled_back", "stable", "aborted"])
def test_it_is_clear_where_nothing_is_live(live, clock, lifecycle):
    live.lifecycle = lifecycle
    live.save()
    PrometheusQuery.objects.update(
        band="red", red_since=T - timedelta(hours=1), red_at=T, read_at=T
    )
    assert judge_guardrails(live) is None
    assert guard_all() == 0
    assert states_now(live, T)[1][0].breach is None


def test_a_check_that_fails_rolls_back_too(live, clock):
    check = make_check(live)
    with change(live, by=RULE) as changing:
        set_guardrail(changing, check, "automatic", 30)
        changing.record("guardrail.changed", "Guarded")
    for _ in range(3):
        HealthCheck.objects.update(due_at=datetime.now(UTC))
        read(live, HealthCheck, band="failed")
        run = judge_guardrails(live)
        clock.shift(STEP)
    assert run.reason == "Demo service failed for 30 s: connection refused."


def test_silence_of_every_metric_rolls_back_only_where_the_plan_says_so(live, clock):
    """Law 5: no data holds, and by itself rolls nothing back."""
    make_query(live, "latency")
    rail = Guardrail.objects.create(
        plan=live, key="no-data", name="NoData", kind="no_data", window_s=60, mode="off"
    )
    see(live, clock, 0.05)
    clock.shift(timedelta(seconds=90))
    assert guard_all() == 0
    rail.mode = "automatic"
    rail.save()
    assert guard_all() == 1
    assert RollbackRun.objects.get().reason == "No metric has answered for 1 min."


def test_one_metric_that_answers_is_no_silence(live, clock):
    make_query(live, "latency")
    Guardrail.objects.create(
        plan=live, key="no-data", name="NoData", kind="no_data", window_s=30, mode="automatic"
    )
    PrometheusQuery.objects.filter(key="latency").update(interval_s=600)
    see(live, clock, 0.05)
    clock.shift(timedelta(seconds=90))
    assert guard_all() == 0


def test_silence_counts_from_what_is_wanted_now_and_not_from_an_entered_start(live, clock):
    """A stage that is entered as begun hours ago was not watched for hours."""
    Guardrail.objects.create(
        plan=live, key="no-data", name="NoData", kind="no_data", window_s=60, mode="recommend"
    )
    PrometheusQuery.objects.update(due_at=T - timedelta(days=1))
    Stage.objects.filter(plan=live).update(started_at=T - timedelta(hours=11))
    clock.shift(timedelta(seconds=59))
    assert guard_all() == 0
    assert "rollback.recommended" not in kinds(live)
    clock.shift(timedelta(seconds=1))
    guard_all()
    said = live.events.get(kind="rollback.recommended").text
    assert "No metric has answered for 1 min." in said


def test_a_metric_that_was_never_due_is_not_missed_from_before_it_was(live, clock):
    Guardrail.objects.create(
        plan=live, key="no-data", name="NoData", kind="no_data", window_s=60, mode="automatic"
    )
    clock.shift(timedelta(hours=1))
    PrometheusQuery.objects.update(due_at=datetime.now(UTC))
    clock.shift(timedelta(seconds=59))
    assert guard_all() == 0
    clock.shift(timedelta(seconds=1))
    assert guard_all() == 1


def test_drift_that_lasts_trips(live, clock):
    Guardrail.objects.create(
        plan=live, key="drift", name="Drift", kind="drift", window_s=120, mode="automatic"
    )
    Rollout.objects.update(actual_percent=12, actual_at=T, drift_since=T)
    assert guard_all() == 0
    clock.shift(timedelta(seconds=121))
    assert guard_all() == 0  # nobody has seen it since
    Rollout.objects.update(actual_at=T + timedelta(seconds=121))
    assert guard_all() == 1
    assert RollbackRun.objects.get().reason == "5 % is wanted, 12 % is seen, for 2 min."


def test_setting_a_guardrail_twice_is_one_and_off_makes_none(live, clock, cast):
    query, check = live.prometheusquery_set.get(), make_check(live)
    with change(live, by=RULE) as changing:
        assert set_guardrail(changing, query, "recommend", 120).window_s == 120
        assert set_guardrail(changing, check, "off", 60) is None
    assert Guardrail.objects.get().mode == "recommend"


# --- the rule ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "stage", "holds"),
    [
        ("automatic", "", "automatic"),
        ("automatic", "recommend", "recommend"),
        ("recommend", "automatic", "recommend"),
        ("automatic", "off", "off"),
        ("off", "automatic", "off"),
    ],
)
def test_the_softer_word_holds(own, stage, holds):
    assert softer(own, stage) == holds


def test_red_from_before_is_not_held_against_a_new_start():
    memory = RedMemory(T, T + 4 * STEP)
    assert red_breach(memory, Band.RED, None) == Breach(T, T + 4 * STEP)
    assert red_breach(memory, Band.RED, T + 5 * STEP).lasts == timedelta()
    assert red_breach(memory, Band.YELLOW, None) is None
    assert not has_tripped(None, timedelta())


def test_silence_begins_with_the_last_that_falls_silent():
    assert silence([], T, None) is None
    assert silence([T, None], T, None) is None
    assert silence([T - STEP, T - 2 * STEP], T, None) == Breach(T - STEP, T)


# --- on the page -----------------------------------------------------------------------------


def panel(plan, name="guardrails"):
    return panels.render(panels.get(name), plan, datetime.now(UTC))


def test_the_panel_shows_rule_value_and_time_in_breach(live, clock):
    see(live, clock, 0.04)
    said = panel(live)
    for words in ("Error rate above 1 % for 1 min", "HighErrorRate", "0.04 %", "Clear", "Armed"):
        assert words in said
    see(live, clock, 1.3, 1.3, 1.3)
    said = panel(live)
    assert "0:30 of 1:00" in said
    assert "In breach" in said


def test_a_guardrail_that_cannot_look_is_never_clear(live, clock):
    see(live, clock, None)
    said = panel(live)
    assert "No data: connection refused." in said
    assert "Clear" not in said


def test_it_is_not_armed_at_0_percent(live, clock):
    see(live, clock, *[1.3] * 5)
    assert "Not armed: 0 % is served" in panel(live)


def test_the_room_leads_to_the_run_while_a_rollback_stands(live, clock, cast):
    see(live, clock, *[1.3] * 5)
    now = datetime.now(UTC)
    asked = [need for need in needs(live, now) if need.url.endswith("/rollback/1/")]
    assert len(asked) == 1
    assert "Roll the release back" not in {need.title for need in needs(live, now)}
    assert "ROLLBACK to 0 %" in panel(live, "strip")
    board = panel(live, "verdict")
    assert "Rollback run 1" in board
    assert "data-elapsed=" in board


def test_what_recommends_is_a_need_of_every_lead(live, clock):
    Guardrail.objects.update(mode="recommend")
    PrometheusQuery.objects.update(sustained_s=3600)
    see(live, clock, *[1.3] * 5)
    (found,) = [one for one in needs(live, datetime.now(UTC)) if one.key == "lead"]
    assert found.title == "Roll the release back: HighErrorRate recommends it"


def test_a_guardrail_is_added_changed_and_removed_by_forms(live, clock, cast, client_of):
    client, base = client_of(cast["cora"]), f"/plans/{live.slug}/rollout/guardrails/"
    said = {"watches": "no_data", "window": "10 min", "mode": "automatic", "name": "NoData"}
    assert client.post(f"{base}new/", said).status_code == 302
    rail = Guardrail.objects.get(key="no-data")
    assert (rail.window_s, rail.mode, rail.name) == (600, "automatic", "NoData")
    page = client.get(f"{base}no-data/").content.decode()
    assert 'value="10 min"' in page
    client.post(f"{base}no-data/", said | {"window": "90 s"})
    rail.refresh_from_db()
    assert rail.window_s == 90
    before = live.events.count()
    client.post(f"{base}no-data/", said | {"window": "90 s"})
    assert live.events.count() == before
    client.post(f"{base}no-data/remove/")
    client.post(f"{base}no-data/remove/")
    assert not Guardrail.objects.filter(key="no-data").exists()
    assert live.events.count() == before + 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"window": "soon"}, "is no length"),
        ({"window": ""}, "A breach lasts from one second to a day."),
        ({"watches": "metric:error-rate"}, "HighErrorRate watches that already."),
    ],
)
def test_a_wrong_guardrail_is_answered_beside_its_field(live, cast, client_of, wrong, says):
    said = {"watches": "drift", "window": "2 min", "mode": "off", "name": "My drift"} | wrong
    answer = client_of(cast["cora"]).post(f"/plans/{live.slug}/rollout/guardrails/new/", said)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in page
    assert 'value="My drift"' in page
