"""A measured value against its target, as people write both: S14, S125."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.rules.targets import Met, against

CASES = [
    ("22/22", "22/22", "met"),
    ("21/22", "22/22", "missed"),
    ("21/21", "22/22", "unknown"),
    ("22 of 22", "22/22", "met"),
    ("22", "22/22", "met"),
    ("100 %", "22/22", "met"),
    ("95 %", "22/22", "missed"),
    ("98.28 %", "≥ 95 %", "met"),
    ("98.28% (1,026/1,044)", "≥ 95 %", "met"),
    ("1,026/1,044", "≥ 95 %", "met"),
    ("1,026/1,044", "≥ 99 %", "missed"),
    ("98,28 %", ">= 95%", "met"),
    ("82 %", "70%+", "met"),
    ("69.9 %", "70%+", "missed"),
    ("82", "70%+", "met"),
    ("82 tests", "70+", "met"),
    ("6.2 s", "< 500 ms", "missed"),
    ("0.2 s", "< 500 ms", "met"),
    ("500 ms", "< 500 ms", "missed"),
    ("1m", "5 minutes", "met"),
    ("< 100 ms", "< 500 ms", "met"),
    ("< 1 s", "< 500 ms", "unknown"),
    ("> 96 %", "≥ 95 %", "met"),
    ("> 96 %", "< 95 %", "unknown"),
    ("~ 98 %", "≥ 95 %", "met"),
    ("0", "0", "met"),
    ("3", "0", "missed"),
    ("99.5 %", "100 %", "missed"),
    ("82 %", "70 %", "unknown"),
    ("300 ms", "200-500 ms", "met"),
    ("700 ms", "200-500 ms", "missed"),
    ("150 ms", "200-500ms", "missed"),
    ("1.5 GB", "< 2000 MB", "met"),
    ("fine", "≥ 95 %", "unknown"),
    ("v4.0.0", "≥ 3", "unknown"),
    ("4.0.0", "≥ 3", "unknown"),
    ("2025-10-23", "≥ 3", "unknown"),
    ("98 %", "green", "unknown"),
    ("98 %", "< 500 ms", "unknown"),
    ("5 s", "≥ 3", "unknown"),
    ("5/0", "5/5", "unknown"),
    ("", "≥ 95 %", "unknown"),
    ("98 %", "", "unknown"),
]


@pytest.mark.parametrize(("value", "target", "expected"), CASES)
def test_a_value_meets_its_target_or_misses_it_or_cannot_be_told(value, target, expected):
    assert against(value, target).met == expected


@pytest.mark.parametrize(
    ("value", "target", "word"),
    [("82 %", "≥ 95 %", "below target"), ("6.2 s", "< 500 ms", "above target")],
)
def test_it_says_on_which_side_it_misses(value, target, word):
    assert against(value, target).word == word


@given(st.text(max_size=40), st.text(max_size=40))
def test_nothing_that_people_type_breaks_it(value, target):
    assert against(value, target).met in Met
