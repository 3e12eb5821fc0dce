"""The one rule that judges values."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from checklists.rules.bands import (
    Band,
    Bands,
    Bound,
    against,
    findings,
    is_worse,
    judge,
    parse_bound,
    show,
)

LATENCY = Bands(green=Bound("<", 200), red=Bound(">", 500))
PASS_RATE = Bands(green=Bound(">=", 98), red=Bound("<", 95))


@pytest.mark.parametrize(
    ("text", "op", "value", "unit"),
    [
        ("< 0.1%", "<", 0.1, "%"),
        ("≥ 98 %", ">=", 98, "%"),
        (">=98%", ">=", 98, "%"),
        ("=> 98", ">=", 98, ""),
        ("≤ 2", "<=", 2, ""),
        ("200ms", "<=", 200, "ms"),
        ("<0.5s", "<", 0.5, "s"),
        ("5/5", ">=", 5, "of 5"),
        ("< 4/5", "<", 4, "of 5"),
        ("22 / 22", ">=", 22, "of 22"),
        ("0", "=", 0, ""),
        ("100%", "=", 100, "%"),
        ("100% (expected)", "=", 100, "%"),
        ("3+", ">=", 3, ""),
        ("99.9%+", ">=", 99.9, "%"),
        (">150K", ">", 150_000, ""),
        ("< 2M", "<", 2_000_000, ""),
        ("< 15 minutes", "<", 15, "min"),
        ("<2m", "<", 2, "min"),
        ("at least 80 percent", ">=", 80, "%"),
        ("Under 3 seconds", "<", 3, "s"),
        ("max 4", "<=", 4, ""),
        ("**<10ms**", "<", 10, "ms"),
        ("`> 99.9%`", ">", 99.9, "%"),
        ("1,000 req/s", "=", 1000, "req/s"),
        ("< 0,5 %", "<", 0.5, "%"),
        ("＜ ２００ ms", "<", 200, "ms"),
        ("> -5 °C", ">", -5, "°C"),
        ("< 512 MB", "<", 512, "MB"),
    ],
)
def test_a_bound_is_read_as_people_write_it(text, op, value, unit):
    bound, read_unit = parse_bound(text)
    assert (bound.op, read_unit) == (op, unit)
    assert bound.value == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    ["", "TBD", "[TBD]", "95% - 98%", "200ms - 500ms", "0.1–1.0%", "all green", "1-2", "v4.0.0",
     "2025-10-23", "20:46", "<", "< abc", "NaN", "inf", "1e5", "✅"],
)  # fmt: skip
def test_what_is_no_bound_is_not_guessed(text):
    assert parse_bound(text) is None


@pytest.mark.parametrize(
    ("bands", "value", "band"),
    [
        (LATENCY, 199.9, Band.GREEN),
        (LATENCY, 200, Band.YELLOW),
        (LATENCY, 500, Band.YELLOW),
        (LATENCY, 500.1, Band.RED),
        (PASS_RATE, 98, Band.GREEN),
        (PASS_RATE, 97.99, Band.YELLOW),
        (PASS_RATE, 95, Band.YELLOW),
        (PASS_RATE, 94.99, Band.RED),
        (Bands(Bound(">=", 5), Bound("<", 4)), 4, Band.YELLOW),
        (Bands(Bound("=", 100), Bound("<", 99.9)), 100, Band.GREEN),
        (Bands(Bound("=", 100), Bound("<", 99.9)), 100.0001, Band.GREEN),
        (Bands(Bound("=", 100), Bound("<", 99.9)), 99.95, Band.YELLOW),
        (Bands(Bound("=", 0), Bound(">=", 3)), 0, Band.GREEN),
        (Bands(Bound("=", 0), Bound(">=", 3)), 2, Band.YELLOW),
        (Bands(Bound("=", 0), Bound(">=", 3)), 3, Band.RED),
        (Bands(Bound("=", 17)), 16, Band.YELLOW),
        (Bands(Bound("=", 17)), 17, Band.GREEN),
        (Bands(Bound("<", 0.3)), 0.1 + 0.2, Band.YELLOW),
        (Bands(Bound("<=", 0.3)), 0.1 + 0.2, Band.GREEN),
    ],
)
def test_values_fall_into_their_band(bands, value, band):
    assert judge(bands, value) is band


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("bands", [LATENCY, PASS_RATE, Bands(Bound(">", -5))])
def test_no_data_is_never_green(bands, value):
    assert judge(bands, value) is Band.NO_DATA


@pytest.mark.parametrize(
    ("bands", "words"),
    [
        (Bands(Bound("<", 500), Bound(">", 200)), "both green and red"),
        (Bands(Bound(">", 0.95), Bound("<", 0.95)), "only yellow value"),
        (Bands(Bound(">=", 5), Bound("<=", 5)), "both green and red"),
        (Bands(Bound("<", 10), Bound("<", 20)), "same way"),
        (Bands(Bound("<", math.inf)), "not a finite number"),
    ],
)
def test_odd_bounds_are_named(bands, words):
    (finding,) = findings(bands)
    assert words in finding


@pytest.mark.parametrize(
    "bands",
    [LATENCY, PASS_RATE, Bands(Bound("=", 100), Bound("<", 99.9)), Bands(Bound("=", 0)),
     Bands(Bound("<", 10), Bound(">=", 10))],
)  # fmt: skip
def test_sound_bounds_have_no_finding(bands):
    assert findings(bands) == []


def test_a_bound_is_shown_with_its_unit():
    assert show(Bound(">=", 5), "of 5") == "≥ 5 of 5"
    assert show(Bound("<", 0.1), "%") == "< 0.1 %"


@pytest.mark.parametrize(
    ("bands", "value", "words"),
    [
        (LATENCY, 236, "above its 200 ms target"),
        (LATENCY, 200, "at its 200 ms target"),
        (LATENCY, 731, "above its 500 ms limit"),
        (PASS_RATE, 96, "below its 98 ms target"),
        (LATENCY, 12, ""),
    ],
)
def test_a_broken_bound_is_said_in_words(bands, value, words):
    assert against(bands, value, "ms") == words


numbers = st.floats(min_value=-1e9, max_value=1e9)
RANK = {Band.GREEN: 0, Band.YELLOW: 1, Band.RED: 2}


@given(green=numbers, red=numbers, one=numbers, other=numbers,
       ops=st.tuples(st.sampled_from(["<", "<="]), st.sampled_from([">", ">="])))  # fmt: skip
def test_a_worse_value_never_gets_a_better_band(green, red, one, other, ops):
    better, worse = sorted((one, other))
    bands = Bands(Bound(ops[0], green), Bound(ops[1], red))
    assert RANK[judge(bands, better)] <= RANK[judge(bands, worse)]


@given(green=numbers, red=numbers, value=numbers,
       ops=st.tuples(st.sampled_from(["<", "<=", ">", ">=", "="]),
                     st.sampled_from(["<", "<=", ">", ">="])))  # fmt: skip
def test_what_is_red_is_never_called_green(green, red, value, ops):
    bands = Bands(Bound(ops[0], green), Bound(ops[1], red))
    if bands.red.holds(value):
        assert judge(bands, value) is Band.RED


@given(low=numbers, high=numbers, value=numbers)
def test_bounds_without_a_finding_never_overlap(low, high, value):
    assume(math.isfinite(value))
    bands = Bands(Bound("<", low), Bound(">=", high))
    if not findings(bands):
        assert not (bands.green.holds(value) and bands.red.holds(value))


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_without_an_error(text):
    read = parse_bound(text)
    assert read is None or math.isfinite(read[0].value)


@given(st.sampled_from(["<", "<=", ">", ">=", "="]),
       st.decimals(min_value=-9999, max_value=9999, places=2))  # fmt: skip
def test_what_is_shown_can_be_read_again(op, value):
    shown = show(Bound(op, float(value)), "%")
    bound, unit = parse_bound(shown)
    assert (bound.op, unit) == (op, "%")
    assert bound.value == pytest.approx(float(value), abs=0.06)


@pytest.mark.parametrize(
    ("limits", "value", "than", "worse"),
    [
        (Bands(Bound("<", 0.1), Bound(">", 1)), 1.3, 1.2, True),
        (Bands(Bound("<", 0.1), Bound(">", 1)), 1.2, 1.2 + 1e-13, False),
        (Bands(Bound(">=", 98)), 90, 95, True),
        (Bands(Bound(">=", 98)), 96, 95, False),
        (Bands(Bound("=", 100), Bound("<", 99.9)), 98, 99, True),
        (Bands(Bound("=", 5)), 8, 4, True),
        (Bands(Bound("=", 5)), 6, 3, False),
    ],
)
def test_a_value_is_worse_that_lies_further_off_green(limits, value, than, worse):
    assert is_worse(limits, value, than) is worse
