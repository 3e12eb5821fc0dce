"""Gates are added, set anew and taken off; who votes is asked anew (S57, S58)."""

import pytest
from django.utils import timezone

from checklists.actions.delegating import delegate_vote, log_try
from checklists.actions.gate_editing import (
    add_gate,
    edit_gate,
    remove_gate,
    settings_of,
    settings_seen,
)
from checklists.actions.gates import cast_vote, decide_gate
from checklists.documents.record import RecordPart
from checklists.models import Gate
from checklists.rules.gate_settings import GateWanted, gate_objection
from rollouts.models import Stage
from warroom.actions.imports import create_plan
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.documents.portable import as_yaml, plan_data, read
from warroom.live.lint import lint

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (GateWanted(" "), "title"),
        (GateWanted("x" * 201), "title"),
        (GateWanted("G", decider="nobody"), "decider"),
        (GateWanted("G", voters=("nobody",)), "voters"),
        (GateWanted("G", quorum="most"), "quorum"),
        (GateWanted("G", quorum="count"), "quorum_count"),
        (GateWanted("G", quorum="count", quorum_count=3), "quorum_count"),
        (GateWanted("G", quorum="count", quorum_count=2, voters=("a",)), "quorum_count"),
        (GateWanted("G", hold_minutes=0), "hold_minutes"),
        (GateWanted("G", silence_minutes=0), "silence_minutes"),
        (GateWanted("G", quorum="count", quorum_count=2), None),
        (GateWanted("G", silence_minutes=None), None),
    ],
)
def test_what_a_gate_may_be_set_to(wanted, field):
    wrong = gate_objection(wanted.values(), {"a", "b"}, ["a", "b"])
    assert (wrong and wrong[0]) == field


def test_a_gate_is_added_once_and_its_key_is_free(plan, gate, cast):
    wanted = GateWanted("5 to 10 %", 43_200, quorum="count", quorum_count=2)
    made = add_gate(plan, wanted, by=cast["cora"], request_id="r1")
    assert add_gate(plan, wanted, by=cast["cora"], request_id="r1") == made
    other = add_gate(plan, wanted, by=cast["cora"])
    assert (made.number, made.key, other.key) == (2, "5-to-10", "5-to-10-2")
    with pytest.raises(NotAllowed):
        add_gate(plan, wanted, by=cast["thon"])


def test_another_quorum_asks_for_new_votes_and_wants_a_reason(plan, gate, cast, roles):
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    wanted = GateWanted("5 to 10 %", quorum="count", quorum_count=2)
    with pytest.raises(Invalid) as wrong:
        edit_gate(gate, wanted, by=cast["cora"])
    assert wrong.value.field == "reason"
    edit_gate(gate, wanted, by=cast["cora"], reason="Two are enough at night.")
    gate.refresh_from_db()
    event = plan.events.last()
    assert (gate.version, event.kind, event.data["votes_fell"]) == (2, "gate.changed", ["on-call"])
    assert "asks for a new vote of On-Call" in event.text
    assert gate.version_at == event.at


def test_only_roles_that_may_vote_are_counted_for_the_goes_wanted(plan, gate, cast):
    idle = {"voters": ("member", "observer"), "quorum": "count", "quorum_count": 2}
    with pytest.raises(Invalid, match="2 goes are wanted, but no role votes here") as wrong:
        edit_gate(gate, GateWanted(**settings_of(gate) | idle), by=cast["cora"])
    assert wrong.value.field == "quorum_count"


def test_another_title_leaves_the_votes_standing(plan, gate, cast, roles):
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    edit_gate(gate, GateWanted("Ten percent"), by=cast["cora"], reason="Clearer.")
    gate.refresh_from_db()
    assert (gate.title, gate.version) == ("Ten percent", 1)


def test_what_is_the_same_changes_nothing(plan, gate, cast):
    edit_gate(gate, GateWanted(**settings_of(gate)), by=cast["cora"])
    assert not plan.events.exists()


def test_who_saw_something_else_is_told_so(gate, cast):
    seen = settings_seen(gate)
    edit_gate(gate, GateWanted("One"), by=cast["cora"], seen=seen)
    with pytest.raises(Refused, match="set anew while you wrote"):
        edit_gate(gate, GateWanted("Two"), by=cast["cora"], seen=seen)


def test_a_decided_gate_refuses_and_names_the_next_one(plan, gate, cast):
    Gate.objects.create(plan=plan, key="gate-2", number=2, title="10 to 25 %")
    decide_gate(gate, "no-go", by=cast["cora"], rationale="The window is over for tonight.")
    with pytest.raises(Refused, match="applies from 10 to 25 %"):
        edit_gate(gate, GateWanted("Other"), by=cast["cora"], reason="Why not")


