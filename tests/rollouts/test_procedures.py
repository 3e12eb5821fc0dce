"""Ordered steps back with their targets, and what does not add up in them (S6, S23, S141, S142)."""

from fractions import Fraction

import pytest
from pydantic import TypeAdapter

from rollouts.actions.procedures import basis_of, retire_procedure, save_procedure, shown
from rollouts.documents.procedure_parts import ProceduresPart
from rollouts.models import RollbackProcedure
from rollouts.rules.procedures import Step, odd, segments, span_of
from tests.conftest import make_plan
from tests.rollouts.cast import make_check, make_query
from tests.rollouts.test_runs import begin
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.documents.readers import Creation
from warroom.rules.rehearsal import in_time


def step(segment="execute", kind="person", target_s=None, title="Do it", **more):
    return Step(title, segment, kind, target_s, **more)


def codes(target, *steps):
    return [code for code, _ in odd(target, steps)]


def test_segments_add_up_the_targets_of_their_steps():
    """S142."""
    steps = [
        step("decide", target_s=300),
        step("execute", target_s=400),
        step("execute", target_s=200),
        step("verify"),
        step("verify", target_s=300),
    ]
    assert segments(steps) == [("decide", 300), ("execute", 600), ("verify", 300)]
    assert codes(1200, *steps) == []


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (codes(1200, step(target_s=900), step("verify", target_s=600)), ["procedure_sum"]),
        (codes(1200, step(target_s=900), step("verify", target_s=60)), ["procedure_sum"]),
        (codes(900, step(target_s=300), step("verify")), []),
        (codes(None), ["procedure_empty"]),
        (codes(None, step(kind="execute"), step(kind="stop_intake")), ["procedure_order"]),
        (codes(None, step(kind="person"), step(kind="stop_intake")), []),
        (codes(None, step(kind="execute"), step(kind="backup")), ["procedure_order"]),
        (codes(None, step(kind="backup"), step(kind="execute")), []),
        (codes(None, step(kind="metric")), ["procedure_watch"]),
        (codes(None, step(kind="metric", watches=True)), []),
    ],
)
def test_what_does_not_add_up_is_said(found, says):
    """S141: intake stops before anything is changed; S5: the backup comes before."""
    assert found == says


def test_a_sum_over_the_total_is_said_in_numbers():
    text = dict(odd(1200, [step(target_s=900), step("verify", target_s=600)]))["procedure_sum"]
    assert text == "15:00 + 10:00 = 25:00, but its target is 20:00."


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5:00", 300), ("< 15:00", 900), ("1:02:03", 3723), ("90 s", 90), ("10 min", 600),
     ("0", 0), ("soon", None), ("5:61", None)],
)  # fmt: skip
def test_lengths_are_typed_as_on_a_stopwatch(text, seconds):
    assert span_of(text) == seconds


FLAG = {
    "name": "Flag to 0 %",
    "target_s": 1200,
    "command": "python deploy.py rollback",
    "steps": [
        {"segment": "decide", "title": "Decide", "target_s": 300},
        {"segment": "execute", "title": "Flag to 0", "kind": "execute", "target_s": 600},
        {"segment": "verify", "title": "P95", "watches": "metric:p95-latency", "hold_s": 120},
        {"title": "Up", "watches": "check:demo", "target_s": 300},
    ],
}


@pytest.fixture
def flag(plan, cast):
    make_query(plan)
    make_check(plan)
    return save_procedure(plan, FLAG, by=cast["cora"])


def test_a_procedure_is_written_down_with_its_steps_in_order(flag, plan, cast):
    assert (flag.key, flag.is_default) == ("flag-to-0", True)
    rows = list(flag.steps.values_list("position", "segment", "kind", "query__key"))
    assert rows == [
        (1, "decide", "person", None),
        (2, "execute", "execute", None),
        (3, "verify", "metric", "p95-latency"),
        (4, "verify", "check", None),
    ]
    assert plan.events.last().text == "Flag to 0 % added: 4 steps, the default"


def test_an_edit_says_what_it_was_and_changes_no_run(flag, plan, cast):
    run = begin(plan)
    said = shown(flag)
    said["steps"] = said["steps"][::-1]
    save_procedure(plan, said, by=cast["cora"], procedure=flag)
    event = plan.events.last()
    assert event.kind == "procedure.changed" and event.data["before"]["name"] == "Flag to 0 %"
    assert [one.title for one in flag.steps.all()] == ["Up", "P95", "Flag to 0", "Decide"]
    assert run.steps.first().title == "Decide"
    seq = plan.events.count()
    save_procedure(plan, shown(flag), by=cast["cora"], procedure=flag)
    assert plan.events.count() == seq


def test_a_late_form_and_the_wrong_role_are_refused(flag, plan, cast):
    basis = basis_of(flag)
    save_procedure(plan, FLAG | {"name": "Other"}, by=cast["cora"], procedure=flag, basis=basis)
    with pytest.raises(Refused, match="was changed while you wrote"):
        save_procedure(plan, FLAG, by=cast["cora"], procedure=flag, basis=basis)
    with pytest.raises(NotAllowed):
        save_procedure(plan, FLAG, by=cast["thon"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"to_percent": 101}, "to_percent"),
        ({"target_s": -1}, "target_s"),
        ({"steps": [{"title": ""}]}, "steps.1.title"),
        ({"steps": [{"title": "a", "kind": "magic"}]}, "steps.1.kind"),
        ({"steps": [{"title": "a", "watches": "metric:none"}]}, "steps.1.watches"),
        ({"steps": [{"title": "a"}] * 61}, "steps"),
    ],
)
def test_what_is_wrong_names_its_field(plan, cast, change, field):
    with pytest.raises(Invalid) as wrong:
        save_procedure(plan, FLAG | {"steps": []} | change, by=cast["cora"])
    assert wrong.value.field == field
    assert not RollbackProcedure.objects.exists()


def test_one_is_the_default_and_another_follows_when_it_goes(flag, plan, cast):
    """S23: variants side by side, one of them usual."""
    full = save_procedure(
        plan,
        {"name": "To a commit", "to_text": "to commit 3d97ee2", "parts": ["code", "database"]},
        by=cast["cora"],
        is_default=True,
    )
    flag.refresh_from_db()
    assert full.is_default and not flag.is_default
    with pytest.raises(Invalid):
        retire_procedure(full, "", by=cast["cora"])
    retire_procedure(full, "Not drilled", by=cast["cora"])
    flag.refresh_from_db()
    assert flag.is_default
    assert "Flag to 0 % is the default" in plan.events.last().text


def test_a_plan_file_carries_procedures_and_a_rehearsal_keeps_their_targets(flag, plan, cast):
    """What people are given stays as long; what a metric has to hold gets shorter."""
    part = ProceduresPart()
    data = {"procedures": part.write(plan, states=False)}
    quick = in_time(data, Fraction(24))["procedures"][0]
    assert quick["target"] == "20m" and quick["steps"][0]["target"] == "5m"
    assert quick["steps"][2]["hold"] == "5s" and quick["steps"][2]["metric"] == "p95-latency"
    copy = make_plan("copy")
    make_query(copy)
    make_check(copy)
    value = TypeAdapter(part.schema).validate_python(data["procedures"])
    part.create(copy, value, Creation(by="rule", at=plan.created_at))
    assert part.write(copy, states=False) == data["procedures"]
    assert RollbackProcedure.objects.get(plan=copy).is_default
