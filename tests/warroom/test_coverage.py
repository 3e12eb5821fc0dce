"""Who covers a role when: gaps, stand-ins, typed times; and what the room says of them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import make_user
from warroom.actions.people import hand_over, take_seat
from warroom.live.lint import lint
from warroom.live.needs import needs
from warroom.models import DeploymentPlan, Seat
from warroom.queries.people import standing
from warroom.queries.seats import role_rows
from warroom.rules import lengths, typed
from warroom.rules.coverage import Span, from_now, gaps, wanted, without
from warroom.rules.offsets import LONGEST_S

NOON = datetime(2025, 10, 23, 12, 0, tzinfo=UTC)


def at(hour, day=23):
    return datetime(2025, 10, day, hour, 0, tzinfo=UTC)


def span(start, end):
    return Span(NOON + timedelta(minutes=start), NOON + timedelta(minutes=end))


@pytest.mark.parametrize(
    ("sittings", "empty"),
    [
        ([], [(0, 100)]),
        ([(0, 100)], []),
        ([(-50, 500)], []),
        ([(10, 20)], [(0, 10), (20, 100)]),
        ([(10, 60), (30, 40)], [(0, 10), (60, 100)]),
        ([(50, 100), (0, 50)], []),
        ([(200, 300)], [(0, 100)]),
    ],
)
def test_what_nobody_sits_in_is_a_gap(sittings, empty):
    assert gaps(span(0, 100), [span(*one) for one in sittings]) == [span(*one) for one in empty]


minutes = st.integers(0, 200)
spans = st.lists(st.tuples(minutes, minutes).map(sorted).map(lambda ends: span(*ends)), max_size=8)


@given(spans)
def test_each_minute_is_either_sat_in_or_in_a_gap(sittings):
    empty = gaps(span(0, 200), sittings)
    for minute in range(200):
        moment = NOON + timedelta(minutes=minute)
        inside = [one for one in (*sittings, *empty) if one.starts <= moment < one.ends]
        assert bool(inside) and (not set(inside) & set(empty) or set(inside) <= set(empty))


def test_what_is_lent_is_taken_out_of_a_sitting():
    assert without(span(0, 100), [span(20, 30)]) == [span(0, 20), span(30, 100)]


def test_a_gap_that_has_begun_begins_now_and_one_that_is_over_is_none():
    found = from_now([span(0, 10), span(20, 40)], NOON + timedelta(minutes=30))
    assert found == [span(30, 40)]


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (Span(at(22), at(7, 24)), "22:00 to 24 Oct 07:00"),
        (Span(at(22, 24), at(23, 24)), "24 Oct 22:00 to 23:00"),
        (Span(at(22), at(23, 25)), "22:00 to 25 Oct 23:00"),
        (Span(at(9), at(20)), "until 20:00"),
        (Span(at(22)), "from 22:00"),
        (Span(), "for good"),
    ],
)
def test_a_gap_is_said_in_words(one, words):
    assert one.words(NOON) == words


def test_coverage_wants_t0_and_both_ends():
    assert wanted(None, 0, 60) is wanted(NOON, None, 60) is wanted(NOON, 60, 60) is None
    assert wanted(NOON, 0, 10**18) is None
    assert wanted(NOON, -3600, 3600) == span(-60, 60)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("T+0", 0),
        ("T-2h", -7200),
        ("t + 1d", 86400),
        ("T−1h30m", -5400),
        ("T+11:46", 42360),
        ("T+1 h 30 min", 5400),
        ("T+", None),
        ("2h", None),
        ("T+99999999d", None),
        ("T+1h\r\nX", None),
    ],
)
def test_an_offset_is_read_as_it_is_typed(text, seconds):
    assert typed.offset_of(text) == seconds


@given(st.integers(-LONGEST_S, LONGEST_S))
def test_an_offset_that_is_written_is_read_again(seconds):
    assert typed.offset_of(lengths.offset(seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-10-24 09:00", at(9, 24)),
        ("2025-10-24T09:00Z", at(9, 24)),
        ("22:00", at(22)),
        ("07:00", at(7, 24)),
        ("T+2h", at(14)),
        ("2025-02-30 09:00", None),
        ("25:00", None),
        ("soon", None),
    ],
)
def test_an_instant_is_read_as_utc_text_or_from_t0(text, moment):
    assert typed.instant_of(text, NOON, NOON) == moment


def test_hours_count_alike_when_the_clocks_of_the_plan_change():
    # In Berlin 26 October 2025 has 25 hours; the coverage of a day keeps its 24.
    berlin = datetime.fromisoformat("2025-10-26T00:00:00+02:00")
    day = wanted(berlin, 0, 86400)
    assert day.ends - day.starts == timedelta(hours=24)
    assert day.ends == datetime.fromisoformat("2025-10-26T23:00:00+01:00")


# --- in a room -----------------------------------------------------------------------------


@pytest.fixture
def covered(plan, cast):
    """T0 is an hour ago; On-Call has to be covered for a day from it."""
    t0 = timezone.now().replace(microsecond=0) - timedelta(hours=1)
    DeploymentPlan.objects.filter(pk=plan.pk).update(t0=t0)
    plan.refresh_from_db()
    plan.roles.filter(key="on-call").update(cover_from_s=0, cover_until_s=86400)
    return plan


def row_of(plan, key="on-call", now=None):
    rows = role_rows(plan, now or timezone.now())
    return next(row for row in rows if row.role.key == key)


def test_a_role_with_somebody_in_it_has_no_gap(covered):
    assert row_of(covered).gaps == ()


def test_a_seat_for_a_time_leaves_the_night_empty_and_everybody_is_told(covered, cast, client_of):
    role, now = covered.roles.get(key="on-call"), timezone.now().replace(microsecond=0)
    ends = now + timedelta(hours=3)
    take_seat(covered, role, cast["thon"], by=cast["cora"], ends_at=ends)
    row = row_of(covered)
    assert [(gap.starts, gap.ends) for gap in row.gaps] == [(ends, covered.t0 + timedelta(days=1))]
    found = {finding.code: finding for finding in lint(covered, timezone.now())}
    assert found["role-uncovered"].title.startswith("On-Call has nobody ")
    assert any(need.title.startswith("On-Call is empty ") for need in needs(covered, now))
    words = f"Empty {row.empty_times[0]}"
    for page in ("", "settings/", "people/"):
        assert words in client_of(cast["vera"]).get(f"/plans/{covered.slug}/{page}").text


def test_a_stand_in_closes_the_gap_and_a_hand_over_opens_none(covered, cast):
    role, now = covered.roles.get(key="on-call"), timezone.now().replace(microsecond=0)
    hand_over(
        Seat.objects.get(user=cast["thon"]),
        cast["forge"],
        now + timedelta(hours=2),
        now + timedelta(hours=9),
        by=cast["thon"],
    )
    assert row_of(covered).gaps == ()
    ends = now + timedelta(hours=12)
    Seat.objects.filter(role=role, user=cast["thon"]).update(ends_at=ends)
    assert [gap.starts for gap in row_of(covered).gaps] == [ends]
    take_seat(covered, role, make_user("rin"), by=cast["cora"], starts_at=ends)
    assert row_of(covered).gaps == ()


def test_a_disabled_account_sits_nowhere_and_its_stand_in_time_goes_back(covered, cast):
    """Scenario 60: nobody counts on somebody who cannot sign in any more."""
    now = timezone.now()
    seat = Seat.objects.get(user=cast["thon"])
    hand_over(seat, cast["forge"], None, now + timedelta(hours=9), by=cast["thon"])
    assert not standing(cast["thon"], covered).may("sign")
    cast["forge"].is_active = False
    cast["forge"].save()
    assert row_of(covered).names == "Thon"
    assert standing(cast["thon"], covered).may("sign")
    cast["thon"].is_active = False
    cast["thon"].save()
    row = row_of(covered)
    assert row.is_empty and row.empty_times
    assert standing(cast["thon"], covered).roles == ()


def test_empty_roles_are_one_finding_and_a_need_each(plan, cast):
    for name in ("Technical Lead", "QA Lead"):
        plan.roles.create(key=name.lower().replace(" ", "-"), name=name, rights=["sign"])
    plan.roles.create(key="guests", name="Guests", rights=[])
    found = [one for one in lint(plan, timezone.now()) if one.code == "role-empty"]
    assert [one.title for one in found] == ["2 roles have nobody"]
    assert "Technical Lead, QA Lead" in found[0].text
    titles = {need.title for need in needs(plan, timezone.now())}
    assert {"Seat somebody as Technical Lead", "Seat somebody as Guests"} <= titles


def test_a_release_that_is_over_misses_nobody(plan, cast):
    plan.roles.create(key="qa", name="QA Lead", rights=["sign"])
    plan.lifecycle = "stable"
    assert not [one for one in lint(plan, timezone.now()) if one.code.startswith("role-")]


def test_the_deck_tells_a_gap_from_who_comes_later(covered, cast, client_of):
    role, now = covered.roles.get(key="on-call"), timezone.now().replace(microsecond=0)
    starts = now + timedelta(hours=2)
    role.seats.all().delete()
    role.holder = "Rui Tanaka"
    role.save()
    take_seat(
        covered, role, cast["thon"], by=cast["cora"], starts_at=starts,
        ends_at=starts + timedelta(hours=1),
    )  # fmt: skip
    deck = client_of(cast["vera"]).get(f"/plans/{covered.slug}/").text
    line = deck.partition('id="presence"')[2].partition("<b>On-Call</b>")[2].partition("</li>")[0]
    assert "Thon from" in line and "Rui Tanaka" not in line and "Empty " in line
