"""One room speaks one language, also where machines write in it (docs/adr/0029)."""

import pytest
from django.utils import timezone, translation

from rollouts.actions.verdicts import apply_verdict
from rollouts.models import HealthCheck, PrometheusQuery, Rollout
from rollouts.probes import no_data
from rollouts.rules.runs import TOTAL, VERIFY, segment_text
from rollouts.tasks import asking, observing
from rollouts.tasks.observing import observe_due
from rollouts.tasks.probing import probe_due
from tests.rollouts.cast import make_check, make_query
from warroom.outbound import transport

pytestmark = pytest.mark.django_db


def spoken(target):
    return no_data(f"said in {translation.get_language()}")


async def spoken_directly(shared, target):
    return spoken(target)


@pytest.fixture
def german(plan):
    plan.language = "de"
    plan.save(update_fields=["language"])
    return plan


def test_what_goes_wrong_with_a_probe_is_said_in_the_language_of_its_room(german, monkeypatch):
    monkeypatch.setitem(asking.ASK, "prometheus", spoken)
    monkeypatch.setitem(asking.ASK, "http", spoken_directly)
    make_query(german, "errors", due_at=timezone.now())
    make_check(german, "health", due_at=timezone.now())
    assert probe_due() == 2
    assert PrometheusQuery.objects.get().reason == "said in de"
    assert HealthCheck.objects.get().reason == "said in de"
    assert translation.get_language() == "en", "the worker itself goes on in its own"


def test_what_is_seen_of_the_traffic_is_said_in_it_too(german, monkeypatch):
    Rollout.objects.create(
        plan=german, observed_by=make_query(german, "share"), observe_due_at=timezone.now()
    )
    monkeypatch.setitem(observing.ASK, "prometheus", spoken)
    observe_due()
    assert Rollout.objects.get().actual_reason == "said in de"


def test_what_led_to_a_verdict_is_the_same_in_every_language(plan):
    """Else an event would be written whenever the language of a room is changed (S55)."""
    make_query(plan, "errors", name="Error rate", band="yellow", read_at=timezone.now())
    first = apply_verdict(plan)
    events = plan.events.count()
    plan.language = "de"
    plan.save(update_fields=["language"])
    assert apply_verdict(plan).leading == first.leading
    assert plan.events.count() == events


def test_segments_are_keys_and_their_names_are_words():
    assert [segment_text(one) for one in (TOTAL, VERIFY, "restore the data")] == [
        "Total",
        "Verify",
        "Restore the data",
    ]


def test_a_call_speaks_the_language_of_whoever_hands_it_over():
    async def said():
        return translation.get_language()

    with translation.override("de"):
        german = transport().submit(said())
    assert german.result(timeout=5) == "de"
    assert transport().submit(said()).result(timeout=5) == "en"
