"""The room has three shapes at one address; everybody has the same one at the same time (S25)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from warroom.actions.change import change
from warroom.actions.escalations import open_escalation
from warroom.live import kept, needs, panels
from warroom.live.needs import Need, shortened
from warroom.live.shapes import shape_of
from warroom.models import DeploymentPlan
from warroom.rules.shapes import BEFORE, CALM, WATCH, shape

ALL = ("shape", "verdict", "needs", "presence", "stage", "metrics", "gate", "phases", "phases-sum")
ALL += (
    "checks",
    "checks-sum",
    "feed",
    "feed-sum",
    "life",
    "life-sum",
    "about",
    "contacts",
    "ahead",
)


@pytest.mark.parametrize(
    ("lifecycle", "verdict", "begun", "calls", "wanted"),
    [
        ("draft", "", False, 0, BEFORE),
        ("preparing", "", False, 0, BEFORE),
        ("preparing", "proceed", False, 0, BEFORE),  # measured, and T0 lies ahead
        ("preparing", "", True, 0, BEFORE),  # T0 has come, and nothing was done
        ("preparing", "proceed", True, 0, CALM),  # live, whatever nobody has set
        ("preparing", "hold", True, 0, WATCH),
        ("deploying", "proceed", True, 0, CALM),
        ("deploying", "proceed", True, 1, WATCH),  # somebody calls for help
        ("deploying", "hold", True, 0, WATCH),
        ("deploying", "rollback", True, 0, WATCH),
        ("deploying", "", True, 0, WATCH),  # nothing is measured: no data is never calm
        ("watching", "proceed", True, 0, CALM),
        ("rolled_back", "rollback", True, 0, WATCH),
        ("aborted", "", True, 0, WATCH),
        ("stable", "proceed", True, 0, CALM),
    ],
)
def test_the_shape_follows_life_verdict_and_calls(lifecycle, verdict, begun, calls, wanted):
    assert shape(lifecycle, verdict, begun=begun, calls=calls) == wanted


@pytest.fixture
def live(plan) -> DeploymentPlan:
    now = timezone.now()
    plan.lifecycle, plan.t0 = "deploying", now - timedelta(hours=7)
    plan.verdict, plan.verdict_since = "proceed", now - timedelta(hours=6)
    plan.verdict_sentence = "All 6 criteria are green since 09:24."
    plan.verdict_valid_until = now + timedelta(minutes=5)
    plan.save()
    return plan


@pytest.mark.django_db
def test_a_verdict_that_grows_old_is_not_calm_though_nothing_happened(live):
    """Law 5: a board on which nothing arrives any more does not stay quiet."""
    now = timezone.now()
    assert shape_of(live, now) == CALM
    assert shape_of(live, now + timedelta(minutes=6)) == WATCH


@pytest.mark.django_db
def test_a_call_for_help_ends_the_calm_and_its_event_tells_open_pages(live, cast):
    with change(live, by=cast["cora"]) as calling:
        open_escalation(calling, "test", "The mail is down.")
        calling.record("note.added", "Called.")
    fresh = DeploymentPlan.objects.get(pk=live.pk)
    event = fresh.events.order_by("-seq").first()
    assert (panels.get("shape"), "") in panels.stale("room", fresh, [event])
    html = panels.render(panels.get("shape"), fresh, timezone.now())
    assert 'data-room="watch"' in html


@pytest.mark.django_db
def test_the_server_picks_the_shape_of_the_page(live, cast, client_of):
    client = client_of(cast["cora"])
    page = client.get(reverse("room", args=[live.slug])).text
    assert "page--calm" in page and 'data-room="calm"' in page
    assert "needs--calm" in page and 'id="escalation"' not in page
    assert '<details class="panel panel--frame fold" id="fold-phases">' in page
    kept.forget()
    DeploymentPlan.objects.update(verdict="hold")
    page = client.get(reverse("room", args=[live.slug])).text
    assert "page--watch" in page and 'id="frame-phases"' in page and "needs--calm" not in page
    kept.forget()
    DeploymentPlan.objects.update(verdict="", lifecycle="preparing", t0=timezone.now() + HOUR)
    page = client.get(reverse("room", args=[live.slug])).text
    assert "page--before" in page and "From here to go-live" in page
    assert "Not ready" in page or "Ready to go live" in page


HOUR = timedelta(hours=1)


@pytest.mark.django_db
@pytest.mark.parametrize("verdict", ["proceed", "hold"])
def test_every_fragment_of_the_room_is_the_same_bytes_for_everybody(live, cast, client_of, verdict):
    """Law 14: who may less is shown less by the frame, never by other bytes."""
    DeploymentPlan.objects.update(verdict=verdict)
    now = timezone.now()
    drawn = {
        name: panels.render(panels.get(name), DeploymentPlan.objects.get(pk=live.pk), now)
        for name in ALL
    }
    pages = [client_of(cast[who]).get(f"/plans/{live.slug}/").text for who in ("cora", "vera")]
    for name, html in drawn.items():
        assert "csrf" not in html and "<textarea" not in html, name
    for name in ("phases-sum", "life", "about"):
        assert all(drawn[name].strip() in page for page in pages), name


def need(key: str, title: str) -> Need:
    return Need(title=title, key=key, url=f"/{title}", button="Open")


def test_a_room_lists_the_first_few_of_each_and_says_how_many_are_left_out():
    found = [need("tick", f"t{n}") for n in range(5)] + [need("role-a", f"a{n}") for n in range(4)]
    shown = shortened(found)
    assert [one.title for one in shown] == ["t0", "a0", "a1", "a2"]
    assert [one.more for one in shown] == [4, 0, 0, 1]


def test_what_the_room_waits_for_names_each_thing_once():
    one = Need("Vote", "role-a", "/v", "Vote", who="Hudson", short="vote")
    other = Need("Vote", "role-b", "/w", "Vote", who="Hudson", short="vote")
    assert needs.waits_for([one, other]) == [("Hudson", "vote")]
