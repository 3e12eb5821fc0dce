"""What a decision freezes, that it is the one that was seen, and that tampering is found.

Law 9, S43, S69, scenario 18: evidence with values, queries, sample times, items, votes, conditions.
"""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from checklists.actions import load, load_runs
from checklists.actions.conditions import Wanted
from checklists.actions.corrections import correct
from checklists.actions.decisions import Outdated
from checklists.actions.gates import cast_vote, decide_gate
from checklists.actions.lifecycle import against_going_live
from checklists.actions.signoffs import sign_off
from checklists.models import Decision
from checklists.queries import frozen as frozen_queries
from checklists.queries.gates import gate_sheet
from checklists.queries.verified import of_plan, prove, prove_file
from rollouts.models import PrometheusQuery, PrometheusSource
from tests.checklists.conftest import measure
from warroom import append_only
from warroom.actions.refusals import Invalid, NotAllowed, Refused

pytestmark = pytest.mark.django_db
BECAUSE = "The cache job is known and ends at 01:30."


def seen(gate):
    return gate_sheet(gate, timezone.now()).seen


def tamper(decision, sql, *values):
    """Change the row past the database's guard, as somebody with its password could."""
    append_only.release(connection, "checklists_decision")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE checklists_decision SET {sql} WHERE id = %s", [*values, decision.pk]
        )
    append_only.keep(connection, "checklists_decision")
    return Decision.objects.select_related("gate__plan").get(pk=decision.pk)


# --- what was seen -----------------------------------------------------------------------------


def test_nobody_decides_on_something_else_than_what_they_saw(plan, all_go, cast, roles):
    read = seen(all_go)
    assert read == "go:1"
    cast_vote(all_go, roles["on-call"], "no-go", by=cast["thon"], reason="Disk is full")
    with pytest.raises(Outdated, match="The rule said GO; now it says NO-GO: On-Call votes no-go"):
        decide_gate(all_go, "go", by=cast["cora"], rationale=BECAUSE, seen=read)
    assert not Decision.objects.exists()
    taken = decide_gate(all_go, "go", by=cast["cora"], rationale=BECAUSE, seen="no-go:1")
    assert taken.override and taken.recommendation == "no-go"


def test_who_decides_as_the_rule_says_by_now_is_not_held_up(all_go, cast, roles):
    """The meeting: votes come in after its page was opened."""
    read = seen(all_go)
    cast_vote(all_go, roles["on-call"], "no-go", by=cast["thon"], reason="Disk is full")
    taken = decide_gate(all_go, "no-go", by=cast["cora"], seen=read)
    assert not taken.override and taken.recommendation == "no-go"


def test_a_gate_that_was_changed_since_is_not_decided(all_go, cast):
    read = seen(all_go)
    type(all_go).objects.filter(pk=all_go.pk).update(version=2)
    with pytest.raises(Outdated, match="changed while you read"):
        decide_gate(all_go, "hold", by=cast["cora"], rationale=BECAUSE, seen=read)


def test_the_same_click_twice_is_one_decision_though_the_gate_is_decided(all_go, cast):
    read = seen(all_go)
    first = decide_gate(all_go, "go", by=cast["cora"], seen=read)
    assert decide_gate(all_go, "go", by=cast["cora"], seen=read) == first


@pytest.mark.parametrize(("rationale", "taken"), [("x" * 19, False), ("x" * 20, True)])
def test_to_go_against_the_rule_wants_twenty_characters(all_go, cast, rationale, taken):
    if taken:
        assert decide_gate(all_go, "no-go", by=cast["cora"], rationale=rationale).override
        return
    with pytest.raises(Invalid, match="at least 20 characters") as wrong:
        decide_gate(all_go, "no-go", by=cast["cora"], rationale=rationale)
    assert wrong.value.field == "rationale"


# --- what is frozen ----------------------------------------------------------------------------


