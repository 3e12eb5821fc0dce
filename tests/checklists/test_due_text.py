"""Times as people type them. S14, S123: what was understood is said back in the same words."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.rules.due_text import (
    NEVER,
    Due,
    NotUnderstood,
    due_text,
    length_text,
    parse_due,
    parse_length,
)

T0 = datetime(2025, 10, 23, 9, tzinfo=UTC)
BEFORE, AFTER = datetime(2025, 10, 20, 12, tzinfo=UTC), datetime(2025, 10, 23, 20, 46, tzinfo=UTC)


def at(*parts):
    return Due(at=datetime(2025, *parts, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("", NEVER),
        ("20:55", at(10, 23, 20, 55)),
        ("8:00", at(10, 24, 8)),  # past today: the next one
        ("20:55 UTC", at(10, 23, 20, 55)),
        ("T+11:55", Due(offset_s=42_900)),
        ("T-2h", Due(offset_s=-7200)),
        ("T−2:00", Due(offset_s=-7200)),  # the minus that pages show
        ("T+1d 2:30", Due(offset_s=95_400)),
        ("T-3 hours", Due(offset_s=-10_800)),
        ("T+1h30m", Due(offset_s=5400)),
        ("T0", Due(offset_s=0)),
        ("T+0", Due(offset_s=0)),
        ("2025-10-23 21:15", at(10, 23, 21, 15)),
        ("2025-10-23T21:15Z", at(10, 23, 21, 15)),
        ("2025-10-23 21:15+02:00", at(10, 23, 19, 15)),
    ],
)
def test_a_time_is_read_by_one_rule(text, means):
    assert parse_due(text, T0, AFTER) == means


def test_a_clock_alone_is_on_the_day_of_t0_while_that_lies_ahead():
    assert parse_due("08:00", T0, BEFORE) == at(10, 23, 8)
    assert parse_due("08:00", None, AFTER) == at(10, 24, 8)


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "25:00",
        "T+",
        "T-2",
        "T+2x",
        "2025-02-30 10:00",
        "9999-01-01 00:00",
        "T+9999999d",
        "21:15 CET",
        "x" * 10_000,
        "1 " * 5000,
    ],
)
def test_what_is_no_time_is_refused_with_what_would_be_right(text):
    with pytest.raises(NotUnderstood) as wrong:
        parse_due(text, T0, AFTER)
    assert len(str(wrong.value)) < 200


@given(st.integers(-(10**8), 10**8))
def test_an_offset_is_read_back_as_it_was_written(seconds):
    due = Due(offset_s=seconds)
    assert parse_due(due_text(due), T0, AFTER) == due


@given(st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1)))
def test_an_instant_is_read_back_as_it_was_written(moment):
    due = Due(at=moment.replace(tzinfo=UTC, microsecond=0))
    assert parse_due(due_text(due), T0, AFTER) == due


@given(st.integers(1, 10**8))
def test_a_length_is_read_back_as_it_was_written(seconds):
    assert parse_length(length_text(seconds)) == seconds


@pytest.mark.parametrize("text", ["0h", "long", "24", "-3h"])
def test_what_is_no_length_is_refused(text):
    with pytest.raises(NotUnderstood):
        parse_length(text)
