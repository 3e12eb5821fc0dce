"""When rounds are due, and what became of them, without database and clock (S24, S54, S55)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.rules import round_strip, rounds
from rollouts.rules.round_readings import Reading, result, seen, wants_note, worst

DAY = [
    {"until_s": 3600, "every_s": 300},
    {"until_s": 28800, "every_s": 1800},
    {"until_s": 86400, "every_s": 7200},
]
QUARTERS = [{"every_s": 900}]
BEGAN = datetime(2025, 10, 23, 9, 20, tzinfo=UTC)


def test_from_0920_to_2100_every_15_minutes_are_47_rounds():
    """S55: the number that the document claims is the number that is computed."""
    bands = rounds.read(QUARTERS)
    until = datetime(2025, 10, 23, 21, tzinfo=UTC)
    assert rounds.count(bands, (until - BEGAN).total_seconds()) == 47
    assert rounds.claim(47, 47, "every 15 min") == ""
    assert rounds.claim(48, 47, "every 15 min") == (
        "The document says 48 rounds; every 15 min makes 47 rounds."
    )


def test_the_first_day_grows_calmer():
    """S24: every 5 minutes in hour 1, 30 minutes to hour 8, 2 hours to hour 24."""
    ages = list(rounds.offsets(rounds.read(DAY)))
    assert [ages[n] / 60 for n in (0, 1, 11, 12, 13, 25, 26, 27)] == [
        0, 5, 55, 60, 90, 450, 480, 600,
    ]  # fmt: skip
    assert len(ages) == 12 + 14 + 8
    assert ages[-1] == 22 * 3600


def test_after_its_last_band_a_cadence_is_over():
    assert rounds.next_due(rounds.read(DAY), BEGAN, BEGAN + timedelta(days=1)) is None


@given(st.floats(-10, 100_000))
def test_counting_and_listing_agree(age):
    bands = rounds.read(DAY)
    assert rounds.count(bands, age) == sum(one <= age for one in rounds.offsets(bands))
    assert list(rounds.offsets(bands, age)) == [o for o in rounds.offsets(bands) if o > age]


@pytest.mark.parametrize("day", [datetime(2025, 3, 30), datetime(2025, 10, 26)])
def test_a_change_of_summer_time_moves_no_round(day):
    """Scenario 42: elapsed time only, so 12 hours have 48 quarters on both nights."""
    began = day.replace(hour=0, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    dues = rounds.opened(
        rounds.read(QUARTERS), began, None, began + timedelta(hours=12, seconds=-1)
    )
    assert dues[47] - dues[0] == timedelta(hours=11, minutes=45)
    assert {b - a for a, b in pairwise(dues)} == {timedelta(minutes=15)}


def test_a_clock_that_jumps_back_makes_nothing_twice():
    bands = rounds.read(QUARTERS)
    made = rounds.opened(bands, BEGAN, None, BEGAN + timedelta(hours=1))
    assert rounds.opened(bands, BEGAN, made[-1], BEGAN + timedelta(minutes=20)) == []


def test_what_nobody_looked_at_for_a_year_comes_in_bounded_portions():
    made = rounds.opened(rounds.read(QUARTERS), BEGAN, None, BEGAN + timedelta(days=365))
    assert len(made) == rounds.BOUND


@pytest.mark.parametrize(
    ("cadence", "left"),
    [
        ([], 0),
        ([{"every_s": 0}], 0),
        ([{"every_s": 60}, {"every_s": 5}], 1),  # nothing comes after what has no end
        ([{"every_s": 60, "until_s": 600}, {"every_s": 60, "until_s": 300}], 1),
    ],
)
def test_bands_that_make_no_sense_are_left_out(cadence, left):
    assert len(rounds.read(cadence)) == left


def test_a_rehearsal_divides_the_cadence_and_keeps_its_duties():
    own = [{"until_s": 3600, "every_s": 300, "duties": ["Check error logs"]}, {"every_s": 1800}]
    assert rounds.divided(own, 60) == [
        {"until_s": 60, "every_s": 5, "duties": ["Check error logs"]},
        {"every_s": 30},
    ]


@pytest.mark.parametrize(
    ("now", "fields", "state"),
    [
        (-60, {}, rounds.NEXT),
        (0, {}, rounds.DUE),
        (899, {}, rounds.DUE),
        (900, {}, rounds.MISSED),
        (2000, {"done": True}, rounds.DONE),
        (2000, {"done": True, "late": True}, rounds.LATE),
        (10, {"missed": True}, rounds.MISSED),
    ],
)
def test_a_round_is_missed_when_the_next_one_is_due(now, fields, state):
    fields = {"done": False, "late": False, "missed": False, **fields}
    at = BEGAN + timedelta(seconds=now)
    assert rounds.state(BEGAN, BEGAN + timedelta(minutes=15), at, **fields) == state


def test_late_begins_after_the_limit():
    assert not rounds.is_late(BEGAN, BEGAN + timedelta(seconds=120), 120)
    assert rounds.is_late(BEGAN, BEGAN + timedelta(seconds=121), 120)


def values(*bands):
    return [Reading(f"k{n}", f"Metric {n}", "1", band) for n, band in enumerate(bands)]


@pytest.mark.parametrize(
    ("bands", "said", "worse", "note"),
    [
        (("green", "green"), "All green", "green", ""),
        (("green", ""), "All green", "green", ""),
        (("green", "yellow"), "1 yellow", "yellow", "Wanted, because Metric 1 is yellow."),
        (
            ("red", "no_data"), "1 red, 1 without data", "red",
            "Wanted, because 2 values are not green.",
        ),
        (("",), "Nothing measured", "no_data", "Wanted, because nothing is measured."),
    ],
)  # fmt: skip
def test_what_a_round_comes_to(bands, said, worse, note):
    """No data is never green (law 5), also for those who look."""
    found = values(*bands)
    assert (result(found), worst(found), wants_note(found)) == (said, worse, note)


def test_what_was_seen_differs_by_bands_and_not_by_numbers():
    one, other = Reading("k", "P95", "120 ms", "green"), Reading("k", "P95", "130 ms", "green")
    assert seen([one]) == seen([other])
    assert seen([one]) != seen([Reading("k", "P95", "130 ms", "yellow")])


def test_the_strip_tells_rounds_apart_by_shape():
    marks = [
        round_strip.Mark(1, rounds.DONE, "green"),
        round_strip.Mark(2, rounds.LATE, "yellow"),
        round_strip.Mark(3, rounds.MISSED),
        round_strip.Mark(4, rounds.NEXT),
    ]
    assert [kind for kind, _ in round_strip.paths(marks)] == ["ok", "warn", "late", "todo", "run"]
    assert round_strip.in_words(marks, 47) == (
        "2 of 47 rounds done: 1 all green, 1 with a yellow or without data, 1 done late, "
        "1 missed. Round 4 is next."
    )
