"""Where a criterion's value comes from: items, sign-offs and ages are counted when read (S50)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checklists.actions.items import set_item_state
from checklists.actions.signoffs import sign_off
from checklists.models import Criterion, Phase
from checklists.queries.criteria import criterion_rows
from checklists.queries.gates import gate_sheet
from tests.checklists.conftest import measure
from tests.conftest import make_item
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
    assert (row.band, row.why) == ("no_data", "no phase has no required items")


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
