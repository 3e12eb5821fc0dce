"""Success criteria at T+1 h, T+24 h and after 48 hours at 100 % (S26, S39, S91, S136, S143)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from checklists.models import Evidence
from checklists.rules.bands import Bound
from rollouts.actions.success import (
    add_success,
    edit_success,
    judge_success,
    look_again,
    remove_success,
)
from rollouts.models import (
    Alert,
    AlertHook,
    CheckResult,
    MetricSample,
    Rollout,
    Stage,
    SuccessCriterion,
)
from rollouts.queries.success import success_rows
from rollouts.rules import success as rules
from rollouts.tasks.success import evaluate
from tests.rollouts.cast import make_check, make_query
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.actions.tokens import make_token
from warroom.models import DeploymentPlan, Lifecycle

T0 = datetime(2025, 10, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
BELOW = Bound("<", 0.1)


def samples(*values, every=60, start=T0):
    return [(start + timedelta(seconds=every * n), value) for n, value in enumerate(values)]


def over(found, minutes=4):
    end = T0 + timedelta(minutes=minutes)
    return rules.all_the_way(found, BELOW, "%", T0, end, 60)


def test_all_the_way_is_every_reading_and_no_gap():
    assert over(samples(0.04, 0.06, 0.05, 0.04, 0.04)) == rules.Outcome(
        True, "0.06 % at worst over 4 min, 5 readings"
    )


def test_one_reading_outside_is_a_miss_whatever_else_is_missing():
    found = over(samples(0.04, 0.2, None))
    assert (found.met, found.text) == (False, "0.2 % at worst over 4 min, 1 reading outside")


@pytest.mark.parametrize(
    "values", [(), (None,) * 5, (0.04, None, None, None, 0.04), (0.04, 0.04), (float("nan"),) * 5]
)
def test_a_gap_is_no_data_and_never_met(values):
    """Law 5: what was not measured was not met."""
    found = over(samples(*values))
    assert found.met is None
    assert found.reason


@pytest.mark.parametrize(
    ("age", "met"), [(0, True), (120, True), (121, None)]
)  # two intervals of a minute
def test_at_a_time_the_newest_reading_counts_if_it_is_young_enough(age, met):
    found = rules.at_time([(T0, 0.05)], BELOW, "%", T0 + timedelta(seconds=age), 60)
    assert found.met is met


@pytest.mark.parametrize(
    ("count", "bound", "met"), [(0, None, True), (1, None, False), (2, Bound("<=", 2), True)]
)
def test_what_is_counted(count, bound, met):
    assert rules.by_count(count, bound, "Rollbacks").met is met


def test_what_nobody_would_hear_of_is_no_data():
    assert rules.by_count(None, None, "Critical alerts", "Nothing tells.").met is None


@pytest.fixture
def live(plan, cast, time_machine):
    DeploymentPlan.objects.update(lifecycle=Lifecycle.DEPLOYING, t0=T0)
    plan.refresh_from_db()
    time_machine.move_to(T0, tick=False)
    plan.clock = lambda at: time_machine.move_to(at, tick=False)
    return plan


def errors(plan, *values, every=60, end=T0 + HOUR):
    query = make_query(plan, key="error-rate", name="Error rate", unit="%", interval_s=60)
    start = end - timedelta(seconds=every * (len(values) - 1))
    MetricSample.objects.bulk_create(
        MetricSample(query=query, at=at, value=value, band="green")
        for at, value in samples(*values, every=every, start=start)
    )
    return query


def add(plan, cast, text="Error rate < 1 %", **fields):
    fields = {"due_offset_s": 3600, "group": "T+1 h", **fields}
    return add_success(plan, {"text": text, **fields}, by=cast["cora"])


@pytest.mark.django_db
def test_a_criterion_is_evaluated_once_when_it_is_due(live, cast):
    errors(live, 0.04)
    row = add(live, cast, query="error-rate", bound="< 1%")
    assert evaluate() == 0
    live.clock(T0 + HOUR + timedelta(seconds=1))
    assert (evaluate(), evaluate()) == (1, 0)
    row.refresh_from_db()
    assert (row.met, row.value_text, row.evaluated_by) == (True, "0.04 %", "rule")
    event = live.events.get(kind="success.evaluated")
    assert event.text == "T+1 h: Error rate < 1 %: met, 0.04 %."
    assert Evidence.objects.get(key=f"success.{row.key}").value == 1


@pytest.mark.django_db
def test_48_hours_at_100_percent_begin_when_the_last_share_is_seen(live, cast):
    """S91: "Error rate < 0.1% for 48 hours at 100%"."""
    stage = Stage.objects.create(
        plan=live, number=1, from_percent=0, to_percent=100, state="running", started_at=T0
    )
    Rollout.objects.create(
        plan=live, desired_percent=100, desired_at=T0, verified_at=T0 + HOUR, generation=1
    )
    add(live, cast, since="full", due_offset_s=48 * 3600)
    assert success_rows(live, T0)[0].due == T0 + 49 * HOUR
    stage.state = "pending"
    stage.save()
    assert success_rows(live, T0 + timedelta(seconds=1))[0].due is None


@pytest.mark.django_db
def test_no_data_when_due_waits_for_a_person(live, cast):
    errors(live)
    row = add(live, cast, query="error-rate", bound="< 1%", over_s=600)
    live.clock(T0 + 2 * HOUR)
    evaluate()
    row.refresh_from_db()
    assert (row.met, row.reason) == (None, "Nothing was measured in that time.")
    assert Evidence.objects.get(key=f"success.{row.key}").value is None
    judged = judge_success(row, True, "The proxy's log has it.", by=cast["cora"])
    assert judged.met is True
    with pytest.raises(Refused, match="Cora said so"):
        judge_success(row, False, "No.", by=cast["hudson"])


@pytest.mark.django_db
def test_a_later_look_is_an_event_of_its_own(live, cast):
    row = add(live, cast, query=errors(live).key, bound="< 1%")
    live.clock(T0 + HOUR)
    evaluate()
    MetricSample.objects.create(query=row.query, at=T0 + 2 * HOUR, value=0.5, band="green")
    live.clock(T0 + 2 * HOUR)
    assert look_again(row, by=cast["thon"]).met is True
    assert live.events.filter(kind="success.evaluated").count() == 2
    with pytest.raises(Refused):
        look_again(row, by=cast["thon"])


@pytest.mark.django_db
def test_after_a_rollback_nothing_is_met_by_calm(live, cast):
    errors(live, 0.01)
    row = add(live, cast, query="error-rate", bound="< 1%")
    DeploymentPlan.objects.update(lifecycle=Lifecycle.ROLLED_BACK)
    live.clock(T0 + HOUR)
    assert evaluate() == 0
    row.refresh_from_db()
    assert row.evaluated_at is None


@pytest.mark.django_db
def test_counted_things(live, cast):
    """S143: rollbacks, missed rounds and false alerts count; silence of alerts says nothing."""
    rollbacks = add(live, cast, "No rollback", counts="rollbacks")
    alerts = add(live, cast, "No critical alerts", counts="critical_alerts")
    live.clock(T0 + HOUR)
    evaluate()
    rollbacks.refresh_from_db()
    alerts.refresh_from_db()
    assert rollbacks.met is True
    assert (alerts.met, alerts.reason) == (None, "Nothing tells this release of alerts.")


@pytest.mark.django_db
def test_a_source_of_alerts_that_is_silent_says_nothing(live, cast):
    AlertHook.objects.create(plan=live, name="AM", token_sha256="0" * 64, created_at=T0)
    alerts = add(live, cast, "No critical alerts", counts="critical_alerts")
    live.clock(T0 + HOUR)
    evaluate()
    alerts.refresh_from_db()
    assert (alerts.met, alerts.reason[:26]) == (None, "No source of alerts was he")


@pytest.mark.django_db
def test_what_a_person_says_is_not_evaluated_by_itself(live, cast):
    row = add(live, cast, "Team comfortable")
    live.clock(T0 + HOUR)
    assert evaluate() == 0
    assert success_rows(live, T0 + HOUR)[0].wants_person
    with pytest.raises(Invalid):
        judge_success(row, True, " ", by=cast["cora"])
    with pytest.raises(NotAllowed):
        judge_success(row, True, "Asked them.", by=cast["forge"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": " "}, "text"),
        ({"query": "nothing"}, "query"),
        ({"query": "error-rate"}, "bound"),
        ({"query": "error-rate", "bound": "soon"}, "bound"),
        ({"query": "error-rate", "bound": "< 100 ms"}, "bound"),
        ({"counts": "tears"}, "counts"),
        ({"since": "noon"}, "since"),
        ({"query": "error-rate", "bound": "< 1", "counts": "rollbacks"}, "query"),
    ],
)
def test_what_makes_no_sense_names_its_field(live, cast, fields, field):
    errors(live)
    with pytest.raises(Invalid) as wrong:
        add(live, cast, **{"text": "Calm", **fields})
    assert wrong.value.field == field
    assert not SuccessCriterion.objects.exists()


@pytest.mark.django_db
def test_what_was_evaluated_is_not_changed_any_more(live, cast):
    row = add(live, cast, counts="rollbacks")
    edit_success(row, {"text": "No rollback at all"}, by=cast["cora"])
    live.clock(T0 + HOUR)
    evaluate()
    with pytest.raises(Refused, match="what it asked stays"):
        edit_success(row, {"text": "One is fine"}, by=cast["cora"])
    with pytest.raises(Refused, match="stays"):
        remove_success(row, "No.", by=cast["cora"])


@pytest.mark.django_db
def test_false_alerts_are_those_of_the_release_that_people_called_false(live, cast):
    """S143: one that fired before T0 is none of it."""
    hook = AlertHook.objects.create(plan=live, name="AM", token_sha256="0" * 64, created_at=T0)
    for n, at in enumerate((T0 - HOUR, T0 + timedelta(minutes=5), T0 + timedelta(minutes=9))):
        Alert.objects.create(plan=live, hook=hook, fingerprint=str(n), name="Late", started_at=at,
                             received_at=at, heard_at=at, false_at=at)  # fmt: skip
    row = add(live, cast, "No false alarms", counts="false_alerts")
    live.clock(T0 + HOUR)
    evaluate()
    row.refresh_from_db()
    assert (row.met, row.value_text) == (False, "2 false alerts")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("bands", "met", "text"),
    [
        (("green", "yellow"), True, "2 of 2 pass"),
        (("green", "red"), False, "1 of 2 pass; failing: Check 1"),
        (("green", None), None, "1 of 2 pass"),
        ((), None, ""),
    ],
)
def test_that_all_health_checks_pass_is_measured(live, cast, bands, met, text):
    """A, B: "Health checks passing (5/5)"; one that did not answer is no data (law 5)."""
    for n, band in enumerate(bands):
        check = make_check(live, f"check-{n}", name=f"Check {n}", interval_s=60)
        if band:
            at = T0 + HOUR
            CheckResult.objects.create(health_check=check, at=at, band=band)
    row = add(live, cast, "All health checks passing", counts="failing_checks")
    live.clock(T0 + HOUR)
    evaluate()
    row.refresh_from_db()
    assert (row.met, row.value_text) == (met, text)
    assert bool(row.reason) == (met is None)


@pytest.mark.django_db
def test_pipelines_change_and_remove_what_was_not_evaluated(live, cast):
    row = add(live, cast, "No rollback", counts="rollbacks")
    _, secret = make_token(cast["cora"], ["edit"], live)
    at = f"/api/v1/plans/{live.slug}/success/{row.key}"
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    body = {"text": "No rollback by rule", "counts": "auto_rollbacks", "due_offset_s": 7200}
    answer = client.put(at, body, content_type="application/json")
    assert (answer.status_code, answer.json()["asks"]) == (200, "Rollbacks by rule = 0")
    wrong = client.put(at, {**body, "counts": "nothing"}, content_type="application/json")
    assert wrong.status_code == 422
    assert client.delete(at).status_code == 422
    assert client.delete(f"{at}?reason=Doubled.").status_code == 204
    assert client.delete(f"{at}?reason=Doubled.").status_code == 404
