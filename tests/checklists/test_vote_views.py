"""The vote's form and what is shown of votes, with every version of them (S31)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from checklists.actions.conditions import Wanted
from checklists.actions.gate_editing import edit_gate
from checklists.actions.gates import cast_vote, decide_gate
from checklists.documents.decision_record import record_markdown
from checklists.models import Condition, Vote
from checklists.queries.decision_records import record_of
from checklists.queries.gates import gate_sheet
from checklists.rules.gate_settings import GateWanted
from warroom.form_parts import TIME_HELP
from warroom.live.needs import needs

pytestmark = pytest.mark.django_db


def lines(*given, **more):
    """The form's lines of conditions: dicts of text, owner, due, blocking."""
    sent = {"c-TOTAL_FORMS": "6", "c-INITIAL_FORMS": "0"}
    for n, line in enumerate(given):
        sent |= {f"c-{n}-{name}": value for name, value in line.items()}
    return sent | more


def test_a_vote_takes_several_conditions_each_with_owner_due_and_whether_it_blocks(
    plan, gate, cast, client_of
):
    sent = lines(
        {"text": "P95 under 200 ms", "owner": "Thon", "due": "2030-10-23 21:15", "blocking": "on"},
        {"text": "Mail is drafted"},
        role="on-call",
        vote="conditional",
    )
    thon = client_of(cast["thon"])
    assert thon.post(f"/plans/{plan.slug}/gates/gate-1/votes", sent).status_code == 302
    first, second = Condition.objects.order_by("number")
    assert (first.text, first.owner, first.blocking) == ("P95 under 200 ms", "Thon", True)
    assert first.due_at == datetime(2030, 10, 23, 21, 15, tzinfo=UTC)
    assert (second.text, second.due_at, second.blocking) == ("Mail is drafted", None, False)
    page = thon.get(f"/plans/{plan.slug}/gates/gate-1/").content.decode()
    assert 'value="2030-10-23 21:15"' in page  # to be changed, nothing has to be typed again


def test_a_wrong_line_is_said_and_keeps_what_was_typed(plan, gate, cast, client_of):
    sent = lines({"text": "P95 under 200 ms", "due": "noonish"}, role="on-call", vote="conditional")
    answer = client_of(cast["thon"]).post(f"/plans/{plan.slug}/gates/gate-1/votes", sent)
    text = answer.content.decode()
    assert answer.status_code == 422 and not Vote.objects.exists()
    assert "noonish" in text and "is no time" in text and "P95 under 200 ms" in text


def test_conditions_without_any_are_asked_for(plan, gate, cast, client_of):
    sent = lines(role="on-call", vote="conditional")
    answer = client_of(cast["thon"]).post(f"/plans/{plan.slug}/gates/gate-1/votes", sent)
    assert answer.status_code == 422
    assert "Name at least one condition" in answer.content.decode()


def test_every_version_of_a_vote_is_shown(plan, gate, cast, roles, client_of):
    role = roles["on-call"]
    cast_vote(gate, role, "no-go", by=cast["thon"], reason="Latency is up")
    cast_vote(gate, role, "abstain", by=cast["thon"])
    cast_vote(gate, role, "go", by=cast["thon"], reason="Flat again")
    page = client_of(cast["vera"]).get(f"/plans/{plan.slug}/gates/gate-1/").content.decode()
    assert "Changed 2 times, before:" in page and "“Latency is up”" in page
    assert "Flat again" in page


def test_a_vote_that_fell_is_shown_as_fallen(plan, gate, cast, roles, client_of):
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    wanted = GateWanted("5 to 10 %", quorum="count", quorum_count=2)
    edit_gate(gate, wanted, by=cast["cora"], reason="Two are enough.")
    page = client_of(cast["thon"]).get(f"/plans/{plan.slug}/gates/gate-1/").content.decode()
    assert "Thon voted go on version 1" in page
    assert "the gate was changed since, vote again" in page
    room = client_of(cast["thon"]).get(f"/plans/{plan.slug}/").content.decode()
    assert "Vote again at 5 to 10 %" in room


def test_deputies_are_named_and_removed_in_the_settings(plan, cast, client_of):
    hudson = client_of(cast["hudson"])
    sent = {"role": "security-lead", "person": "forge"}
    assert hudson.post(f"/plans/{plan.slug}/settings/deputies", sent).status_code == 302
    page = hudson.get(f"/plans/{plan.slug}/settings/").content.decode()
    assert "Remove<span" in page and "Forge as deputy of Security Lead" in page
    assert hudson.post(f"/plans/{plan.slug}/settings/deputies/remove", sent).status_code == 302
    answer = hudson.post(f"/plans/{plan.slug}/settings/deputies", sent | {"person": "stranger"})
    assert answer.status_code == 422 and "has no seat" in answer.content.decode()


