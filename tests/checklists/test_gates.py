"""Votes, judgements and decisions. Laws 5, 6, 9. Scenarios 20 and 21."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checklists.actions.conditions import Wanted
from checklists.actions.gates import cast_vote, decide_gate
from checklists.actions.judging import judge_criterion
from checklists.actions.signoffs import sign_off, withdraw_signature
from checklists.models import Criterion, Decision, Evidence, Vote
from checklists.queries.criteria import criterion_rows
from checklists.queries.frozen import digest, is_untouched
from checklists.queries.gates import gate_sheet
from tests.checklists.conftest import measure
from tests.conftest import make_item, seat
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.live import outlook, panels
from warroom.models import TimelineEvent
from warroom.rules.wording import instant_text

pytestmark = pytest.mark.django_db


def sheet(gate, **later):
    return gate_sheet(gate, timezone.now() + timedelta(**later))


def test_all_green_and_all_votes_in_is_go(all_go):
    assert sheet(all_go).recommendation.word == "go"


def test_a_reading_that_has_grown_old_is_no_data_when_it_is_read(plan, gate, criterion):
    measure(plan, "error-rate", 0.04, valid_for_s=30)
    assert sheet(gate).criteria[0].band == "green"
    old = sheet(gate, seconds=60).criteria[0]
    assert old.band == "no_data"
    assert old.why == "the last reading is older than 30 s"


@pytest.mark.parametrize("value", [float("inf"), None])
def test_what_is_no_number_is_never_green(plan, gate, criterion, value):
    measure(plan, "error-rate", value, reason="the query gave nothing")
    assert sheet(gate).criteria[0].band == "no_data"


def test_a_reading_in_another_unit_is_no_data_and_never_green(plan, gate, criterion):
    measure(plan, "error-rate", 0.0004, unit="share")
    row = sheet(gate).criteria[0]
    assert row.band == "no_data"
    assert row.why == "it is measured “share”, its target “%”"


def test_a_criterion_that_nothing_measures_has_no_data_and_holds(gate, criterion):
    row = sheet(gate).criteria[0]
    assert (row.band, row.why) == ("no_data", "nothing measures it yet")
    assert sheet(gate).recommendation.word == "hold"


def test_a_judgement_counts_until_something_measures_and_does_not_age(plan, gate, criterion, cast):
    judge_criterion(criterion, by=cast["hudson"], value=0.04, note="Counted by hand")
    assert sheet(gate, days=3).criteria[0].band == "green"
    assert plan.events.get().kind == "criterion.judged"
    measure(plan, "error-rate", 2.0)
    assert sheet(gate).criteria[0].band == "red"
    with pytest.raises(Refused, match="measured by rate"):
        judge_criterion(criterion, by=cast["hudson"], band="green", note="I know better")


def test_a_judgement_wants_a_band_or_a_value_and_a_note(gate, criterion, cast):
    for wanted, field in (
        ({"band": "blue", "note": "x"}, "band"),
        ({"band": "green", "note": " "}, "note"),
        ({"value": float("nan"), "note": "x"}, "value"),
    ):
        with pytest.raises(Invalid) as wrong:
            judge_criterion(criterion, by=cast["hudson"], **wanted)
        assert wrong.value.field == field
    words = Criterion.objects.create(gate=gate, key="team", position=2, label="Team ready")
    with pytest.raises(Invalid):
        judge_criterion(words, by=cast["hudson"], value=3, note="x")
    judge_criterion(words, by=cast["hudson"], band="yellow", note="One is away")
    assert sheet(gate).criteria[1].band == "yellow"
    with pytest.raises(NotAllowed):
        judge_criterion(words, by=cast["forge"], band="green", note="x")


def test_a_vote_can_be_changed_until_the_decision_and_each_version_is_kept(gate, cast, roles, plan):
    first = cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    second = cast_vote(gate, roles["on-call"], "no-go", by=cast["thon"], reason="Not tonight")
    assert second.supersedes == first
    assert Vote.objects.count() == 2
    assert [event.kind for event in plan.events.order_by("seq")] == ["vote.cast", "vote.changed"]


def test_a_vote_sent_twice_is_one_vote_and_one_event(gate, cast, roles):
    for request_id in ("a", "a", None):
        cast_vote(gate, roles["on-call"], "go", by=cast["thon"], request_id=request_id)
    assert Vote.objects.count() == TimelineEvent.objects.count() == 1


def test_go_and_no_go_together_no_go_wins_and_both_are_kept(all_go, cast, roles):
    cast_vote(all_go, roles["on-call"], "no-go", by=cast["thon"], reason="Not tonight")
    answer = sheet(all_go).recommendation
    assert answer.word == "no-go"
    assert answer.reasons[0] == "On-Call votes no-go: Not tonight."
    assert Vote.objects.filter(superseded_by__isnull=True).count() == 3


def test_a_late_vote_is_refused_after_the_decision(all_go, cast, roles):
    decide_gate(all_go, "go", by=cast["cora"])
    events = TimelineEvent.objects.count()
    with pytest.raises(Refused, match="was decided while you wrote: GO, Cora") as refused:
        cast_vote(all_go, roles["on-call"], "no-go", by=cast["thon"], reason="Wait")
    assert refused.value.status == 409
    assert (Vote.objects.count(), TimelineEvent.objects.count()) == (3, events)


def test_one_person_does_not_vote_for_two_roles_at_one_gate(gate, cast, roles, plan):
    seat(plan, cast["thon"], "security-lead", "Security Lead", [])
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    with pytest.raises(Refused, match="One person does not vote for two roles"):
        cast_vote(gate, roles["security-lead"], "go", by=cast["thon"])


def test_whom_the_plan_names_votes_for_two_roles(gate, cast, roles, plan):
    """Scenario 54, law 10: the plan allows it by name."""
    seat(plan, cast["thon"], "security-lead", "Security Lead", [])
    type(plan).objects.filter(pk=plan.pk).update(two_roles=["thon"])
    for key in ("on-call", "security-lead"):
        cast_vote(gate, roles[key], "go", by=cast["thon"])
    assert gate.votes.count() == 2


def test_conditions_of_a_vote_hold_the_gate_until_they_are_met(all_go, cast, roles):
    cast_vote(
        all_go,
        roles["on-call"],
        "go",
        by=cast["thon"],
        conditions=[Wanted("P95 below 200 ms")],
    )
    assert "1 blocking condition is open" in sheet(all_go).recommendation.sentence
    cast_vote(all_go, roles["on-call"], "go", by=cast["thon"])  # taken back with the vote
    assert sheet(all_go).recommendation.word == "go"


def test_a_blocking_item_of_a_later_phase_does_not_hold_an_earlier_gate(all_go, phase, blocking):
    assert sheet(all_go).recommendation.word == "hold"
    all_go.offset_s, phase.offset_s = 3600, 7200
    all_go.save()
    phase.save()
    assert sheet(all_go).recommendation.word == "go"


def test_a_decision_freezes_its_evidence(all_go, plan, cast, item):
    decision = decide_gate(all_go, "go", by=cast["cora"], rationale="All well.")
    decision.refresh_from_db()
    frozen = decision.evidence
    assert decision.evidence_sha256 == digest(frozen)
    assert is_untouched(decision)
    assert frozen["criteria"][0]["value"] == 0.04
    assert frozen["criteria"][0]["source"] == "rate(errors[5m])"
    assert frozen["criteria"][0]["observed_at"]
    assert len(frozen["votes"]) == 3
    assert frozen["items"][0]["state"] == "open"
    assert not decision.override
    event = plan.events.order_by("seq").last()
    assert (event.kind, event.data["evidence_sha256"]) == (
        "gate.decided",
        decision.evidence_sha256,
    )
    decision.evidence["criteria"][0]["value"] = 0.01
    assert not is_untouched(decision)


def test_a_decision_against_the_rule_wants_a_rationale_and_is_marked(gate, cast, plan):
    with pytest.raises(Invalid) as wrong:
        decide_gate(gate, "no-go", by=cast["cora"])
    assert wrong.value.field == "rationale"
    decision = decide_gate(gate, "no-go", by=cast["cora"], rationale="We stop here for today")
    assert decision.override
    assert "against the rule, which says HOLD" in plan.events.get().text


def test_a_gate_is_decided_once_and_a_second_decision_is_refused(all_go, cast, plan, roles):
    first = decide_gate(all_go, "go", by=cast["cora"])
    assert decide_gate(all_go, "go", by=cast["cora"]) == first  # the second click
    with pytest.raises(Refused, match="was decided while you wrote"):
        decide_gate(all_go, "no-go", by=cast["cora"], rationale="Changed my mind")
    assert Decision.objects.count() == 1


def test_votes_of_an_older_version_and_of_delegates_do_not_back_the_author(gate, plan, cast, roles):
    """Law 10: neither a vote that fell nor one asked for the author's own role is another's."""
    type(plan).objects.filter(pk=plan.pk).update(author=cast["cora"])
    for name, key in (("thon", "on-call"), ("hudson", "security-lead")):
        cast_vote(gate, roles[key], "go", by=cast[name])
    type(gate).objects.filter(pk=gate.pk).update(version=2)
    why = "It is my plan and I want it to go now."
    with pytest.raises(Refused, match="only one to say GO"):
        decide_gate(gate, "go", by=cast["cora"], rationale=why)
    asked = gate.delegations.create(
        role=roles["deployment-lead"],
        to=cast["forge"],
        to_name="Forge",
        for_name="Cora",
        by=cast["cora"],
        by_name="Cora",
        reason="Away",
        agreed="Forge votes for me.",
        at=timezone.now(),
    )
    cast_vote(gate, roles["deployment-lead"], "go", by=cast["forge"])
    assert asked.votes.exists()
    with pytest.raises(Refused, match="only one to say GO"):
        decide_gate(gate, "go", by=cast["cora"], rationale=why)
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    assert decide_gate(gate, "go", by=cast["cora"], rationale=why)


def test_the_author_alone_does_not_say_go(gate, plan, cast, roles):
    """Scenario 54, law 10: the author of the plan may not be its only approver."""
    plan.author = cast["cora"]
    plan.save(update_fields=["author"])
    gate.refresh_from_db()
    cast_vote(gate, roles["deployment-lead"], "go", by=cast["cora"])
    with pytest.raises(Refused, match="You wrote this plan"):
        decide_gate(gate, "go", by=cast["cora"], rationale="I know that it works.")
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    assert decide_gate(gate, "go", by=cast["cora"], rationale="Thon looked at it too.").word == "go"


def test_hold_keeps_the_gate_open_and_names_when_it_is_looked_at_again(gate, cast, plan, roles):
    decision = decide_gate(gate, "hold", by=cast["cora"], hold_minutes=30)
    assert decision.hold_until - decision.at == timedelta(minutes=30)
    assert plan.events.get().kind == "gate.held"
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    decide_gate(gate, "no-go", by=cast["cora"], rationale="Enough errors for today")
    assert [d.word for d in gate.decisions.all()] == ["hold", "no-go"]
    with pytest.raises(Invalid):
        decide_gate(make_gate(plan), "hold", by=cast["cora"], hold_minutes=0)


def test_a_hold_is_what_comes_next_until_it_is_over(gate, cast, plan):
    held = decide_gate(gate, "hold", by=cast["cora"], hold_minutes=30)
    plan.refresh_from_db()
    step = outlook.next_step(plan, held.at)
    assert step.label == "5 to 10 % is on hold, looked at again"
    assert step.at == held.hold_until
    assert step.note == f"on hold until {instant_text(held.hold_until, held.at)}, decided by Cora"
    for panel in ("strip", "verdict"):
        assert "5 to 10 % is on hold" in panels.render(panels.get(panel), plan, held.at)
    public = str(panels.render(panels.get("status-next"), plan, held.at))
    assert "is on hold" in public and "Cora" not in public
    later = held.hold_until + timedelta(seconds=1)
    step = outlook.next_step(plan, later)
    assert step.label == "5 to 10 %, to be decided again"
    assert step.note.startswith("Hold is over since") and step.note.endswith("decide again")
    decide_gate(gate, "no-go", by=cast["cora"], rationale="Enough errors for today")
    plan.refresh_from_db()
    assert outlook.next_step(plan, later) is None


def make_gate(plan):
    return plan.gates.create(key="gate-2", number=2, title="10 to 25 %")


def test_go_waits_for_the_gate_to_open_or_for_all_votes(plan, gate, criterion, cast, roles):
    plan.t0 = timezone.now() + timedelta(hours=1)
    plan.save()
    gate.offset_s = 0
    gate.save()
    measure(plan, "error-rate", 0.04)
    with pytest.raises(Invalid, match="GO is possible from"):
        decide_gate(gate, "go", by=cast["cora"], rationale="Early, because all is well")
    for name, key in (
        ("cora", "deployment-lead"),
        ("thon", "on-call"),
        ("hudson", "security-lead"),
    ):
        cast_vote(gate, roles[key], "go", by=cast[name])
    assert decide_gate(gate, "go", by=cast["cora"]).word == "go"


@pytest.mark.parametrize("name", ["thon", "hudson", "forge", "vera", "root", "stranger"])
def test_only_the_deciding_role_decides(gate, cast, name):
    with pytest.raises(NotAllowed):
        decide_gate(gate, "hold", by=cast[name])
    assert not Decision.objects.exists()


def test_a_gate_with_a_decider_is_decided_by_that_role_alone(gate, cast, roles):
    gate.decider = roles["security-lead"]
    gate.save()
    with pytest.raises(NotAllowed, match="Security Lead decides"):
        decide_gate(gate, "hold", by=cast["cora"])
    assert decide_gate(gate, "hold", by=cast["hudson"]).role == roles["security-lead"]


def test_a_gate_is_read_in_a_fixed_number_of_statements(
    all_go, plan, phase, cast, django_assert_num_queries
):
    make_item(phase, 1, "The first")
    gate = plan.gates.select_related("plan", "decider").get()
    with django_assert_num_queries(16):  # all gates are read once for whoever shows them
        sheet(gate)
    for n in range(20, 40):
        make_item(phase, n, f"Item {n}")
        Criterion.objects.create(gate=gate, key=f"c{n}", position=n, label=f"C{n}")
        Evidence.objects.create(plan=plan, key=f"k{n}", updated_at=timezone.now())
    gate = plan.gates.select_related("plan", "decider").get()
    with django_assert_num_queries(16):  # all gates are read once for whoever shows them
        sheet(gate)


def test_the_condition_of_a_withdrawn_signature_holds_no_gate(plan, phase, gate, cast, roles):
    wanted = [Wanted("Cover is confirmed")]
    signed = sign_off(
        plan, phase, roles["on-call"], "conditional", by=cast["thon"], conditions=wanted
    )
    assert [one.text for one in sheet(gate).conditions] == ["Cover is confirmed"]
    withdraw_signature(signed, by=cast["thon"])
    seen = sheet(gate)
    assert not seen.conditions
    assert [row.void for row in seen.condition_rows] == ["the signature was taken back"]


def test_a_judgement_ages_where_the_criterion_says_how_long_it_counts(plan, gate, cast):
    asked = Criterion.objects.create(gate=gate, key="a", position=1, label="A", source="person")
    judge_criterion(asked, by=cast["thon"], band="green", note="Seen")
    later = timezone.now() + timedelta(days=90)
    assert criterion_rows(plan, [asked], later)[0].band == "green"
    asked.valid_for_s = 60
    [row] = criterion_rows(plan, [asked], later)
    assert (row.band, row.why) == ("no_data", "the last judgement is older than 60 s")
    assert row.to_judge


def test_a_value_is_judged_by_the_bounds_that_stand_and_not_by_those_that_were_read(
    plan, gate, criterion, cast
):
    stale = Criterion.objects.select_related("gate__plan").get(pk=criterion.pk)
    Criterion.objects.update(green_value=0.01, red_value=0.02)
    judge_criterion(stale, by=cast["thon"], value=0.05, note="Counted by hand")
    criterion.refresh_from_db()
    plan.refresh_from_db()
    assert criterion_rows(plan, [criterion], timezone.now())[0].band == "red"
