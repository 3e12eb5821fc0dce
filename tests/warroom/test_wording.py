"""Times and numbers in words are the same everywhere."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warroom.rules import wording

NOW = datetime(2025, 10, 23, 20, 46, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(hours=11, minutes=46, seconds=18), "T+11:46"),
        (timedelta(hours=-2), "T−2:00"),
        (timedelta(days=1), "T+1d 0:00"),
        (timedelta(days=-94, hours=-12, minutes=-13), "T−94d 12:13"),
        (timedelta(seconds=-20), "T+0:00"),  # there is no T−0:00
        (0, "T+0:00"),
        (-900, "T−0:15"),
    ],
)
def test_an_offset_is_told_from_t0(span, text):
    assert wording.offset_text(span) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (42378, "T+11:46:18"),
        (-63600, "T−17:40:00"),
        (5, "T+0:00:05"),
        (90_000, "T+1d 1:00:00"),
    ],
)
def test_the_clock_always_shows_hours(seconds, text):
    assert wording.clock_text(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(6, "6 s"), (59.9, "59 s"), (240, "4 min"), (6120, "1 h 42 min"), (7200, "2 h"),
     (180_000, "2 d 2 h"), (-240, "4 min")],
)  # fmt: skip
def test_a_duration_is_told_in_its_two_largest_units(seconds, text):
    assert wording.duration_text(seconds) == text


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (NOW, "20:46"),
        (datetime(2025, 10, 24, 9, 0, tzinfo=UTC), "24 Oct 09:00"),
        (datetime(2026, 1, 26, 9, 0, tzinfo=UTC), "26 Jan 2026 09:00"),
    ],
)
def test_another_day_is_named(at, text):
    assert wording.instant_text(at, NOW) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.04, "%", "0.04 %"),
        (236.0, "ms", "236 ms"),
        (98.28, "%", "98.28 %"),
        (1026, "", "1,026"),
        (1234567.8, "", "1,234,568"),
        (0.00004, "s", "4e-05 s"),
        (-1.4, "pt/h", "−1.4 pt/h"),
        (0, "", "0"),
        (None, "%", "no data"),
        (float("nan"), "%", "no data"),
        (float("inf"), "ms", "no data"),
    ],
)
def test_a_number_has_its_unit_and_no_value_is_no_data(value, unit, text):
    assert wording.number_text(value, unit) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_can_be_written(value):
    assert wording.number_text(value, "ms").endswith(" ms")


@given(st.timedeltas(min_value=timedelta(days=-4000), max_value=timedelta(days=4000)))
def test_every_span_can_be_written(span):
    assert wording.offset_text(span).startswith("T")
    assert wording.clock_text(span).startswith("T")
    assert wording.duration_text(span)
