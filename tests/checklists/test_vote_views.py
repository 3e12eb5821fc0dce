"""The vote's form and what is shown of votes, with every version of them (S31)."""

from datetime import UTC, datetime

import pytest

from checklists.actions.gate_editing import edit_gate
from checklists.actions.gates import cast_vote
from checklists.models import Condition, Vote
from checklists.rules.gate_settings import GateWanted

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
