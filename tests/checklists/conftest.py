"""A gate with its facts, and the people who stand at it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from checklists.actions.gates import cast_vote
from checklists.actions.readiness import CategoryWanted, ScaleWanted, save_weights
from checklists.models import Criterion, Evidence
from tests.conftest import make_item


def measure(plan, key, value, *, age_s=0, valid_for_s=30, unit="%", **fields):
    """Evidence as a check leaves it: ``value`` of ``age_s`` seconds ago."""
    at = timezone.now() - timedelta(seconds=age_s)
    row, _ = Evidence.objects.update_or_create(
        plan=plan,
        key=key,
        defaults={
            "value": value,
            "unit": unit,
            "observed_at": at,
            "valid_for_s": valid_for_s,
            "source": "rate(errors[5m])",
            "updated_at": at,
            **fields,
        },
    )
    return row


@pytest.fixture
def criterion(gate):
    """Error rate: green below 0.1 %, red above 1 %, measured under the key error-rate."""
    return Criterion.objects.create(
        gate=gate,
        key="error-rate",
        position=1,
        label="Error rate",
        green_op="<",
        green_value=0.1,
        red_op=">",
        red_value=1.0,
        unit="%",
        evidence_key="error-rate",
    )


@pytest.fixture
def roles(plan, cast):
    return {role.key: role for role in plan.roles.all()}


@pytest.fixture
def all_go(plan, gate, cast, roles, criterion):
    """Every role that votes says go, and the one criterion is green: the rule says GO."""
    measure(plan, "error-rate", 0.04, valid_for_s=3600)
    for name, key in (
        ("cora", "deployment-lead"),
        ("thon", "on-call"),
        ("hudson", "security-lead"),
    ):
        cast_vote(gate, roles[key], "go", by=cast[name])
    return gate


@pytest.fixture
def blocking(phase):
    return make_item(phase, 7, "Confirm on-call cover", blocking=True)


@pytest.fixture
def score(plan, cast):
    """Health 60 %, Security 40 % and a veto with a target of 8; the bar is 8.50 of 10."""
    health = CategoryWanted("Health", Decimal(60))
    security = CategoryWanted("Security", Decimal(40), target="8", veto=True)
    ten = ScaleWanted(Decimal(10), Decimal("8.5"))
    save_weights(plan, [health, security], scale=ten, by=cast["cora"])
    return plan
