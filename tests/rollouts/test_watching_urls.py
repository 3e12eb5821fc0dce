"""A URL is put under watch by an action; the demo uses it for its own service."""

import pytest

from rollouts.actions.checks import watch_url
from rollouts.models import HealthCheck
from warroom.actions.refusals import NotAllowed

URL = "http://127.0.0.1:4711/health"


def test_a_watched_url_is_an_event(plan, cast):
    check = watch_url(plan, "demo", "Demo service", URL, by=cast["cora"])
    assert (check.url, check.interval_s) == (URL, 15)
    event = plan.events.get()
    assert (event.kind, event.actor) == ("check.added", cast["cora"])


def test_the_same_url_again_changes_nothing(plan, cast):
    for _ in range(2):
        watch_url(plan, "demo", "Demo service", URL, by=cast["cora"])
    assert plan.events.count() == HealthCheck.objects.count() == 1


def test_another_url_under_the_key_moves_the_check(plan, cast):
    watch_url(plan, "demo", "Demo service", URL, by=cast["cora"])
    watch_url(plan, "demo", "Demo service", URL + "z", by=cast["cora"])
    assert HealthCheck.objects.get().url == URL + "z"
    assert plan.events.count() == 2


def test_who_may_not_edit_may_not_watch(plan, cast):
    with pytest.raises(NotAllowed):
        watch_url(plan, "demo", "Demo service", URL, by=cast["thon"])
    assert not HealthCheck.objects.exists()