def test_the_evidence_holds_all_that_the_gate_was_judged_by(plan, all_go, cast, roles, blocking):
    """S69: a snapshot at each decision."""
    source = PrometheusSource.objects.create(plan=plan, url="http://prometheus:9090")
    PrometheusQuery.objects.create(
        plan=plan, source=source, key="p95", name="P95", promql="histogram_quantile(0.95, x)"
    )
    cast_vote(all_go, roles["on-call"], "no-go", by=cast["thon"], reason="Wait")
    wanted = [Wanted("P95 below 200 ms", "Thon")]
    cast_vote(all_go, roles["on-call"], "go", by=cast["thon"], conditions=wanted)
    plan.refresh_from_db()
    head = {"seq": plan.timeline_seq, "hash": plan.timeline_hash}
    kept = decide_gate(all_go, "no-go", by=cast["cora"], rationale=BECAUSE).evidence
    assert kept["timeline"] == head and kept["gate_version"] == 1
    assert kept["criteria"][0]["value"] == 0.04
    assert kept["criteria"][0]["source"] == "rate(errors[5m])"
    assert kept["criteria"][0]["observed_at"]
    mine = [vote for vote in kept["votes"] if vote["role"] == "on-call"]
    assert [(v["word"], v["superseded"]) for v in mine] == [
        ("go", True),
        ("no-go", True),
        ("go", False),
    ]
    assert mine[-1]["conditions"] == [1] and kept["conditions"][0]["text"] == "P95 below 200 ms"
    assert kept["items"][0]["state"] == "open" and kept["items"][0]["blocking"]
    assert kept["watched"][0]["query"] == "histogram_quantile(0.95, x)"
    assert kept["watched"][0]["at"] == "http://prometheus:9090"


def test_the_rules_word_can_be_computed_again_from_what_was_frozen(plan, all_go, cast, roles):
    """Law 9: bounds as figures, bar, source, age, and the signatures that are counted."""
    all_go.criteria.update(weight=3, valid_for_s=600, target_text="none please")
    type(all_go).objects.filter(pk=all_go.pk).update(bar=70, bar_fail=50)
    sign_off(plan, None, roles["on-call"], "approved", by=cast["thon"], gate=all_go)
    kept = decide_gate(all_go, "go", by=cast["cora"]).evidence
    assert (kept["bar"], kept["bar_fail"]) == (70.0, 50.0)
    [one] = kept["criteria"]
    assert one["bounds"] == {"green": ["<", 0.1], "red": [">", 1.0]}
    asked = (one["evidence_key"], one["valid_for_s"], one["params"], one["weight"])
    assert asked == ("error-rate", 600, {}, 3.0)
    [signed] = kept["signatures"]
    assert (signed["gate"], signed["role"], signed["word"]) == ("gate-1", "on-call", "approved")


def test_the_newest_run_of_each_load_profile_is_frozen(plan, all_go, cast):
    profile = load.add_profile(plan, {"name": "Peak", "p95_ms": 200}, by=cast["cora"])
    for p95 in (150.0, 900.0):
        load_runs.finish_run(profile, {"p95": p95}, by=cast["thon"])
    [one] = decide_gate(all_go, "go", by=cast["cora"]).evidence["load_runs"]
    assert (one["profile"], one["number"], one["state"]) == ("peak", 2, "failed")
    assert one["figures"][0]["value"] == 900.0 and one["limits"]


def test_every_noun_can_freeze_its_own_part(all_go, cast, monkeypatch):
    parts = dict(frozen_queries._parts)
    monkeypatch.setattr(frozen_queries, "_parts", parts)
    frozen_queries.register_frozen("weather", lambda sheet: {"rain": 0.5, "gate": sheet.gate.key})
    frozen_queries.register_frozen("nothing", lambda sheet: None)
    decision = decide_gate(all_go, "go", by=cast["cora"])
    decision.refresh_from_db()
    assert decision.evidence["weather"] == {"rain": 0.5, "gate": "gate-1"}
    assert "nothing" not in decision.evidence
    assert prove(decision).holds


# --- proving -----------------------------------------------------------------------------------


def test_a_decision_is_proven_by_its_row_its_event_and_its_file(plan, all_go, cast, capsys):
    decision = decide_gate(all_go, "go", by=cast["cora"])
    proof = prove(decision)
    assert proof.holds and proof.computed == decision.evidence_sha256
    assert proof.event.kind == "gate.decided"
    body = {"evidence": decision.evidence, "evidence_sha256": decision.evidence_sha256}
    assert prove_file(decision, json.dumps(body).encode()) == ""
    body["evidence"] = decision.evidence | {"votes": []}
    assert "was changed" in prove_file(decision, json.dumps(body).encode())
    for broken in (b"", b"[]", b"\xff", b'{"evidence": 1, "evidence_sha256": ""}'):
        assert prove_file(decision, broken)
    call_command("verify_timeline", plan.slug)
    assert "holds" in capsys.readouterr().out


