"""Two steps from every page to a rollback: what happens, why, the typed word (S4, S22, S140)."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from rollouts.actions.rollbacks import start_rollback
from rollouts.models import (
    Executor,
    RollbackProcedure,
    RollbackRun,
    RollbackTrigger,
    Rollout,
    Stage,
)
from warroom.actions.tokens import make_token
from warroom.models import EscalationLevel

PAGE = "/plans/genesis-4/rollback/"
WELL = {"reason": "Errors everywhere", "confirmed": "ROLLBACK"}


@pytest.fixture
def live(plan, cast):
    Executor.objects.create(
        plan=plan, key="flag", name="Flag service", kind="webhook", rollback_command="flag to 0"
    )
    Stage.objects.create(
        plan=plan, number=1, from_percent=0, to_percent=5, state="running",
        started_at=timezone.now(),
    )  # fmt: skip
    level = EscalationLevel.objects.create(plan=plan, number=1, name="First", from_minute=0)
    level.contacts.create(plan=plan, name="Thon")
    plan.lifecycle = "deploying"
    plan.save()
    return plan


@pytest.fixture
def call_as(client, cast):
    """``call_as("thon", {...})`` asks the API to roll back."""

    def send(name, body, key=None):
        headers = {"authorization": f"Bearer {make_token(cast[name], ['run'], None)[1]}"}
        headers |= {"idempotency-key": key} if key else {}
        path = "/api/v1/plans/genesis-4/rollout/rollback"
        return client.generic(
            "POST", path, json.dumps(body), content_type="application/json", headers=headers
        )

    return send


@pytest.mark.parametrize("place", ["", "checklist/", "timeline/", "rollout/", "settings/"])
def test_every_page_leads_to_it_while_the_release_is_live(live, cast, client_of, place):
    page = client_of(cast["cora"]).get(f"/plans/genesis-4/{place}").content.decode()
    assert f'href="{PAGE}" data-needs="lead"' in page


def test_while_a_rollback_stands_with_nothing_above_it_none_is_offered(live, cast, client_of):
    """A button that would do nothing is in the way; what is served is two steps from back."""
    start_rollback(live, by=cast["thon"], reason="Errors")
    page, button = client_of(cast["cora"]).get, 'id="top-rollback"'
    assert button not in page("/plans/genesis-4/").text
    for still in ({"actual_percent": 3}, {"actual_percent": 0, "desired_percent": 10}):
        Rollout.objects.update(**still)
        assert button in page("/plans/genesis-4/").text


def test_it_says_from_where_to_where_and_what_happens(live, cast, client_of):
    RollbackRun.objects.create(
        plan=live, number=1, drill=True, outcome="verified", cause="person", name="Drill",
        started_at=timezone.now() - timedelta(seconds=108), ended_at=timezone.now(),
        started_by="Thon",
    )  # fmt: skip
    page = client_of(cast["thon"]).get(PAGE).content.decode()
    for words in (
        "Roll back from 5 % to 0 %",
        "Flag service is asked to move the traffic",
        "level 1 is called: Thon",
        "Last drill 1 min 48 s.",
        "flag to 0",
        "Roll back to 0 % now",
    ):
        assert words in page


def test_the_form_rolls_back_and_leads_to_the_run(live, cast, client_of):
    answer = client_of(cast["hudson"]).post(PAGE, WELL)
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}1/")
    assert Rollout.objects.get(plan=live).desired_percent == 0


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"confirmed": "yes"}, "Type ROLLBACK to roll back."),
        ({"reason": " "}, "A rollback wants a reason"),
    ],
)
def test_what_is_missing_is_named_and_nothing_typed_is_lost(live, cast, client_of, wrong, says):
    answer = client_of(cast["cora"]).post(PAGE, {"reason": "Errors & more"} | WELL | wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in page
    assert "Errors everywhere" in page or wrong.get("reason")
    assert not RollbackRun.objects.exists()


def test_the_same_form_twice_is_one_rollback(live, cast, client_of):
    said = WELL | {"request_id": "0f" * 16}
    first, second = (client_of(cast["cora"]).post(PAGE, said) for _ in range(2))
    assert first["Location"] == second["Location"] == f"{PAGE}1/"
    assert not live.events.filter(kind="rollback.repeated").exists()


def test_a_second_person_is_led_to_the_run_that_stands(live, cast, client_of):
    client_of(cast["cora"]).post(PAGE, WELL)
    answer = client_of(cast["thon"]).post(PAGE, WELL, follow=False)
    assert answer["Location"] == f"{PAGE}1/"
    page = client_of(cast["thon"]).get(PAGE).content.decode()
    assert "A rollback stands" in page
    assert "Rolled back: 0 % is wanted" in page


def test_a_trigger_is_declared_without_another_reason(live, cast, client_of):
    """S22, S140."""
    trigger = RollbackTrigger.objects.create(plan=live, text="Data corruption detected")
    assert "Data corruption detected" in client_of(cast["cora"]).get(PAGE).content.decode()
    client_of(cast["cora"]).post(PAGE, {"trigger": trigger.pk, "confirmed": "ROLLBACK"})
    run = RollbackRun.objects.get()
    assert (run.cause, run.trigger, run.reason) == ("trigger", trigger, "Data corruption detected.")


def test_a_way_back_is_chosen(live, cast, client_of):
    """S23: the usual procedure is chosen already; another one is a choice away."""
    usual, forced = (
        RollbackProcedure.objects.create(plan=live, key=key, name=key, is_default=key == "usual")
        for key in ("usual", "force")
    )
    page = client_of(cast["cora"]).get(PAGE).content.decode()
    assert f'value="{usual.pk}" checked' in page
    client_of(cast["cora"]).post(PAGE, WELL | {"procedure": forced.pk})
    assert RollbackRun.objects.get().procedure == forced


@pytest.mark.parametrize("who", ["forge", "vera"])
def test_who_leads_nothing_sees_no_form_and_is_refused(live, cast, client_of, who):
    page = client_of(cast[who]).get(PAGE).content.decode()
    assert 'id="rollback-now"' not in page
    assert client_of(cast[who]).post(PAGE, WELL).status_code == 403


def test_a_closed_release_says_what_to_do_first(live, cast, client_of):
    live.lifecycle = "stable"
    live.save()
    answer = client_of(cast["cora"]).post(PAGE, WELL)
    assert answer.status_code == 409
    assert "Reopen it in the settings" in answer.content.decode()


def test_where_nothing_is_served_the_page_says_so(plan, cast, client_of):
    page = client_of(cast["cora"]).get(PAGE).content.decode()
    assert "the new version serves 0 %" in page
    assert 'id="top-rollback"' not in page
    answer = client_of(cast["cora"]).post(PAGE, WELL)
    assert answer["Location"] == PAGE


def test_the_page_costs_a_fixed_number_of_statements(
    live, cast, client_of, django_assert_max_num_queries
):
    client = client_of(cast["cora"])
    client.get(PAGE)
    with django_assert_max_num_queries(40) as few:
        client.get(PAGE)
    for number in range(8):
        RollbackTrigger.objects.create(plan=live, text=f"Trigger {number}")
        RollbackProcedure.objects.create(plan=live, key=f"way-{number}", name=f"Way {number}")
    with django_assert_max_num_queries(len(few)):
        client.get(PAGE)


def test_the_api_rolls_back_once_per_key(live, cast, call_as):
    said = [call_as("thon", {"reason": "Errors"}, key="one") for _ in range(2)]
    assert [one.status_code for one in said] == [200, 200]
    assert said[0].json() == said[1].json() | {"started": True}
    assert said[0].json()["desired_percent"] == 0
    assert said[0].json()["url"] == f"{PAGE}1/"
    again = call_as("thon", {"reason": "Errors"}, key="two").json()
    assert (again["started"], again["run"]) == (False, 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "reason"), ({"reason": "x", "procedure": "none"}, "procedure"),
     ({"reason": "x", "to_percent": 101}, "to_percent"), ({"trigger": 99}, "trigger")],
)  # fmt: skip
def test_the_api_names_the_field_that_is_wrong(live, call_as, body, field):
    answer = call_as("thon", body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_while_it_stands_the_strip_says_rollback(live, cast, client_of):
    start_rollback(live, by=cast["cora"], reason="Errors")
    assert "ROLLBACK" in client_of(cast["vera"]).get("/plans/genesis-4/").content.decode()


def test_the_list_of_triggers_is_kept_by_who_edits(live, cast, client_of):
    """S22: what would make them roll back, written down before."""
    client = client_of(cast["cora"])
    assert client.post(f"{PAGE}triggers/", {"text": "Data loss"})["Location"] == f"{PAGE}#triggers"
    client.post(f"{PAGE}triggers/", {"text": "Data  loss"})
    row = RollbackTrigger.objects.get()
    answer = client.post(f"{PAGE}triggers/", {"text": " ", "priority": "P9"})
    assert (answer.status_code, 'value="P9"' in answer.content.decode()) == (422, True)
    for _ in range(2):
        client.post(f"{PAGE}triggers/{row.pk}/remove/")
    assert "Data loss" not in client.get(PAGE).content.decode()
    kinds = list(live.events.filter(kind__startswith="trigger.").values_list("kind", flat=True))
    assert sorted(kinds) == ["trigger.added", "trigger.retired"]
