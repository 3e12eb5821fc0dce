"""Gates ask rounds and success criteria; decisions freeze them; the document tells them (S39)."""

import pytest
from django.utils import timezone

from checklists.actions.gates import decide_gate
from checklists.models import Criterion, Decision
from checklists.queries.criteria import criterion_rows
from rollouts.actions.recording import record_round
from rollouts.actions.rounds import keep_rounds
from rollouts.linting.rounds import cadences, criteria
from rollouts.models import Stage, WatchRound
from rollouts.queries.round_measures import own_keys
from tests.rollouts.watched_room import metric, watched_stage
from warroom.documents.writing import completed_document

pytestmark = pytest.mark.django_db


@pytest.fixture
def watched(plan, cast, gate, phase):
    now = timezone.now()
    stage = watched_stage(plan, gate=gate, started_at=now)
    plan.rollout.verified_at = plan.rollout.desired_at = now
    plan.rollout.save()
    metric(plan, at=now)
    keep_rounds(plan)
    record_round(WatchRound.objects.get(), by=cast["thon"], action="none", note="All | calm.")
    plan.refresh_from_db()
    return stage


def ask(gate, key, op="=", value=0):
    one = Criterion.objects.create(
        gate=gate, key=key.replace(".", "-"), position=1, label=key, evidence_key=key,
        source="evidence", green_op=op, green_value=value,
    )  # fmt: skip
    [row] = criterion_rows(gate.plan, [one], timezone.now())
    return row


def test_a_gate_asks_for_missed_rounds(watched, gate):
    gate.refresh_from_db()
    row = ask(gate, "rounds.missed")
    assert (row.band, row.value) == ("green", 0)
    assert "Expected so far 1, performed 1, 0 late, missed 0" in row.source


def test_success_that_is_not_decided_is_no_data(plan, gate):
    plan.success_criteria.create(key="calm", text="Calm")
    assert ask(gate, "success.missed").band == "no_data"
    plan.success_criteria.update(met=True, evaluated_at=timezone.now())
    gate.refresh_from_db()
    assert ask(type(gate).objects.get(), "success.met", ">=", 1).band == "green"


def test_nobody_posts_what_is_computed(plan):
    assert {"rounds.missed", "success.missed"} <= own_keys(plan, timezone.now())


def test_a_decision_freezes_the_rounds_of_its_stage(watched, cast, gate):
    decide_gate(gate, "hold", by=cast["cora"])
    frozen = Decision.objects.get().evidence["rounds"]
    assert (frozen["performed"], frozen["late"], frozen["missed"]) == (1, 0, [])


def test_the_completed_document_lists_rounds(watched, plan):
    text = completed_document(plan)
    assert "**Monitoring rounds**" in text
    assert "calm. |" in text


def test_a_soak_without_rounds_is_a_finding(watched, plan):
    assert list(cadences(plan, timezone.now())) == []
    Stage.objects.create(plan=plan, number=2, from_percent=5, to_percent=10, soak_s=3600)
    plan = type(plan).objects.get()
    [found] = cadences(plan, timezone.now())
    assert found.text.startswith("Nobody is asked to look during stage 2")


def test_a_bound_that_nothing_measures_is_a_finding(plan):
    plan.success_criteria.create(key="a", text="Truth score > 0.95")
    plan.success_criteria.create(key="b", text="Team comfortable")
    [found] = criteria(plan, timezone.now())
    assert found.text.startswith("“Truth score > 0.95”: choose the metric")
