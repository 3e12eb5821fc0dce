"""Work that runs for a day: S131."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checklists.actions.items import set_item_state
from checklists.documents.work import details
from checklists.models import ChecklistItem
from checklists.queries.needs import people_needs
from checklists.queries.phases import one_row
from checklists.rules.items import started_at, too_early
from tests.conftest import make_item
from warroom.actions.refusals import Invalid

pytestmark = pytest.mark.django_db
DAY = 86_400


@pytest.fixture
def soak(plan, phase, roles):
    return make_item(phase, 1, "Soak on staging", duration_s=DAY, role=roles["on-call"])


def begun(item, hours):
    at = timezone.now() - timedelta(hours=hours)
    ChecklistItem.objects.filter(pk=item.pk).update(state="doing", started_at=at)


def test_doing_starts_the_timer_and_open_stops_it(soak, cast):
    assert set_item_state(soak, "doing", by=cast["thon"]).started_at is not None
    assert set_item_state(soak, "open", by=cast["thon"]).started_at is None


def test_one_tap_starts_what_runs_long(plan, soak, cast, client_of):
    page = client_of(cast["thon"]).get(f"/plans/{plan.slug}/checklist/").content.decode()
    assert "items/1/state?state=doing" in page and "runs 1 d" in page


@pytest.mark.parametrize("hours", [None, 20])
def test_done_before_the_time_is_over_wants_a_reason(soak, cast, hours):
    if hours:
        begun(soak, hours)
    with pytest.raises(Invalid) as refused:
        set_item_state(soak, "done", by=cast["thon"])
    assert refused.value.field == "reason" and "say why it is done already" in str(refused.value)
    done = set_item_state(soak, "done", by=cast["thon"], reason="Ran on the other cluster")
    assert done.state == "done"


def test_when_the_time_is_over_it_is_asked_for_and_done_is_taken(plan, soak, cast):
    begun(soak, 25)
    now = timezone.now()
    need = next(need for need in people_needs(plan, now) if "Soak" in need.title)
    assert need.key == "role-on-call"
    assert need.title == "1 d are over: confirm Soak on staging"
    assert one_row(plan, 1, now).over
    assert set_item_state(soak, "done", by=cast["thon"]).state == "done"


def test_while_it_runs_the_row_shows_since_when_and_nobody_is_asked(plan, soak, cast, client_of):
    begun(soak, 3)
    page = client_of(cast["thon"]).get(f"/plans/{plan.slug}/checklist/").content.decode()
    assert "data-elapsed=" in page and "of 1 d" in page
    assert not [need for need in people_needs(plan, timezone.now()) if "Soak" in need.title]


def test_what_failed_begins_anew_and_what_was_blocked_goes_on():
    now = timezone.now()
    before = now - timedelta(hours=5)
    assert started_at("doing", "failed", before, now) == now
    assert started_at("doing", "blocked", before, now) == before
    assert started_at("blocked", "doing", before, now) == before
    assert started_at("open", "doing", before, now) is None


def test_exactly_at_its_end_it_is_over():
    now = timezone.now()
    begun_at = now - timedelta(seconds=DAY)
    assert too_early("", (None, None, ""), begun_at, DAY, now) is None
    assert too_early("", (None, None, ""), begun_at + timedelta(seconds=60), DAY, now)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Staging environment stable for 24+ hours", DAY),
        ("Monitor for 24h", DAY),
        ("Run 24h soak test", DAY),
        ("Run the soak test for 48 hours", 2 * DAY),
        ("Soak 2 days at 5 %", 2 * DAY),
        ("Load test passed (24 hour run)", DAY),
        ("No errors for 24 hours", DAY),
        ("On-call schedule confirmed 24/7", None),
        ("Announce 24 hours before launch", None),
        ("Respond within 4 hours", None),
        ("Rollback in under 15 minutes", None),
        ("Watch error rate for 30 minutes", 1800),
        ("Backups kept for 30 days", None),
        ("Logs of the last 24 hours reviewed", None),
        ("T-24h: announce", None),
        ("P95 < 500 ms", None),
    ],
)
def test_the_document_says_how_long_work_runs(text, seconds):
    assert details(text, done=False, optional=False, year=2025).duration_s == seconds


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Attach screenshots (3 of 7 attached)", (3, 7, "attached")),
        ("3 of 7 attached", (3, 7, "attached")),
        ("Attach screenshots of all 7 dashboard panels", (None, 7, "attached")),
        ("2 of 5 reviews", (2, 5, "reviews")),
        ("Health check, 5 of 5", (None, None, "")),
        ("Prometheus scrape targets up, 4 of 4", (None, None, "")),
        ("Tests pass 22/22", (None, None, "")),
    ],
)
def test_the_document_says_what_is_counted(text, found):
    said = details(text, done=False, optional=False, year=2025)
    assert (said.count_done, said.count_of, said.count_unit) == found