def test_the_vote_asks_for_one_condition_behind_a_summary_of_its_own(plan, gate, cast, client_of):
    """Without script it unfolds; with script it shows with 'Go with conditions' only."""
    thon = client_of(cast["thon"])
    text = thon.get(f"/plans/{plan.slug}/gates/gate-1/").content.decode()
    part = text.partition('<details class="more conds">')[2].partition("More conditions")[0]
    assert part.count('name="c-') == 4 and "Conditions of a go</summary>" in part
    sent = lines({"text": "P95", "due": "noonish"}, role="on-call", vote="conditional")
    wrong = thon.post(f"/plans/{plan.slug}/gates/gate-1/votes", sent).content.decode()
    assert '<details class="more conds" open>' in wrong and "or T+12h" in wrong


def test_what_a_gate_needs_follows_its_quorum(plan, gate, cast, roles, client_of):
    wanted = GateWanted("5 to 10 %", 86_400, quorum="count", quorum_count=2)
    plan.t0 = timezone.now()
    plan.save()
    edit_gate(gate, wanted, by=cast["cora"], reason="Two are enough.")
    gate.refresh_from_db()
    page, absent = f"/plans/{plan.slug}/gates/gate-1/", f"/plans/{plan.slug}/gates/gate-1/absent"
    text = client_of(cast["cora"]).get(page).content.decode()
    assert "Needs 2 of 3 votes and a decision" in text and "as soon as the quorum is met" in text
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    assert not gate_sheet(gate, timezone.now()).is_open
    cast_vote(gate, roles["security-lead"], "go", by=cast["hudson"])
    gate.refresh_from_db()
    sheet = gate_sheet(gate, timezone.now())
    assert sheet.is_open and len(sheet.missing) == 1 and not sheet.waited
    text = client_of(cast["cora"]).get(absent).content.decode()
    assert "2 of 3 votes: the quorum is met" in text and "#v-proceed" in text
    assert "the quorum is met without" in text and "Missing: " not in text
    assert "votes are missing" not in text and "is absent</h1>" not in text


def test_who_holds_the_missing_vote_is_not_asked_to_reach_themselves(plan, gate, cast, client_of):
    address = f"/plans/{plan.slug}/gates/gate-1/absent?role=security-lead"
    own = client_of(cast["hudson"]).get(address).content.decode()
    assert "This vote is yours" in own and "Log the try" not in own
    assert "must say so in writing" not in own and "What the holder wrote" not in own
    assert 'data-without="role-security-lead">Reach Hudson' in own
    other = client_of(cast["cora"]).get(address).content.decode()
    assert "Log the try" in other and "This vote is yours" not in other
    sent = {"role": "security-lead", "to": "forge", "reason": "On a train, Forge knows it all."}
    there = f"/plans/{plan.slug}/gates/gate-1/delegations"
    assert client_of(cast["hudson"]).post(there, sent).status_code == 302
    row = gate.delegations.get()
    assert (row.to, row.agreed) == (cast["forge"], sent["reason"])
    after = client_of(cast["hudson"]).get(address).content.decode()
    assert "<summary>Ask somebody else instead</summary>" in after


def test_a_condition_that_a_go_went_over_is_called_overridden(plan, gate, cast, roles, client_of):
    sent = [Wanted("Limits are read again", "Thon", datetime(2030, 1, 2, 3, tzinfo=UTC))]
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"], conditions=sent)
    page = f"/plans/{plan.slug}/gates/gate-1/"
    assert "Blocks GO until it is met" in client_of(cast["vera"]).get(page).content.decode()
    why = "The limits are read again tomorrow morning."
    taken = decide_gate(gate, "go", by=cast["cora"], rationale=why)
    text = client_of(cast["vera"]).get(page).content.decode()
    assert "Blocked GO, overridden at the decision" in text and "Blocks GO until" not in text
    assert "As of now" in text and "The decision does not rest on it." in text
    needed = {one.title: one.note for one in needs(plan, timezone.now())}
    assert "Overridden at the decision" in needed["Meet condition 1: Limits are read again"]
    record = record_markdown(record_of(taken))
    assert "go with condition 1" in record and "2 Jan 2030" in record
    assert "Thon as On-Call" in record and "open, overridden" in record


def test_a_no_go_stays_on_the_rooms_board_with_the_way_on(plan, gate, cast, client_of):
    decide_gate(gate, "no-go", by=cast["cora"], rationale="The disk is full, and stays so today.")
    text = client_of(cast["cora"]).get(f"/plans/{plan.slug}/").content.decode()
    assert "No gate is open or ahead" not in text and "Set a new date</a>" in text
    assert "5 to 10 %, " in text and "UTC, Cora" in text


def test_examples_of_times_could_be_meant():
    assert str(TIME_HELP).startswith(f"{timezone.now() + timedelta(days=1):%Y-%m-%d}")
