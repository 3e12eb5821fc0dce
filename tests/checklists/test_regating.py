"""A change of what people vote on asks for new votes (S57, S58)."""

import pytest
from django.utils import timezone

from checklists.actions.gates import cast_vote
from checklists.actions.regating import regate
from checklists.actions.signoffs import sign_off
from checklists.queries.gates import gate_sheet
from warroom.actions.change import change

pytestmark = pytest.mark.django_db


def test_a_vote_counts_for_the_version_that_it_was_given_for(plan, gate, cast, roles):
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    with change(plan, by=cast["cora"]) as changing:
        assert [vote.role.name for vote in regate(changing, gate).votes] == ["On-Call"]
        changing.record("gate.changed", "The gate is another one")
    gate.refresh_from_db()
    row = next(row for row in gate_sheet(gate, timezone.now()).votes if row.role.key == "on-call")
    assert (row.vote, row.outdated.word, gate.version) == (None, "go", 2)


def test_signatures_under_the_gate_fall_too_and_say_why(plan, gate, cast, roles):
    signed = sign_off(plan, None, roles["security-lead"], "approved", by=cast["hudson"], gate=gate)
    with change(plan, by=cast["cora"]) as changing:
        fallen = regate(changing, gate)
        changing.record("gate.changed", f"The gate is another one{fallen.said}", **fallen.data)
    assert "later change of" in signed.revocation.sentence
    assert plan.events.last().data["revoked"] == ["security-lead"]
    assert "revokes the signature of Security Lead" in plan.events.last().text


def test_a_second_change_finds_nothing_left_to_fall(plan, gate, cast, roles):
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    with change(plan, by=cast["cora"]) as changing:
        regate(changing, gate)
        again = regate(changing, gate)
        changing.record("gate.changed", "Twice")
    assert (again.said, again.data) == ("", {"votes_fell": [], "revoked": []})
