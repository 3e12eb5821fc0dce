"""People through the API: who sits where, seating and asking, with the scope to edit."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from warroom.actions.people import hand_over
from warroom.actions.tokens import make_token
from warroom.models import DeploymentPlan, Invitation, Message, Presence, Seat

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(plan, cast):
    """Ask the API as somebody with some scopes: ``call("get", "people", scopes=["read"])``."""

    def ask(method, path, body=None, *, by="cora", scopes=("read", "edit"), **headers):
        secret = make_token(cast[by], scopes)[1]
        return getattr(Client(), method)(
            f"/api/v1/plans/{plan.slug}/{path}",
            data=body,
            content_type="application/json",
            headers={"authorization": f"Bearer {secret}"} | headers,
        )

    return ask


def test_people_are_told_with_rights_holders_stand_ins_and_gaps(plan, cast, call):
    now = timezone.now().replace(microsecond=0)
    DeploymentPlan.objects.filter(pk=plan.pk).update(t0=now)
    plan.roles.filter(key="on-call").update(cover_from_s=0, cover_until_s=36_000)
    seat = Seat.objects.get(user=cast["thon"])
    Seat.objects.filter(pk=seat.pk).update(ends_at=now + timedelta(hours=9))
    hand_over(seat, cast["forge"], None, now + timedelta(hours=2), by=cast["thon"])
    Presence.objects.create(plan=plan, user=cast["forge"], seen_at=now)
    roles = {role["key"]: role for role in call("get", "people", scopes=["read"]).json()}
    on_call = roles["on-call"]
    assert on_call["rights"] == ["tick", "sign", "vote", "run"]
    assert on_call["cover"] == {"starts": "T+0", "ends": "T+10h"}
    [holder] = on_call["holders"]
    assert (holder["person"], holder["stands_in_for"]) == ("forge", "thon")
    assert holder["presence"] == "here"
    assert on_call["gaps"] == [
        {
            "starts_at": f"{now + timedelta(hours=9):%Y-%m-%dT%H:%M:%SZ}",
            "ends_at": f"{now + timedelta(hours=10):%Y-%m-%dT%H:%M:%SZ}",
        }
    ]
    assert roles["observer"]["cover"] is None
    assert roles["member"]["holders"][0]["ends_at"] is None


def test_somebody_is_seated(plan, cast, call):
    body = {"role": "member", "person": "vera", "ends_at": "2100-01-01T00:00:00Z"}
    for _ in range(2):
        answer = call("post", "seats", body)
        assert answer.status_code == 201
    assert answer.json()["ends_at"] == "2100-01-01T00:00:00Z"
    assert plan.events.filter(kind="seat.taken").count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "nothing", "person": "vera"}, "role"),
        ({"role": "member", "person": "nobody"}, "person"),
        ({"role": "member", "person": "vera", "ends_at": "2100-01-01T00:00:00"}, "ends_at"),
    ],
)
def test_a_wrong_seat_is_answered_by_its_field(plan, cast, call, body, field):
    answer = call("post", "seats", body)
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert plan.events.count() == 0


def test_somebody_is_asked_once_for_one_key(plan, cast, call):
    body = {"role": "on-call", "name": "Rin", "email": "rin@example.org", "accepted_by": 1}
    answer = call("post", "invitations", body, **{"Idempotency-Key": "k"})
    assert answer.status_code == 201
    link = answer.json()["link"]
    assert Client().get("/" + link.split("/", 3)[3]).status_code == 200
    assert call("post", "invitations", body, **{"Idempotency-Key": "k"}).status_code == 200
    assert call("post", "invitations", body).status_code == 409
    assert Invitation.objects.get().accepted_by is None
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("by", "scopes", "status"),
    [
        ("cora", ["read", "run"], 403),
        ("thon", ["edit"], 403),
        ("stranger", ["edit"], 404),
        ("root", ["edit"], 201),
    ],
)
def test_it_wants_the_scope_and_the_right(plan, cast, call, by, scopes, status):
    seat = {"role": "member", "person": "vera"}
    assert call("post", "seats", seat, by=by, scopes=scopes).status_code == status
    asked = {"role": "member", "name": "Ada"}
    assert call("post", "invitations", asked, by=by, scopes=scopes).status_code == status
