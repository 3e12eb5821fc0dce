"""The calendar of a rollout: planned, expected, actual; behind in words; night cover (S45, S73)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.rules.calendar import Planned, behind_s, behind_text, entries, nights, uncovered
from warroom.rules.coverage import Span

NINE = datetime(2025, 10, 23, 9, tzinfo=UTC)
H = 3600


def at(hours):
    return NINE + timedelta(hours=hours)


def rollout(left_h, started=0.25):
    return [
        Planned(1, 5, 12 * H, NINE, "running", at(started), None, left_h * H),
        Planned(2, 10, 12 * H, at(12.25), "pending"),
        Planned(3, 25, 24 * H, at(25), "pending"),
    ]


def test_what_is_on_plan_begins_as_planned():
    found = entries(rollout(0.25), at(11.75))
    assert [one.begins for one in found] == [at(0.25), at(12.25), at(25)]
    assert [one.ends for one in found] == [at(12), at(24.25), at(49)]
    assert behind_text(behind_s(found)) == "on plan, 0 min behind"


def test_a_soak_that_paused_moves_what_follows_until_the_plan_has_room_again():
    found = entries(rollout(1), at(11.95))
    assert found[1].begins == at(12.95) and found[2].begins == at(25)
    assert behind_text(behind_s(found)) == "42 min behind"


def test_a_hold_moves_it_as_well():
    found = entries(rollout(0), at(12), at(18))
    assert found[1].begins == at(18) and found[2].begins == at(30)
    assert behind_text(behind_s(found)) == "5 h 45 min behind"


def test_the_last_stage_is_behind_by_its_end_and_can_be_ahead():
    last = [Planned(1, 100, H, NINE, "running", at(-1), None, 0.0)]
    assert behind_text(behind_s(entries(last, at(0)))) == "1 h ahead"
    assert behind_text(behind_s(entries([Planned(1, 5, 0, None, "pending")], NINE))) == ""


@given(st.integers(0, 100), st.integers(0, 100), st.integers(-50, 150))
def test_nothing_is_expected_before_its_plan_or_in_the_past(left, hold, now):
    found = entries(rollout(left), at(now), at(hold))
    for one in found[1:]:
        assert one.begins >= max(one.planned, at(now))
    assert found[2].begins >= found[1].ends


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [("UTC", at(13), at(21)), ("Europe/Berlin", at(11), at(19))],
)
def test_the_night_is_that_of_the_plans_zone(zone, first, last):
    assert nights(Span(at(0), at(24)), zone) == [Span(first, last)]


def test_the_night_in_which_the_clocks_go_back_is_an_hour_longer():
    evening, noon = datetime(2025, 10, 25, 18, tzinfo=UTC), datetime(2025, 10, 26, 12, tzinfo=UTC)
    night = nights(Span(evening, noon), "Europe/Berlin")
    assert [span.ends - span.starts for span in night] == [timedelta(hours=9)]


def test_a_night_with_nobody_is_told():
    night = [Span(at(13), at(21))]
    assert uncovered(night, [Span(at(0), at(15)), Span(at(17), at(30))]) == [Span(at(15), at(17))]
    assert uncovered(night, [Span()]) == []
