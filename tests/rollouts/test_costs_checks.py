"""The pages of checks and alerts cost the same for one row and for many."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from rollouts.actions.hooks import add_hook
from rollouts.models import Alert, AlertDrill, CheckResult, WatchVersion
from rollouts.queries.check_pages import check_sheet
from tests.rollouts.cast import make_check
from warroom.live import panels
from warroom.models import DeploymentPlan

pytestmark = pytest.mark.django_db


def cost(plan, name):
    """Statements that a panel takes of a plan that was just read."""
    fresh = DeploymentPlan.objects.get(pk=plan.pk)
    with CaptureQueriesContext(
        connection,
    ) as caught:
        panels.render(panels.get(name), fresh, timezone.now())
    return len(caught)


def many_alerts(plan, hook, count):
    at = timezone.now()
    times = {"received_at": at, "heard_at": at, "labels": {"a": "b"}}
    Alert.objects.bulk_create(
        Alert(plan=plan, hook=hook, fingerprint=f"{n}-{count}", name="Hot", started_at=at,
              resolved_at=at if n % 2 else None, **times)
        for n in range(count)
    )  # fmt: skip
    AlertDrill.objects.bulk_create(
        AlertDrill(plan=plan, hook=hook, key=f"{n}-{count}", name="T", fired_at=at, fired_by="a")
        for n in range(count)
    )


def test_alerts_cost_four_statements_however_many_there_are(plan, cast):
    hook, _ = add_hook(plan, {"name": "AM", "kind": "alertmanager"}, by=cast["cora"])
    for count in (1, 120):
        many_alerts(plan, hook, count)
        assert {name: cost(plan, name) for name in ("alerts", "alert-hooks", "alert-drills")} == {
            "alerts": 4, "alert-hooks": 4, "alert-drills": 4,
        }  # fmt: skip


def test_the_page_of_alerts_costs_the_same_for_many(client, plan, cast):
    hook, _ = add_hook(plan, {"name": "AM", "kind": "alertmanager"}, by=cast["cora"])
    client.force_login(cast["cora"])
    found = []
    for count in (1, 120):
        many_alerts(plan, hook, count)
        DeploymentPlan.objects.update(revision=count)
        client.get(reverse("alerts", args=[plan.slug]))
        with CaptureQueriesContext(connection) as caught:
            client.get(f"{reverse('alerts', args=[plan.slug])}?drill=0-{count}")
        found.append(len(caught))
    assert found[0] == found[1]


def test_the_page_of_a_check_costs_two_statements(plan):
    check = make_check(plan)
    for count in (1, 60):
        at = timezone.now()
        CheckResult.objects.bulk_create(
            CheckResult(health_check=check, at=at, band="green", latency_ms=12.0)
            for _ in range(count)
        )
        WatchVersion.objects.create(
            health_check=check, version=count, settings={"slow_ms": count}, ended_at=at, by_name="a"
        )
        with CaptureQueriesContext(connection) as caught:
            check_sheet(check, timezone.now())
        assert len(caught) == 2
