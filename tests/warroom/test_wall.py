"""The wall: for signed-in people and for screens that have a link, and nobody else."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.conftest import make_plan
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.actions.walls import MOST, make_wall_link, revoke_wall_link
from warroom.live import build, panels, passes
from warroom.models import Lifecycle, WallLink
from warroom.queries.walls import WALL, cookie_of

PANELS = ("wall-verdict", "wall-next", "wall-asks", "wall-feed", "wall-who")
ADDRESS = "/plans/genesis-4/wall/"


@pytest.fixture
def link(plan, cast):
    return make_wall_link(plan, "Room 2", by=cast["cora"])


@pytest.fixture
def screen(client, link):
    """A browser without an account that was opened by the link."""
    client.get(f"{ADDRESS}?key={link[1]}")
    return client


def snapshot_of(mark: str = "") -> str:
    return f"{ADDRESS}{mark or build.mark()}/live/snapshot"


def test_a_link_opens_the_wall_and_leaves_the_address(client, link):
    answer = client.get(f"{ADDRESS}?key={link[1]}")
    assert (answer.status_code, answer["Location"]) == (302, ADDRESS)
    assert answer["Referrer-Policy"] == "no-referrer"
    cookie = answer.cookies[cookie_of("genesis-4")]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (ADDRESS, True, "Lax")
    page = client.get(ADDRESS)
    assert page.status_code == 200
    assert page["Referrer-Policy"] == "no-referrer"
    assert link[1] not in page.text
    assert "no-store" in page["Cache-Control"]


def test_the_first_paint_is_the_update_byte_for_byte(client_of, plan, cast):
    now = timezone.now()
    page = client_of(cast["cora"]).get(ADDRESS).text
    assert {panel.name for panel in panels.shown_at(WALL)} >= set(PANELS)
    plain = re.compile(r' data-seq="\d+"|(<[^>]*\bdata-(?:utc|clock)\b[^>]*>)[^<]*')
    for name in PANELS:
        html = panels.render(panels.get(name), plan, now)
        assert plain.sub(r"\1", html).strip() in plain.sub(r"\1", page)


def test_a_screen_reads_this_wall_and_nothing_else(screen, plan, cast):
    make_plan("other", "Other")
    assert screen.get(snapshot_of()).status_code == 200
    for path in ("/", "/plans/genesis-4/", "/plans/genesis-4/timeline/", "/plans/genesis-4/live"):
        assert screen.get(path).status_code in (302, 404), path
    assert screen.get("/plans/other/wall/").status_code == 302
    assert screen.get("/plans/genesis-4/live/snapshot").status_code == 302


def test_the_key_of_one_wall_opens_no_other(client, link, plan):
    make_plan("other", "Other")
    answer = client.get(f"/plans/other/wall/?key={link[1]}")
    assert answer.status_code == 404
    assert "genesis" not in answer.text.lower()


@pytest.mark.parametrize("key", ["", "wl_", "wl_" + "x" * 43, "wr_" + "x" * 43, "wl_\0", "ü" * 40])
def test_what_is_no_key_opens_nothing(client, link, key):
    assert client.get(ADDRESS, {"key": key}).status_code in (302, 404)
    client.cookies[cookie_of("genesis-4")] = "wl_" + "x" * 43
    assert client.get(ADDRESS).status_code == 404
    assert client.get(snapshot_of()).status_code == 404


def test_the_key_is_kept_nowhere(link):
    row, key = link
    kept = {str(value) for value in WallLink.objects.values().get().values()}
    assert key not in kept and row.prefix == key[:9]


def test_a_revoked_link_shows_nothing_of_the_release_any_more(screen, plan, cast, link):
    revoke_wall_link(plan, link[0].pk, by=cast["cora"])
    for path in (ADDRESS, snapshot_of(), f"{ADDRESS}?key={link[1]}"):
        answer = screen.get(path)
        assert answer.status_code == 404
        assert "Genesis" not in answer.text
    gone = passes.screen(link[0])
    assert passes.lapsed({gone}) == {gone}


def test_the_pass_of_a_screen_holds_as_long_as_its_link(plan, link):
    held = passes.screen(link[0])
    assert passes.lapsed({held}) == set()
    assert passes.held_by({held}) == {}


def test_to_revoke_twice_is_one_event(plan, cast, link):
    for _ in range(2):
        revoke_wall_link(plan, link[0].pk, by=cast["cora"])
    kinds = plan.events.filter(kind__startswith="wall.").values_list("kind", flat=True)
    assert list(kinds) == ["wall.linked", "wall.revoked"]
    assert all(link[1] not in str(event.data) + event.text for event in plan.events.all())


def test_links_are_made_by_those_who_may_edit(plan, cast):
    with pytest.raises(NotAllowed):
        make_wall_link(plan, "Hall", by=cast["thon"])
    with pytest.raises(Invalid):
        make_wall_link(plan, "  ", by=cast["cora"])
    for number in range(MOST):
        make_wall_link(plan, f"Hall {number}", by=cast["cora"])
    with pytest.raises(Refused):
        make_wall_link(plan, "One more", by=cast["cora"])


def test_the_settings_show_a_new_link_once(client_of, plan, cast):
    client = client_of(cast["cora"])
    sent = {"label": "Hall", "request_id": "r1"}
    made = client.post(reverse("wall-make", args=[plan.slug]), sent)
    key = re.search(r"wall/\?key=(wl_[-\w]+)", made.text)[1]
    assert made["Referrer-Policy"] == "no-referrer"
    again = client.post(reverse("wall-make", args=[plan.slug]), sent, follow=True)
    assert WallLink.objects.count() == 1
    assert key not in again.text and "Hall" in again.text
    wrong = client.post(reverse("wall-make", args=[plan.slug]), {"label": "x" * 81})
    assert wrong.status_code == 422 and "x" * 81 in wrong.text


def test_a_wall_of_another_build_is_told_to_load_itself_anew(screen):
    assert "X-Warroom-Reload" not in screen.get(snapshot_of())
    assert screen.get(snapshot_of("0123456789ab"))["X-Warroom-Reload"] == "1"


def test_a_screen_says_when_it_was_loaded_last(screen, link):
    screen.get(ADDRESS)
    link[0].refresh_from_db()
    assert link[0].seen_at is not None


@pytest.mark.parametrize("lifecycle", Lifecycle.values)
def test_the_wall_stands_in_every_life_of_a_release(client_of, plan, cast, lifecycle):
    plan.lifecycle, plan.lifecycle_at = lifecycle, timezone.now()
    plan.save()
    assert client_of(cast["cora"]).get(ADDRESS).status_code == 200


def test_a_wall_costs_few_statements(screen, django_assert_max_num_queries):
    with django_assert_max_num_queries(36):
        screen.get(ADDRESS)
