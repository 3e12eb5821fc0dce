"""Fragments are rendered once per change and kept; what is kept is never shown for too long."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.conftest import make_item, make_plan
from warroom.actions.timeline import add_note
from warroom.live import kept, panels
from warroom.models import DeploymentPlan

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def keeping(settings):
    settings.KEEP_FRAGMENTS = True
    kept.forget()
    yield
    kept.forget()


def test_a_room_that_was_looked_at_costs_its_frame(
    plan, cast, phase, client_of, django_assert_max_num_queries
):
    client, room = client_of(cast["cora"]), reverse("room", args=[plan.slug])
    client.get(room)
    with django_assert_max_num_queries(10) as few:
        client.get(room)
    cost = len(few)
    for number in range(40):
        make_item(phase, number + 1, f"Step {number}")
        add_note(plan, f"Note {number}", by=cast["cora"])
    client.get(room)
    with django_assert_max_num_queries(cost):
        client.get(room)


def test_what_happened_is_on_the_next_page(plan, cast, client_of):
    client, room = client_of(cast["cora"]), reverse("room", args=[plan.slug])
    assert "It rains" not in client.get(room).content.decode()
    add_note(plan, "It rains", by=cast["cora"])
    assert "It rains" in client.get(room).content.decode()


def test_what_ages_is_rendered_anew_after_its_period(plan):
    now = timezone.now()
    strip = panels.get("strip")
    plan.verdict, plan.verdict_valid_until = "proceed", now + timedelta(seconds=3)
    assert "PROCEED" in kept.render(strip, plan, now)
    assert "PROCEED" in kept.render(strip, plan, now + timedelta(seconds=4))
    late = kept.render(strip, plan, now + timedelta(seconds=strip.refresh_s))
    assert "HOLD" in late and "PROCEED" not in late


def test_what_was_kept_for_one_release_is_not_shown_in_another(plan, cast):
    other = make_plan("other", "Another release")
    now, feed = timezone.now(), panels.get("feed")
    add_note(plan, "Only here", by=cast["cora"])
    add_note(other, "Only there", by=cast["root"])
    for mine, text in ((plan, "Only here"), (other, "Only there")):
        fresh = DeploymentPlan.objects.get(pk=mine.pk)
        for _ in range(2):
            assert text in kept.render(feed, fresh, now)


def test_the_keeping_has_an_end(plan, monkeypatch):
    monkeypatch.setattr(kept, "MOST", 3)
    for number in range(10):
        plan.pk = 1000 + number
        kept.render(panels.get("strip"), plan, timezone.now())
    assert len(kept._kept) <= 3
