"""How traffic is moved and seen: set up, tried, shown, confirmed (S4, S6 of the rollout)."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from rollouts.actions.desired import ROLLBACK
from rollouts.actions.effects import claim_effects, note_answer
from rollouts.actions.executors import Wanted, carry_out_again, save_executor, state_of
from rollouts.executors import Answer
from rollouts.models import Effect, EffectState, Executor, Rollout
from rollouts.panels.effects import effect_needs
from rollouts.queries.effects import agreement, carrying
from rollouts.queries.rollouts import rollout_now
from tests.rollouts.cast import make_query
from tests.rollouts.receivers import UnleashShape, serve
from tests.rollouts.test_effects import want
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.actions.tokens import SCOPES, make_token

USUAL = {"enabled": "on", "method": "POST", "switch_off": "on", "project": "default",
         "environment": "production"}  # fmt: skip
FLAG = {"kind": "unleash", "url": "https://flags.example", "feature": "web-v4"}


@pytest.fixture
def post(client_of, cast, plan):
    def send(person, address, /, **data):
        return client_of(cast[person]).post(reverse(address, args=[plan.slug]), data)

    return send


@pytest.fixture
def side(loopback):
    side = UnleashShape(rollout="5", enabled=True)
    server = serve(side)
    side.url = server.url
    yield side
    server.shutdown()
    server.server_close()


# --- settings ------------------------------------------------------------------------------


def test_the_executor_is_saved_and_the_same_again_changes_nothing(plan, post):
    first = post("cora", "executor", **USUAL, **FLAG, seen=_seen(plan), secret_env="FLAGS_TOKEN")
    assert first.status_code == 302, first.content.decode()[-3000:]
    row = Executor.objects.get(plan=plan)
    assert (row.kind, row.options, row.secret_env) == (
        "unleash", {"feature": "web-v4"}, "FLAGS_TOKEN"
    )  # fmt: skip
    post("cora", "executor", **USUAL, **FLAG, seen=_seen(plan), secret_env="FLAGS_TOKEN")
    assert plan.events.filter(kind="executor.changed").count() == 1


def _seen(plan):
    return state_of(Executor.objects.filter(plan=plan).first())


def test_what_somebody_changed_meanwhile_is_not_overwritten(plan, post):
    old = _seen(plan)
    save_executor(plan, Wanted(command="mine {percent}"), by="rule")
    answer = post("cora", "executor", **USUAL, **FLAG, seen=old)
    assert answer.status_code == 409
    assert "web-v4" in answer.content.decode(), "what was typed stays"
    assert Executor.objects.get(plan=plan).command == "mine {percent}"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"kind": "unleash", "url": "https://f.example"}, "feature is missing"),
        ({"kind": "webhook", "url": ""}, "Whom to call"),
        ({"kind": "webhook", "url": "http://169.254.169.254/"}, "is not called"),
        ({"kind": "webhook", "url": "https://h.example/{secret}"}, "does not go into an address"),
        ({"kind": "webhook", "url": "https://h.example", "body": "{nope}"}, "is not known"),
        ({"kind": "webhook", "url": "https://h.example", "headers": "nonsense"}, "no header"),
        ({**FLAG, "secret_env": "DATABASE_URL"}, "never sent anywhere"),
        ({**FLAG, "secret_env": "s3cr3t!"}, "not the name of an environment variable"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_typed_is_lost(plan, post, data, says):
    """Scenarios 57 and 58 when it is saved."""
    answer = post("cora", "executor", **USUAL | {"command": "kept"} | data, seen=_seen(plan))
    html = answer.content.decode()
    assert answer.status_code == 422 and says in html.replace("&#x27;", "'")
    assert "kept" in html and not Executor.objects.exists()


def test_a_try_moves_nothing_and_saves_nothing(plan, post, side, monkeypatch):
    monkeypatch.setenv("FLAGS_TOKEN", side.token)
    said = {**USUAL, **FLAG, "url": side.url, "secret_env": "FLAGS_TOKEN", "try": "1"}
    answer = post("cora", "executor", **said)
    assert answer.status_code == 200
    assert "The environment is on, 5 % is set" in answer.content.decode()
    assert side.changes == [] and not Executor.objects.exists()
    assert side.token not in answer.content.decode()


def test_looking_once_says_what_is_seen_or_why_nothing_is(plan, post, side, monkeypatch):
    sight = {"every_s": "10", "drift_points": "2", "drift_s": "120", "try": "1"}
    answer = post("cora", "observation", **sight, url=f"{side.url}/x", path="a")
    assert "No data: it answered 401." in answer.content.decode()
    answer = post("cora", "observation", **sight)
    assert "neither a metric nor an address is named" in answer.content.decode()


def test_a_metric_is_chosen_to_show_the_share(plan, post):
    make_query(plan, "share", name="Flag share")
    sight = {"every_s": "10", "drift_points": "2", "drift_s": "120", "metric": "share"}
    assert post("cora", "observation", **sight).status_code == 302
    assert Rollout.objects.get(plan=plan).observed_by.key == "share"
    assert plan.events.last().text == "The share of the traffic is seen by Flag share"
    both = post("cora", "observation", **sight, url="https://h.example/", path="a")
    assert both.status_code == 422 and "not both" in both.content.decode()


def test_only_editors_change_how_traffic_is_moved(plan, post):
    assert post("vera", "executor", **USUAL, **FLAG).status_code == 403
    assert post("vera", "observation", every_s="10").status_code == 403


# --- the page and the room -----------------------------------------------------------------


def rollout_page(client, plan):
    return client.get(reverse("rollout", args=[plan.slug])).content.decode()


def test_the_page_shows_who_moves_it_the_last_calls_and_how_it_goes_by_hand(plan, client_of, cast):
    save_executor(plan, Wanted(command="go {percent}", rollback_command="back"), by="rule")
    want(plan, 5)
    html = rollout_page(client_of(cast["cora"]), plan)
    assert "How it is carried out" in html and "go 5" in html
    assert "Confirm: I moved it to 5 %" in html
    (need,) = effect_needs(plan, timezone.now())
    assert need.title == "Confirm 5 % by hand"


def test_a_person_confirms_what_people_move(plan, post):
    save_executor(plan, Wanted(command="go {percent}"), by="rule")
    generation = want(plan, 5).generation
    assert post("cora", "confirm-share", generation=generation).status_code == 302
    effect = Effect.objects.get()
    assert effect.state == EffectState.DONE and effect.confirmed_by == "Cora"
    assert Rollout.objects.get().verified_at is not None
    assert effect_needs(plan, timezone.now()) == []
    want(plan, 0, ROLLBACK)
    assert post("cora", "confirm-share", generation=generation).status_code == 409
    assert post("cora", "confirm-share", generation="x").status_code == 422


def test_a_failure_is_readable_on_the_page_and_a_need_in_the_room(plan, client_of, cast):
    save_executor(plan, Wanted("webhook", "Hook", "https://h.example"), by="rule")
    want(plan, 0, ROLLBACK)
    (claimed,) = claim_effects()
    note_answer(claimed, Answer(False, "answered 500 <b>boom</b>"))
    (need,) = effect_needs(plan, timezone.now())
    assert need.first and need.title == "Hook fails at try 1: answered 500 <b>boom</b>"
    html = rollout_page(client_of(cast["cora"]), plan)
    assert "answered 500 &lt;b&gt;boom" in html and "<b>boom" not in html


def test_who_is_newer_than_the_wish_is_called_when_somebody_says_so(plan, cast, post):
    generation = want(plan, 5).generation
    with pytest.raises(Refused, match="Nobody is there"):
        carry_out_again(plan, by=cast["cora"], generation=generation)
    save_executor(plan, Wanted("webhook", "Hook", "https://h.example"), by="rule")
    assert not Effect.objects.exists(), "saving moves nothing"
    assert post("cora", "carry-out", generation=generation).status_code == 302
    assert Effect.objects.get().percent == 5
    with pytest.raises(NotAllowed):
        carry_out_again(plan, by=cast["vera"], generation=generation)


def test_agreement_says_what_is_wanted_and_what_is_seen(plan):
    now = timezone.now()
    assert agreement(None, now) == ""
    save_executor(plan, Wanted("webhook", "Hook", "https://h.example"), by="rule")
    rollout = want(plan, 5)
    assert agreement(rollout, now) == "a person has to confirm it"
    rollout.observe_url = "https://h.example"
    assert agreement(rollout, now) == "to be seen yet"
    rollout.actual_reason = "connection refused"
    assert agreement(rollout, now) == "nothing is seen of it: connection refused"
    rollout.actual_percent, rollout.actual_at, rollout.actual_reason = 4.0, now, ""
    assert agreement(rollout, now) == "4 % seen just now, 5 % not seen yet"
    rollout.verified_at = now
    assert agreement(rollout, now) == "4 % seen just now, 5 % wanted"


def test_the_panel_costs_the_same_with_many_calls(plan, django_assert_num_queries):
    save_executor(plan, Wanted("webhook", "Hook", "https://h.example"), by="rule")
    for percent in range(9):
        want(plan, percent)
    now = timezone.now()
    with django_assert_num_queries(4):
        carrying(plan, now)
    with django_assert_num_queries(0):
        rollout_now(plan, now)


# --- API -----------------------------------------------------------------------------------


def test_the_api_tells_what_is_wanted_and_seen(plan, client_of, cast):
    bearer = {"Authorization": f"Bearer {make_token(cast['cora'], SCOPES)[1]}"}
    client, base = client_of(cast["stranger"]), f"/api/v1/plans/{plan.slug}"
    client.logout()
    body = json.dumps({"kind": "webhook", "url": "https://h.example", "options": {"method": "GET"}})
    wrong = client.put(f"{base}/executor", body, "application/json", headers=bearer)
    assert wrong.status_code == 422 and "POST, PUT or PATCH" in wrong.json()["detail"]
    body = json.dumps({"kind": "manual", "command": "go {percent}"})
    made = client.put(f"{base}/executor", body, "application/json", headers=bearer)
    assert made.status_code == 200 and made.json()["name"] == "By hand"
    want(plan, 5)
    there = client.get(f"{base}/effects", headers=bearer).json()
    assert there["waits_for_hand"] and there["desired"] == 5
    said = client.post(
        f"{base}/rollout/confirm", '{"generation": 1}', "application/json", headers=bearer
    )
    assert said.json()["effects"][0]["state"] == "done"


def test_an_unknown_kind_is_named(plan):
    with pytest.raises(Invalid) as wrong:
        save_executor(plan, Wanted("carrier-pigeon"), by="rule")
    assert wrong.value.field == "kind"


def test_a_command_has_the_shares_put_in_and_the_procedure_says_the_way_back(plan):
    plan.procedures.create(key="usual", name="Usual", command="emergency.sh", is_default=True)
    save_executor(plan, Wanted(command="go {before} {percent} {generation}"), by="rule")
    want(plan, 5)
    want(plan, 10)
    there = carrying(plan, timezone.now())
    assert (there.command, there.back) == ("go 5 10 2", "emergency.sh")
    save_executor(plan, Wanted(rollback_command="back to {percent}"), by="rule")
    assert carrying(plan, timezone.now()).back == "back to 0"


def test_what_is_a_call_for_help_already_is_no_need_beside_it(plan):
    save_executor(plan, Wanted("webhook", "Hook", "https://h.example"), by="rule")
    want(plan, 5)
    Effect.objects.update(state=EffectState.SENT, sent_at=timezone.now())
    now = timezone.now()
    Rollout.objects.update(unverified_at=now, observe_url="https://h.example/share")
    assert effect_needs(plan, now) == []
    assert carrying(plan, now).trouble == "Hook accepted 5 %, and it is not seen."
