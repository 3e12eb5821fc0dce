"""Criteria of a gate and the rollout: checks, alerts, and a soak that begins anew (S50, S57)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checklists.actions.criteria import add_criterion, edit_criterion
from checklists.actions.criteria_effects import Edit, foreseen
from checklists.actions.results import record_value
from checklists.models import Criterion, Gate
from checklists.queries.criteria import criterion_rows
from checklists.queries.gates import opens_at
from checklists.rules.bands import Bound
from rollouts.models import HealthCheck, PrometheusQuery, PrometheusSource, Stage
from rollouts.queries.stages import soaks_until
from rollouts.rules.alerts import promql_of, reads_alerts
from tests.checklists.conftest import measure
from warroom.actions.refusals import Invalid, Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def gate(plan):
    return Gate.objects.create(plan=plan, key="gate-1", number=1, title="Gate 1", offset_s=43_200)


def ask(gate, source, params=None, green=(">=", 100), unit="%"):
    return Criterion.objects.create(
        gate=gate,
        key=source,
        position=1,
        label="Asked",
        source=source,
        params=params or {},
        green_op=green[0],
        green_value=green[1],
        unit=unit,
    )


def check(plan, key, band="green", age_s=0):
    read_at = timezone.now() - timedelta(seconds=age_s)
    return HealthCheck.objects.create(
        plan=plan, key=key, name=key.title(), band=band, reason="", read_at=read_at
    )


def read(gate, criterion):
    [row] = criterion_rows(Gate.objects.get(pk=gate.pk).plan, [criterion], timezone.now())
    return row


def test_checks_that_pass_are_counted_and_a_slow_one_passes(plan, gate):
    for key, band in (("home", "green"), ("api", "yellow"), ("login", "red")):
        check(plan, key, band)
    row = read(gate, ask(gate, "checks"))
    assert (row.text, row.band) == ("2 of 3", "yellow")


def test_only_the_checks_that_are_named_count(plan, gate):
    check(plan, "home")
    check(plan, "login", "red")
    asked = ask(gate, "checks", {"checks": ["home"]}, (">=", 1), "of 1")
    assert (read(gate, asked).text, read(gate, asked).band) == ("1 of 1", "green")
    asked.params = {"checks": ["home", "gone"]}
    assert read(gate, asked).why == "there is no health check “gone”"


def test_a_check_that_is_not_read_leaves_no_data(plan, gate):
    check(plan, "home")
    asked = ask(gate, "checks")
    assert read(gate, asked).band == "green"
    check(plan, "api", age_s=300)
    assert read(gate, asked).band == "no_data"
    assert "Api: not read for" in read(gate, asked).why


def test_without_checks_there_is_no_data(gate):
    assert read(gate, ask(gate, "checks")).why == "there are no health checks"


def test_alerts_are_what_was_posted_or_what_a_metric_reads(plan, gate):
    asked = ask(gate, "alerts", {}, ("=", 0), "")
    assert read(gate, asked).why == "nothing says which critical alerts fire"
    measure(plan, "alerts:critical", 0, unit="")
    assert read(gate, asked).band == "green"
    source = PrometheusSource.objects.create(plan=plan)
    promql = 'sum(ALERTS{severity=~"critical|page"})'
    PrometheusQuery.objects.create(
        plan=plan, key="firing", name="Firing", source=source, promql=promql
    )
    measure(plan, "firing", 2, unit="")
    assert (read(gate, asked).value, read(gate, asked).band) == (2, "yellow")


@pytest.fixture
def firing(plan):
    source, promql = PrometheusSource.objects.create(plan=plan), promql_of("critical")
    return PrometheusQuery.objects.create(
        plan=plan, key="firing", name="Firing", source=source, promql=promql
    )


def test_of_several_who_count_alerts_the_worst_is_believed(plan, gate, firing):
    asked = ask(gate, "alerts", {}, ("=", 0), "")
    measure(plan, "firing", 2, unit="", age_s=20)
    measure(plan, "critical-alerts", 0, unit="")
    assert (read(gate, asked).value, read(gate, asked).band) == (2, "yellow")
    measure(plan, "critical-alerts", 7, unit="", age_s=90)  # too old to be believed
    assert read(gate, asked).value == 2


def test_what_was_posted_does_not_stand_in_for_a_metric_that_is_silent(plan, gate, firing):
    asked = ask(gate, "alerts", {}, ("=", 0), "")
    measure(plan, "firing", 0, unit="", age_s=90)
    measure(plan, "critical-alerts", 0, unit="")
    assert read(gate, asked).band == "no_data"


def test_no_count_of_alerts_is_posted_beside_what_measures_them(plan, gate, firing, cast):
    with pytest.raises(Refused, match="critical-alerts is measured here"):
        record_value(plan, "critical-alerts", 0, by=cast["forge"])
    record_value(plan, "warning-alerts", 0, by=cast["forge"])
    PrometheusQuery.objects.update(enabled=False)
    record_value(plan, "critical-alerts", 0, by=cast["forge"])
    measure(plan, "alerts:critical", 2, unit="")
    with pytest.raises(Refused):
        record_value(plan, "critical-alerts", 0, by=cast["forge"], commit="abc1234")


def test_a_criterion_of_alerts_brings_its_metric_in_the_same_change(plan, gate, cast):
    PrometheusSource.objects.create(plan=plan)
    asked = {"label": "Critical alerts", "source": "alerts", "green": Bound("=", 0)}
    for _ in range(2):
        add_criterion(gate, asked, by=cast["cora"], reason="Asked at every gate")
    metric = PrometheusQuery.objects.get()
    assert (metric.key, metric.promql) == ("critical-alerts", promql_of("critical"))
    assert metric.report_only and metric.bands is None
    first = plan.events.order_by("seq").first()
    assert first.kind == "criterion.added" and "metric Critical alerts is added" in first.text


def test_a_severity_is_no_place_for_promql(plan, gate, cast):
    PrometheusSource.objects.create(plan=plan)
    asked = {"label": "Alerts", "source": "alerts", "params": {"severity": 'a"} or vector(1)'}}
    with pytest.raises(Invalid) as wrong:
        add_criterion(gate, asked, by=cast["cora"], reason="Try")
    assert wrong.value.field == "severity"


def test_without_a_prometheus_no_metric_is_made(gate, cast):
    add_criterion(gate, {"label": "A", "source": "alerts"}, by=cast["cora"], reason="New")
    assert not PrometheusQuery.objects.exists()


@pytest.mark.parametrize(
    ("promql", "reads"),
    [
        (promql_of("critical"), True),
        ("count(ALERTS)", True),
        ('ALERTS{severity="warning"}', False),
        ("rate(errors[5m])", False),
        ("ALERTS_FOR_STATE", False),
    ],
)
def test_which_queries_read_the_alerts_of_a_severity(promql, reads):
    assert reads_alerts(promql, "critical") is reads


# --- a soak (scenario 38) --------------------------------------------------------------------


@pytest.fixture
def soaking(plan, gate):
    """Stage 1 has soaked for eleven of its twelve hours and ends in the gate."""
    plan.t0 = timezone.now() - timedelta(hours=11)
    plan.save()
    return Stage.objects.create(
        plan=plan,
        number=1,
        from_percent=0,
        to_percent=5,
        soak_s=43_200,
        gate=gate,
        state="running",
        started_at=plan.t0,
    )


def test_a_criterion_that_is_changed_in_a_soak_restarts_it(plan, gate, soaking, cast):
    asked = ask(gate, "evidence", {}, ("<", 200), "ms")
    asked.gate.plan = plan
    edit_criterion(asked, {"green": Bound("<", 250)}, by=cast["cora"], reason="Cold cache")
    soaking.refresh_from_db()
    gate.refresh_from_db()
    left = soaks_until(plan, soaking, timezone.now()) - timezone.now()
    assert timedelta(hours=11, minutes=59) < left <= timedelta(hours=12)
    assert timedelta(hours=11, minutes=59) < opens_at(gate) - timezone.now()
    event = plan.events.get()
    assert "The soak of stage 1 restarts after 11 h" in event.text and "Gate 1 opens" in event.text
    assert asked.versions.get().data["green"] == ["<", 200.0]
    assert soaking.started_at == plan.t0


def test_what_will_happen_is_said_before_it_happens(plan, gate, soaking):
    asked = ask(gate, "evidence", {}, ("<", 200), "ms")
    draft = Criterion.objects.get(pk=asked.pk)
    draft.green_value = 250
    heads = [one.head for one in foreseen(Edit(gate, asked, draft), timezone.now())]
    assert heads == ["The soak restarts", "Gate 1 moves"]


@pytest.mark.parametrize("source", ["person", "items"])
def test_what_no_machine_measures_is_not_soaked(plan, gate, soaking, cast, source):
    asked = ask(gate, source, {}, ("<", 200), "")
    edit_criterion(asked, {"green": Bound("<", 250)}, by=cast["cora"], reason="Other")
    soaking.refresh_from_db()
    assert soaking.soak_from is None


@pytest.mark.parametrize("change", [{"label": "Other"}, {"area": "technical"}, {"valid_for_s": 90}])
def test_another_name_or_place_restarts_nothing(plan, gate, soaking, cast, change):
    asked = ask(gate, "evidence", {}, ("<", 200), "ms")
    edit_criterion(asked, change, by=cast["cora"], reason="Clearer")
    soaking.refresh_from_db()
    assert soaking.soak_from is None


def test_what_is_only_reported_restarts_nothing(plan, gate, soaking, cast):
    said = {"label": "Queue", "evidence_key": "queue", "report_only": True}
    queue = add_criterion(gate, said, by=cast["cora"], reason="To look at")
    edit_criterion(queue, {"green": Bound("<", 9)}, by=cast["cora"], reason="Known by now")
    soaking.refresh_from_db()
    assert soaking.soak_from is None
    edit_criterion(queue, {"report_only": False}, by=cast["cora"], reason="It counts")
    soaking.refresh_from_db()
    assert soaking.soak_from is not None
