"""Who moves the traffic goes along in plan files, by name only, and never switched on unseen."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from rollouts.actions.executors import Sight, Wanted, save_executor, save_sight
from rollouts.models import Executor, Rollout
from tests.rollouts.cast import make_query
from warroom.actions.copies import copy_plan
from warroom.actions.drafts import Wishes
from warroom.actions.imports import create_plan
from warroom.documents.complaints import PlanFileError
from warroom.documents.portable import as_yaml, plan_data, read

FLAG = Wanted(
    "unleash", "Flag", "https://flags.example", "FLAGS_TOKEN", {"feature": "web-v4"},
    "go {percent}", "back",
)  # fmt: skip


@pytest.fixture
def moved(plan):
    make_query(plan, "share", name="Flag share")
    save_executor(plan, FLAG, by="rule")
    save_sight(plan, Sight(metric="share", every_s=20), by="rule")
    return plan


def test_a_plan_file_carries_it_and_comes_back_the_same(moved):
    data = plan_data(moved, states=False)
    assert data["traffic"] == {"metric": "share", "every": "20s"}
    assert data["executors"][0]["secret_env"] == "FLAGS_TOKEN"
    again = create_plan(read(as_yaml(data), "yaml"), by="test", slug="again")
    assert plan_data(again, states=False)["executors"] == data["executors"]
    assert plan_data(again, states=False)["traffic"] == data["traffic"]
    assert Rollout.objects.get(plan=again).observed_by.plan == again


def test_a_copy_has_its_executor_switched_off(moved, cast):
    """Nothing moves traffic unless somebody says so in that very release."""
    copy = copy_plan(moved, Wishes("Next", t0=timezone.now()), by=cast["cora"])
    executor = Executor.objects.get(plan=copy)
    assert executor.name == "Flag" and not executor.enabled
    assert Rollout.objects.get(plan=copy).observed_by.key == "share"


def test_a_rehearsal_moves_and_sees_no_real_traffic(moved, cast):
    wishes = Wishes("Play", t0=timezone.now() + timedelta(hours=1), rehearsal=True, factor=60)
    copy = copy_plan(moved, wishes, by=cast["cora"])
    assert not Executor.objects.get(plan=copy).enabled
    assert not Rollout.objects.filter(plan=copy, observed_by__isnull=False).exists()


def test_a_rehearsal_calls_the_real_address_only_when_its_release_is_typed(
    moved, cast, client_of, monkeypatch
):
    """What was copied may move real traffic: a tick alone does not switch it on."""
    monkeypatch.setattr("rollouts.actions.executors.checked", lambda url: None)
    wishes = Wishes("Play", t0=timezone.now() + timedelta(hours=1), rehearsal=True, factor=60)
    copy = copy_plan(moved, wishes, by=cast["cora"])
    client, said = client_of(cast["cora"]), "it may move real traffic"
    settings = reverse("settings", args=[copy.slug])
    assert f"copied from {moved.name}: {said}" in client.get(settings).text
    assert said not in client.get(reverse("settings", args=[moved.slug])).text
    sent = {"kind": "unleash", "name": "Flag", "url": FLAG.url, "feature": "web-v4",
            "enabled": "on", "method": "POST", "project": "default",
            "environment": "production"}  # fmt: skip
    address = reverse("executor", args=[copy.slug])
    refused = client.post(address, sent)
    assert refused.status_code == 422 and f"Type {moved.slug} to switch it on" in refused.text
    assert not Executor.objects.get(plan=copy).enabled
    other = {**sent, "url": "https://flags.play.example"}
    assert client.post(address, other).status_code == 302
    assert client.post(address, sent).status_code == 422
    assert client.post(address, {**sent, "confirmed": moved.slug}).status_code == 302
    assert Executor.objects.get(plan=copy).url == FLAG.url
    assert client.post(address, {**sent, "name": "Play flag"}).status_code == 302


@pytest.mark.parametrize(
    ("executor", "says"),
    [
        ({"kind": "pigeon"}, "pigeon"),
        ({"kind": "webhook", "options": {"headers": {"Authorization": "x"}}}, "never kept here"),
        ({"kind": "unleash"}, "feature is missing"),
        ({"secret_env": "DATABASE_URL"}, "never sent anywhere"),
    ],
)
def test_a_wrong_executor_of_a_file_is_named(plan, executor, says):
    """Scenario 58: a secret written into a file is refused."""
    head = {"warroom": 1, "plan": {"name": "Checkout"}}
    data = head | {"executors": [{"key": "traffic", "name": "Flag", **executor}]}
    with pytest.raises(PlanFileError) as refused:
        read(as_yaml(data), "yaml")
    assert says in str(refused.value)