def test_a_gate_with_votes_or_a_stage_stays(plan, gate, cast, roles):
    other = Gate.objects.create(plan=plan, key="gate-2", number=2, title="10 to 25 %")
    remove_gate(other, "Not wanted.", by=cast["cora"])
    assert plan.events.last().kind == "gate.removed"
    stage = Stage.objects.create(plan=plan, number=1, from_percent=5, to_percent=10, gate=gate)
    with pytest.raises(Refused, match="stage"):
        remove_gate(gate, "Not wanted.", by=cast["cora"])
    stage.delete()
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    with pytest.raises(Refused, match="1 vote"):
        remove_gate(gate, "Not wanted.", by=cast["cora"])


def test_what_does_not_add_up_is_found(plan, gate, cast, roles):
    gate.quorum, gate.quorum_count = "count", 9
    gate.veto_roles, gate.voters = ["member"], ["on-call", "member"]
    gate.decider = roles["on-call"]
    gate.save()
    roles["on-call"].seats.all().delete()
    codes = {one.code for one in lint(plan, timezone.now())}
    assert {
        "quorum-too-high",
        "veto-without-vote",
        "voter-without-right",
        "voter-empty",
        "decider-without-right",
    } <= codes


# --- the page ------------------------------------------------------------------------------


def form(**more):
    return {
        "title": "10 to 25 %",
        "opens": "T+24h",
        "hold_minutes": "6h",
        "quorum": "count",
        "quorum_count": "2",
        "voters": ["on-call", "security-lead"],
        "veto_roles": ["security-lead"],
        "delegate_minutes": "10",
        "silence_minutes": "",
    } | more


def test_a_gate_is_added_and_set_on_its_page(plan, gate, cast, client_of):
    cora = client_of(cast["cora"])
    base = f"/plans/{plan.slug}/gates/"
    assert cora.post(f"{base}add", form()).status_code == 302
    made = plan.gates.get(number=2)
    assert (made.offset_s, made.hold_minutes, made.silence_minutes) == (86_400, 360, None)
    assert (made.voters, made.veto_roles) == (["on-call", "security-lead"], ["security-lead"])
    shown = cora.get(f"{base}{made.key}/edit").content.decode()
    assert 'value="T+24h"' in shown and "2 of 2 roles" in shown
    assert cora.post(f"{base}{made.key}/edit", form(opens="T+30h")).status_code == 302
    made.refresh_from_db()
    assert (made.offset_s, made.version) == (108_000, 1)


def test_wrong_input_stands_beside_its_field_and_is_kept(plan, gate, cast, client_of):
    cora = client_of(cast["cora"])
    sent = form(opens="noonish", quorum_count="7", title="Kept as typed")
    answer = cora.post(f"/plans/{plan.slug}/gates/add", sent)
    text = answer.content.decode()
    assert answer.status_code == 422 and "Kept as typed" in text and "is no time" in text
    answer = cora.post(f"/plans/{plan.slug}/gates/add", form(quorum_count="7"))
    assert answer.status_code == 422 and "7 goes are wanted" in answer.content.decode()


# --- in files ------------------------------------------------------------------------------


def test_who_votes_comes_back_out_of_the_plan_file(plan, gate, cast):
    wanted = GateWanted(
        "5 to 10 %",
        43_200,
        voters=("on-call", "security-lead"),
        veto_roles=("security-lead",),
        quorum="count",
        quorum_count=1,
        delegate_minutes=5,
        silence_minutes=None,
    )
    edit_gate(gate, wanted, by=cast["cora"])
    text = as_yaml(plan_data(plan, states=False))
    assert "goes: 1" in text and "silence: 0m" in text and "delegate: 5m" in text
    made = create_plan(read(text, "yaml"), by="test", slug="again")
    copy = made.gates.get()
    again = {name: value for name, value in settings_of(copy).items() if name != "decider"}
    assert again == {n: v for n, v in wanted.values().items() if n != "decider"}


def test_the_record_tells_for_whom_somebody_voted(plan, gate, cast, roles):
    delegate_vote(
        gate, roles["security-lead"], cast["forge"], "Away.", by=cast["cora"], agreed="Forge votes."
    )
    log_try(gate, roles["security-lead"], "Call", "No answer", by=cast["cora"])
    cast_vote(gate, roles["security-lead"], "go", by=cast["forge"])
    record = RecordPart().record(plan)
    assert record["votes"][0]["for"] == "Hudson"
    assert record["delegations"][0]["to"] == "Forge"
    assert record["tries"][0]["result"] == "No answer"
