"""The API's door: tokens, problems that name the line, and a document that becomes a room."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.conftest import make_plan, make_user
from tests.warroom.test_imports import PLAN
from warroom.actions.tokens import make_token
from warroom.models import ApiToken, DeploymentPlan

pytestmark = pytest.mark.django_db

ALL = ["read", "tick", "sign", "vote", "decide", "run", "evidence"]


@pytest.fixture
def cora(db):
    return make_user("cora")


@pytest.fixture
def secret(cora):
    return make_token(cora, ALL)[1]


def send(client, secret, body=PLAN, query="", kind="text/markdown"):
    return client.post(
        f"/api/v1/plans{query}",
        data=body,
        content_type=kind,
        headers={"authorization": f"Bearer {secret}"},
    )


def get(client, secret, path):
    return client.get(f"/api/v1/{path}", headers={"authorization": f"Bearer {secret}"})


def test_a_document_becomes_a_release(client, secret, cora):
    answer = send(client, secret, query="?slug=mine&t0=2026-04-01T10:00:00Z")
    body = answer.json()
    assert answer.status_code == 201
    assert (body["slug"], body["url"][-12:]) == ("mine", "/plans/mine/")
    assert set(body["understood"]) == {
        "task_items", "phases", "items", "done", "roles", "contacts", "criteria", "queries",
        "stages", "risks",
    }  # fmt: skip
    assert body["understood"]["items"] == 4
    assert {"line", "severity", "code", "text"} == set(body["findings"][0])
    plan = DeploymentPlan.objects.get(slug="mine")
    assert (plan.author, plan.t0.hour) == (cora, 10)


def test_a_dry_run_answers_alike_and_makes_nothing(client, secret):
    answer = send(client, secret, query="?dry_run=1")
    assert answer.status_code == 200
    assert answer.json()["understood"]["task_items"] == 4
    assert not DeploymentPlan.objects.exists()


@pytest.mark.parametrize(
    ("body", "kind", "query", "status", "part"),
    [
        (b"a\nb\n\0", "text/markdown", "", 422, {"line": 3}),
        (b"PK\x03\x04", "text/markdown", "", 422, {"line": 1}),
        (b"a\n\xff", "text/markdown", "", 422, {"line": 2}),
        (b"x\n" * 600_000, "text/markdown", "", 422, {"line": 524_289}),
        (b"- [ ] x\n" * 700_000, "text/markdown", "", 422, {"line": 131_073}),
        (b"warroom: 1\nplan: {name: 4}", "application/yaml", "", 422, {"line": 2}),
        (b'{\n"warroom": NaN}', "application/json", "", 422, {"line": 2}),
        (b"x", "image/png", "", 415, {}),
        (PLAN, "text/markdown", "?t0=soon", 422, {"field": "t0"}),
        (PLAN, "text/markdown", "?t0=2026-04-01T10:00:00", 422, {"field": "t0"}),
        (PLAN, "text/markdown", "?slug=import", 422, {"field": "slug"}),
    ],
)
def test_what_is_wrong_is_named_and_nothing_made(client, secret, body, kind, query, status, part):
    answer = send(client, secret, body, query, kind)
    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer["Content-Type"] == "application/problem+json"
    assert problem["detail"] and problem["title"] and problem["type"]
    assert part.items() <= problem.items()
    assert not DeploymentPlan.objects.exists()


def test_a_second_release_at_one_address_is_refused(client, secret):
    assert send(client, secret).status_code == 201
    assert send(client, secret).status_code == 409


@pytest.mark.parametrize("secret_given", ["", "wr_wrong"])
def test_without_a_valid_token_nothing_is_said(client, secret_given):
    answer = send(client, secret_given)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_revoked_token_or_a_gone_person_opens_nothing(client, secret, cora):
    ApiToken.objects.update(revoked_at=timezone.now())
    assert get(client, secret, "plans").status_code == 401
    ApiToken.objects.update(revoked_at=None)
    cora.is_active = False
    cora.save()
    assert get(client, secret, "plans").status_code == 401


def test_a_token_that_reads_or_is_for_one_release_makes_none(client, cora):
    reads = make_token(cora, ["read"])[1]
    bound = make_token(cora, ALL, make_plan(author=cora))[1]
    assert send(client, reads).status_code == 403
    assert send(client, reads, query="?dry_run=1").status_code == 200
    assert send(client, bound).status_code == 403


def test_a_release_is_shown_only_to_whom_it_is_for(client, cora):
    mine, other = make_plan(author=cora), make_plan("other", "Other", author=cora)
    stranger = make_token(make_user("stranger"), ["read"])[1]
    bound = make_token(cora, ["read"], mine)[1]
    whole = make_token(cora, ["read"])[1]
    assert [plan["slug"] for plan in get(client, bound, "plans").json()] == [mine.slug]
    assert len(get(client, whole, "plans").json()) == 2
    assert get(client, whole, f"plans/{other.slug}").json()["name"] == "Other"
    assert get(client, bound, f"plans/{other.slug}").status_code == 404
    assert get(client, stranger, f"plans/{mine.slug}").status_code == 404
    assert get(client, stranger, "plans").json() == []


def test_the_secret_is_kept_nowhere(secret):
    row = ApiToken.objects.get()
    assert secret not in json.dumps([row.digest, row.prefix, row.scopes])
    assert secret.startswith(row.prefix)


def test_the_command_prints_the_token_as_its_last_word(client, cora):
    out = StringIO()
    call_command("create_token", "cora", "--scope", "read,tick", stdout=out)
    assert get(client, out.getvalue().split()[-1], "plans").status_code == 200


@pytest.mark.parametrize(
    "arguments", [["nobody"], ["cora", "--plan", "none"], ["cora", "--scope", "fly"]]
)
def test_the_command_refuses_what_there_is_not(cora, arguments):
    with pytest.raises(CommandError):
        call_command("create_token", *arguments)
    assert not ApiToken.objects.exists()


def test_the_api_describes_itself(client):
    assert client.get("/api/v1/docs").status_code == 200
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert {"/api/v1/plans", "/api/v1/plans/{slug}"} <= set(paths)


@pytest.mark.parametrize(
    "body",
    [
        '{"text": "a", "data": {"x": NaN}}',
        '{"text": "a", "data": {"x": 1e999}}',
        '{"text": "a", "data": {"x": ["\\ud800"]}}',
        '{"text": "a \\u0000"}',
        '{"text": "a", "data": {"\\ud800": 1}}',
        "not json",
    ],
)
def test_what_cannot_be_kept_is_refused_as_a_problem(client, secret, cora, body):
    plan = make_plan(author=cora)
    answer = client.post(
        f"/api/v1/plans/{plan.slug}/events",
        data=body,
        content_type="application/json",
        headers={"authorization": f"Bearer {secret}"},
    )
    problem = answer.json()
    if body == "not json":
        assert (answer.status_code, problem["detail"][:19]) == (400, "The body is no JSON")
    else:
        assert (answer.status_code, problem["field"][:4]) in ((422, "data"), (422, "text"))
    assert answer["Content-Type"] == "application/problem+json"
    assert not plan.events.exists()


@pytest.mark.parametrize("name", ["%00", "%20", "a%00b"])
def test_a_name_that_is_none_falls_back_to_the_title(client, secret, name):
    assert send(client, secret, query=f"?name={name}&slug=x").status_code == 201
    assert "\0" not in DeploymentPlan.objects.get().name
    assert DeploymentPlan.objects.get().name
