"""Geometry of the sparkline, the chart and the bounded history."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.rules.bands import Band, Bands, Bound
from rollouts.rules.history import LIMIT, append, appended, blocks
from rollouts.rules.sparkline import chart, spark, zone_scale

LATENCY = Bands(Bound("<", 200), Bound(">", 500))
PASS_RATE = Bands(Bound(">=", 98), Bound("<", 95))


def test_zones_keep_their_shares_where_less_is_better():
    drawn = spark([(0, 160), (15, 236)], LATENCY, "ms")
    assert [(z.kind, z.y, z.height) for z in drawn.zones] == [
        ("z-fail", "0", "9.2"),
        ("z-acc", "9.2", "13.8"),
    ]
    assert drawn.edge == "M0 9.2H200M0 23H200"


def test_zones_keep_their_shares_where_more_is_better():
    drawn = spark([(0, 98.28), (15, 98.28)], PASS_RATE, "%")
    assert [(z.kind, z.y, z.height) for z in drawn.zones] == [
        ("z-fail", "36.8", "9.2"),
        ("z-acc", "23", "13.8"),
    ]
    assert drawn.lines == ("0,19.8 200,19.8",)


def test_the_best_possible_value_touches_the_best_edge():
    assert spark([(0, 5), (1, 5)], Bands(Bound(">=", 5), Bound("<", 4)), "of 5").lines == (
        "0,0 200,0",
    )
    assert spark([(0, 0), (1, 0)], Bands(Bound("=", 0), Bound(">=", 3))).lines == ("0,46 200,46",)


def test_a_hole_in_the_data_is_a_hole_in_the_line():
    drawn = spark([(0, 100), (10, 100), (20, None), (30, 100), (40, 100)], LATENCY)
    assert len(drawn.lines) == 2


def test_a_single_value_is_still_seen():
    (line,) = spark([(0, 100)], LATENCY).lines
    assert len(line.split()) == 2


def test_without_values_only_the_zones_are_drawn():
    drawn = spark([], LATENCY)
    assert drawn.lines == () and len(drawn.zones) == 2


bounds = st.floats(min_value=0.01, max_value=1e6)


@given(green=bounds, gap=bounds, values=st.lists(st.floats(-1e7, 1e7), max_size=12))
def test_every_value_lands_inside_the_picture(green, gap, values):
    bands = Bands(Bound("<", green), Bound(">", green + gap))
    for value in values:
        assert 0 <= zone_scale(bands, values).y(value, 46) <= 46


@given(green=bounds, gap=bounds, one=st.floats(0, 1e6), other=st.floats(0, 1e6))
def test_a_worse_value_is_never_drawn_on_the_better_side(green, gap, one, other):
    scale = zone_scale(Bands(Bound("<", green), Bound(">", green + gap)), [one, other])
    better, worse = sorted((one, other))
    assert scale.y(worse, 46) <= scale.y(better, 46) + 1e-6


def test_the_chart_has_round_marks_and_all_zones():
    drawn = chart([(0, 160.0), (3600, 236.0)], LATENCY, 0, 3600)
    assert [tick.text for tick in drawn.values] == ["0", "100", "200", "300", "400", "500", "600"]
    assert [zone.kind for zone in drawn.zones] == ["z-fail", "z-acc"]
    assert drawn.now == ("948", "170.1")


@pytest.mark.parametrize("value", [0.0, 0.0004, 98.28, 1e9, -5.0])
def test_the_chart_survives_any_size_of_number(value):
    drawn = chart([(0, value), (60, None), (120, value)], None, 0, 120)
    text = " ".join(drawn.lines) + drawn.edge
    assert not re.search(r"nan|inf|e[+-]", text)


def test_a_history_never_grows_and_keeps_the_worst():
    history = {}
    for n in range(5000):
        band = Band.RED if n == 2500 else Band.GREEN
        history = append(history, 1_000_000 + n * 15, 900.0 if n == 2500 else 100.0, band)
    assert len(history["points"]) <= LIMIT
    assert [p[2] for p in history["points"]].count("red") == 1


def test_blocks_show_the_worst_band_of_their_time():
    history = {"step": 1, "points": [[0, 1, "green"], [5, 1, "red"], [6, 1, "green"]]}
    assert blocks(history, 0, 20, 4) == ["green", "red", "", ""]


@pytest.mark.parametrize("step", [1, 15, 600])
def test_a_history_grows_alike_as_json_and_as_text(step):
    grown, text = {}, "{}"
    bands = ("green", "red", "no_data", "yellow", "green")
    for n in range(1300):
        at, value = 1_000_000 + n * 41, None if n % 7 == 0 else n / 3
        grown = append(grown, at, value, bands[n % 5], step)
        text = appended(text, at, value, bands[n % 5], step)
        assert text == json.dumps(grown)
