"""The pure rules of asking: heartbeats, bad answers in a row, cadence by age, PromQL."""

from datetime import UTC, datetime, timedelta

import promql_parser
import pytest

from checklists.rules.bands import Band, Bands, Bound
from rollouts.probes.series import Odd, one_of
from rollouts.rules.engine import spread
from rollouts.rules.heartbeat import Beat, judge
from rollouts.rules.promql import lint, quoted
from rollouts.rules.readings import Judged, counted, interval_at, missed

NOON = datetime(2025, 10, 23, 12, tzinfo=UTC)
BEAT = Beat(interval_s=600, grace_s=60, red_after=2, pinged_at=NOON, exit_status=0)


@pytest.mark.parametrize(
    ("minutes", "band", "reason"),
    [
        (5, Band.GREEN, ""),
        (11, Band.GREEN, ""),  # due at ten, in its grace until eleven
        (13, Band.YELLOW, "late by 2 min: no report"),
        (30, Band.YELLOW, "late by 19 min: no report"),
        (31, Band.RED, "silent, 3 reports missed"),
        (3000, Band.RED, "silent, 299 reports missed"),
    ],
)
def test_a_heartbeat_is_on_time_then_late_then_missing(minutes, band, reason):
    heard = judge(BEAT, NOON + timedelta(minutes=minutes))
    assert (heard.band, heard.reason) == (band, reason)


def test_a_script_that_failed_is_red_at_once_with_its_last_line():
    failed = Beat(60, pinged_at=NOON, exit_status=3, output="dumping\nno space left\n\n")
    heard = judge(failed, NOON)
    assert (heard.band, heard.reason) == (Band.RED, "exit status 3: no space left")


def test_a_heartbeat_that_never_reported_is_no_data_and_a_long_run_yellow():
    assert judge(Beat(60), NOON).band is Band.NO_DATA
    began = Beat(60, started_at=NOON)
    assert "began 5 min ago" in judge(began, NOON + timedelta(minutes=5)).reason
    slow = Beat(60, pinged_at=NOON, exit_status=0, run_s=90, longest_s=60)
    assert judge(slow, NOON).reason == "its run took 1 min, longer than 1 min"


def test_so_many_bad_answers_in_a_row_make_it_red():
    bad, said = 0, []
    red, blind, green = Judged(Band.RED, "refused"), Judged(Band.NO_DATA, "?"), Judged(Band.GREEN)
    for answer in (red, red, blind, red, green, red):
        judged, bad = counted(answer, bad, 3)
        said.append((judged.band, bad))
    assert said == [
        (Band.YELLOW, 1),
        (Band.YELLOW, 2),
        (Band.NO_DATA, 2),
        (Band.RED, 3),
        (Band.GREEN, 0),
        (Band.YELLOW, 1),
    ]
    assert counted(red, 0, 3)[0].reason == "refused (bad answer 1, red at 3)"
    assert counted(red, 0, 1)[0] == red


@pytest.mark.parametrize(
    ("age_s", "every_s"), [(None, 15), (-600, 5), (0, 5), (3599, 5), (3600, 30), (1e6, 120)]
)
def test_the_cadence_follows_the_age_of_the_release(age_s, every_s):
    """S68: often in the first hour, then more and more rarely."""
    day = [{"until_s": 3600, "every_s": 5}, {"until_s": 28_800, "every_s": 30}, {"every_s": 120}]
    assert interval_at(day, 15, age_s) == every_s
    assert interval_at([], 15, age_s) == 15
    assert interval_at(day[:2], 15, 1e6) == 30, "past its last line the last one holds"


def test_slots_that_nobody_asked_in_are_counted():
    assert missed(NOON, 15, NOON + timedelta(seconds=14)) == 0
    assert missed(NOON, 15, NOON + timedelta(seconds=46)) == 3
    assert missed(NOON, 15, NOON - timedelta(seconds=46)) == 0
    assert spread([]).p99 == 0 and spread(range(100)).p99 == 99


