"""S128: an item of a role is set by who sits in that role, or may edit the plan."""

import pytest

from checklists.actions.items import add_item_note, set_item_state
from checklists.models import ChecklistItem
from tests.conftest import make_item
from warroom.actions.refusals import NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def secrets(plan, cast, phase) -> ChecklistItem:
    role = plan.roles.get(key="security-lead")
    return make_item(phase, 1, "No secrets in code", role=role)


@pytest.mark.parametrize("name", ["hudson", "cora", "root"])
def test_the_role_and_who_may_edit_set_it(secrets, cast, name):
    assert set_item_state(secrets, "done", by=cast[name]).state == "done"


@pytest.mark.parametrize("name", ["forge", "thon", "vera", "stranger"])
def test_other_roles_are_refused_in_words(secrets, plan, cast, name):
    with pytest.raises(NotAllowed):
        set_item_state(secrets, "done", by=cast[name])
    secrets.refresh_from_db()
    assert secrets.state == "open"
    assert plan.events.count() == 0


def test_the_page_says_whose_item_it_is(secrets, plan, cast, client_of):
    answer = client_of(cast["forge"]).post(
        f"/plans/{plan.slug}/items/1/state", {"state": "done", "revision": 0}
    )
    assert answer.status_code == 403
    assert "1.1 is for Security Lead" in answer.content.decode()


def test_everyone_who_ticks_may_add_a_note_and_it_makes_no_tick_late(secrets, cast):
    seen = secrets.revision
    assert add_item_note(secrets, "Scanner ran at 09:00.", by=cast["forge"]) is not None
    assert set_item_state(secrets, "done", by=cast["hudson"], seen_revision=seen).state == "done"
