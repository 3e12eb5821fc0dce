"""Metrics as people set them up: edited with versions, foreseen and carried out (S38, S57, S65)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from checklists.models import Criterion, Evidence, Gate, Vote
from checklists.rules.bands import Bound
from rollouts.actions.metric_effects import following
from rollouts.actions.metric_pending import drop_pending, save_for_next_stage
from rollouts.actions.metrics import (
    add_metric,
    edit_metric,
    move_metric,
    note_metric,
    set_enabled,
)
from rollouts.actions.stages import advance
from rollouts.actions.versions import keep_version
from rollouts.models import Guardrail, MetricSample, PrometheusQuery, Stage, WatchVersion
from rollouts.queries.metric_versions import tuning_log
from tests.rollouts.cast import make_query, read
from warroom.actions.change import change
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import Role, TimelineEvent

pytestmark = pytest.mark.django_db

LOOSER = {"green": Bound("<", 250)}


@pytest.fixture
def cora(cast):
    return cast["cora"]


@pytest.fixture
def soaking(plan):
    """A stage that has been green for an hour, and the gate at its end."""
    plan.t0 = timezone.now() - timedelta(hours=2)
    plan.save(update_fields=["t0"])
    gate = Gate.objects.create(plan=plan, key="gate-1", number=1, title="Gate 1", offset_s=43_200)
    stage = Stage.objects.create(
        plan=plan, number=1, from_percent=0, to_percent=5, soak_s=43_200, gate=gate,
        state="running", started_at=timezone.now() - timedelta(hours=2), observed_s=3600,
    )  # fmt: skip
    Stage.objects.create(plan=plan, number=2, from_percent=5, to_percent=10)
    return stage


def vote(gate, plan, person):
    role = Role.objects.get(plan=plan, key="on-call")
    return Vote.objects.create(
        gate=gate, role=role, person=person, person_name="Thon", word="go", reason="",
        at=timezone.now(), gate_version=gate.version,
    )  # fmt: skip


def events(plan, kind):
    return list(TimelineEvent.objects.filter(plan=plan, kind=kind).order_by("seq"))


def test_an_edit_keeps_the_older_text_and_says_it(plan, cora):
    row = make_query(plan)
    saved = edit_metric(row, LOOSER, by=cora, reason="Cache warm-up.", seen_version=1)
    [kept] = WatchVersion.objects.all()
    assert (saved.version, kept.version, kept.settings["green_value"]) == (2, 1, 200)
    [event] = events(plan, "metric.edited")
    assert "green < 250 ms, was < 200 ms: Cache warm-up." in event.text
    assert event.data["after"]["green_value"] == 250


def test_the_same_words_again_change_nothing(plan, cora):
    row = make_query(plan)
    edit_metric(row, {"green": Bound("<", 200)}, by=cora, reason="Same.")
    assert not WatchVersion.objects.exists() and not events(plan, "metric.edited")


def test_bands_want_a_reason_and_a_name_does_not(plan, cora):
    row = make_query(plan)
    with pytest.raises(Invalid) as refused:
        edit_metric(row, LOOSER, by=cora)
    assert refused.value.field == "reason"
    assert edit_metric(row, {"name": "Latency"}, by=cora).version == 2


def test_who_saw_an_older_version_is_refused_with_who_changed_it(plan, cora):
    row = make_query(plan)
    edit_metric(row, LOOSER, by=cora, reason="First.", seen_version=1)
    with pytest.raises(Refused, match="was changed while you wrote by Cora"):
        edit_metric(row, {"green": Bound("<", 260)}, by=cora, reason="Second.", seen_version=1)


def test_only_editors_edit(plan, cast):
    with pytest.raises(NotAllowed):
        edit_metric(make_query(plan), LOOSER, by=cast["thon"], reason="Mine.")


def test_an_edit_restarts_the_soak_keeps_what_was_observed_and_moves_the_gate(plan, cora, soaking):
    """S57: the hours that were watched counted for the older text."""
    row = make_query(plan)
    foreseen = following(row, _with(row, green_value=250), timezone.now())
    assert foreseen.moving.observed_s == 3600 and foreseen.moving.moves
    edit_metric(row, LOOSER, by=cora, reason="Agreed.")
    soaking.refresh_from_db()
    assert soaking.observed_s == 0
    assert WatchVersion.objects.get().soak_observed_s == 3600
    gate = Gate.objects.get()
    assert gate.offset_s > 43_200
    [event] = events(plan, "metric.edited")
    assert "The soak of stage 1 restarts after 1 h." in event.text and "Gate 1 opens" in event.text


def _with(row, **fields):
    found = PrometheusQuery.objects.get(pk=row.pk)
    found.plan = row.plan
    for name, value in fields.items():
        setattr(found, name, value)
    return found


def test_words_restart_nothing(plan, cora, soaking):
    row = make_query(plan)
    edit_metric(row, {"name": "Latency", "unit": "msec", "meaning": "Slow."}, by=cora)
    soaking.refresh_from_db()
    assert soaking.observed_s == 3600 and Gate.objects.get().offset_s == 43_200


def test_votes_at_the_gate_fall_and_are_named_before(plan, cora, cast, soaking):
    row = make_query(plan)
    vote(soaking.gate, plan, cast["thon"])
    stake = following(row, _with(row, green_value=250), timezone.now()).stake
    assert list(stake.values()) == ["Thon voted as On-Call at Gate 1"]
    with pytest.raises(Refused, match="Thon voted as On-Call"):
        edit_metric(row, LOOSER, by=cora, reason="Agreed.", named=[])
    edit_metric(row, LOOSER, by=cora, reason="Agreed.", named=list(stake))
    assert Gate.objects.get().version == 2
    assert events(plan, "metric.edited")[0].data["votes_fell"] == ["on-call"]


def test_another_query_asks_the_gates_that_read_it_again(plan, cora, cast):
    gate = Gate.objects.create(plan=plan, key="gate-2", number=2, title="Gate 2")
    Criterion.objects.create(
        gate=gate, key="c", position=1, label="P95", evidence_key="p95-latency"
    )
    row = make_query(plan)
    vote(gate, plan, cast["thon"])
    edit_metric(row, LOOSER, by=cora, reason="The gate has bounds of its own.")
    assert Gate.objects.get().version == 1
    edit_metric(row, {"promql": "sum(latency)"}, by=cora, reason="One series.")
    assert Gate.objects.get().version == 2


def test_a_target_loosened_while_it_is_missed_is_called_so(plan, cora):
    row = make_query(plan)
    read(plan, band="yellow")
    edit_metric(row, LOOSER, by=cora, reason="Too strict.")
    assert "A target is loosened while it is missed." in events(plan, "metric.edited")[0].text
    assert WatchVersion.objects.get().loosened


def test_what_was_read_is_judged_by_the_newer_bands_at_once(plan, cora):
    row = make_query(plan)
    read(plan, band="yellow")
    saved = edit_metric(row, LOOSER, by=cora, reason="Too strict.")
    assert (saved.band, saved.value) == ("green", 236)


def test_another_query_forgets_what_the_older_one_read(plan, cora):
    """Law 5: a reading of another question is no data."""
    row = make_query(plan)
    read(plan)
    assert Evidence.objects.filter(key="p95-latency").exists()
    saved = edit_metric(row, {"promql": "sum(latency)"}, by=cora, reason="One series.")
    assert (saved.band, saved.value, saved.read_at) == ("no_data", None, None)
    assert not Evidence.objects.filter(key="p95-latency").exists()


def test_an_answer_under_way_to_the_older_query_counts_no_more(plan, cora):
    row = make_query(plan)
    PrometheusQuery.objects.filter(pk=row.pk).update(lease_token="held")
    assert edit_metric(row, LOOSER, by=cora, reason="Agreed.").lease_token == ""


def test_what_red_does_is_a_guardrail_with_the_window_of_the_metric(plan, cora):
    row = make_query(plan)
    edit_metric(row, {}, by=cora, reason="It must go back.", does="automatic")
    rail = Guardrail.objects.get()
    assert (rail.mode, rail.window_s, rail.query_id) == ("automatic", 60, row.pk)
    edit_metric(row, {"sustained_s": 120}, by=cora, reason="Spikes.")
    assert Guardrail.objects.get().window_s == 120
    saved = edit_metric(row, {}, by=cora, reason="Only shown.", does="report")
    assert saved.report_only and Guardrail.objects.get().mode == "off"


def test_without_a_red_bound_nothing_rolls_back(plan, cora):
    row = make_query(plan, red_op="", red_value=None)
    with pytest.raises(Invalid) as refused:
        edit_metric(row, {}, by=cora, reason="x", does="automatic")
    assert refused.value.field == "red"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"promql": "rate(up)"}, "promql"),
        ({"promql": 'up{job="a"} or vector(1) #"} '}, None),
        ({"promql": 'up{job="x"} or up{job="'}, "promql"),  # scenario 67
        ({"promql": ""}, "promql"),
        ({"name": ""}, "name"),
        ({"interval_s": 0}, "interval_s"),
        ({"green": Bound("<", float("nan"))}, "green"),
        ({"reducer": "median"}, "reducer"),
        ({"guard_promql": "sum(x)"}, "guard_min"),
        ({"link_url": "javascript:alert(1)"}, "link_url"),
        ({"red_after": 0}, "red_after"),
    ],
)
def test_wrong_input_is_refused_with_its_field(plan, cora, fields, field):
    row = make_query(plan)
    if field is None:
        assert edit_metric(row, fields, by=cora, reason="x").version == 2
        return
    with pytest.raises(Invalid) as refused:
        edit_metric(row, fields, by=cora, reason="x")
    assert refused.value.field == field
    assert PrometheusQuery.objects.get().version == 1


def test_a_metric_is_added_once(plan, cora):
    for _ in range(2):
        row = add_metric(
            plan,
            {"name": "Memory free", "promql": "min(mem)", "unit": "%"},
            by=cora,
            request_id="one",
        )
    assert (row.key, PrometheusQuery.objects.count()) == ("memory-free", 1)
    assert events(plan, "metric.added")[0].text == "Memory free is watched, shown and not judged"


def test_a_metric_is_taken_off_the_list_and_comes_back(plan, cora):
    row = make_query(plan)
    read(plan)
    gone = set_enabled(row, False, by=cora, reason="Not instrumented yet.")
    assert not gone.enabled and events(plan, "metric.removed")
    set_enabled(row, False, by=cora, reason="Again.")
    assert len(events(plan, "metric.removed")) == 1
    back = set_enabled(row, True, by=cora, reason="It is now.")
    assert back.enabled and back.band == "no_data"


def test_the_order_is_set_not_moved(plan, cora):
    rows = [make_query(plan, key=key, position=n) for n, key in enumerate("abc", start=1)]
    move_metric(rows[2], 1, by=cora)
    move_metric(rows[2], 1, by=cora)
    assert list(PrometheusQuery.objects.values_list("key", flat=True)) == ["c", "a", "b"]
    assert len(events(plan, "metric.edited")) == 1


def test_an_edit_for_the_next_stage_leaves_the_running_one_alone(plan, cora, soaking):
    row = make_query(plan)
    waits = save_for_next_stage(row, LOOSER, by=cora, reason="From 10 % on.", seen_version=1)
    soaking.refresh_from_db()
    assert (waits.version, soaking.observed_s) == (1, 3600)
    assert "changes when stage 2 begins: green < 250 ms" in events(plan, "metric.planned")[0].text
    soaking.delete()
    plan.refresh_from_db()
    advance(plan, to_percent=10, by="test")
    [begun] = events(plan, "stage.started")
    assert "P95 latency, version 2: green < 250 ms, was < 200 ms" in begun.text
    row.refresh_from_db()
    assert (row.version, row.green_value, row.pending) == (2, 250, {})
    assert "saved by Cora for this stage" in WatchVersion.objects.get().reason


def test_what_waits_can_be_taken_back(plan, cora, soaking):
    row = make_query(plan)
    save_for_next_stage(row, LOOSER, by=cora, reason="From 10 % on.")
    drop_pending(row, by=cora)
    drop_pending(row, by=cora)
    row.refresh_from_db()
    assert row.pending == {} and len(events(plan, "metric.planned")) == 2


def test_the_tuning_log_holds_versions_and_anomalies(plan, cora, cast):
    """S42: why a threshold is what it is."""
    row = make_query(plan)
    edit_metric(row, LOOSER, by=cora, reason="Cache warm-up.")
    note_metric(row, "A spike at the backup.", by=cast["forge"])
    edit_metric(row, {"green": Bound("<", 260)}, by=cora, reason="Once more.")
    log = tuning_log(plan)
    assert [one.text for one in log] == [
        "Version 3: green < 260 ms, was < 250 ms",
        "A spike at the backup.",
        "Version 2: green < 250 ms, was < 200 ms",
    ]
    assert log[2].reason == "Cache warm-up."


def test_samples_stay_when_bands_change(plan, cora):
    row = make_query(plan)
    read(plan)
    edit_metric(row, LOOSER, by=cora, reason="Agreed.")
    assert MetricSample.objects.count() == 1


def test_the_database_keeps_an_older_text_as_it_was(plan):
    row = make_query(plan)
    with change(plan, by="rule") as changing:
        kept = keep_version(changing, row, "Slower is fine.")
        changing.record("metric.edited", "Edited")
    for refused in (
        lambda: WatchVersion.objects.filter(pk=kept.pk).update(reason="Never said"),
        lambda: WatchVersion.objects.filter(pk=kept.pk).delete(),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            refused()