# --- several series ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reducer", "value"),
    [("sum", 6), ("max", 4), ("min", -1), ("avg", 2), ("count", 3), ("worst", 4)],
)
def test_several_series_become_one(reducer, value):
    bands = Bands(Bound("<", 2), Bound(">", 3))
    assert one_of(["-1", "4", "3"], reducer, bands) == value


def test_the_worst_is_what_lies_furthest_off_green():
    assert one_of(["99", "97", "98"], "worst", Bands(Bound(">=", 98))) == 97
    assert one_of(["4", "9", "5"], "worst", Bands(Bound("=", 5))) == 9


@pytest.mark.parametrize("reducer", ["sum", "max", "min", "avg", "worst"])
@pytest.mark.parametrize("bad", ["NaN", "+Inf", None, "x"])
def test_one_series_that_is_no_number_spoils_all_of_them(reducer, bad):
    """Scenario 27: the largest of 1 and NaN is not 1."""
    with pytest.raises(Odd):
        one_of(["1", bad, "2"], reducer, Bands(Bound("<", 2)))


def test_the_worst_wants_bands_and_an_unknown_reducer_is_none():
    for reducer in ("worst", "median", ""):
        with pytest.raises(Odd):
            one_of(["1", "2"], reducer, None)


# --- PromQL --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    ["plain", 'a"} or up{x="', "a\\", "\\", 'x\\"', "two\nlines", "ünï\x01\x7f\t", "`'{}", ""],
)
def test_scenario_67_a_label_value_stays_inside_its_quotes(value):
    tree = promql_parser.parse(f"up{{job={quoted(value)}}}")
    (matcher,) = tree.matchers.matchers
    assert (matcher.name, matcher.value) == ("job", value)


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_scenario_67_what_no_label_can_hold_is_refused(value):
    with pytest.raises(ValueError, match="cannot hold"):
        quoted(value)


@pytest.mark.parametrize(
    ("promql", "words"),
    [
        ("rate(up)", "rate() wants values over a span of time: rate(up[5m])."),
        ("sum(", "This is not PromQL: unclosed left parenthesis."),
        ("", "There is no query."),
        ("x[5m]", "a range of values, one number is wanted"),
        ('"text"', "It gives text"),
        ("1+" * 5000 + "1", "too long"),
        ("(" * 200 + "1" + ")" * 200, "nested deeper than 60"),
        ("sum(" * 100 + "x" + ")" * 100, "nested deeper"),
    ],
)
def test_what_gives_no_number_is_an_error_in_one_sentence(promql, words):
    (remark,) = lint(promql)
    assert remark.error and words in remark.text


@pytest.mark.parametrize(
    ("promql", "words"),
    [
        ("up", "every series"),
        ("sum by (job) (up)", "a series for each value"),
        ("sum without (instance) (up)", "a series for each value"),
        ("sum(up) > 3", "write bool"),
        ("sum(rate(queue_length[5m]))", "queue_length does not look like one"),
        ("rate(sum(x_total)[5m:1m])", "takes a restart for a jump"),
        ("histogram_quantile(0.9, sum(rate(x_bucket[5m])))", "sum by (le)"),
    ],
)
def test_what_is_often_meant_otherwise_is_remarked(promql, words):
    (remark,) = lint(promql)
    assert not remark.error and words in remark.text


@pytest.mark.parametrize(
    "promql",
    [
        "sum(rate(http_requests_total{code=~'5..'}[5m])) / sum(rate(http_requests_total[5m]))",
        "histogram_quantile(0.95, sum by (le) (rate(x_seconds_bucket[5m]))) * 1000",
        "sum(up) >= bool 4",
        "vector(1)",
    ],
)
def test_nothing_is_said_of_a_sound_query(promql):
    assert lint(promql) == ()


def test_with_a_reducer_several_series_are_meant():
    assert lint("up", reducer="min") == lint("sum by (job) (up)", reducer="max") == ()
