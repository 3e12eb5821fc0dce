"""An accepted deviation is signed, has a reason and an end, and counts neither way (S15)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checklists.actions.decisions import decide_gate
from checklists.actions.gates import cast_vote
from checklists.actions.signoffs import sign_off
from checklists.actions.waivers import grant_waiver, withdraw_waiver
from checklists.models import Waiver
from checklists.queries.decision_records import record_of
from checklists.queries.gates import gate_sheet
from tests.checklists.conftest import measure
from tests.conftest import seat
from warroom.actions.refusals import Invalid, NotAllowed, Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def accept(plan, criterion, cast, roles):
    """Hudson accepts as Security Lead, for two hours unless said otherwise."""

    def accept(who="hudson", role="security-lead", reason="Known and watched", hours=2, **more):
        return grant_waiver(
            criterion,
            roles[role],
            by=cast[who],
            reason=reason,
            ends_at=timezone.now() + timedelta(hours=hours),
            **more,
        )

    return accept


def row(gate, **later):
    return gate_sheet(gate, timezone.now() + timedelta(**later)).criteria[0]


def rule(gate):
    return gate_sheet(gate, timezone.now()).recommendation


def test_what_is_accepted_counts_neither_way_and_is_said(plan, all_go, accept):
    measure(plan, "error-rate", 0.3, valid_for_s=36_000)
    assert rule(all_go).word == "hold"
    waiver = accept()
    said = rule(all_go)
    assert (said.word, said.accepted, said.green) == ("go", 1, 0)
    assert "accepted until" in said.sentence and "Known and watched" in said.sentence
    assert "Hudson accepts as Security Lead that Error rate is yellow, 0.3 %" in waiver.statement
    assert plan.events.order_by("seq").last().kind == "waiver.granted"


def test_it_ends_when_it_says_so(plan, gate, accept):
    measure(plan, "error-rate", 0.3, valid_for_s=36_000)
    accept(hours=2)
    assert row(gate, hours=1).accepted
    assert not row(gate, hours=2, minutes=1).accepted


def test_it_does_not_cover_what_is_worse_than_what_was_accepted(plan, gate, accept):
    measure(plan, "error-rate", 0.3, valid_for_s=36_000)
    accept()
    measure(plan, "error-rate", 3.0, valid_for_s=36_000)
    assert not row(gate).accepted and rule(gate).word == "no-go"


def test_red_that_was_accepted_covers_yellow_but_never_what_has_no_data(plan, gate, accept):
    measure(plan, "error-rate", 3.0, valid_for_s=36_000)
    accept()
    measure(plan, "error-rate", 0.3, valid_for_s=36_000)
    assert row(gate).accepted
    measure(plan, "error-rate", None)
    assert not row(gate).accepted and row(gate).band == "no_data"


@pytest.mark.parametrize(("seen", "better", "worse"), [(0.5, 0.4, 0.99), (1.2, 0.5, 99.0)])
def test_it_lapses_where_the_value_gets_worse_within_its_band(
    plan, gate, accept, seen, better, worse
):
    """Signed is "ends when it gets worse": red at 1.2 % is not red at 99 %."""
    measure(plan, "error-rate", seen, valid_for_s=36_000)
    first = accept()
    for value, covered in ((seen, True), (better, True), (worse, False)):
        measure(plan, "error-rate", value, valid_for_s=36_000)
        assert bool(row(gate).accepted) is covered
    assert accept() != first and row(gate).accepted


def test_one_of_before_values_were_kept_covers_its_band(plan, gate, criterion, cast, roles):
    measure(plan, "error-rate", 0.9, valid_for_s=36_000)
    said = {"role": roles["security-lead"], "person": cast["hudson"], "band": "yellow"}
    when = {"at": timezone.now(), "ends_at": timezone.now() + timedelta(hours=1)}
    Waiver.objects.create(criterion=criterion, criterion_version=1, reason="x", **said, **when)
    assert row(gate).accepted


def test_nothing_is_accepted_of_what_is_green_or_reported_only(plan, gate, criterion, accept):
    measure(plan, "error-rate", 0.04)
    with pytest.raises(Refused, match="green now"):
        accept()
    criterion.report_only = True
    criterion.save()
    with pytest.raises(Refused, match="report only"):
        accept()


def test_it_wants_a_reason_an_end_and_a_role_that_signs(plan, gate, criterion, accept, cast, roles):
    with pytest.raises(Invalid) as wrong:
        accept(reason=" ")
    assert wrong.value.field == "reason"
    with pytest.raises(Invalid) as wrong:
        accept(hours=-1)
    assert wrong.value.field == "ends_at"
    with pytest.raises(Invalid) as wrong:
        grant_waiver(
            criterion, roles["security-lead"], by=cast["hudson"], reason="Known", ends_at=None
        )
    assert wrong.value.field == "ends_at"
    for who, role in (("thon", "security-lead"), ("forge", "member")):
        with pytest.raises(NotAllowed):
            accept(who, role)
    assert not Waiver.objects.exists()


def test_the_author_of_the_plan_accepts_nothing_alone(plan, gate, criterion, accept, cast):
    plan.author = cast["cora"]
    plan.save()
    with pytest.raises(Refused, match="somebody else has to sign"):
        accept("cora", "deployment-lead")


def test_one_person_stands_for_one_role_at_a_gate(plan, gate, accept, cast, roles):
    roles["on-call"].seats.create(user=cast["hudson"])
    cast_vote(gate, roles["on-call"], "go", by=cast["hudson"])
    with pytest.raises(Refused, match="does not sign for two roles"):
        accept()


def test_who_accepted_or_signed_does_not_vote_there_for_another_role(plan, gate, accept, cast):
    """Law 10: whatever came first, one person stands for one role."""
    engineer = seat(plan, cast["hudson"], "qa", "QA", ["vote", "sign"])
    accept()
    said = "Hudson already stands under 5 to 10 % as Security Lead. One person does not vote"
    with pytest.raises(Refused, match=said):
        cast_vote(gate, engineer, "go", by=cast["hudson"])
    with pytest.raises(Refused, match="does not sign for two roles"):
        sign_off(plan, None, engineer, "approved", by=cast["hudson"], gate=gate)
    type(plan).objects.filter(pk=plan.pk).update(two_roles=["hudson"])
    assert cast_vote(gate, engineer, "go", by=cast["hudson"])


def test_a_vote_of_an_older_version_leaves_the_person_free(plan, gate, accept, cast, roles):
    roles["on-call"].seats.create(user=cast["hudson"])
    cast_vote(gate, roles["on-call"], "go", by=cast["hudson"])
    type(gate).objects.filter(pk=gate.pk).update(version=2)
    assert accept()


def test_a_go_on_what_its_decider_accepted_is_an_override(plan, all_go, criterion, accept, cast):
    """Law 9: to accept a red is no way round the rationale."""
    measure(plan, "error-rate", 50, valid_for_s=3600)
    accept("cora", "deployment-lead")
    assert rule(all_go).word == "go"
    with pytest.raises(Invalid, match="You accepted this yourself: Error rate") as wrong:
        decide_gate(all_go, "go", by=cast["cora"])
    assert wrong.value.field == "rationale"
    because = "The probe is broken; the load balancer shows no errors."
    decision = decide_gate(all_go, "go", by=cast["cora"], rationale=because)
    assert (decision.override, decision.how) == (True, "on what the decider accepted")
    event = plan.events.last()
    assert "on what Cora accepted: Error rate" in event.text
    assert (event.data["override"], event.data["accepted"]) == (True, ["Error rate"])
    assert ("How", "OVERRIDE: on what the decider accepted") in record_of(decision).parts[0].rows


def test_a_go_on_what_somebody_else_accepted_is_the_rules_word(plan, all_go, accept, cast):
    measure(plan, "error-rate", 50, valid_for_s=3600)
    accept()
    decision = decide_gate(all_go, "go", by=cast["cora"])
    assert (decision.override, decision.how) == (False, "as the rule said")


def test_the_decider_reads_before_that_a_go_rests_on_their_own_word(
    plan, all_go, accept, cast, client_of
):
    measure(plan, "error-rate", 50, valid_for_s=3600)
    accept("cora", "deployment-lead")
    page = client_of(cast["cora"]).get(f"/plans/{plan.slug}/gates/gate-1/").content.decode()
    assert "You accepted Error rate yourself" in page


def test_who_saw_another_value_or_another_text_is_refused(plan, gate, criterion, accept):
    measure(plan, "error-rate", 3.0)
    with pytest.raises(Refused, match="red, 3 % now, which is not what you saw"):
        accept(seen_band="yellow")
    with pytest.raises(Refused, match="changed while you wrote"):
        accept(seen_version=7)


def test_the_same_acceptance_twice_is_one(plan, gate, criterion, cast, roles):
    ends = timezone.now() + timedelta(hours=2)
    for _ in range(2):
        grant_waiver(
            criterion, roles["security-lead"], by=cast["hudson"], reason="Known", ends_at=ends
        )
    assert Waiver.objects.count() == plan.events.count() == 1


def test_it_is_taken_back_by_a_record_beside_it(plan, gate, criterion, accept, cast):
    measure(plan, "error-rate", 0.3, valid_for_s=36_000)
    waiver = accept()
    with pytest.raises(NotAllowed, match="Only Hudson or Security Lead"):
        withdraw_waiver(criterion, by=cast["thon"])
    for _ in range(2):
        withdraw_waiver(criterion, by=cast["hudson"], reason="Fixed")
    assert not row(gate).accepted
    assert list(Waiver.objects.values_list("withdrawn", flat=True)) == [False, True]
    assert Waiver.objects.get(pk=waiver.pk).reason == "Known and watched"
    accept(reason="Once more")
    assert row(gate).accepted


def test_a_decided_gate_keeps_what_was_accepted(plan, all_go, criterion, accept, cast):
    measure(plan, "error-rate", 0.3, valid_for_s=36_000)
    accept()
    decision = decide_gate(all_go, "go", by=cast["cora"])
    [frozen] = decision.evidence["criteria"]
    assert frozen["waiver"]["person"] == "Hudson" and frozen["waived"]
    with pytest.raises(Refused, match="was decided"):
        withdraw_waiver(criterion, by=cast["hudson"])
    with pytest.raises(Refused, match="was decided"):
        accept(reason="Late")
