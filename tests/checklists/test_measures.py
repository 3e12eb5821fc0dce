"""Where a criterion's value comes from: items, sign-offs and ages are counted when read (S50)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checklists.actions.items import set_item_state
from checklists.actions.redating import succeed
from checklists.actions.results import record_value
from checklists.actions.signoffs import sign_off
from checklists.models import Criterion, Gate, Phase
from checklists.queries.criteria import criterion_rows
from checklists.queries.gates import gate_sheet
from checklists.queries.results import results_now
from tests.checklists.conftest import measure
from tests.conftest import make_item
from warroom.actions.change import change
from warroom.models import DeploymentPlan

pytestmark = pytest.mark.django_db


def ask(gate, source, params=None, *, unit="%", green=(">=", 100), **fields):
    return Criterion.objects.create(
        gate=gate,
        key=f"{source}-{gate.criteria.count()}",
        position=gate.criteria.count() + 1,
        label="Asked",
        source=source,
        params=params or {},
        unit=unit,
        green_op=green[0],
        green_value=green[1],
        **fields,
    )


def read(criterion, **later):
    plan = DeploymentPlan.objects.get(pk=criterion.gate.plan_id)
    criterion = Criterion.objects.select_related("gate").get(pk=criterion.pk)
    [row] = criterion_rows(plan, [criterion], timezone.now() + timedelta(**later))
    return row


@pytest.fixture
def two_phases(plan, phase):
    """Phase 1 with two required items and one that is not; phase 5 with one."""
    later = Phase.objects.create(plan=plan, number=5, title="After", offset_s=86_400)
    items = [make_item(phase, n, f"Item {n}") for n in (1, 2)]
    make_item(phase, 3, "If wanted", required=False)
    return [*items, make_item(later, 4, "Later")]


def test_required_items_of_phases_are_counted(gate, two_phases, cast):
    asked = ask(gate, "items", {"phases": [1, 5]})
    assert (read(asked).text, read(asked).band) == ("0 of 3", "yellow")
    for item in two_phases:
        set_item_state(item, "done", by=cast["cora"])
    assert (read(asked).text, read(asked).band) == ("3 of 3", "green")


def test_what_is_still_open_is_named(gate, two_phases, cast):
    asked = ask(gate, "items", {"phases": [1]})
    set_item_state(two_phases[0], "done", by=cast["cora"])
    assert read(asked).text == "1 of 2"
    assert read(asked).source.startswith("required items of phase 1; open: 1.2")


def test_without_phases_it_is_those_that_begin_before_the_gate(plan, gate, phase, two_phases):
    plan.t0 = timezone.now()
    plan.save()
    gate.offset_s, phase.offset_s = 43_200, -3600
    gate.save()
    phase.save()
    assert read(ask(gate, "items")).text == "0 of 2"


def test_a_count_can_be_bounded_as_5_of_5_and_then_another_total_is_no_data(gate, two_phases):
    asked = ask(gate, "items", {"phases": [1]}, unit="of 2", green=(">=", 2))
    assert read(asked).band == "yellow"
    make_item(two_phases[0].phase, 9, "One more")
    assert read(asked).why == "it is measured “of 3”, its target “of 2”"


def test_nothing_to_count_is_no_data_and_never_all_of_it(gate):
    row = read(ask(gate, "items", {"phases": [9]}))
    assert (row.band, row.why) == ("no_data", "there is no phase 9")


def test_a_phase_that_is_gone_is_no_data_and_not_left_out(gate, two_phases, cast):
    for item in two_phases:
        set_item_state(item, "done", by=cast["cora"])
    assert read(ask(gate, "items", {"phases": [1, 7]})).why == "there is no phase 7"


def test_a_group_that_is_gone_is_no_data(gate, two_phases):
    asked = ask(gate, "items", {"groups": ["Network"]})
    assert read(asked).why == "“Network” has no required items"


@pytest.mark.parametrize(
    ("scope", "why"),
    [("7", "there is no phase “7” to sign"), ("at-gate-9", "there is no “at-gate-9” to sign")],
)
def test_what_is_not_there_cannot_be_signed_and_is_no_data(gate, phase, roles, scope, why):
    assert read(ask(gate, "signoffs", {"scopes": ["1", scope]})).why == why


def test_the_signatures_at_another_gate_can_be_asked(plan, gate, roles):
    Gate.objects.create(plan=plan, key="gate-2", number=2, title="Gate 2")
    assert read(ask(gate, "signoffs", {"scopes": ["at-gate-2"]})).text == "0 of 3"


def test_a_gate_that_is_held_again_asks_for_its_own_signatures(plan, gate, phase, cast, roles):
    before = ask(gate, "signoffs", {"scopes": ["1", "at-gate-1"]})
    with change(plan, by=cast["cora"]) as moving:
        gate.plan = moving.plan
        new = succeed(moving, gate)
        moving.record("gate.added", "Held again")
    after = new.criteria.get()
    assert after.params == {"scopes": ["1", f"at-{new.key}"]}
    assert read(after).text == read(before).text == "0 of 6"


def test_signatures_of_the_roles_that_sign_are_counted(plan, gate, phase, cast, roles):
    asked = ask(gate, "signoffs", {"scopes": ["1", "plan"]})
    assert read(asked).text == "0 of 6"
    sign_off(plan, phase, roles["security-lead"], "approved", by=cast["hudson"])
    sign_off(plan, None, roles["on-call"], "rejected", by=cast["thon"], comment="Not yet")
    assert read(asked).text == "1 of 6"
    assert "On-Call" in read(asked).source


def test_a_backup_is_as_old_as_it_is_and_its_age_alone_is_judged(plan, gate):
    asked = ask(gate, "age", {"key": "backup"}, unit="h", green=("<", 24))
    assert read(asked).why == "nothing says when “backup” was made"
    measure(plan, "backup", 1.0, age_s=7200, valid_for_s=60)
    assert (read(asked).text, read(asked).band) == ("2 h", "green")
    assert read(asked, hours=22).band == "yellow"


@pytest.mark.parametrize("fields", [{}, {"band": "red"}, {"band": "no_data"}])
def test_a_backup_that_failed_has_no_age(plan, gate, fields):
    asked = ask(gate, "age", {"key": "backup"}, unit="h", green=("<", 24))
    measure(plan, "backup", None, reason="disk full", **fields)
    assert (read(asked).band, read(asked).why) == ("no_data", "“backup” is not there: disk full")


def test_an_age_is_judged_however_short_a_reading_counts(plan, gate):
    asked = ask(gate, "age", {"key": "backup"}, unit="h", green=("<", 24), valid_for_s=60)
    measure(plan, "backup", 1.0, age_s=7200)
    assert read(asked).band == "green"


def test_a_reading_of_another_version_counts_no_more(plan, gate, cast):
    """A release that becomes another one has to be measured anew; named back, it was measured."""
    asked = ask(gate, "evidence", evidence_key="tests", green=("=", 0), unit="")
    for version, band in (("4.0.0", "green"), ("5.0.0", "no_data"), ("4.0.0", "green")):
        type(plan).objects.filter(pk=plan.pk).update(version=version)
        plan.refresh_from_db()
        if not plan.results.exists():
            record_value(plan, "tests", 0, by=cast["thon"], commit="4.0.0")
        assert read(asked).band == band
    type(plan).objects.filter(pk=plan.pk).update(version="5.0.0")
    assert read(asked).why == "it is of 4.0.0, and this release is 5.0.0"
    plan.refresh_from_db()
    assert [row.word for row in results_now(plan, timezone.now())] == ["Other version"]


def test_a_count_ages_by_nothing_but_what_it_counts(gate, two_phases, cast):
    asked = ask(gate, "items", {"phases": [5]}, valid_for_s=1)
    set_item_state(two_phases[2], "done", by=cast["cora"])
    assert read(asked, days=30).band == "green"


def test_many_criteria_that_count_cost_no_more_statements_than_one(gate, two_phases):
    def statements():
        fresh = gate.__class__.objects.select_related("plan").get(pk=gate.pk)
        with CaptureQueriesContext(
            connection,
        ) as taken:
            gate_sheet(fresh, timezone.now())
        return len(taken)

    for source in ("items", "signoffs", "age"):
        ask(gate, source)
    few = statements()
    for source in ("items", "signoffs", "age", "items"):
        ask(gate, source, {"phases": [1]})
    assert statements() == few
