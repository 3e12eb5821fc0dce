"""What the checklist and its gates need from whom now."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checklists.actions.gates import cast_vote, decide_gate
from checklists.actions.items import set_item_state
from checklists.actions.signoffs import sign_off
from checklists.models import Gate
from checklists.queries.needs import people_needs
from checklists.queries.outlook import gates_count
from tests.conftest import make_item
from warroom.live.lint import lint
from warroom.live.needs import needs, waits_for
from warroom.models import Lifecycle

pytestmark = pytest.mark.django_db


@pytest.fixture
def now(plan):
    plan.t0 = timezone.now() - timedelta(hours=2)
    plan.save()
    return timezone.now()


def asked(plan, now):
    plan.refresh_from_db()
    return {(need.key, need.title.split(",")[0]) for need in people_needs(plan, now)}


def test_late_near_and_blocked_items_are_asked_of_their_role(plan, phase, roles, now):
    role = roles["on-call"]
    make_item(phase, 1, "Late", role=role, due_offset_s=3600)
    make_item(phase, 2, "Near", role=role, due_offset_s=7200 + 1800)
    make_item(phase, 3, "Far", role=role, due_offset_s=7200 + 7200)
    make_item(phase, 4, "Done", role=role, due_offset_s=3600, state="done")
    make_item(phase, 5, "Stuck", state="blocked")
    make_item(phase, 6, "Plain")
    make_item(phase, 7, "Must be", blocking=True)
    assert asked(plan, now) == {
        ("role-on-call", "Late"),
        ("role-on-call", "Near"),
        ("tick", "Stuck"),
        ("tick", "Must be"),
    }
    late = next(need for need in people_needs(plan, now) if need.title == "Late")
    assert (late.who, late.due < now) == ("Thon", True)


@pytest.mark.parametrize(
    ("owner", "key", "who"),
    [
        ("@thon", "role-on-call", "Thon Carter"),
        ("Thon", "role-on-call", "Thon Carter"),
        ("thon carter", "role-on-call", "Thon Carter"),
        ("On-Call", "role-on-call", "Thon Carter"),
        ("@security-lead", "role-security-lead", "Hudson"),
        ("@hudson, @dana", "role-security-lead", "Hudson, dana"),
        ("@dana", "edit", "dana"),
        ("Vendor R&D", "edit", "Vendor R&D"),
        ("", "tick", ""),
    ],
)
def test_an_item_is_asked_of_its_owner_by_one_name(plan, phase, cast, roles, now, owner, key, who):
    cast["thon"].last_name = "Carter"
    cast["thon"].save()
    make_item(phase, 1, "Late", owner=owner, due_offset_s=3600)
    [need] = people_needs(plan, now)
    assert (need.key, need.who) == (key, who)
    assert waits_for([need]) == ([(who, "1.1")] if who else [])


def test_the_room_waits_for_a_person_once_however_items_name_them(plan, phase, roles, now):
    make_item(phase, 1, "By role", role=roles["on-call"], due_offset_s=3600)
    make_item(phase, 2, "By both", role=roles["on-call"], owner="@thon", due_offset_s=3600)
    make_item(phase, 3, "By name", owner="@thon", due_offset_s=3600)
    assert [who for who, _ in waits_for(people_needs(plan, now))] == ["Thon"]


def test_optional_items_come_after_required_ones_however_late(plan, phase, roles, now):
    for number in range(1, 4):
        make_item(phase, number, "Could", required=False, due_offset_s=number)
    make_item(phase, 4, "Must", due_offset_s=3600)
    make_item(phase, 5, "Must too", blocking=True)
    titles = [need.title for need in needs(plan, now) if need.key not in ("edit", "run")]
    assert titles == ["Must", "Must too", "Could"]


def test_a_closed_phase_asks_for_the_signatures_that_are_missing_or_revoked(
    plan, phase, item, cast, roles, now
):
    set_item_state(item, "done", by=cast["forge"])
    sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"])
    assert asked(plan, now) == {
        ("role-deployment-lead", "Sign off phase 1"),
        ("role-security-lead", "Sign off phase 1"),
    }
    set_item_state(item, "skipped", by=cast["cora"], reason="Not needed")
    assert ("role-on-call", "Sign off phase 1 again") in asked(plan, timezone.now())


def test_votes_and_the_decision_are_asked_for_when_the_gate_comes_near(
    plan, gate, cast, roles, now
):
    gate.offset_s = 7200 + 7200
    gate.save()
    assert asked(plan, now) == set()
    gate.offset_s = 7200 + 600
    gate.save()
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    title = "Vote at 5 to 10 %"
    assert asked(plan, timezone.now()) == {
        ("role-deployment-lead", title),
        ("role-security-lead", title),
        ("decide", "Decide 5 to 10 %: go"),
    }
    decide_gate(gate, "hold", by=cast["cora"], hold_minutes=30)
    assert ("decide", "Decide 5 to 10 %: go") not in asked(plan, timezone.now())
    decide_gate(gate, "no-go", by=cast["cora"], rationale="Enough errors for today")
    assert asked(plan, timezone.now()) == set()


def test_a_draft_without_t0_does_not_ask_to_decide(plan, gate, now):
    plan.t0, plan.lifecycle = None, Lifecycle.DRAFT
    plan.save()
    assert asked(plan, now) == set()


def test_the_tab_counts_the_gates_that_are_open_now(plan, gate):
    plan.t0 = timezone.now()
    Gate.objects.filter(pk=gate.pk).update(offset_s=3 * 86400)
    assert gates_count(plan, timezone.now()) == "1"
    Gate.objects.filter(pk=gate.pk).update(offset_s=-60)
    assert gates_count(plan, timezone.now()) == "1 open"


def test_blanks_in_a_command_are_a_finding(plan, phase):
    make_item(phase, 1, "Backup", command="pg_dump <database>")
    (found,) = [one for one in lint(plan, timezone.now()) if one.code == "placeholder"]
    assert (found.title, found.text) == ("1 item has blanks", "Fill in <database>. In 1.1.")
