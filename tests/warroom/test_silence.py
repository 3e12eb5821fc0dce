"""A silent worker is said on every page of a release (scenario 8)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from warroom import tasks
from warroom.live import panels
from warroom.models import WorkerTick
from warroom.queries.work import tick_age


def banner(plan) -> str:
    return panels.render(panels.get("silence"), plan, timezone.now())


def test_a_worker_that_ticks_is_not_spoken_of(plan):
    tasks.run_due()
    assert " hidden>" in banner(plan)


def test_a_worker_that_is_silent_is_named_with_the_time_of_its_last_tick(plan):
    WorkerTick.objects.create(name="w", at=timezone.now() - timedelta(minutes=5))
    assert "silent since" in banner(plan)
    assert "nothing advances" in banner(plan)


def test_no_worker_at_all_is_said_too(plan):
    assert "No worker has run yet" in banner(plan)


def test_one_living_worker_is_enough(plan):
    WorkerTick.objects.create(name="dead", at=timezone.now() - timedelta(days=1))
    WorkerTick.objects.create(name="alive", at=timezone.now())
    assert " hidden>" in banner(plan)
    assert tick_age(timezone.now()) < 5


@pytest.mark.parametrize("path", ["", "timeline/", "status/"])
def test_the_banner_stands_on_every_page(plan, cast, client_of, path):
    page = client_of(cast["vera"]).get(f"/plans/{plan.slug}/{path}")
    assert 'id="silence"' in page.content.decode()


def test_it_is_drawn_anew_at_least_every_fifteen_seconds():
    assert panels.get("silence").refresh_s <= 15
