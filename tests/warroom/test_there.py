"""What a release has none of is not asked for; what it has is never missed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from warroom.actions.timeline import add_note
from warroom.models import DeploymentPlan, Escalation
from warroom.queries.there import _paths, look_round, there

pytestmark = pytest.mark.django_db


def calls(plan):
    return there(plan, Escalation.objects.filter(plan=plan))


def open_call(plan, number=1):
    Escalation.objects.create(plan=plan, number=number, reason="Red", opened_at=timezone.now())


def test_one_statement_tells_of_everything(plan, django_assert_num_queries):
    now = timezone.now()
    with django_assert_num_queries(1):
        look_round(plan, now)
        look_round(plan, now)
        assert list(calls(plan)) == []
    assert len(_paths) > 30


def test_what_is_there_is_asked_for_and_another_plans_rows_do_not_count(plan):
    other = DeploymentPlan.objects.create(slug="other", name="Other")
    open_call(other)
    for release, count in ((plan, 0), (other, 1)):
        look_round(release, timezone.now())
        assert calls(release).count() == count


def test_who_did_not_look_asks_always(plan):
    open_call(plan)
    assert calls(plan).count() == 1


def test_it_counts_for_one_instant_and_until_the_next_event(plan, cast):
    now = timezone.now()
    look_round(plan, now)
    open_call(plan)
    look_round(plan, now + timedelta(seconds=1))
    assert calls(plan).count() == 1
    look_round(plan, now)
    Escalation.objects.all().delete()
    add_note(plan, "Seen", by=cast["cora"])
    plan.refresh_from_db()
    open_call(plan, 2)
    assert calls(plan).count() == 1
