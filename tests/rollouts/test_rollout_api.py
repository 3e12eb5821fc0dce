"""The rollout for pipelines, and the page with its controls (S45, S61, S68, S79)."""

import json

import pytest

from rollouts.actions.holds import hold
from rollouts.actions.rollbacks import start_rollback
from rollouts.actions.stages import advance
from rollouts.models import Rollout, Stage
from tests.conftest import make_plan, seat
from warroom.actions.tokens import SCOPES, make_token

pytestmark = pytest.mark.django_db
BASE = "/api/v1/plans/genesis-4/rollout"


@pytest.fixture
def call(client, cast):
    def send(name, path="", body=None, scopes=SCOPES, plan=None, **headers):
        headers["authorization"] = f"Bearer {make_token(cast[name], scopes, plan)[1]}"
        method = "GET" if body is None else "POST"
        answer = client.generic(
            method, BASE + path, json.dumps(body), content_type="application/json", headers=headers
        )
        return answer.status_code, json.loads(answer.content)

    return send


@pytest.fixture
def staged(plan, cast):
    for n, (start, end) in enumerate([(0, 5), (5, 10), (10, 100)], start=1):
        Stage.objects.create(plan=plan, number=n, from_percent=start, to_percent=end)
    return plan


def test_a_pipeline_goes_on_holds_and_reads_where_it_stands(staged, call):
    status, said = call("hudson")
    assert (status, said["desired"], said["stage"], said["next"]["to_percent"]) == (200, 0, None, 5)
    status, said = call("thon", "/advance", {"reason": "Gate 0."})
    assert (status, said["desired"], said["generation"], said["stage"]["number"]) == (200, 5, 1, 1)
    assert said["agrees"] and said["verified_at"] and said["cause"] == "advance"
    status, said = call("thon", "/hold", {"reason": "Lunch.", "for_s": 60})
    assert (status, said["verdict"]["verdict"], said["hold"]["by"]) == (200, "hold", "Thon")
    assert said["against"] == [said["verdict"]["sentence"].split(" Nothing")[0]]
    status, said = call("thon", "/advance", {"to_percent": 10})
    assert (status, said["status"]) == (409, 409) and "Held by Thon until" in said["detail"]
    status, said = call("thon", "/release", {"reason": "Back."})
    assert (status, said["hold"], said["verdict"]["verdict"]) == (200, None, "")


def test_a_repeat_with_its_key_begins_one_stage(staged, call):
    for _ in range(3):
        status, said = call("thon", "/advance", {}, **{"idempotency-key": "a"})
        assert (status, said["stage"]["number"]) == (200, 1)
    assert staged.events.filter(kind="stage.started").count() == 1
    assert call("thon", "/advance", {}, **{"idempotency-key": "b"})[1]["stage"]["number"] == 2


@pytest.mark.parametrize(
    ("path", "body", "may"),
    [
        ("/advance", {}, "cora thon root"),
        ("/hold", {"reason": "x"}, "cora thon hudson root"),
        ("/release", {"reason": "x"}, "cora thon hudson root"),
        ("/resume", {"reason": "x", "to_percent": 0}, "cora thon root"),
    ],
)
def test_each_call_wants_its_scope_and_its_right(staged, call, cast, path, body, may):
    other = make_plan("other")
    seat(other, cast["thon"], "lead", "Lead", list(SCOPES))
    assert call("stranger", path, body)[0] == 404
    assert call("thon", path, body, plan=other)[0] == 404
    assert call("thon", path, body, scopes=[one for one in SCOPES if one != "run"])[0] == 403
    for name in ("cora", "thon", "hudson", "forge", "vera", "root"):
        assert (call(name, path, body)[0] == 403) == (name not in may.split()), name


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/hold", {"reason": " "}, "reason"),
        ("/hold", {"reason": "x", "until": "2020-01-01T00:00:00Z"}, "until"),
        ("/hold", {"reason": "x", "until": "2020-01-01T00:00:00"}, "until"),
        ("/hold", {"reason": "x", "until": "2020-01-01T00:00:00Z", "for_s": 1}, "for_s"),
        ("/resume", {"reason": "x", "to_percent": 7}, "to_percent"),
        ("/resume", {"reason": "", "to_percent": 5}, "reason"),
    ],
)
def test_wrong_input_names_its_field(staged, call, path, body, field):
    status, said = call("thon", path, body)
    assert (status, said["field"]) == (422, field)
    assert not staged.events.exists()


