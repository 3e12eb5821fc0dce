"""Strict and non-strict bounds are two things: 80 is not "> 80" (S15).

The figures are those of a real decision checklist: most of its targets are met by exactly the
number that they name, or missed by it.
"""

from itertools import pairwise

import pytest
from django.utils import timezone

from checklists.models import Criterion
from checklists.queries.criteria import criterion_rows
from checklists.rules.bands import Band, judge
from checklists.rules.drafts import EXACTLY, HIGHER, LOWER, WrongBound, read_bounds
from checklists.rules.scale import scale_of
from tests.checklists.conftest import measure

FIGURES = [
    # target, fail, value, band
    ("> 0.95", "", 0.95, "yellow"),  # truth score
    (">= 0.95", "", 0.95, "green"),
    ("> 80 %", "< 60 %", 80, "yellow"),  # cache hit rate
    ("≥ 80 %", "< 60 %", 80, "green"),
    ("> 80 %", "<= 60 %", 60, "red"),
    ("> 80 %", "< 60 %", 60, "yellow"),
    ("< 10 ms", "> 50 ms", 10, "yellow"),
    ("<= 10 ms", "> 50 ms", 10, "green"),
    ("≤ 10 ms", "≥ 50 ms", 50, "red"),
    ("< 10 ms", "> 50 ms", 50, "yellow"),
    ("5/5", "", 5, "green"),
    ("5/5", "", 4, "yellow"),
    ("100 %", "< 99.9 %", 100, "green"),
    ("100 %", "< 99.9 %", 99.95, "yellow"),
    ("0", "", 0, "green"),
    ("0", "", 1, "yellow"),
    ("< 0.1 %", "> 1 %", 0.1, "yellow"),
    ("< 0.1 %", "> 1 %", 0.0999, "green"),
    ("at most 200 ms", "over 500 ms", 200, "green"),
]


@pytest.mark.parametrize(("target", "fail", "value", "band"), FIGURES)
def test_a_number_at_its_bound_is_judged_by_the_sign(target, fail, value, band):
    assert judge(read_bounds(target, fail).bands, value) == band


@pytest.mark.django_db
@pytest.mark.parametrize(("target", "fail", "value", "band"), FIGURES)
def test_a_gate_judges_it_as_the_rule_does(plan, gate, target, fail, value, band):
    found = read_bounds(target, fail)
    criterion = Criterion.objects.create(
        gate=gate,
        key="c",
        position=1,
        label="C",
        evidence_key="c",
        green_op=found.green.op,
        green_value=found.green.value,
        red_op=found.red.op if found.red else "",
        red_value=found.red.value if found.red else None,
        unit=found.unit,
    )
    measure(plan, "c", value, unit=found.unit)
    [row] = criterion_rows(plan, [criterion], timezone.now())
    assert row.band == band
    if band == "yellow" and value == found.green.value:
        assert "at its" in row.sentence


@pytest.mark.parametrize(
    ("target", "direction", "op"),
    [("80", LOWER, "<"), ("80", HIGHER, ">="), ("80", EXACTLY, "="), ("> 80", HIGHER, ">")],
)
def test_a_direction_gives_a_bare_number_its_sign_and_no_other(target, direction, op):
    assert read_bounds(target, "", direction).green.op == op


@pytest.mark.parametrize(
    ("target", "fail", "field"),
    [("95 - 98 %", "", "target"), ("< 5", "5 to 9", "fail"), ("", "> 9", "target")],
)
def test_what_is_no_bound_is_refused_at_its_field(target, fail, field):
    with pytest.raises(WrongBound) as wrong:
        read_bounds(target, fail)
    assert wrong.value.field == field


def test_words_are_judged_by_a_person():
    assert read_bounds("22 of them are signed", "", words=True).green is None
    assert read_bounds("all here", "").green is None


# --- drawn to scale --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "fail", "value"),
    [
        ("< 250 ms", "> 500 ms", 236),
        (">= 98 %", "< 95 %", 96.2),
        ("< 0.1 %", "> 1 %", 0.0),
        ("> 0", "< -5", -2),
        ("<= 3", "", 12),
        ("< 10", "> 1e6", None),
    ],
)
def test_the_drawing_holds_together(target, fail, value):
    found = read_bounds(target, fail.replace("1e6", "1000000"))
    drawn = scale_of(found.bands, found.unit, value)
    pieces = drawn.pieces
    assert pieces[0].at == 0 and abs(pieces[-1].at + pieces[-1].width - 100) < 0.01
    for left, right in pairwise(pieces):
        assert abs(left.at + left.width - right.at) < 0.01 and left.band != right.band
    assert drawn.now is None or 0 <= drawn.now.at <= 100
    if value is not None:
        at = drawn.now.at
        inside = next(p for p in pieces if p.at - 0.01 <= at <= p.at + p.width + 0.01)
        assert inside.band in (judge(found.bands, value), Band.GREEN, Band.YELLOW, Band.RED)


def test_the_drawing_is_said_in_words_too():
    found, was = read_bounds("< 250 ms", "> 500 ms"), read_bounds("< 200 ms", "> 500 ms")
    drawn = scale_of(found.bands, "ms", 236, was.bands)
    assert drawn.label == (
        "Bands on a scale from 0 to 600 ms: green < 250 ms, red > 500 ms. "
        "Now 236 ms, which is green."
    )
    assert [mark.text for mark in drawn.old] == ["was 200"]
    assert [piece.width for piece in drawn.pieces] == pytest.approx([41.667, 41.667, 16.667], 0.01)


def test_one_number_alone_is_not_drawn():
    assert scale_of(read_bounds("0", "").bands) is None
