"""What findings ask of people, what does not add up in their register, what the demo shows. S95."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checklists.actions.findings import Said, add_finding, set_finding_state
from checklists.demo_findings import fill_registers
from checklists.linting_findings import findings
from checklists.queries.dryruns import dry_runs
from checklists.queries.finding_needs import findings_needs
from checklists.queries.findings import register_of
from checklists.rules.findings import graded, stated

pytestmark = pytest.mark.django_db
WHY = "Internal network only, Redis store in week 2."


@pytest.fixture
def add(plan, cast):
    def write(title="Door", severity="high", **fields):
        return add_finding(plan, {"title": title, "severity": severity} | fields, by=cast["thon"])

    return write


def asked(plan):
    plan.refresh_from_db()
    plan._read_once = None
    return list(findings_needs(plan, timezone.now()))


def test_grave_ones_and_what_is_due_are_asked_of_their_owner(add, plan, cast):
    now = timezone.now()
    grave = add(owner="Thon")
    add("Later", "low", owner="Thon", due=now + timedelta(days=3))
    add("Soon", "low", due=now + timedelta(hours=2))
    needs = asked(plan)
    assert [need.title for need in needs] == ["Fix F-1: Door", "Fix F-3: Soon"]
    assert (needs[0].key, needs[0].who, needs[0].short) == ("role-on-call", "Thon", "F-1")
    assert (needs[1].key, needs[1].note) == ("sign", "Low, owned by nobody.")
    set_finding_state(grave, "fixed", by=cast["thon"])
    assert asked(plan)[-1].title == "Retest F-1: Door"
    set_finding_state(
        grave, "accepted", by=cast["hudson"], said=Said(WHY, now + timedelta(hours=9))
    )
    assert [need.title for need in asked(plan)] == ["Fix F-3: Soon"]


def test_what_findings_need_costs_little(add, plan):
    with CaptureQueriesContext(connection) as captured:
        list(findings_needs(plan, timezone.now()))
    assert len(captured) == 1  # the room of a release without findings


def test_an_acceptance_that_ends_before_a_gate_is_a_finding_of_the_plan(add, plan, gate, cast):
    now = timezone.now()
    plan.t0 = now + timedelta(days=2)
    plan.save()
    gate.offset_s = 0
    gate.save()
    soon = add("Rate limit", "medium")
    said = Said(WHY, until=now + timedelta(days=1))
    set_finding_state(soon, "accepted", by=cast["hudson"], said=said)
    add(severity="critical")
    plan.refresh_from_db()
    found = {one.code: one for one in findings(plan, timezone.now())}
    assert "5 to 10 % opens later" in found["acceptance-ends"].text
    assert found["finding-owner"].title == "Nobody owns 1 critical finding"
    assert found["acceptance-ends"].url.endswith("/findings/?finding=1#finding")


def test_the_demo_shows_seven_findings_and_seven_dry_runs(plan, cast):
    """S95 S75 S76: as the team's own evening had them."""
    now = timezone.now()
    fill_registers(plan, now, "demo")
    plan.refresh_from_db()
    shown = register_of(plan, timezone.now())
    assert shown.stated == "7: 1 open, 1 accepted, 4 fixed, 1 false positive"
    assert [row.finding.number for row in shown.rows] == [5, 2, 1, 3, 6, 7, 4]
    assert shown.rows[2].said.endswith(" agrees")
    assert dry_runs(plan, timezone.now()).totals == "6 pass, 1 warning accepted of 7"
    seq = plan.timeline_seq
    fill_registers(plan, now, "demo")
    plan.refresh_from_db()
    assert plan.timeline_seq == seq


def test_sums_are_said_in_words():
    assert stated([("fixed", 4), ("open", 1)]) == "5: 1 open, 4 fixed"
    assert stated([]) == "none yet"
    assert graded([("high", 2), ("critical", 1), ("low", 0)]) == "1 critical, 2 high"
