"""Criteria are added, changed, moved and taken off while the gate is undecided (S50, S57, S58).

Scenario 38: the older text is kept, readable, and named; votes on it count no more.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from checklists.actions.criteria import (
    FellMeanwhile,
    add_criterion,
    at_stake,
    edit_criterion,
    move_criterion,
    remove_criterion,
    set_bar,
)
from checklists.actions.decisions import decide_gate
from checklists.actions.gates import cast_vote
from checklists.actions.judging import judge_criterion
from checklists.actions.regating import falling
from checklists.actions.waivers import grant_waiver
from checklists.models import Criterion, CriterionVersion, Evidence
from checklists.queries.frozen import is_untouched
from checklists.queries.gates import gate_sheet
from checklists.rules.bands import Bound
from tests.checklists.conftest import measure
from warroom.actions.refusals import Invalid, NotAllowed, Refused

pytestmark = pytest.mark.django_db
WIDER = {"target": "< 0.5 %", "green": Bound("<", 0.5), "red": Bound(">", 1.0)}


def last(plan):
    return plan.events.order_by("seq").last()


def test_a_changed_criterion_keeps_its_older_text_and_names_it(plan, criterion, cast):
    edit_criterion(criterion, WIDER, by=cast["cora"], reason="Measured at night")
    criterion.refresh_from_db()
    kept = criterion.versions.get()
    assert (criterion.version, kept.number, kept.data["green"]) == (2, 1, ["<", 0.1])
    assert (kept.reason, kept.by_name) == ("Measured at night", "Cora")
    event = last(plan)
    assert event.kind == "criterion.changed"
    assert event.data["before"]["green"] == ["<", 0.1]
    assert "target < 0.5 %, was < 0.1 %: Measured at night" in event.text


def test_an_older_version_is_never_changed(criterion, cast):
    edit_criterion(criterion, WIDER, by=cast["cora"], reason="Measured at night")
    with pytest.raises(DatabaseError), transaction.atomic():
        CriterionVersion.objects.update(reason="Other")


def test_votes_on_the_older_criterion_fall_and_are_named(plan, all_go, criterion, cast):
    edit_criterion(criterion, WIDER, by=cast["cora"], reason="Measured at night")
    sheet = gate_sheet(all_go.__class__.objects.get(pk=all_go.pk), timezone.now())
    assert (sheet.cast, sheet.recommendation.word) == (0, "hold")
    assert "asks for a new vote of Deployment Lead" in last(plan).text


def test_another_name_alone_asks_for_no_new_votes(plan, all_go, criterion, cast):
    edit_criterion(criterion, {"label": "Errors"}, by=cast["cora"], reason="Shorter")
    all_go.refresh_from_db()
    assert all_go.version == 1
    criterion.refresh_from_db()
    assert criterion.version == 2


@pytest.mark.parametrize("change", [{"area": "technical"}, {"valid_for_s": 600}])
def test_where_it_stands_and_how_long_it_counts_ask_for_no_new_votes(
    all_go, criterion, cast, change
):
    edit_criterion(criterion, change, by=cast["cora"], reason="Grouped")
    all_go.refresh_from_db()
    assert all_go.version == 1


def test_what_is_only_reported_asks_for_no_new_votes(plan, all_go, cast):
    """Nobody voted on it, so it comes, changes and goes while the votes stand."""
    asked = {"label": "Queue", "report_only": True, "evidence_key": "queue"}
    queue = add_criterion(all_go, asked, by=cast["cora"], reason="To look at", named=())
    edit_criterion(queue, WIDER, by=cast["cora"], reason="Known by now", named=())
    remove_criterion(queue, by=cast["cora"], reason="Seen enough", named=())
    all_go.refresh_from_db()
    assert all_go.version == 1 and not last(plan).data.get("votes_fell")
    queue = add_criterion(all_go, asked, by=cast["cora"], reason="Again")
    edit_criterion(queue, {"report_only": False}, by=cast["cora"], reason="It counts")
    all_go.refresh_from_db()
    assert all_go.version == 2 and last(plan).data["votes_fell"]


def test_a_name_is_what_is_asked_where_nothing_else_says_it(gate, cast):
    team = add_criterion(
        gate, {"label": "Rehearsed", "source": "person"}, by=cast["cora"], reason="New"
    )
    gate.refresh_from_db()
    before = gate.version
    edit_criterion(team, {"label": "Read"}, by=cast["cora"], reason="Less")
    gate.refresh_from_db()
    assert gate.version == before + 1


def test_words_are_what_is_asked_where_no_number_is(gate, cast):
    asked = {"label": "Team ready", "target": "all here", "source": "person"}
    team = add_criterion(gate, asked, by=cast["cora"], reason="Asked at every gate")
    gate.refresh_from_db()
    edit_criterion(team, {"target": "two are here"}, by=cast["cora"], reason="Night")
    before, _ = gate.version, gate.refresh_from_db()
    assert gate.version == before + 1


def test_a_judgement_of_the_older_text_does_not_judge_the_newer(plan, gate, criterion, cast):
    judge_criterion(criterion, by=cast["hudson"], value=0.3, note="Counted by hand")
    edit_criterion(criterion, WIDER, by=cast["cora"], reason="Measured at night")
    assert gate_sheet(gate, timezone.now()).criteria[0].band == "no_data"
    assert "to be judged anew" in last(plan).text


def test_to_loosen_a_target_while_it_is_missed_is_said(plan, criterion, cast):
    measure(plan, "error-rate", 0.3)
    edit_criterion(criterion, WIDER, by=cast["cora"], reason="Measured at night")
    assert last(plan).data["loosened"] is True
    assert "A target is loosened while it is missed." in last(plan).text
    assert criterion.versions.get().data["loosened"] is True


@pytest.mark.parametrize(
    ("value", "change"),
    [
        (0.04, WIDER),  # it was met
        (0.3, {"green": Bound("<", 0.05)}),  # tightened
    ],
)
def test_what_loosens_no_missed_target_says_nothing(plan, criterion, cast, value, change):
    measure(plan, "error-rate", value)
    edit_criterion(criterion, change, by=cast["cora"], reason="Measured at night")
    assert last(plan).data["loosened"] is False


@pytest.mark.parametrize("change", [{"report_only": True}, {"weight": Decimal(10)}])
def test_to_take_a_red_criterion_out_of_the_verdict_is_loosening_too(plan, criterion, cast, change):
    measure(plan, "error-rate", 5)
    edit_criterion(criterion, change, by=cast["cora"], reason="Known")
    assert last(plan).data["loosened"] is True


def test_the_same_text_changes_nothing(plan, criterion, cast):
    edit_criterion(criterion, {"label": "Error rate"}, by=cast["cora"], reason="Again")
    assert not plan.events.exists() and not CriterionVersion.objects.exists()


def test_a_form_that_is_sent_twice_changes_once(plan, gate, criterion, cast):
    for _ in range(2):
        edit_criterion(criterion, WIDER, by=cast["cora"], reason="Night", request_id="a")
        add_criterion(gate, {"label": "Other"}, by=cast["cora"], reason="New", request_id="b")
    assert plan.events.count() == 2
    assert gate.criteria.count() == 2


def test_who_saw_an_older_version_is_refused_with_what_is_true(criterion, cast):
    """Scenario 47: a page that the browser brought back acts on nothing that is over."""
    edit_criterion(criterion, WIDER, by=cast["cora"], reason="Measured at night")
    with pytest.raises(Refused, match="changed while you wrote by Cora") as refused:
        edit_criterion(criterion, {"red": None}, by=cast["cora"], reason="No fail", seen_version=1)
    assert refused.value.status == 409


def test_votes_that_come_while_somebody_writes_do_not_fall_unsaid(
    plan, gate, criterion, cast, roles
):
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    with pytest.raises(FellMeanwhile, match="Thon voted as On-Call"):
        edit_criterion(criterion, WIDER, by=cast["cora"], reason="Night", named=())
    named = at_stake(falling(gate))
    edit_criterion(criterion, WIDER, by=cast["cora"], reason="Night", named=named)


def test_a_decided_gate_asks_what_it_was_decided_on(plan, all_go, criterion, cast):
    decision = decide_gate(all_go, "go", by=cast["cora"])
    common = {"by": cast["cora"], "reason": "Late"}
    for act in (
        lambda: edit_criterion(criterion, WIDER, **common),
        lambda: add_criterion(all_go, {"label": "Other"}, **common),
        lambda: remove_criterion(criterion, **common),
        lambda: set_bar(all_go, Decimal(90), None, **common),
    ):
        with pytest.raises(Refused, match="was decided while you wrote: GO, Cora"):
            act()
    assert is_untouched(decision) and gate_sheet(all_go, timezone.now()).criteria


def test_a_criterion_that_is_taken_off_stays_as_a_row_with_its_reason(plan, gate, criterion, cast):
    remove_criterion(criterion, by=cast["cora"], reason="Asked at gate 2")
    remove_criterion(criterion, by=cast["cora"], reason="Again")
    gone = Criterion.everything.get(pk=criterion.pk)
    assert gone.removed_at and gone.versions.get().reason == "Asked at gate 2"
    assert not gate.criteria.exists() and plan.events.count() == 1
    again = add_criterion(gate, {"label": "Error rate"}, by=cast["cora"], reason="After all")
    assert again.key == "error-rate-2"


def test_criteria_are_moved_without_asking_anybody_again(gate, criterion, cast):
    second = add_criterion(gate, {"label": "Second"}, by=cast["cora"], reason="New")
    gate.refresh_from_db()
    version = gate.version
    move_criterion(second, 1, by=cast["cora"])
    move_criterion(second, 1, by=cast["cora"])
    gate.refresh_from_db()
    assert [one.label for one in gate.criteria.all()] == ["Second", "Error rate"]
    assert [one.position for one in gate.criteria.all()] == [1, 2]
    assert gate.version == version and gate.plan.events.count() == 2


def test_only_who_may_edit_changes_what_is_asked_and_says_why(gate, criterion, cast):
    with pytest.raises(NotAllowed):
        edit_criterion(criterion, WIDER, by=cast["thon"], reason="Night")
    with pytest.raises(Invalid) as wrong:
        edit_criterion(criterion, WIDER, by=cast["cora"], reason=" ")
    assert wrong.value.field == "reason"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"label": " "}, "label"),
        ({"label": "x" * 201}, "label"),
        ({"label": "x", "source": "rumour"}, "source"),
        ({"label": "x", "area": "legal"}, "area"),
        ({"label": "x", "weight": Decimal(0)}, "weight"),
        ({"label": "x", "valid_for_s": 0}, "valid_for_s"),
        ({"label": "x", "green": None, "red": Bound(">", 1)}, "target"),
        ({"label": "x", "source": "items", "params": {"phases": ["one"]}}, "phases"),
    ],
)
def test_what_is_wrong_names_its_field(gate, cast, fields, field):
    with pytest.raises(Invalid) as wrong:
        add_criterion(gate, fields, by=cast["cora"], reason="New")
    assert wrong.value.field == field


def test_the_bar_asks_for_new_votes_and_is_said(plan, all_go, cast):
    set_bar(all_go, Decimal(90), Decimal(70), by=cast["cora"], reason="As agreed")
    all_go.refresh_from_db()
    assert (all_go.bar, all_go.version) == (90, 2)
    assert "must reach 90 %, no-go under 70 %, was 100 %" in last(plan).text
    with pytest.raises(Invalid) as wrong:
        set_bar(all_go, Decimal(60), Decimal(70), by=cast["cora"], reason="As agreed")
    assert wrong.value.field == "bar_fail"


def test_a_changed_criterion_ends_what_was_accepted_of_it(plan, gate, criterion, cast, roles):
    measure(plan, "error-rate", 0.3, valid_for_s=3600)
    ends = timezone.now() + timedelta(hours=2)
    grant_waiver(criterion, roles["security-lead"], by=cast["hudson"], reason="Known", ends_at=ends)
    edit_criterion(criterion, {"red": Bound(">", 2)}, by=cast["cora"], reason="Wider")
    assert gate_sheet(gate, timezone.now()).criteria[0].accepted == ""
    assert "no longer" in last(plan).text
    assert Evidence.objects.get(key="error-rate").value == 0.3
