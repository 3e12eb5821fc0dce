"""PROCEED, HOLD or ROLLBACK, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.rules.bands import Band, Bands, Bound
from rollouts.rules.readings import as_read, judged, next_due
from rollouts.rules.sustained import RedMemory, is_settled, is_sustained, look_back, remember
from rollouts.rules.verdict import Reading, Word, decide

NINE = datetime(2025, 10, 23, 19, 54, tzinfo=UTC)
GREEN = Reading("Error rate", Band.GREEN, "0.04 %", since=NINE)
YELLOW = Reading("P95 latency", Band.YELLOW, "236 ms", "above its 200 ms target", NINE)
RED = Reading("Error rate", Band.RED, "1.4 %", "above its 1 % limit", NINE)
LASTING = Reading("Error rate", Band.RED, "1.4 %", "above its 1 % limit", NINE, sustained=True)
MISSING = Reading("Uptime", Band.NO_DATA, "", "connection refused", NINE)
UNSETTLED = Reading("Error rate", Band.GREEN, "0 %", since=NINE, settled=False)


@pytest.mark.parametrize(
    ("readings", "word"),
    [
        ([], Word.NONE),
        ([GREEN], Word.PROCEED),
        ([GREEN, YELLOW], Word.HOLD),
        ([GREEN, MISSING], Word.HOLD),
        ([GREEN, RED], Word.HOLD),
        ([GREEN, UNSETTLED], Word.HOLD),
        ([GREEN, LASTING], Word.ROLLBACK),
        ([YELLOW, MISSING, LASTING], Word.ROLLBACK),
        ([YELLOW, MISSING, RED], Word.HOLD),
    ],
)
def test_the_worst_reading_wins(readings, word):
    assert decide(readings).word is word


def test_nothing_measured_is_no_verdict():
    verdict = decide([])
    assert verdict.word == ""
    assert verdict.sentence == "Nothing is measured yet."


def test_one_yellow_says_what_why_and_since_when():
    assert decide([GREEN, YELLOW]).sentence == (
        "P95 latency is 236 ms, above its 200 ms target since 19:54. "
        "One yellow holds the stage; no red, so no rollback."
    )


def test_times_are_said_in_utc_whatever_zone_they_come_in():
    elsewhere = replace(YELLOW, since=YELLOW.since.astimezone(ZoneInfo("Europe/Berlin")))
    assert "since 19:54" in decide([elsewhere]).sentence


def test_no_data_is_said_with_its_reason():
    assert decide([GREEN, MISSING]).sentence == (
        "Uptime has no data since 19:54: connection refused. "
        "No data holds the stage; it is never taken as green."
    )


def test_a_lasting_red_leads_and_the_others_are_named():
    verdict = decide([GREEN, YELLOW, MISSING, LASTING])
    assert verdict.sentence == (
        "Error rate is 1.4 %, above its 1 % limit since 19:54. "
        "Also not green: P95 latency, Uptime. Red has lasted: roll back."
    )
    assert len(verdict.reasons) == 3


def test_all_green_says_since_when_the_last_one_is():
    later = Reading("Uptime", Band.GREEN, since=NINE + timedelta(minutes=6))
    assert decide([GREEN, later]).sentence == "All 2 readings are green since 20:00."


def test_moving_numbers_do_not_change_what_leads():
    first = decide([YELLOW])
    second = decide([Reading("P95 latency", Band.YELLOW, "241 ms", YELLOW.reason, NINE)])
    assert first.leading == second.leading
    assert first.sentence != second.sentence


readings = st.builds(
    Reading,
    name=st.sampled_from(["a", "b", "c", "d"]),
    band=st.sampled_from(list(Band)),
    sustained=st.booleans(),
    settled=st.booleans(),
)


@given(st.lists(readings, min_size=1, max_size=8))
def test_proceed_needs_every_reading_green_and_settled(some):
    verdict = decide(some)
    fine = all(r.band is Band.GREEN and r.settled for r in some)
    assert (verdict.word is Word.PROCEED) == fine


@given(st.lists(readings, min_size=1, max_size=8))
def test_rollback_needs_a_sustained_red(some):
    lasting = any(r.band is Band.RED and r.sustained for r in some)
    assert (decide(some).word is Word.ROLLBACK) == lasting


@given(st.lists(readings, max_size=8))
def test_the_order_of_readings_does_not_matter_for_the_word(some):
    assert decide(some).word is decide(list(reversed(some))).word


# --- how long is long enough ---------------------------------------------------------------

STEP = timedelta(seconds=15)
MINUTE = timedelta(minutes=1)
LETTERS = {"g": Band.GREEN, "y": Band.YELLOW, "r": Band.RED, "n": Band.NO_DATA}


def samples(letters):
    """Bands one step apart; a dot is a sample that never came."""
    return [(NINE + i * STEP, LETTERS[c]) for i, c in enumerate(letters) if c != "."]


def stand(taken):
    """What is known after these samples: band, sustained, settled."""
    memory = RedMemory()
    for at, band in taken:
        memory = remember(memory, at, band, STEP)
    at, band = taken[-1]
    settled = is_settled(memory, band, at, MINUTE, STEP)
    return band, is_sustained(memory, band, MINUTE), settled


@pytest.mark.parametrize(
    ("letters", "sustained"),
    [
        ("ggrrrr", False),
        ("ggrrrrr", True),
        ("ggrrrrg", False),
        ("rrrrgrr", False),
        ("rrnrrr", True),
        ("rrrrn", False),
        ("rr...rr", False),
        ("rr..rrrr", False),
        ("rr.rr", True),
        ("rnnrrr", False),
    ],
)
def test_red_is_sustained_when_it_was_seen_for_the_whole_window(letters, sustained):
    assert stand(samples(letters))[1] is sustained


def test_a_window_of_nothing_makes_the_first_red_count():
    memory = remember(RedMemory(), NINE, Band.RED, STEP)
    assert is_sustained(memory, Band.RED, timedelta(0))


def test_scenario_35_flapping_neither_rolls_back_nor_advances():
    words = set()
    flapping = samples("gr" * 40)
    for end in range(2, len(flapping) + 1):
        band, sustained, settled = stand(flapping[:end])
        reading = Reading("Error rate", band, sustained=sustained, settled=settled)
        words.add(decide([reading]).word)
    assert words == {Word.HOLD}


def test_a_metric_is_trusted_again_after_a_quiet_window():
    assert stand(samples("rggg"))[2] is False
    assert stand(samples("rgggg"))[2] is True


@pytest.mark.parametrize(("window", "steps"), [(0, 4), (60, 4), (90, 6), (600, 8)])
def test_the_look_back_is_four_to_eight_intervals(window, steps):
    assert look_back(timedelta(seconds=window), STEP) == steps * STEP


@given(st.text("gyrn.", min_size=1, max_size=40).filter(lambda s: s[-1] != "."))
def test_red_is_never_sustained_shorter_than_its_window(letters):
    taken = samples(letters)
    if stand(taken)[1]:
        reds = [at for at, band in taken if band is Band.RED]
        assert reds[-1] - reds[0] >= MINUTE
        assert taken[-1][1] is Band.RED


# --- from an answer to a reading -----------------------------------------------------------

LATENCY = Bands(Bound("<", 200), Bound(">", 500))


@pytest.mark.parametrize(
    ("value", "failed", "band", "reason"),
    [
        (120.0, False, Band.GREEN, ""),
        (236.0, False, Band.YELLOW, "above its 200 ms target"),
        (731.0, False, Band.RED, "above its 500 ms limit"),
        (None, False, Band.NO_DATA, "connection refused"),
        (None, True, Band.RED, "connection refused"),
        (float("nan"), False, Band.NO_DATA, "connection refused"),
    ],
)
def test_an_answer_gets_its_band_and_reason(value, failed, band, reason):
    said = judged(value, LATENCY, "ms", failed=failed, reason="connection refused")
    assert (said.band, said.reason) == (band, reason)


def test_a_metric_without_bands_is_never_green():
    assert judged(1.0, None, "").band is Band.NO_DATA


def test_a_reading_older_than_two_intervals_counts_as_no_data():
    assert as_read("green", "", NINE, 15, NINE + 2 * STEP).band is Band.GREEN
    old = as_read("green", "", NINE, 15, NINE + 2 * STEP + timedelta(seconds=1))
    assert (old.band, old.reason) == (Band.NO_DATA, "not read for 31 s")


def test_the_cadence_is_kept_and_missed_slots_are_left_out():
    late = NINE + timedelta(seconds=50)
    assert next_due(NINE, 15, late) == NINE + timedelta(seconds=60)
    assert next_due(NINE, 15, NINE) == NINE + STEP
    assert next_due(late, 15, NINE) == late
