"""Findings about dates and levels of escalation; each has a code, a place and a way out."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import make_plan
from warroom.actions.contacts import ContactWanted, LevelWanted, save_contacts
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.live.lint import lint
from warroom.models import DeploymentPlan
from warroom.rules import availability, oddities
from warroom.rules.oddities import Dates, Level

NINE = datetime(2025, 10, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
PHONE = (("phone", "+1 555 0100"),)


def dates(**given):
    usual = {"t0": NINE, "opens": NINE, "closes": NINE + 24 * HOUR, "protected": None}
    usual |= {"begun": False, "now": NINE - HOUR}
    return [odd.code for odd in oddities.of_dates(Dates(**usual | given))]


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({}, []),
        ({"closes": NINE}, ["window-order"]),
        ({"closes": NINE - HOUR}, ["window-order"]),
        ({"t0": NINE - HOUR, "now": NINE - 2 * HOUR}, ["t0-outside-window"]),
        ({"t0": NINE + 24 * HOUR}, ["t0-outside-window"]),
        ({"t0": NINE + 24 * HOUR - timedelta(seconds=1)}, []),
        ({"protected": NINE + 23 * HOUR}, ["protected-order"]),
        ({"protected": NINE + 24 * HOUR}, []),
        ({"protected": NINE, "opens": None, "closes": None}, ["protected-order"]),
        ({"now": NINE + HOUR}, ["t0-past"]),
        ({"now": NINE + HOUR, "begun": True}, []),
        ({"now": NINE}, []),
        ({"t0": None, "opens": None, "closes": None}, []),
    ],
)
def test_dates_out_of_order_or_past_are_found(given, codes):
    assert dates(**given) == codes


def levels(*found):
    return [(odd.code, odd.title) for odd in oddities.of_levels(found)]


def test_a_level_without_anybody_or_without_a_way_is_found():
    reachable = (("Thon", "24/7", 1),)
    assert levels(Level(1, "Team", 0, 15, reachable)) == []
    assert levels(Level(1, "Team", 0, 15, ())) == [("level-empty", "Level 1 has nobody to call")]
    assert levels(Level(1, "Team", 0, 15, (("Thon", "24/7", 0),)))[0][0] == "level-unreachable"


def test_the_hours_at_which_nobody_answers_are_named():
    """S112: "Level 2 has nobody to call from 22:00 to 07:00"."""
    day = Level(2, "Technical leadership", 15, 30, (("Alex", "07:00 to 22:00", 1),))
    assert levels(day) == [("level-hours", "Level 2 has nobody to call from 22:00 to 07:00")]
    night = Level(2, "Both", 15, 30, (("Alex", "07:00-22:00", 1), ("Rin", "21:00-08:00 UTC", 1)))
    assert levels(night) == []
    unsure = Level(2, "Some", 15, 30, (("Alex", "07:00-22:00", 1), ("Rin", "on demand", 1)))
    assert levels(unsure) == []


@pytest.mark.parametrize(
    ("ends", "begins", "found"),
    [(15, 15, 0), (15, 20, 1), (20, 15, 1), (None, 15, 1)],
)
def test_minutes_that_do_not_join_are_found(ends, begins, found):
    one = (("Thon", "24/7", 1),)
    pair = (Level(1, "A", 0, ends, one), Level(2, "B", begins, None, one))
    assert [code for code, _ in levels(*pair)] == ["level-minutes"] * found


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("24/7", [(0, 1440)]),
        ("Always available", [(0, 1440)]),
        ("07:00 to 22:00", [(420, 1320)]),
        ("7am - 10pm UTC", [(420, 1320)]),
        ("22:00-07:00", [(1320, 1440), (0, 420)]),
        ("12am to 12pm", [(0, 720)]),
        ("00:00 to 24:00", [(0, 1440)]),
        ("07:00 to 22:00 CET", None),
        ("business hours", None),
        ("1 to 2", None),
        ("25:00 to 26:00", None),
        ("13pm to 2am", None),
        ("", None),
    ],
)
def test_hours_are_read_as_people_write_them_and_never_made_up(text, hours):
    assert availability.spans(text) == hours


@given(st.lists(st.tuples(st.integers(0, 1439), st.integers(0, 1439)), min_size=1, max_size=5))
def test_gaps_and_hours_make_the_whole_day(spans):
    texts = [f"{a // 60:02}:{a % 60:02} to {b // 60:02}:{b % 60:02}" for a, b in spans]
    covered = {
        m for text in texts for start, end in availability.spans(text) for m in range(start, end)
    }
    free = set()
    for start, end in availability.gaps(texts):
        free |= set(range(start, end)) if start < end else {*range(start, 1440), *range(end)}
    assert covered | free == set(range(1440))
    assert not covered & free


@pytest.mark.django_db
class TestPlan:
    def test_every_finding_has_a_code_a_place_and_a_way_out(self, plan, cast, client_of):
        DeploymentPlan.objects.filter(pk=plan.pk).update(
            t0=timezone.now() - HOUR, window_start=timezone.now(), window_end=timezone.now() - HOUR
        )
        plan.escalation_levels.create(number=1, name="Team")
        plan.refresh_from_db()
        found = lint(plan, timezone.now())
        assert {"window-order", "t0-past", "level-empty"} <= {one.code for one in found}
        for one in found:
            assert one.title and one.text and one.place and one.way_out
            path = one.url.partition("#")[0]
            assert client_of(cast["cora"]).get(path).status_code == 200, one.code

    def test_they_stand_on_the_settings_page_and_in_the_room(self, plan, cast, client_of):
        plan.escalation_levels.create(number=1, name="Team")
        client = client_of(cast["cora"])
        page = client.get(f"/plans/{plan.slug}/settings/").content.decode()
        assert "Level 1 has nobody to call" in page
        assert "Answer 1 finding in the plan" in client.get(f"/plans/{plan.slug}/").content.decode()
        save_contacts(
            plan,
            [LevelWanted(1, "Team", 0, 15)],
            [ContactWanted("Thon", 1, availability="24/7", reach=PHONE)],
            by=cast["cora"],
        )
        page = client.get(f"/plans/{plan.slug}/settings/").content.decode()
        assert "No findings in this plan" in page

    def test_a_role_that_may_decide_is_missed(self, plan):
        assert {"no-role-may-decide", "no-role-may-edit"} <= {
            one.code for one in lint(plan, timezone.now())
        }

    def test_levels_are_saved_once_and_seen_by_the_next(self, plan, cast):
        wanted = [LevelWanted(1, "Team", 0, 15), LevelWanted(2, "Lead", 15)]
        people = [ContactWanted("Thon", 1, "On-Call", "24/7", PHONE)]
        for _ in range(2):
            save_contacts(plan, wanted, people, by=cast["cora"])
        assert plan.events.get().kind == "contact.levels_saved"
        assert plan.contacts.get().level.number == 1
        with pytest.raises(Refused, match="Somebody saved the levels meanwhile"):
            save_contacts(plan, wanted[:1], people, by=cast["cora"], seen="older")
        with pytest.raises(NotAllowed):
            save_contacts(plan, [], [], by=cast["thon"])

    @pytest.mark.parametrize(
        ("levels", "people", "says"),
        [
            ([LevelWanted(1, "A"), LevelWanted(1, "B")], [], "same number"),
            ([LevelWanted(1, "A", 15, 15)], [], "ends at minute 15"),
            ([LevelWanted(1, "A")], [ContactWanted("Thon", 2)], "no level 2"),
            ([LevelWanted(n, "A") for n in range(11)], [], "At most 10 levels"),
        ],
    )
    def test_levels_that_do_not_fit_are_refused_with_their_line(
        self, plan, cast, levels, people, says
    ):
        with pytest.raises(Invalid, match=says):
            save_contacts(plan, levels, people, by=cast["cora"])
        assert not plan.events.exists()

    def test_the_form_keeps_what_was_typed_and_ways_in_their_order(self, plan, cast, client_of):
        client = client_of(cast["cora"])
        lines = {"level-TOTAL_FORMS": 1, "level-INITIAL_FORMS": 0, "contact-TOTAL_FORMS": 1}
        lines |= {"contact-INITIAL_FORMS": 0, "level-0-number": "1", "level-0-name": "Team"}
        lines |= {"level-0-from_minute": "soon", "contact-0-name": "Thon", "contact-0-level": "1"}
        lines |= {"contact-0-reach": "pager 12; thon@example.org; @thon; +1 555 0100"}
        path = f"/plans/{plan.slug}/settings/contacts"
        wrong = client.post(path, lines)
        assert wrong.status_code == 422
        assert 'value="soon"' in wrong.content.decode()
        assert client.post(path, lines | {"level-0-from_minute": "0"}).status_code == 302
        assert [way["way"] for way in plan.contacts.get().reach] == [
            "pager",
            "mail",
            "chat",
            "phone",
        ]

    def test_another_releases_levels_are_not_touched(self, plan, cast):
        other = make_plan("other")
        other.escalation_levels.create(number=1, name="Theirs")
        save_contacts(plan, [], [], by=cast["cora"])
        assert other.escalation_levels.count() == 1
