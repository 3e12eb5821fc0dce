"""Nobody answers: the gate holds by itself, once (scenario 47; S115)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from checklists.actions.gates import cast_vote, decide_gate
from checklists.actions.silence import hold_silent
from checklists.models import Decision, Gate
from checklists.queries.frozen import is_untouched
from checklists.queries.verified import of_plan
from checklists.rules.silence import Held, holds_at, opened_at
from tests.checklists.test_together import together

T = datetime(2025, 10, 23, 21, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


# --- the rule ------------------------------------------------------------------------------


def test_silence_counts_from_the_opening_and_not_where_none_is_set():
    assert holds_at(T, 60) == T + 60 * MINUTE
    assert holds_at(T, None) is None
    assert holds_at(None, 60) is None


def test_it_counts_anew_after_a_hold_of_somebody_and_after_a_change_of_the_gate():
    held = Held(T + MINUTE, T + 360 * MINUTE)
    assert opened_at(T, None, [held]) == T + 360 * MINUTE
    assert opened_at(T, T + 30 * MINUTE) == T + 30 * MINUTE


def test_what_the_rule_held_it_does_not_hold_again_until_the_gate_opens_anew():
    rule = Held(T + 60 * MINUTE, T + 420 * MINUTE, by_rule=True)
    assert holds_at(T, 60, None, [rule]) is None
    assert holds_at(T + 600 * MINUTE, 60, None, [rule]) == T + 660 * MINUTE


# --- the work ------------------------------------------------------------------------------


@pytest.fixture
def silent(plan, gate, cast):
    """A gate that opened 61 minutes ago in a release that is prepared."""
    return opened(plan, gate, 61)


def opened(plan, gate, minutes_ago):
    plan.t0, plan.lifecycle = timezone.now() - minutes_ago * MINUTE, "preparing"
    plan.save(update_fields=["t0", "lifecycle"])
    gate.offset_s = 0
    gate.save(update_fields=["offset_s"])
    gate.plan = plan
    return gate


@pytest.mark.django_db
def test_after_an_hour_without_votes_the_gate_holds_by_itself(plan, silent):
    """Scenario 47: nobody was there; what is due is done when a worker comes back."""
    assert hold_silent() == 1
    decision = Decision.objects.get()
    assert (decision.word, decision.person_name, decision.decided_as) == (
        "hold",
        "the rule",
        "the rule",
    )
    assert (decision.role, decision.person, decision.override) == (None, None, False)
    assert "Deployment Lead, On-Call, Security Lead within 60 min" in decision.rationale
    assert decision.evidence["missing_votes"] == ["Deployment Lead", "On-Call", "Security Lead"]
    assert decision.evidence["quorum"]["words"]["Proceed"].startswith("3 of 3 roles")
    assert is_untouched(decision)
    event = plan.events.get()
    assert (event.kind, event.actor_name, event.data["by_rule"]) == ("gate.held", "the rule", True)
    assert event.data["followups"] == [row.number for row in plan.followups.all()] != []


@pytest.mark.django_db
def test_a_hold_by_itself_against_a_no_go_is_marked_as_an_override(plan, silent, cast, roles):
    cast_vote(silent, roles["on-call"], "no-go", by=cast["thon"], reason="Not tonight")
    assert hold_silent() == 1
    decision = Decision.objects.get()
    assert (decision.word, decision.recommendation, decision.override) == ("hold", "no-go", True)
    event = plan.events.get(kind="gate.held")
    assert (event.data["override"], "The rule says NO-GO." in event.text) == (True, True)
    assert not list(of_plan(plan))


@pytest.mark.django_db
def test_it_holds_once_however_often_the_worker_looks(plan, silent):
    assert [hold_silent() for _ in range(3)] == [1, 0, 0]
    silent.refresh_from_db()
    assert silent.silence_due_at is None


@pytest.mark.django_db
def test_before_its_time_only_the_time_is_kept(plan, gate, cast):
    opened(plan, gate, 10)
    assert hold_silent() == 0
    gate.refresh_from_db()
    assert gate.silence_due_at == plan.t0 + 60 * MINUTE


@pytest.mark.django_db
def test_a_lost_time_is_found_again_and_a_shift_moves_it(plan, gate, cast):
    opened(plan, gate, 10)
    hold_silent()
    Gate.objects.update(silence_due_at=None)
    hold_silent()
    gate.refresh_from_db()
    assert gate.silence_due_at == plan.t0 + 60 * MINUTE
    plan.t0 += timedelta(hours=3)
    plan.save(update_fields=["t0"])
    hold_silent()
    gate.refresh_from_db()
    assert gate.silence_due_at == plan.t0 + 60 * MINUTE


@pytest.mark.django_db
def test_who_answered_is_not_silent(plan, silent, cast, roles):
    for name, key in (
        ("cora", "deployment-lead"),
        ("thon", "on-call"),
        ("hudson", "security-lead"),
    ):
        cast_vote(silent, roles[key], "no-go", by=cast[name], reason="Not yet")
    assert hold_silent() == 0
    assert not Decision.objects.exists()


@pytest.mark.django_db
def test_a_met_quorum_waits_for_nobody(plan, silent, cast, roles):
    Gate.objects.update(quorum="count", quorum_count=1)
    cast_vote(silent, roles["on-call"], "go", by=cast["thon"])
    assert hold_silent() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("lifecycle", ["draft", "aborted", "stable", "rolled_back"])
def test_nobody_is_waited_for_before_and_after_the_release(plan, silent, lifecycle):
    plan.lifecycle = lifecycle
    plan.save(update_fields=["lifecycle"])
    assert hold_silent() == 0


@pytest.mark.django_db
def test_a_hold_of_somebody_gives_its_own_length(plan, silent, cast):
    decide_gate(silent, "hold", by=cast["cora"], hold_minutes=30)
    assert hold_silent() == 0
    assert hold_silent(timezone.now() + 89 * MINUTE) == 0


@pytest.mark.django_db
def test_a_decided_gate_is_held_no_more(plan, silent, cast):
    decide_gate(silent, "no-go", by=cast["cora"], rationale="The window is over for tonight.")
    assert hold_silent() == 0


@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_write_one_hold(plan, silent):
    answers = together([hold_silent] * 4)
    assert sum(answers) == 1
    assert Decision.objects.count() == plan.events.count() == 1


@pytest.mark.django_db
def test_the_pages_show_who_held_it(plan, silent, cast, client_of):
    hold_silent()
    page = client_of(cast["thon"]).get(f"/plans/{plan.slug}/gates/gate-1/").content.decode()
    assert "decided by the rule" in page
    room = client_of(cast["thon"]).get(f"/plans/{plan.slug}/")
    assert room.status_code == 200
    assert client_of(cast["thon"]).get(f"/plans/{plan.slug}/document").status_code == 200
    sheet = client_of(cast["thon"]).get(f"/plans/{plan.slug}/gates/gate-1/absent")
    assert "On hold until" in sheet.content.decode()
