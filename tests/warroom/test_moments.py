"""Dates, zones and T-offsets as people write them."""

import pytest

from warroom.rules.moments import parse_moment
from warroom.rules.offsets import format_offset, format_span, parse_length, parse_offset


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2025-10-25 01:00 CDT (after 11 features)", "2025-10-25 06:00"),
        ("October 23, 2025 (09:00 UTC)", "2025-10-23 09:00"),
        ("October 23, 2025 at 09:00 UTC", "2025-10-23 09:00"),
        ("2026-01-14T23:30Z", "2026-01-14 23:30"),
        ("2026-02-17 15:45 GMT+8", "2026-02-17 07:45"),
        ("15.10.2025 14:00 CEST", "2025-10-15 12:00"),
        ("3 Oct 2025 2:00 PM EST", "2025-10-03 19:00"),
        ("2025-10-25", "2025-10-25 00:00"),
    ],
)
def test_a_moment_is_read_in_its_zone(text, utc):
    assert f"{parse_moment(text).at:%Y-%m-%d %H:%M}" == utc


@pytest.mark.parametrize(
    "text", ["", "Week 10, Day 1", "2026-13-40", "Oct 24", "25:99", "0001-01-01"]
)
def test_what_names_no_day_is_no_moment(text):
    assert parse_moment(text) is None


def test_what_was_assumed_is_said():
    assert "no time zone" in parse_moment("2025-10-25 10:00").doubt
    assert "00:00" in parse_moment("2025-10-25").doubt
    assert "China" in parse_moment("2025-10-25 10:00 CST").doubt


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("Pre-Deployment (T-2 hours)", -7200, -7200),
        ("Deployment Window (T-0 to T+1h)", 0, 3600),
        ("T−30 min", -1800, -1800),
        ("T-0.5h", -1800, -1800),
        ("T-1 Tag", -86400, -86400),
        ("T+20min checks", 1200, 1200),
        ("24 hours before", -86400, -86400),
        ("One week before", -604800, -604800),
        ("+15 min post-release", 900, 900),
        ("Release Day", 0, 0),
        ("Post-Deployment Review (48 hours)", 172800, 172800),
    ],
)
def test_an_offset_is_read_in_seconds(text, start, end):
    offset = parse_offset(text)
    assert (offset.start_s, offset.end_s) == (start, end)


@pytest.mark.parametrize(
    "text", ["T-24", "T-minus 20 working days", "T-3 business days", f"T+{'9' * 40}h"]
)
def test_an_offset_without_a_fixed_hour_is_doubted(text):
    offset = parse_offset(text)
    assert offset.end_s is None
    assert offset.doubt


@pytest.mark.parametrize("text", ["Timeline", "STATUS-2", "Phase 4", "T-shirt", "UTC+2"])
def test_other_words_are_no_offset(text):
    assert parse_offset(text) is None


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-7200, "T−2:00"), (0, "T+0"), (3600, "T+1:00"), (-604800, "T−7 d"), (None, "")],
)
def test_an_offset_is_shown_as_people_say_it(seconds, shown):
    assert format_offset(seconds) == shown


def test_lengths_of_time_are_read_and_shown():
    assert parse_length("12-hour") == 43200
    assert parse_length("5 minutes") == 300
    assert parse_length("soon") is None
    assert parse_length("99999999999 hours") is None
    assert format_span(64800) == "18 h"
