"""What a gate asks, in a plan file and back (S94); older files mean what they meant."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from checklists.actions.criteria import add_criterion, edit_criterion, set_bar
from checklists.actions.criterion_fields import shown
from checklists.actions.waivers import grant_waiver
from checklists.models import Criterion
from checklists.rules.bands import Bound
from tests.conftest import make_item
from warroom.actions.imports import create_plan
from warroom.documents.portable import as_yaml, plan_data, read

pytestmark = pytest.mark.django_db
OLD = """
warroom: 1
plan: {name: Checkout}
gates:
  - key: gate-1
    title: Gate 1
    criteria:
      - {key: errors, label: Errors, target: < 0.1 %, green: < 0.1, unit: "%", evidence: errors}
"""


def test_every_field_of_a_criterion_survives_a_round(plan, gate, phase, cast):
    make_item(phase, 1, "Notify")
    for fields in (
        {"label": "Items", "source": "items", "params": {"phases": [1]}, "unit": "%"},
        {"label": "Backup", "source": "age", "params": {"key": "backup"}, "area": "operational"},
        {"label": "Errors", "evidence_key": "errors", "weight": Decimal("12.5")},
        {"label": "Alerts", "source": "alerts", "params": {"severity": "high"}},
        {"label": "Told", "source": "person", "report_only": True, "valid_for_s": 86_400},
    ):
        fields |= {"green": Bound(">=", 100), "target": "all"}
        add_criterion(gate, fields, by=cast["cora"], reason="Asked")
        gate.refresh_from_db()
    set_bar(gate, Decimal(90), Decimal("70.5"), by=cast["cora"], reason="Agreed")
    text = as_yaml(plan_data(plan, states=False))
    made = create_plan(read(text, "yaml"), by=cast["cora"], slug="again")
    again = made.gates.get()
    assert (again.bar, again.bar_fail) == (90, Decimal("70.5"))
    before = [shown(one) for one in gate.criteria.all()]
    assert [shown(one) for one in again.criteria.all()] == before


def test_an_older_file_asks_by_the_key_of_a_reading(cast):
    made = create_plan(read(OLD, "yaml"), by=cast["cora"], slug="older")
    one = Criterion.objects.get(gate__plan=made)
    assert (one.source, one.evidence_key, one.weight, one.version) == (
        "evidence",
        "errors",
        None,
        1,
    )


def test_a_phase_that_the_file_does_not_have_is_said_with_its_place(cast):
    asked = "{key: items, label: Items, source: items, of: {phases: [3]}}"
    text = OLD[: OLD.index("      - {")] + f"      - {asked}\n"
    with pytest.raises(Exception, match="no phase 3"):
        create_plan(read(text, "yaml"), by=cast["cora"], slug="wrong")


def test_what_was_accepted_and_said_before_is_record_and_made_of_no_file(
    plan, gate, criterion, cast, roles
):
    edit_criterion(criterion, {"red": None}, by=cast["cora"], reason="No fail")
    ends = timezone.now() + timedelta(hours=1)
    grant_waiver(criterion, roles["security-lead"], by=cast["hudson"], reason="Known", ends_at=ends)
    record = plan_data(plan, states=True)["record"]
    assert record["waivers"][0]["statement"].startswith("Hudson accepts as Security Lead")
    assert record["criterion_versions"][0]["said"]["red"] == [">", 1.0]
