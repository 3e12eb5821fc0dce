"""Load profiles and their runs: S99 profiles and limits, S100 figures beside a baseline, S101 a
failed run, its cause, its fix and the run after it, S105 a run under way with its end."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from checklists.actions import load, load_runs
from checklists.actions.results import record_result
from checklists.models import Evidence, LoadProfile
from checklists.queries.load import load_rows
from checklists.rules.bands import Bound
from checklists.rules.load import KINDS, difference, judge_run, objection, read_limit
from checklists.rules.results.reading import read_result
from tests.checklists.result_samples import LOCUST, LOCUST_FAILURES, k6_handle
from warroom.actions.refusals import Invalid, NotAllowed, Refused

NUMBERS = st.none() | st.floats(0, 1e6)


# --- the rule ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "measured", "band", "says"),
    [
        ({"p95": 500}, {"p95": 171}, "green", "The limit is met: P95 171 ms."),
        ({"p95": 500}, {"p95": 500}, "green", "The limit is met: P95 500 ms."),
        ({"p95": 500}, {"p95": 612}, "red", "P95 612 ms (limit ≤ 500 ms)."),
        ({"p95": Bound("<", 500)}, {"p95": 500}, "red", "P95 500 ms (limit < 500 ms)."),
        ({"p95": Bound("<", 500)}, {"p95": 499.9}, "green", "The limit is met: P95 499.9 ms."),
        ({"rps": Bound(">", 50)}, {"rps": 50}, "red", "Throughput 50 /s (limit > 50 /s)."),
        ({"rps": 50}, {"rps": 49.9}, "red", "Throughput 49.9 /s (limit ≥ 50 /s)."),
        ({"p95": 500, "p99": 800}, {"p95": 171}, "no_data", "P99 was not measured."),
        (
            {"p95": 500, "errors": 1},
            {"p95": 171, "errors": 0.02},
            "green",
            "All 2 limits are met: P95 171 ms and Errors 0.02 %.",
        ),
        (
            {"p95": 500, "p99": 800},
            {"p95": 612},
            "red",
            "P95 612 ms (limit ≤ 500 ms). P99 was not measured.",
        ),
        ({}, {"p95": 171}, "no_data", "The profile sets no limit, so nothing is judged."),
        ({"p95": 500}, {"p95": float("nan")}, "no_data", "P95 was not measured."),
        ({}, {}, "no_data", "Nothing was measured."),
    ],
)
def test_the_worst_figure_is_the_verdict_in_one_sentence(limits, measured, band, says):
    """S99, S100."""
    outcome = judge_run(limits, measured)
    assert (outcome.band, outcome.sentence) == (band, says)


@given(
    st.dictionaries(st.sampled_from(["p50", "p95", "p99", "errors", "rps"]), NUMBERS),
    st.dictionaries(st.sampled_from(sorted(KINDS)), NUMBERS),
)
def test_green_means_that_every_limit_has_a_figure_that_keeps_to_it(limits, measured):
    outcome = judge_run(limits, measured)
    asked = [key for key, value in limits.items() if value is not None]
    assert (outcome.band == "green") == (bool(asked) and outcome.met == (len(asked), len(asked)))
    if outcome.band == "green":
        assert all(measured.get(key) is not None for key in asked)


@pytest.mark.parametrize(
    ("key", "text", "op", "value"),
    [
        ("p95", "500", "<=", 500),
        ("p95", "500ms", "<=", 500),
        ("p95", "≤ 500", "<=", 500),
        ("p95", "<500", "<", 500),
        ("p95", "under 0.5 s", "<", 500),
        ("errors", "< 0.1 %", "<", 0.1),
        ("rps", "50", ">=", 50),
        ("rps", "> 50 /s", ">", 50),
    ],
)
def test_a_limit_is_read_as_people_write_it(key, text, op, value):
    """S99: 500 is not < 500."""
    assert read_limit(KINDS[key], text) == Bound(op, value)


@pytest.mark.parametrize(
    ("key", "text"), [("p95", "> 500"), ("rps", "< 5"), ("p95", "fast"), ("errors", "1 ms")]
)
def test_what_is_no_limit_is_refused_in_a_sentence(key, text):
    with pytest.raises(ValueError, match=r"\.$"):
        read_limit(KINDS[key], text)


@pytest.mark.parametrize(
    ("measured", "field"),
    [
        ({"p95": -1}, "p95"),
        ({"p95": float("inf")}, "p95"),
        ({"errors": 101}, "errors"),
        ({"p50": 300, "p99": 200}, "p99"),
        ({"speed": 3}, "speed"),
    ],
)
def test_figures_that_cannot_be_meant_are_named(measured, field):
    assert objection(measured)[0] == field


def test_a_run_is_told_beside_its_baseline():
    """S100."""
    assert difference("p95", 171, 130).text == "+41 ms, 32 % more"
    assert difference("p95", 171, 130).worse and difference("rps", 20, 30).worse
    assert difference("errors", 2.4, 0.3).text == "+2.1 points"
    assert difference("errors", 0, 0).worse is None and difference("p95", 5, None) is None


# --- profiles and runs ---------------------------------------------------------------------


@pytest.fixture
def peak(plan, cast) -> LoadProfile:
    fields = {"name": "Peak load", "users": 500, "minutes": 15, "p95_ms": 500, "error_percent": 1}
    return load.add_profile(plan, fields, by=cast["cora"])


def kinds(plan) -> list[str]:
    return list(plan.events.filter(kind__startswith="load.").values_list("kind", flat=True))


def evidence(plan, key: str) -> float | None:
    return Evidence.objects.get(plan=plan, key=key).value


def test_a_profile_is_added_once_and_changed_once(plan, cast, peak):
    """S99."""
    again = {"request_id": "one", "by": cast["cora"]}
    first = load.add_profile(plan, {"name": "Peak load"}, **again)
    assert load.add_profile(plan, {"name": "Peak load"}, **again) == first
    assert (peak.key, first.key) == ("peak-load", "peak-load-2")
    load.edit_profile(peak, {"p95_ms": 400}, by=cast["cora"], seen_revision=0)
    load.edit_profile(peak, {"p95_ms": 400}, by=cast["cora"], seen_revision=0)
    assert kinds(plan) == ["load.added", "load.added", "load.changed"]
    with pytest.raises(Refused, match="meanwhile"):
        load.edit_profile(peak, {"p95_ms": 300}, by=cast["cora"], seen_revision=0)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a", "users": 0}, "users"),
        ({"name": "a", "p95_ms": -5}, "p95_ms"),
        ({"name": "a", "p50_ms": 9, "p95_ms": 5}, "p95_ms"),
        ({"name": "a", "p95_ms": "> 5"}, "p95_ms"),
        ({"name": "a", "error_percent": 200}, "error_percent"),
        ({"name": "a", "throughput": float("nan")}, "throughput"),
        ({"name": "a", "speed": 5}, "speed"),
    ],
)
def test_a_wrong_field_of_a_profile_is_named(plan, cast, fields, field):
    with pytest.raises(Invalid) as wrong:
        load.add_profile(plan, fields, by=cast["cora"])
    assert wrong.value.field == field


def test_a_run_under_way_says_when_it_ends_and_starts_once(plan, cast, peak):
    """S105."""
    run = load_runs.start_run(peak, by=cast["forge"])
    assert run.eta_at - run.started_at == timedelta(minutes=15)
    assert load_runs.start_run(peak, by=cast["forge"]) == run
    row = load_rows(plan)[0]
    assert row.state == "running" and row.running == run
    assert not row.overdue(run.eta_at) and row.overdue(run.eta_at + timedelta(seconds=1))
    assert "ends about" in plan.events.get(kind="load.started").text


def test_the_end_of_a_run_is_judged_and_stands_as_evidence(plan, cast, peak):
    """S99, S100."""
    started = load_runs.start_run(peak, by=cast["forge"])
    figures = {"p95": 171, "errors": 0.02, "cpu": 62}
    run = load_runs.finish_run(peak, figures, by=cast["forge"], seen_run=1)
    assert run == started and run.band == "green"
    assert evidence(plan, "load.peak-load.p95") == 171
    assert evidence(plan, "load.peak-load.limits") == 2
    assert evidence(plan, "load.peak-load.cpu") == 62
    assert evidence(plan, "load.peak-load.p99") is None
    with pytest.raises(Refused, match="ended meanwhile"):
        load_runs.finish_run(peak, figures, by=cast["forge"], seen_run=1)


def test_what_the_newest_run_does_not_say_is_no_data(plan, cast, peak):
    load_runs.finish_run(peak, {"p95": 171, "errors": 0, "p99": 300}, by=cast["forge"])
    load_runs.finish_run(peak, {"p95": 171, "errors": 0}, by=cast["forge"])
    assert evidence(plan, "load.peak-load.p99") is None


def test_a_run_that_was_broken_off_says_why_it_has_no_figures(plan, cast, peak):
    with pytest.raises(Invalid):
        load_runs.finish_run(peak, {}, by=cast["forge"])
    run = load_runs.finish_run(peak, {}, by=cast["forge"], cause="The generator ran out of ports.")
    assert run.band == "no_data" and run.sentence.endswith("not measured.")


def test_a_failed_run_has_its_cause_its_fix_and_the_run_after_it(plan, cast, peak):
    """S101."""
    failed = load_runs.finish_run(peak, {"p95": 612, "errors": 0.1}, by=cast["thon"])
    said = ("The pool had 5 connections.", "20 connections.")
    load_runs.explain_run(failed, *said, by=cast["thon"])
    load_runs.explain_run(failed, *said, by=cast["thon"])
    passed = load_runs.finish_run(peak, {"p95": 171, "errors": 0.02}, by=cast["thon"])
    newest, first = load_rows(plan)[0].runs
    assert (first.run.cause, first.run.fix, first.again) == (*said, 2)
    assert first.failed and not first.unsettled and newest.run == passed
    assert kinds(plan).count("load.explained") == 1
    with pytest.raises(Refused, match="met its limits"):
        load_runs.explain_run(passed, "No", "", by=cast["thon"])


def test_a_failed_run_is_excepted_by_a_role_that_decides_and_stays_red(plan, cast, peak):
    """S101: documented exceptions."""
    failed = load_runs.finish_run(peak, {"p95": 612, "errors": 0.1}, by=cast["thon"])
    with pytest.raises(NotAllowed):
        load_runs.except_run(failed, "Peak is not expected.", by=cast["thon"])
    excepted = load_runs.except_run(failed, "Peak is not expected.", by=cast["cora"])
    assert (excepted.band, excepted.excepted_by_name) == ("red", cast["cora"].display_name)
    assert load_rows(plan)[0].state == "excepted"


def test_runs_stay_as_they_were_judged_when_the_profile_changes(plan, cast, peak):
    load_runs.finish_run(peak, {"p95": 450, "errors": 0}, by=cast["thon"])
    load.edit_profile(peak, {"p95_ms": 300}, by=cast["cora"])
    row = load_rows(plan)[0]
    assert row.newest.run.band == "green" and row.newest.figures[0].limit == "≤ 500 ms"
    assert dict(row.limits)["P95"] == "≤ 300 ms"


def test_a_limit_that_is_typed_strict_stays_strict_until_it_is_typed_anew(
    plan, cast, peak, client_of
):
    """S99."""
    client, address = client_of(cast["cora"]), f"/plans/{plan.slug}/trials/load/peak-load/"
    sent = {"name": "Peak load", "p95_ms": "< 500", "p99_ms": "< 0.9 s", "throughput": "≥ 50"}
    assert client.post(address, sent | {"revision": 0}).status_code == 302
    [row] = load_rows(plan)
    assert dict(row.limits) == {"P95": "< 500 ms", "P99": "< 900 ms", "Throughput": "≥ 50 /s"}
    assert 'value="&lt; 500"' in client.get(address).content.decode()
    load.edit_profile(peak, {"p95_ms": 500}, by=cast["cora"])
    assert dict(load_rows(plan)[0].limits)["P95"] == "≤ 500 ms"
    assert LoadProfile.objects.get().strict == ["p99"]
    wrong = client.post(address, sent | {"p95_ms": "> 500", "revision": 2})
    assert wrong.status_code == 422 and b'value="&gt; 500"' in wrong.content


def test_one_run_is_the_baseline_of_the_others(plan, cast, peak):
    """S100."""
    first = load_runs.finish_run(peak, {"p95": 130, "errors": 0}, by=cast["thon"])
    load_runs.set_baseline(first, by=cast["thon"])
    load_runs.set_baseline(first, by=cast["thon"])
    second = load_runs.finish_run(peak, {"p95": 171, "errors": 0}, by=cast["thon"])
    beside = load_rows(plan)[0].newest.figures[0].beside
    assert beside.text == "+41 ms, 32 % more"
    load_runs.set_baseline(second, by=cast["thon"])
    assert [run.baseline for run in peak.runs.all()] == [False, True]
    assert kinds(plan).count("load.compared") == 2


def test_a_profile_that_is_taken_off_keeps_its_runs(plan, cast, peak):
    load_runs.start_run(peak, by=cast["thon"])
    with pytest.raises(Refused, match="is running"):
        load.remove_profile(peak, by=cast["cora"])
    load_runs.finish_run(peak, {"p95": 1}, by=cast["thon"])
    load.remove_profile(peak, by=cast["cora"])
    load.remove_profile(peak, by=cast["cora"])
    assert load_rows(plan) == [] and peak.runs.count() == 1
    with pytest.raises(Refused, match="taken off"):
        load_runs.start_run(peak, by=cast["thon"])


# --- files ---------------------------------------------------------------------------------


def bring(plan, data, by, prefix="peak-load", **more):
    return record_result(plan, read_result(data, "f"), data, "f", by=by, prefix=prefix, **more)


def test_a_file_under_the_key_of_a_profile_is_its_run(plan, cast, peak, settings, tmp_path):
    """S99, S100: Locust and k6."""
    settings.FILES_DIR = tmp_path
    load_runs.start_run(peak, by=cast["forge"])
    result = bring(plan, LOCUST, cast["forge"])
    run = peak.runs.get()
    assert (run.result, run.band, run.measured["p95"]) == (result, "green", 171)
    assert bring(plan, LOCUST, cast["forge"]) == result and peak.runs.count() == 1
    bring(plan, k6_handle(), cast["forge"])
    assert peak.runs.count() == 2
    assert "Peak load, run 2." in plan.events.filter(kind="evidence.recorded").last().text


def test_what_has_no_figures_of_the_whole_test_is_no_run(plan, cast, peak, settings, tmp_path):
    settings.FILES_DIR = tmp_path
    bring(plan, LOCUST_FAILURES, cast["forge"])
    bring(plan, LOCUST, cast["forge"], prefix="load")
    assert peak.runs.count() == 0


def test_a_file_of_an_older_run_does_not_overwrite_newer_figures(plan, cast, peak):
    """It is a run of its own, below the newer one, also while another is under way."""
    load_runs.finish_run(peak, {"p95": 900.0}, by=cast["thon"])
    now_running = load_runs.start_run(peak, by=cast["thon"])
    earlier = timezone.now() - timedelta(hours=5)
    bring(plan, LOCUST, cast["forge"], observed_at=earlier)
    figures = dict(plan.evidence.values_list("key", "value"))
    assert figures["load.peak-load.p95"] == 900 and figures["load.peak-load.limits"] == 0
    [row] = load_rows(plan)
    assert [one.run.number for one in row.runs] == [2, 1, 3]
    assert row.running == now_running and row.newest.run.number == 1
    assert row.runs[2].run.ended_at == earlier


# --- pages ---------------------------------------------------------------------------------


def test_the_page_shows_each_newest_run_and_what_runs_now(plan, cast, peak, client_of):
    """S99, S105."""
    client, address = client_of(cast["cora"]), f"/plans/{plan.slug}/trials/"
    load_runs.finish_run(peak, {"p95": 612, "errors": 0.1}, by=cast["thon"])
    load_runs.start_run(peak, by=cast["thon"])
    text = client.get(address).content.decode()
    assert "612 ms" in text and "ends about" in text and "hit--bad" in text
    page = client.get(f"{address}load/peak-load/").content.decode()
    assert "Run 1 failed" in page and "End run 2" in page


def test_what_was_typed_stays_where_a_figure_is_wrong(plan, cast, peak, client_of):
    client = client_of(cast["forge"])
    address = f"/plans/{plan.slug}/trials/load/peak-load/runs"
    answer = client.post(address, {"p95": "171", "errors": "101", "cause": "Late in the day"})
    assert answer.status_code == 422
    assert b"at most 100 %" in answer.content and b"Late in the day" in answer.content
    assert peak.runs.count() == 0


def test_a_file_that_cannot_be_read_is_refused_with_its_line(plan, cast, peak, client_of):
    client = client_of(cast["forge"])
    sent = {"file": SimpleUploadedFile("stats.csv", LOCUST.split(b"GET")[0] + b",Aggregated,1\n")}
    answer = client.post(f"/plans/{plan.slug}/trials/load/peak-load/file", sent)
    assert answer.status_code == 422 and b"line 2: 3 columns, 22 expected." in answer.content


def test_a_run_starts_with_one_tap_and_the_table_comes_back(plan, cast, peak, client_of):
    client = client_of(cast["forge"])
    address = f"/plans/{plan.slug}/trials/load/peak-load/start"
    answer = client.post(address, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and b'id="load"' in answer.content
    assert b"ends about" in answer.content


def test_excepting_a_run_asks_for_the_password_when_it_is_old(plan, cast, peak, client_of):
    """Law 10: it is signed like any acceptance."""
    load_runs.finish_run(peak, {"p95": 612, "errors": 0.1}, by=cast["thon"])
    client, where = (
        client_of(cast["cora"]),
        f"/plans/{plan.slug}/trials/load/peak-load/runs/1/except",
    )
    session = client.session
    session["password_at"] = 0
    session.save()
    asked = client.post(where, {"reason": "Peak is not expected."})
    assert asked.status_code == 403 and "except run 1 of" in asked.content.decode()
    answer = client.post(where, {"reason": "Peak is not expected.", "password": "pw"})
    assert answer.status_code == 302 and peak.runs.get().excepted