# --- resuming --------------------------------------------------------------------------------


@pytest.fixture
def rolled_back(staged, cast):
    advance(staged, to_percent=5, by=cast["thon"])
    advance(staged, to_percent=10, by=cast["thon"])
    start_rollback(staged, by=cast["thon"], reason="Errors.")
    return staged


def states(plan):
    return " ".join(plan.stages.values_list("state", flat=True))


def test_after_a_rollback_nothing_goes_on_until_a_person_resumes(rolled_back, call):
    """S61, S79, scenario 23: the redeploy is a new generation and is recorded."""
    status, said = call("thon", "/advance", {})
    assert (status, "A rollback stands" in said["detail"]) == (409, True)
    assert call("thon", "/hold", {"reason": "x"})[0] == 409
    before = Rollout.objects.get(plan=rolled_back).generation
    status, said = call("thon", "/resume", {"reason": "Cache was cold.", "to_percent": 5})
    assert (status, said["desired"], said["cause"], said["rolled_back"]) == (
        200,
        5,
        "resume",
        False,
    )
    assert said["generation"] == before + 1
    assert states(rolled_back) == "running pending pending"
    assert rolled_back.rollback_runs.get().redeployed_at is not None
    text = rolled_back.events.get(kind="rollout.resumed").text
    assert text == "Rollout resumed with stage 1 at 5 %: Cache was cold."
    assert call("thon", "/resume", {"reason": "Again.", "to_percent": 5})[0] == 409


def test_at_0_percent_all_stages_begin_anew(rolled_back, call):
    rolled_back.lifecycle = "rolled_back"
    rolled_back.save(update_fields=["lifecycle"])
    status, said = call("thon", "/resume", {"reason": "Fixed.", "to_percent": 0})
    assert (status, said["desired"], said["next"]["to_percent"]) == (200, 0, 5)
    rolled_back.refresh_from_db()
    assert (states(rolled_back), rolled_back.lifecycle) == ("pending pending pending", "deploying")


# --- the page --------------------------------------------------------------------------------


def test_the_page_shows_where_it_stands_and_what_moved_it(staged, cast, client_of):
    advance(staged, to_percent=5, by=cast["thon"], reason="Gate 0 said go.")
    hold(staged, by=cast["cora"], reason="Vendor calls back.")
    page = client_of(cast["vera"]).get(f"/plans/{staged.slug}/rollout/").content.decode()
    assert "Stage 1 of 3: 5 %" in page and "said by Thon" in page
    assert "Held by Cora until somebody ends it." in page
    assert "0 to 5 %" in page and "Gate 0 said go." in page and "Hold at 5 %" in page
    assert "Refused: Held by Cora: Vendor calls back." in page
    assert page[page.index("<main") : page.index("</main>")].count('role="alert"') <= 1


def test_what_was_typed_is_kept_when_it_is_refused(staged, cast, client_of):
    asking, address = client_of(cast["thon"]), f"/plans/{staged.slug}/rollout/"
    typed = {"confirmed": "50", "reason": "As agreed."}
    answer = asking.post(f"{address}advance/5/", typed)
    page = answer.content.decode()
    assert answer.status_code == 422 and "Type 5 to go on to 5 %." in page
    assert 'value="As agreed."' in page and not staged.events.exists()
    answer = asking.post(f"{address}hold/", {"reason": "", "until": "soon"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "is no time" in page and 'value="soon"' in page
    answer = asking.post(f"{address}advance/10/", {"confirmed": "10"})
    assert answer.status_code == 409 and "10 % is not the next step" in answer.content.decode()
    assert asking.post(f"{address}advance/5/", {"confirmed": "5 %"}).status_code == 302


def test_a_rollback_leaves_one_way_on(rolled_back, cast, client_of):
    asking, address = client_of(cast["thon"]), f"/plans/{rolled_back.slug}/rollout/"
    page = asking.get(address).content.decode()
    assert "Resume the rollout" in page and 'id="advance"' not in page
    said = {"to_percent": "5", "reason": "Cache was cold.", "confirmed": "10"}
    answer = asking.post(f"{address}resume/", said)
    assert answer.status_code == 422 and "Type 5 to resume at 5 %" in answer.content.decode()
    assert asking.post(f"{address}resume/", said | {"confirmed": "5"}).status_code == 302
    assert states(rolled_back) == "running pending pending"
