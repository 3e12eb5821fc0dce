"""Runs of procedures against the clock (S7, S8, S142), and drills that move no traffic."""

from rollouts.actions.runs import begin_run
from rollouts.models import Guardrail, RollbackProcedure, RunStep
from tests.rollouts.cast import make_query
from warroom.actions.change import RULE, change


def begin(plan, **fields):
    fields = {"cause": "person", "reason": "Errors", "from_percent": 5, "to_percent": 0} | fields
    with change(plan, by=RULE) as changing:
        run = begin_run(changing, by_name=fields.pop("by_name", "Thon"), **fields)
        changing.record("rollback.started", "Rollback started")
    return run


def test_without_a_procedure_a_run_has_three_legs_of_5_and_10_and_5_minutes(plan, cast):
    """S142."""
    run = begin(plan)
    steps = list(run.steps.values_list("segment", "target_s", "kind"))
    assert steps == [
        ("decide", 300, "person"),
        ("execute", 600, "execute"),
        ("verify", 300, "person"),
    ]
    assert (run.number, run.target_s, run.name) == (1, 1200, "Rollback")


def test_what_tripped_must_be_seen_green_again(plan, cast):
    """S7."""
    query = make_query(plan)
    rail = Guardrail.objects.create(
        plan=plan, key="latency", name="HighLatency", kind="metric", query=query
    )
    last = begin(plan, guardrail=rail, cause="guardrail").steps.last()
    assert (last.segment, last.kind, last.query, last.hold_s) == ("verify", "metric", query, 120)


def test_the_decision_of_a_real_run_is_taken_and_that_of_a_drill_is_not(plan, cast):
    real, drill = begin(plan), begin(plan, drill=True)
    assert (real.number, drill.number) == (1, 2)
    assert real.steps.first().done_at == real.started_at
    assert real.steps.first().done_by == "Thon"
    assert drill.steps.first().done_at is None


def test_a_run_copies_the_procedure_so_that_an_edit_changes_no_record(plan, cast):
    found = RollbackProcedure.objects.create(plan=plan, key="flag", name="Flag", target_s=600)
    found.steps.create(position=1, segment="execute", title="Flag to 0 %", kind="execute")
    run = begin(plan)
    found.steps.update(title="Something else")
    assert run.procedure == found
    assert list(RunStep.objects.filter(run=run).values_list("title", flat=True)) == ["Flag to 0 %"]


def test_the_default_procedure_is_taken_and_a_retired_one_never(plan, cast):
    rows = [
        RollbackProcedure.objects.create(plan=plan, key=key, name=key, **fields)
        for key, fields in {
            "first": {"position": 1},
            "usual": {"position": 2, "is_default": True},
        }.items()
    ]
    assert begin(plan).procedure == rows[1]
    rows[1].retired_at = plan.created_at
    rows[1].save()
    assert begin(plan).procedure == rows[0]


def test_the_readings_at_the_trigger_are_frozen(plan, cast):
    make_query(plan, band="red", value=731.0, read_at=plan.created_at)
    frozen = begin(plan).frozen["readings"][0]
    assert frozen["key"] == "p95-latency"
    assert frozen["name"] == "P95 latency"
