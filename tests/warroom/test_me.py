"""What needs one person, over all releases: only theirs, soonest first, one tap away."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checklists.actions.items import set_item_state
from checklists.models import Gate, Phase
from tests.conftest import make_item, make_plan, seat
from warroom.actions.people import take_seat
from warroom.live import kept, needs
from warroom.live.mine import mine
from warroom.models import DeploymentPlan, Role

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def two(plan, cast, phase):
    """A live release and one to come, Thon in both."""
    now = timezone.now()
    DeploymentPlan.objects.filter(pk=plan.pk).update(lifecycle="deploying", t0=now)
    other = make_plan("story", "Story Portal", t0=now + timedelta(days=1))
    seat(other, cast["thon"], "on-call", "On-Call", ["tick", "sign"])
    later = Phase.objects.create(plan=other, number=1, title="Content")
    role = plan.roles.get(key="on-call")
    make_item(phase, 1, "Confirm cover", due_at=now + 5 * MINUTE, role=role)
    make_item(phase, 2, "Already late", due_at=now - 5 * MINUTE, role=role)
    make_item(phase, 3, "Of security", due_at=now, role=plan.roles.get(key="security-lead"))
    make_item(
        later, 1, "Read the runbook", due_at=now + timedelta(hours=20), role=other.roles.get()
    )
    make_item(later, 2, "Next month", due_at=now + timedelta(days=30), role=other.roles.get())
    return plan, other


def titles(asked):
    return [one.need.title for one in asked]


def test_it_is_theirs_alone_soonest_first_over_all_releases(two, cast):
    found = mine(cast["thon"], timezone.now())
    assert titles(found.now)[:2] == ["Already late", "Confirm cover"]
    assert "Read the runbook" in titles(found.soon)
    everything = titles(found.now) + titles(found.soon)
    assert "Of security" not in everything
    assert "Next month" not in everything
    assert found.releases == 2


def test_who_leads_sees_for_whom_the_release_waits(two, cast):
    assert {"Already late", "Of security"} <= set(titles(mine(cast["cora"], timezone.now()).waits))
    assert mine(cast["thon"], timezone.now()).waits == []


def test_a_closed_release_asks_for_nothing(two, cast):
    DeploymentPlan.objects.update(lifecycle="stable")
    found = mine(cast["thon"], timezone.now())
    assert (found.total, found.held) == (0, [])


def test_the_page_shows_seats_and_what_was_done_today(two, cast, client_of):
    plan, _ = two
    client = client_of(cast["thon"])
    client.post(f"/plans/{plan.slug}/items/1/state", {"state": "done"})
    html = client.get("/me/").content.decode()
    assert "Done by me today" in html
    assert "Confirm cover" in html
    assert "Story Portal" in html
    assert 'href="/plans/story/items/1/"' in html


def test_its_fragments_are_personal_and_are_not_kept(two, cast, client_of):
    answer = client_of(cast["thon"]).get("/me/", headers={"HX-Request": "true"})
    html = answer.content.decode()
    number = cast["thon"].pk
    for name in ("head", "now", "soon", "wait", "seats"):
        assert f'id="mine-{name}-u{number}" data-live="mine-{name}-u{number}"' in html
    assert "no-store" in answer["Cache-Control"]


def test_each_release_costs_the_same_however_much_it_asks(
    two, cast, phase, django_assert_max_num_queries
):
    plan, _ = two
    for n in range(10, 60):
        make_item(phase, n, f"Item {n}", due_at=timezone.now(), role=plan.roles.get(key="on-call"))
    Gate.objects.create(plan=plan, key="g", number=1, title="Gate")
    with django_assert_max_num_queries(90):
        mine(cast["thon"], timezone.now())


def test_somebody_without_any_seat_is_told_so(cast, client_of):
    assert "You hold no role" in client_of(cast["stranger"]).get("/me/").content.decode()


def test_a_new_seat_counts_at_once(two, cast):
    plan, _ = two
    take_seat(plan, Role.objects.get(plan=plan, key="on-call"), cast["forge"], by=cast["cora"])
    assert "Already late" in titles(mine(cast["forge"], timezone.now()).now)


def test_a_failed_item_that_is_due_later_is_asked_once(two, cast):
    _, other = two
    item = other.items.get(number=1)
    item.state = "failed"
    item.save()
    found = mine(cast["thon"], timezone.now())
    assert (titles(found.now) + titles(found.soon)).count("Read the runbook") == 1


def test_what_is_anybodys_presses_only_where_it_is_near_and_only_a_little(two, cast, phase):
    now = timezone.now()
    _, other = two
    later = Phase.objects.get(plan=other)
    for n in range(10, 16):
        make_item(phase, n, f"Live {n}", due_at=now + timedelta(hours=2, minutes=n))
        make_item(later, n, f"Coming {n}", due_at=now + timedelta(hours=20))
    make_item(later, 30, "Coming now", due_at=now + 30 * MINUTE)
    found = mine(cast["thon"], now)
    everything = found.now + found.soon
    assert [t for t in titles(everything) if t.startswith("Live")] == [
        "Live 10",
        "Live 11",
        "Live 12",
    ]
    assert [t for t in titles(everything) if t.startswith("Coming")] == ["Coming now"]
    assert next(one.more for one in everything if one.need.title == "Live 12") == 3


def test_nobody_waits_for_themselves(two, cast, phase):
    """An item of another role that names its reader as the owner is the reader's own."""
    role = two[0].roles.get(key="security-lead")
    make_item(phase, 9, "Named", due_at=timezone.now(), role=role, owner="@cora")
    found = mine(cast["cora"], timezone.now())
    assert "Named" not in titles(found.waits)
    assert "Named" in titles(found.now)


def test_the_list_of_releases_leads_to_it_with_the_number(two, cast, client_of):
    total = mine(cast["thon"], timezone.now()).total
    client = client_of(cast["thon"])
    html = client.get("/").content.decode()
    assert '<a href="/me/">Needs me ' in html
    assert 'hx-get="/me/?only=count"' in html
    answer = client.get("/me/?only=count", headers={"HX-Request": "true"}).content.decode()
    number = cast["thon"].pk
    assert f'id="mine-count-u{number}" data-live="mine-count-u{number}"' in answer
    assert f">{total}</span>" in answer


def test_what_a_release_needs_is_read_once_until_something_happens(
    two, cast, settings, django_assert_num_queries
):
    settings.KEEP_FRAGMENTS = True
    kept.forget()
    plan, now = DeploymentPlan.objects.get(pk=two[0].pk), timezone.now()
    before = needs.everything(plan, now)
    with django_assert_num_queries(0):
        assert needs.everything(plan, now + timedelta(seconds=19)) == before
    set_item_state(plan.items.get(number=2), "done", by=cast["thon"])
    plan.refresh_from_db()
    after = needs.everything(plan, now + timedelta(seconds=1))
    kept.forget()
    assert "Already late" in [need.title for need in before]
    assert "Already late" not in [need.title for need in after]