def test_changed_evidence_is_found_and_said_in_words(plan, all_go, cast, capsys):
    decision = decide_gate(all_go, "go", by=cast["cora"])
    forged = json.dumps(decision.evidence | {"missing_votes": ["Nobody"]})
    found = prove(tamper(decision, "evidence = %s", forged))
    assert not found.holds and "the evidence was changed afterwards" in found.wrong[0]
    with pytest.raises(CommandError, match="genesis-4"):
        call_command("verify_timeline", plan.slug)
    assert "CHANGED 5 to 10 %" in capsys.readouterr().out


def test_who_changes_evidence_and_digest_together_is_found_by_the_timeline(plan, all_go, cast):
    decision = decide_gate(all_go, "go", by=cast["cora"])
    forged = decision.evidence | {"missing_votes": ["Nobody"]}
    values = (json.dumps(forged), frozen_queries.digest(forged))
    found = prove(tamper(decision, "evidence = %s, evidence_sha256 = %s", *values))
    assert found.wrong == (
        "Event 4 of the timeline names another SHA-256 than the decision: "
        "the decision's row was changed.",
    )


@pytest.mark.parametrize(
    ("sql", "value", "said"),
    [
        ("rationale = %s", "All was green", "another rationale"),
        ("word = %s", "no-go", "another word"),
        ("recommendation = %s", "hold", "another recommendation"),
        ("person_name = %s", "Hudson", "names Cora, the row Hudson"),
        ("at = %s", "2025-01-01 00:00:00+00:00", "has no event of this decision"),
    ],
)
def test_whatever_is_changed_of_a_row_is_found(plan, all_go, cast, sql, value, said):
    decision = decide_gate(all_go, "go", by=cast["cora"])
    assert said in " ".join(prove(tamper(decision, sql, value)).wrong)
    assert list(of_plan(plan))


def test_a_decision_whose_row_is_gone_is_found(plan, gate, cast):
    decide_gate(gate, "hold", by=cast["cora"])
    append_only.release(connection, "checklists_decision")
    plan.followups.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM checklists_decision")
    append_only.keep(connection, "checklists_decision")
    assert "has no row any more" in next(iter(of_plan(plan)))


# --- corrections -------------------------------------------------------------------------------


def test_a_correction_stands_below_the_decision_which_is_not_edited(plan, all_go, cast):
    decision = decide_gate(all_go, "go", by=cast["cora"])
    first = correct(decision, "Error rate was 0.05 %, not 0.04 %.", by=cast["cora"])
    assert correct(decision, "Error rate was 0.05 %, not 0.04 %.", by=cast["cora"]) == first
    assert (first.by_name, decision.corrections.count()) == ("Cora", 1)
    event = plan.events.get(kind="gate.corrected")
    assert event.data["evidence_sha256"] == decision.evidence_sha256
    assert prove(decision).holds
    for text in ("", "  ", "x" * 4001):
        with pytest.raises(Invalid):
            correct(decision, text, by=cast["cora"])
    with pytest.raises(NotAllowed):
        correct(decision, "I know better", by=cast["thon"])


def test_a_correction_is_possible_in_a_closed_release(plan, all_go, cast):
    decision = decide_gate(all_go, "go", by=cast["cora"])
    type(plan).objects.filter(pk=plan.pk).update(lifecycle="stable")
    assert correct(decision, "The lead was Thon that day.", by=cast["cora"]).pk


def test_the_database_keeps_corrections_as_they_are(all_go, cast):
    row = correct(decide_gate(all_go, "go", by=cast["cora"]), "Wrong.", by=cast["cora"])
    with pytest.raises(Exception, match=r"never|append|kept"):
        type(row).objects.filter(pk=row.pk).update(text="Right.")


def test_measures_of_a_decided_gate_do_not_change_what_was_decided(plan, all_go, cast):
    decision = decide_gate(all_go, "go", by=cast["cora"])
    measure(plan, "error-rate", 9.0)
    decision.refresh_from_db()
    assert decision.evidence["criteria"][0]["value"] == 0.04


def test_a_no_go_stands_against_going_live(all_go, cast, plan):
    decide_gate(all_go, "no-go", by=cast["cora"], rationale=BECAUSE)
    plan.refresh_from_db()
    assert "5 to 10 % said NO-GO." in [
        one.sentence for one in against_going_live(plan, "deploying", timezone.now())
    ]
    with pytest.raises(Refused):
        decide_gate(all_go, "go", by=cast["cora"], rationale=BECAUSE)
