"""What is odd about what a gate asks is found before the meeting (S50, S78)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from checklists.actions.readiness import CategoryWanted, ScaleWanted, save_weights
from checklists.actions.waivers import grant_waiver
from checklists.linting import weights
from checklists.linting_criteria import criteria_asked
from checklists.models import Criterion
from tests.checklists.conftest import measure

pytestmark = pytest.mark.django_db


def codes(plan):
    plan.refresh_from_db()
    return {finding.code: finding for finding in criteria_asked(plan, timezone.now())}


def test_weights_want_a_bar_and_a_bar_wants_weights(plan, gate, criterion):
    criterion.weight = 10
    criterion.save()
    assert "Error rate" in codes(plan)["weights-no-bar"].text
    gate.bar = 90
    gate.save()
    assert "weights-no-bar" not in codes(plan)
    Criterion.objects.update(weight=None)
    assert "90 %" in codes(plan)["bar-unreachable"].text


def test_a_key_that_nobody_provides_is_named(plan, gate, criterion):
    assert "“error-rate”" in codes(plan)["key-unknown"].text
    measure(plan, "error-rate", 0.04)
    assert "key-unknown" not in codes(plan)


def test_what_is_measured_wants_bounds_and_what_a_person_judges_does_not(plan, gate):
    Criterion.objects.create(gate=gate, key="a", position=1, label="Items", source="items")
    Criterion.objects.create(gate=gate, key="b", position=2, label="Team", source="person")
    Criterion.objects.create(gate=gate, key="c", position=3, label="Else")
    found = codes(plan)
    assert set(found) == {"no-bounds"} and "Items" in found["no-bounds"].title


def test_what_is_accepted_lasts_until_the_gate_opens(plan, gate, criterion, cast, roles):
    measure(plan, "error-rate", 0.3, valid_for_s=3600)
    plan.t0 = timezone.now()
    plan.save()
    gate.offset_s = 43_200
    gate.save()
    ends = timezone.now() + timedelta(hours=2)
    grant_waiver(criterion, roles["security-lead"], by=cast["hudson"], reason="Known", ends_at=ends)
    assert "ends before the gate opens" in codes(plan)["waiver-too-short"].title


def test_a_veto_without_target_and_bar_is_found_odd(plan, cast):
    def saved(bar):
        only = [CategoryWanted("Security", Decimal(100), veto=True)]
        save_weights(plan, only, scale=ScaleWanted(Decimal(10), bar), by=cast["cora"])
        plan.refresh_from_db()
        return [odd.code for odd in weights(plan, timezone.now())]

    assert saved(None) == ["veto-without-target"]
    assert saved(Decimal(8)) == []
