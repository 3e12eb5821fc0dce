"""The register of dry runs: command, result, output, analysis, accepted or not. S75 S76."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checklists.actions.dryruns import (
    add_dry_run,
    edit_dry_run,
    judge_dry_run,
    record_dry_run,
    remove_dry_run,
)
from checklists.models import Criterion, DryRun, DryRunResult
from checklists.queries.criteria import criterion_rows
from checklists.queries.dryruns import dry_runs
from checklists.queries.frozen import frozen
from checklists.queries.gates import gate_sheet
from checklists.rules.dryruns import Outcome, clean_output, totals
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import TimelineEvent

pytestmark = pytest.mark.django_db
WHY = "Targets come up once the service runs."


def last():
    return TimelineEvent.objects.order_by("seq").last()


@pytest.fixture
def run(plan, cast):
    return add_dry_run(plan, {"title": "Targets", "command": "make targets"}, by=cast["forge"])


def test_a_dry_run_and_its_results_are_kept_beside_each_other(run, cast, plan):
    """S75: test, command, PASS/WARN/FAIL, output, analysis."""
    first = record_dry_run(run, "fail", by=cast["forge"], output="down\n", analysis="- DNS\n- n")
    record_dry_run(run, "pass", by=cast["thon"], output="up")
    assert [one.word for one in run.results.all()] == ["fail", "pass"]
    assert DryRunResult.objects.get(pk=first.pk).output == "down\n"
    assert (last().kind, last().data["word"]) == ("dryrun.recorded", "pass")
    found = dry_runs(plan, timezone.now())
    assert (found.rows[0].word, found.rows[0].times, found.totals) == ("PASS", 2, "1 pass of 1")


def test_a_warning_that_is_accepted_counts_as_good(run, cast, plan):
    """S76: totals, and a warning accepted."""
    for n in range(6):
        more = add_dry_run(plan, {"title": f"Test {n}"}, by=cast["forge"])
        record_dry_run(more, "pass", by=cast["forge"])
    record_dry_run(run, "warn", by=cast["forge"])
    assert dry_runs(plan, timezone.now()).totals == "6 pass, 1 warning of 7"
    judge_dry_run(run, True, WHY, by=cast["hudson"])
    assert last().text.endswith("Dry runs: 6 pass, 1 warning accepted of 7.")
    found = dry_runs(plan, timezone.now())
    assert (found.good, found.rows[0].newest.accepted_by_name) == (7, "Hudson as Security Lead")


def test_a_failure_can_be_refused_and_the_word_changed_with_both_on_record(run, cast):
    record_dry_run(run, "fail", by=cast["forge"])
    judge_dry_run(run, False, WHY, by=cast["cora"])
    seq = last().seq
    judge_dry_run(run, False, WHY, by=cast["cora"])
    assert last().seq == seq
    judge_dry_run(run, True, "The tool was mistaken, see item 4.", by=cast["cora"])
    assert last().data["before"] == {"accepted": False, "reason": WHY}


def test_only_who_signs_or_decides_accepts(run, cast):
    record_dry_run(run, "warn", by=cast["forge"])
    with pytest.raises(NotAllowed):
        judge_dry_run(run, True, WHY, by=cast["forge"])
    with pytest.raises(Invalid, match="at least 10"):
        judge_dry_run(run, True, "ok", by=cast["thon"])


def test_who_recorded_a_failure_does_not_accept_it(run, cast):
    """Law 10. Saying that it is not accepted is for everybody who signs."""
    record_dry_run(run, "fail", by=cast["hudson"])
    with pytest.raises(NotAllowed, match="You recorded this result"):
        judge_dry_run(run, True, WHY, by=cast["hudson"])
    judge_dry_run(run, False, WHY, by=cast["hudson"])
    assert judge_dry_run(run, True, WHY, by=cast["thon"]).accepted


def test_what_ran_again_or_passed_is_not_accepted(run, cast):
    seen = record_dry_run(run, "warn", by=cast["forge"])
    record_dry_run(run, "fail", by=cast["forge"])
    with pytest.raises(Refused, match="ran again meanwhile: FAIL, Forge"):
        judge_dry_run(run, True, WHY, by=cast["thon"], result=seen.pk)
    record_dry_run(run, "pass", by=cast["forge"])
    with pytest.raises(Refused, match="passed: there is nothing to accept"):
        judge_dry_run(run, True, WHY, by=cast["thon"])


@pytest.mark.parametrize(
    ("word", "output", "field"), [("ok", "", "word"), ("pass", "é" * 33_000, "output")]
)
def test_a_result_is_judged_before_it_is_kept(run, cast, word, output, field):
    with pytest.raises(Invalid) as wrong:
        record_dry_run(run, word, by=cast["forge"], output=output)
    assert wrong.value.field == field
    with pytest.raises(Invalid, match="future"):
        later = timezone.now() + timedelta(hours=1)
        record_dry_run(run, "pass", by=cast["forge"], at=later)


def test_output_is_kept_as_text():
    assert clean_output("\x1b[32mok\x1b[0m\r\n\0\tdone") == "ok\n\tdone"


def test_editing_and_taking_off_keep_the_results(run, cast, plan):
    record_dry_run(run, "pass", by=cast["forge"])
    with pytest.raises(NotAllowed):
        edit_dry_run(run, {"title": "T"}, by=cast["forge"])
    edited = edit_dry_run(run, {"title": "Targets up"}, by=cast["cora"], seen_revision=0)
    assert last().data["before"]["title"] == "Targets"
    with pytest.raises(Refused, match="changed meanwhile"):
        edit_dry_run(run, {"title": "Again"}, by=cast["cora"], seen_revision=0)
    remove_dry_run(edited, "Part of the pipeline now", by=cast["cora"])
    assert (DryRun.objects.count(), DryRunResult.objects.count()) == (1, 1)
    assert not dry_runs(plan, timezone.now()).rows
    with pytest.raises(Refused, match="was taken off"):
        record_dry_run(run, "pass", by=cast["forge"])
    other = add_dry_run(plan, {"title": "Other"}, by=cast["forge"])
    assert other.number == 2


def test_a_request_that_is_sent_twice_is_carried_out_once(run, cast, plan):
    sent = {"by": cast["forge"], "request_id": "r1"}
    first = record_dry_run(run, "pass", **sent)
    assert record_dry_run(run, "pass", **sent) == first
    sent["request_id"] = "r2"
    added = add_dry_run(plan, {"title": "B"}, **sent)
    assert add_dry_run(plan, {"title": "B"}, **sent) == added


def test_dry_runs_are_a_criterion(run, gate, plan, cast):
    """S76: value is what passed or is accepted, of all."""
    criterion = Criterion.objects.create(
        gate=gate,
        key="dry",
        position=1,
        label="Dry runs",
        source="dryruns",
        unit="of 1",
        green_op=">=",
        green_value=1,
    )

    def row():
        plan.refresh_from_db()
        plan._read_once = None
        return criterion_rows(plan, [criterion], timezone.now())[0]

    assert (row().band, row().text) == ("yellow", "0 of 1")  # it never ran
    record_dry_run(run, "pass", by=cast["forge"])
    assert (row().band, row().source) == ("green", "dry runs: 1 pass of 1")
    gate.plan = plan
    assert frozen(gate_sheet(gate, timezone.now()))["dry_runs"]["totals"] == "1 pass of 1"


def test_the_register_costs_two_statements_whatever_its_size(run, plan, cast):
    for n in range(30):
        more = add_dry_run(plan, {"title": f"Test {n}"}, by=cast["forge"])
        record_dry_run(more, "pass", by=cast["forge"], output="x" * 1000)
    with CaptureQueriesContext(connection) as captured:
        dry_runs(plan, timezone.now())
    assert len(captured) == 2


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([], "none yet"),
        ([Outcome()], "1 not run of 1"),
        ([Outcome("pass"), Outcome("fail", True), Outcome("fail")], ""),
        ([Outcome("warn", False)] * 2, "2 warnings not accepted of 2"),
    ],
)
def test_totals_are_one_computed_sentence(outcomes, said):
    assert totals(outcomes) == (said or "1 pass, 1 failure accepted, 1 failure of 3")


# --- what a result is of, and how long it counts ------------------------------------------------


@pytest.fixture
def all_good(gate):
    return Criterion.objects.create(
        gate=gate, key="dry", position=1, label="Dry runs", source="dryruns", unit="%",
        green_op=">=", green_value=100,
    )  # fmt: skip


@pytest.mark.parametrize("fields", [{"command": "make failover"}, {"expected": "9 of 9"}])
def test_a_result_of_another_command_is_no_good_one(run, cast, plan, all_good, fields):
    record_dry_run(run, "pass", by=cast["forge"])
    edit_dry_run(run, {"title": "Named anew"}, by=cast["cora"])
    assert dry_runs(plan, timezone.now()).good == 1
    edit_dry_run(run, fields, by=cast["cora"])
    plan.refresh_from_db()
    found = dry_runs(plan, timezone.now())
    assert (found.good, found.totals) == (0, "1 changed since of 1")
    assert (found.rows[0].word, found.rows[0].icon) == ("changed since", "open")
    assert criterion_rows(plan, [all_good], timezone.now())[0].band == "yellow"
    record_dry_run(run, "pass", by=cast["forge"])
    plan.refresh_from_db()
    assert criterion_rows(plan, [all_good], timezone.now())[0].band == "green"


def test_a_warning_of_another_command_is_not_accepted(run, cast):
    record_dry_run(run, "warn", by=cast["forge"])
    edit_dry_run(run, {"command": "make failover"}, by=cast["cora"])
    with pytest.raises(Refused, match="changed since it ran"):
        judge_dry_run(run, True, WHY, by=cast["hudson"])


def test_a_dry_run_ages_where_the_criterion_says_how_long_it_counts(run, cast, plan, all_good):
    record_dry_run(run, "pass", by=cast["forge"])
    plan.refresh_from_db()
    later = timezone.now() + timedelta(days=8)
    assert criterion_rows(plan, [all_good], later)[0].band == "green"
    all_good.valid_for_s = 7 * 86_400
    assert criterion_rows(plan, [all_good], later)[0].why == "the last reading is older than 7 d"
