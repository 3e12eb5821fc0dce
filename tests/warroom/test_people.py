"""Who sits as what: seats are taken and left by people who may edit, and the timeline says so."""

import pytest

from tests.conftest import make_plan, make_user
from warroom.models import Seat

pytestmark = pytest.mark.django_db


def test_a_person_is_seated_and_the_timeline_says_so(plan, cast, client_of):
    page = f"/plans/{plan.slug}/people/"
    answer = client_of(cast["cora"]).post(page, {"role": "on-call", "person": "stranger"})
    assert answer.status_code == 302
    assert Seat.objects.filter(role__key="on-call", user=cast["stranger"]).exists()
    assert plan.events.get().text == "Stranger is now On-Call"
    assert client_of(cast["stranger"]).get(page).status_code == 200


def test_to_seat_somebody_twice_changes_nothing(plan, cast, client_of):
    for _ in range(2):
        client_of(cast["cora"]).post(
            f"/plans/{plan.slug}/people/", {"role": "on-call", "person": "thon"}
        )
    assert plan.events.count() == 0


@pytest.mark.parametrize(("name", "status"), [("thon", 403), ("vera", 403), ("stranger", 404)])
def test_only_who_may_edit_seats_people(plan, cast, client_of, name, status):
    answer = client_of(cast[name]).post(
        f"/plans/{plan.slug}/people/", {"role": "deployment-lead", "person": name}
    )
    assert answer.status_code == status
    assert plan.events.count() == 0


def test_an_unknown_name_is_said_and_what_was_typed_stays(plan, cast, client_of):
    answer = client_of(cast["cora"]).post(
        f"/plans/{plan.slug}/people/", {"role": "on-call", "person": "nobody"}
    )
    assert answer.status_code == 422
    assert b"Nobody has the user name" in answer.content
    assert b'value="nobody"' in answer.content


def test_a_role_of_another_plan_cannot_be_filled_from_here(plan, cast, client_of):
    other = make_plan("other", "Other")
    other.roles.create(key="only-there", name="Only there")
    answer = client_of(cast["cora"]).post(
        f"/plans/{plan.slug}/people/", {"role": "only-there", "person": "thon"}
    )
    assert answer.status_code == 422
    assert other.events.count() == 0


def test_the_last_editor_cannot_leave(plan, cast, client_of):
    cora = client_of(cast["cora"])
    leave = f"/plans/{plan.slug}/people/deployment-lead/cora/leave"
    assert cora.post(leave).status_code == 422
    make_user("mara")
    cora.post(f"/plans/{plan.slug}/people/", {"role": "deployment-lead", "person": "mara"})
    assert cora.post(leave).status_code == 302
    assert cora.get(f"/plans/{plan.slug}/").status_code == 404
