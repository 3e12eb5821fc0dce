"""Filters and search of the checklist: each view is an address, and costs a fixed number."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checklists.actions.items import add_item_note, set_item_state
from checklists.models import ChecklistItem, Phase, PhaseGroup
from tests.conftest import make_item
from warroom.live import panels

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(plan, phase, cast, roles):
    past = timezone.now() - timedelta(hours=1)
    later = Phase.objects.create(plan=plan, number=2, title="Stage 1")
    parent = make_item(phase, 1, "Upper one", role=roles["on-call"])
    make_item(phase, 2, "Lower database check", parent=parent, role=roles["security-lead"])
    make_item(phase, 3, "Late thing", due_at=past, owner="@thon")
    make_item(phase, 4, "Blocking thing", blocking=True, owner="Hudson, Vera")
    make_item(phase, 5, "Plain thing")
    other = make_item(later, 6, "Migrate the DATABASE", owner="Forge")
    set_item_state(ChecklistItem.objects.get(number=5), "done", by=cast["cora"])
    add_item_note(other, "Waits for the zebra export", by=cast["forge"])


@pytest.fixture
def shown(plan, listed, cast, client_of):
    def ask(name="thon", **query):
        page = client_of(cast[name]).get(f"/plans/{plan.slug}/checklist/", query).content.decode()
        return [int(number) for number in re.findall(r'data-live="item-(\d+)"', page)]

    return ask


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"phase": "1"}, [1, 2, 3, 4, 5]),
        ({"phase": "1", "show": "open"}, [1, 2, 3, 4]),
        ({"phase": "1", "show": "late"}, [3]),
        ({"phase": "1", "show": "blocking"}, [4]),
        ({"phase": "1", "show": "mine"}, [1, 2, 3]),
        ({"phase": "1", "role": "security-lead"}, [1, 2]),  # the lower one stays with its parent
        ({"phase": "1", "role": "on-call", "show": "late"}, []),
        ({"phase": "1", "show": "nonsense", "role": "nobody"}, []),
        ({"phase": "all"}, [1, 2, 3, 4, 5, 6]),
        ({"phase": "all", "show": "open", "role": ""}, [1, 2, 3, 4, 6]),
        ({"q": "database"}, [1, 2, 6]),
        ({"q": "database", "phase": "1"}, [1, 2, 6]),
        ({"q": "ZEBRA"}, [6]),
        ({"q": "forge"}, [6]),
        ({"q": "database migrate"}, [6]),
        ({"q": "100%_'\"\\"}, []),
        ({"q": "\0database"}, [1, 2, 6]),
        ({"q": "x" * 5000}, []),
    ],
)
def test_a_filter_leaves_what_is_asked_for(shown, query, numbers):
    assert shown(**query) == numbers


@pytest.mark.parametrize(
    ("name", "numbers"), [("hudson", [1, 2, 4]), ("vera", [4]), ("forge", []), ("cora", [])]
)
def test_mine_is_my_role_or_my_name(shown, name, numbers):
    assert shown(name, phase="1", show="mine") == numbers


def test_what_is_shown_for_its_place_is_marked_and_not_counted(plan, listed, cast, client_of):
    page = client_of(cast["thon"]).get(f"/plans/{plan.slug}/checklist/", {"q": "database"})
    html = page.content.decode()
    assert "<b>2</b> items match<" in html
    assert html.count("Does not match; shown for its place.") == 1


def test_the_phase_that_is_shown_is_marked(plan, listed, cast, client_of):
    html = client_of(cast["thon"]).get(f"/plans/{plan.slug}/checklist/?phase=2").content.decode()
    assert 'data-shown="2"' in html
    assert re.findall(r'data-phase="(\w+)" aria-current="true"', html) == ["2"]
    fragment = panels.render(panels.get("phase-list"), plan, timezone.now())
    assert "aria-current" not in fragment


def test_a_search_is_shown_as_text_and_kept_in_the_field(plan, listed, cast, client_of):
    """Scenario 56."""
    words = '"><script>alert(1)</script>'
    page = client_of(cast["thon"]).get(f"/plans/{plan.slug}/checklist/", {"q": words})
    assert "<script>alert" not in page.content.decode()
    assert 'value="&quot;&gt;&lt;script&gt;' in page.content.decode()
    assert "No item matches" in page.content.decode()


@pytest.mark.parametrize("query", ["phase=1", "phase=all", "q=item", "phase=1&show=mine"])
def test_a_long_list_costs_as_many_statements_as_a_short_one(
    plan, phase, cast, roles, client_of, query
):
    path = f"/plans/{plan.slug}/checklist/?{query}"
    thon = client_of(cast["thon"])
    group = PhaseGroup.objects.create(phase=phase, title="A", position=1)
    make_item(phase, 1, "Item 1", group=group, role=roles["on-call"])
    add_item_note(ChecklistItem.objects.get(), "Seen", by=cast["thon"])
    thon.get(path)

    def statements():
        with CaptureQueriesContext(connection) as captured:
            assert thon.get(path).status_code == 200
        return len(captured)

    few = statements()
    later = [Phase.objects.create(plan=plan, number=n, title=f"P{n}") for n in range(2, 6)]
    ChecklistItem.objects.bulk_create(
        ChecklistItem(
            plan=plan, phase=[phase, *later][n % 5], number=n, position=n, text=f"Item {n}"
        )
        for n in range(2, 501)
    )
    assert statements() <= few <= 40
