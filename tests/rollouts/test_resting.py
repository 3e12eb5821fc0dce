"""What rests on a metric or check that goes: it is said before, in the event, and as a finding."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checklists.models import Criterion, Gate
from rollouts.actions.check_edits import remove_check
from rollouts.actions.metrics import set_enabled
from rollouts.models import Guardrail, ProcedureStep, RollbackProcedure, Rollout, SuccessCriterion
from rollouts.queries.resting import rests_on
from tests.rollouts.cast import make_check, make_query
from warroom.actions.refusals import Invalid, Refused, Unconfirmed
from warroom.live.lint import lint

pytestmark = pytest.mark.django_db
SAID = [
    "The guardrail Slow never trips.",
    "The step “Watch it” of a procedure is never closed by it.",
    "The success criterion “Calm” has no data.",
    "Gate 1 asks it, and has no data then.",
]


def use(plan, **by):
    """A guardrail, a step, a success criterion and a gate that go by one thing."""
    (row,) = by.values()
    Guardrail.objects.create(plan=plan, key="slow", name="Slow", kind="metric", **by)
    way = RollbackProcedure.objects.create(plan=plan, key="back", name="Back")
    ProcedureStep.objects.create(procedure=way, position=1, segment="verify", title="Watch it",
                                 kind="metric", **by)  # fmt: skip
    SuccessCriterion.objects.create(plan=plan, key="calm", text="Calm", **by)
    gate = Gate.objects.create(plan=plan, key="gate-1", number=1, title="Gate 1")
    Criterion.objects.create(gate=gate, key="slow", position=1, label="Slow",
                             source="evidence", evidence_key=row.key)  # fmt: skip
    return row


def found(plan):
    every = lint(plan, timezone.now() + timedelta(seconds=1))
    return [one.text for one in every if one.code == "resting"]


def test_a_metric_that_goes_says_what_falls_still(plan, cast):
    row = use(plan, query=make_query(plan))
    assert [sentence for _, sentence in rests_on(plan, [row])] == SAID
    assert found(plan) == []
    with pytest.raises(Invalid, match=r"Say why.*The guardrail Slow never trips.*Gate 1 asks it"):
        set_enabled(row, False, by=cast["cora"])
    set_enabled(row, False, by=cast["cora"], reason="Not instrumented.")
    event = plan.events.get(kind="metric.removed")
    assert event.data["rests"] == SAID and event.text.endswith(" ".join(SAID))
    assert [one.startswith(said) for one, said in zip(found(plan), SAID, strict=True)] == [True] * 4


def test_a_check_that_goes_wants_a_reason_where_anything_rests_on_it(plan, cast):
    row = use(plan, health_check=make_check(plan))
    Guardrail.objects.all().delete()
    with pytest.raises(Unconfirmed, match="success criterion “Calm” has no data"):
        remove_check(row, by=cast["cora"])
    remove_check(row, by=cast["cora"], reason="The service is gone.")
    assert plan.events.get(kind="check.removed").data["rests"] == SAID[1:]


def test_the_metric_by_which_the_traffic_is_seen_does_not_go(plan, cast):
    row = make_query(plan)
    Rollout.objects.create(plan=plan, observed_by=row)
    with pytest.raises(Refused, match="The share of the traffic is seen by P95 latency"):
        set_enabled(row, False, by=cast["cora"], reason="Not needed.")
    row.refresh_from_db()
    assert row.enabled
