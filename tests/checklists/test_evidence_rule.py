"""What may be a key, a value and a time; which commit a result is of; how a file is described."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.rules import evidence as rules

NOW = datetime(2025, 10, 23, 20, 46, tzinfo=UTC)
HEX = "3d97ee2c1b0a998877665544332211ffeeddccbb"


@pytest.mark.parametrize(
    ("given_commit", "named", "other"),
    [
        ("3d97ee2", [f"Commit {HEX}"], ""),
        (HEX, ["main at 3d97ee2"], ""),
        (HEX.upper(), [HEX], ""),
        ("v4.0.0-3-g3d97ee2", [HEX], ""),
        ("aaaaaa1", [HEX], HEX),
        ("3d97ee2", ["v4.0.0"], ""),  # nothing to compare
        ("3d97ee2", ["build 20251023"], ""),  # a day is no commit
        ("main", ["v4.0.0", HEX], ""),
        ("v4.0.0", ["4.0"], ""),
        ("4.0.1", ["v4.0.0"], "4.0.0"),
        ("4.0.0-rc1", ["v4.0.0"], "4.0.0"),
        ("3d97ee2", ["", "v4", "aaaaaaa1", HEX], ""),  # one of those that are named
    ],
)
def test_a_commit_is_compared_by_its_digits_and_a_version_by_its_parts(given_commit, named, other):
    assert rules.other_commit(given_commit, named) == other


@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=4))
def test_whatever_stands_as_a_commit_is_compared_and_itself_never_contradicts(text, named):
    rules.other_commit(text, named)
    assert rules.other_commit(text, [text]) == ""


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_value_has_a_short_text(value):
    assert rules.value_objection(value) is None
    assert 0 < len(rules.value_text(value, "ms")) < 40


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, None, "1", 10**400])
def test_what_is_no_finite_number_is_no_value(value):
    assert rules.value_objection(value)


@pytest.mark.parametrize(
    ("at", "is_right"),
    [
        (NOW, True),
        (NOW + timedelta(seconds=59), True),
        (NOW + timedelta(seconds=61), False),
        (NOW - timedelta(days=3650), True),
        (datetime(1999, 1, 1, tzinfo=UTC), False),
    ],
)
def test_a_time_has_been_and_can_be_meant(at, is_right):
    assert (rules.time_objection(at, NOW) is None) is is_right


def test_the_tool_is_named_once():
    said = rules.detail_text("k6 summary, 4 thresholds", "k6, 2,400 requests, 2 min")
    assert said == "k6 summary, 4 thresholds, 2,400 requests, 2 min"
    assert rules.detail_text("JUnit XML", "") == "JUnit XML"
    assert (
        rules.detail_text("coverage.py JSON", "7.6.1, 1 file") == "coverage.py JSON, 7.6.1, 1 file"
    )


@dataclass
class One:
    key: str
    value: object
    label: str = "A"
    unit: str = "%"
    text: str = "1 %"


def test_figures_that_share_a_key_are_kept_once_and_what_is_no_number_is_no_data():
    figures = rules.full_figures("tests", [One("a", 1), One("a", 2), One("b", float("nan"))])
    assert [(row["key"], row["value"]) for row in figures] == [("tests.a", 2.0), ("tests.b", None)]


@pytest.mark.parametrize(
    ("given_commit", "named", "compared"),
    [
        ("3d97ee2", ["4.0", HEX], True),
        ("4.0.1", ["4.0"], True),
        ("3d97ee2", ["4.0"], False),
        ("3d97ee2", ["build 20251023"], False),
        ("main", [HEX], False),
    ],
)
def test_a_commit_is_compared_only_with_a_commit_that_is_named(given_commit, named, compared):
    assert rules.is_compared(given_commit, named) is compared
