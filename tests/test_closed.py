"""A closed release is read: what stood stays visible, nothing is offered, nothing goes on."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from tests.conftest import make_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def aborted(plan, cast, phase, item, gate):
    now = timezone.now()
    plan.t0 = now - timedelta(hours=5)
    plan.lifecycle, plan.lifecycle_at = "aborted", now - timedelta(hours=2)
    plan.save()
    make_item(phase, 2, "Done", state="done")
    make_item(phase, 3, "Timer", duration_s=3600, state="doing", started_at=plan.t0)
    make_item(phase, 4, "Late", due_offset_s=3600)
    return plan


@pytest.fixture
def read(aborted, cast, client_of):
    client = client_of(cast["cora"])
    return lambda path="": client.get(f"/plans/{aborted.slug}/{path}").text


def test_the_room_says_that_it_is_closed_and_counts_nothing(read):
    html = read()
    assert "This release is closed: nothing is measured or judged any more." in html
    assert "first reading" not in html and "Since go-live" not in html
    assert "data-clock" not in html and "1 open" not in html and "Rule says" not in html
    assert 'class="need"' not in html


def test_rows_keep_their_marks_and_offer_nothing(read):
    html = read("checklist/")
    assert html.count('class="mark"') == 4
    assert "Notes and history" in html and "Note, file, block or skip" not in html
    assert "Sign as" not in html and "can sign here" not in html
    assert "Not signed." in html and "data-elapsed" not in html
    # Two hours late when it was closed, and for good.
    assert "Late by 2 h" in html


def test_an_item_says_where_notes_are_still_written(read):
    html = read("items/1/")
    assert "Add note" not in html and "Notes are still written in the" in html


def test_a_gate_that_was_not_decided_says_so(read):
    html = read("gates/gate-1/")
    assert "Not decided: the release is closed" in html
    assert "The rule says" not in html and 'id="decide"' not in html and 'id="vote"' not in html


def test_nobody_is_handed_over_or_seated(read):
    for path in ("people/", "settings/"):
        html = read(path)
        assert "Hand over" not in html and 'id="save-roles"' not in html
        assert html.count("<fieldset") >= html.count(" disabled") > 0


def test_no_selector_asks_has_inside_has():
    """Browsers drop such a rule, and a room where nothing is measured keeps an empty column."""
    for path in sorted((settings.BASE_DIR / "static" / "css").glob("*.css")):
        inside = re.findall(r":has\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)", path.read_text())
        assert not [one for one in inside if ":has(" in one[1:]], path.name
