"""The register of findings: what counts, who lets go, what is kept. S95 S103 S104 S107."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from checklists.actions.findings import (
    Said,
    add_finding,
    confirm_finding,
    edit_finding,
    set_finding_state,
)
from checklists.actions.results import record_result
from checklists.models import Criterion, Finding, Result
from checklists.queries.criteria import criterion_rows
from checklists.queries.findings import (
    Wish,
    accepted_line,
    accepted_now,
    history_of,
    register_of,
)
from checklists.queries.frozen import frozen
from checklists.queries.gates import gate_sheet
from checklists.rules import findings as rules
from checklists.rules.results.reading import read_result
from tests.conftest import make_plan
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import TimelineEvent

pytestmark = pytest.mark.django_db
WHY = "Internal network only, Redis store in week 2."


def last():
    return TimelineEvent.objects.order_by("seq").last()


@pytest.fixture
def add(plan, cast):
    def write(title="Debug endpoint is reachable", severity="high", by="forge", **fields):
        fields = {"title": title, "severity": severity} | fields
        return add_finding(plan, fields, by=cast[by])

    return write


def until(hours=24):
    return timezone.now() + timedelta(hours=hours)


def test_a_finding_is_written_down_by_hand_and_numbered(add, plan, cast):
    """S95: a register by severity."""
    add()
    found = add("Alert never fired", "low", place="rules.yml:7", owner="Thon", due=until())
    assert (found.number, str(found)) == (2, "F-2 Alert never fired")
    assert (last().kind, last().data["finding"]) == ("finding.added", 2)
    assert last().data["after"]["owner"] == "Thon"
    assert not found.retest
    assert Finding.objects.get(number=1).retest  # S107: a grave one is tried again


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " "}, "title"),
        ({"severity": "awful"}, "severity"),
        ({"place": "x" * 501}, "place"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(plan, cast, fields, field):
    with pytest.raises(Invalid) as wrong:
        add_finding(plan, {"title": "A", "severity": "low"} | fields, by=cast["cora"])
    assert wrong.value.field == field
    assert not TimelineEvent.objects.exists()


def test_who_may_not_tick_writes_none_down(plan, cast):
    with pytest.raises(NotAllowed):
        add_finding(plan, {"title": "A", "severity": "low"}, by=cast["vera"])


def test_a_request_that_is_sent_twice_makes_one_finding(plan, cast):
    sent = {"by": cast["cora"], "request_id": "r1"}
    first = add_finding(plan, {"title": "A", "severity": "low"}, **sent)
    assert add_finding(plan, {"title": "A", "severity": "low"}, **sent) == first
    assert Finding.objects.count() == 1


def test_a_fix_keeps_its_values_and_counts_until_a_retest_agrees(add, cast):
    """S104: before → after. S107: a mandatory retest."""
    found = add()
    said = Said(before="CVSS 7.5", after="CVSS 0", fix="Endpoint switched off")
    found = set_finding_state(found, "fixed", by=cast["thon"], said=said)
    assert rules.counts(found, timezone.now()) and rules.waits_for_retest(found)
    assert "CVSS 7.5 → CVSS 0. It counts until a retest agrees." in last().text
    found = confirm_finding(found, "curl answers 404", by=cast["hudson"])
    assert not rules.counts(found, timezone.now())
    assert found.confirmed_by == "curl answers 404, Hudson"
    seq = last().seq
    confirm_finding(found, "again", by=cast["hudson"])
    assert last().seq == seq
    shown = [event.about for event in history_of(found)]
    assert len(shown) == 3 and shown[2].endswith("the fix holds: curl answers 404")


def test_a_grave_fix_is_confirmed_by_another_than_who_called_it_fixed(add, cast):
    """Law 10. That somebody else then added how it was fixed does not change who said so."""
    found = set_finding_state(add(severity="critical"), "fixed", by=cast["thon"])
    set_finding_state(found, "fixed", by=cast["hudson"], said=Said(fix="Switched off"))
    with pytest.raises(NotAllowed, match="You called F-1 fixed"):
        confirm_finding(found, "looks fine", by=cast["thon"])
    assert rules.counts(Finding.objects.get(), timezone.now())
    confirm_finding(found, "curl answers 404", by=cast["cora"])
    small = set_finding_state(add(severity="low"), "fixed", by=cast["thon"], said=Said(retest=True))
    assert confirm_finding(small, "looks fine", by=cast["thon"]).confirmed_at


@pytest.mark.parametrize("state", ["accepted", "false-positive"])
def test_one_that_was_let_go_and_is_graver_than_was_signed_is_open_again(
    add, plan, cast, criterion, state
):
    found = add(severity="medium")
    set_finding_state(found, state, by=cast["thon"], said=Said(WHY, until=until()))
    edit_finding(found, {"severity": "critical"}, by=cast["thon"], reason="It runs code after all")
    found = Finding.objects.get()
    assert (found.state, found.accepted_until, found.reason) == ("open", None, "")
    assert "It is open again: it was" in last().text and "as medium" in last().text
    assert (last().data["before"]["state"], last().data["after"]["state"]) == (state, "open")
    assert row(plan, criterion).band == "red"


def test_only_what_is_fixed_can_be_confirmed(add, cast):
    with pytest.raises(Refused, match="F-1 is open, so there is no fix to confirm"):
        confirm_finding(add(), "seen", by=cast["hudson"])


def test_an_acceptance_ends_and_the_finding_counts_again(add, plan, cast):
    """S103: accepted risk, with reason and end; signed words are kept."""
    found = add(severity="medium")
    said = Said(WHY, until=until())
    found = set_finding_state(found, "accepted", by=cast["thon"], said=said)
    now = timezone.now()
    assert not rules.counts(found, now)
    assert rules.counts(found, now + timedelta(hours=25))
    assert (found.state_role, found.state_by_name) == ("On-Call", "Thon")
    assert WHY in last().text and "by Thon as On-Call" in last().text
    assert last().data["before"]["state"] == "open"
    assert accepted_line(accepted_now(plan, now), now).startswith("1 accepted finding: F-1 until")
    later = now + timedelta(hours=25)
    assert accepted_line(accepted_now(plan, later), later) == ""


@pytest.mark.parametrize(
    ("state", "said", "field"),
    [
        ("accepted", Said("short"), "reason"),
        ("accepted", Said(WHY), "until"),
        ("accepted", Said(WHY, until=timezone.now() - timedelta(hours=1)), "until"),
        ("false-positive", Said(), "reason"),
        ("gone", Said(), "state"),
        ("fixed", Said(before="x" * 201), "before"),
    ],
)
def test_letting_go_wants_a_reason_and_accepting_an_end(add, cast, state, said, field):
    with pytest.raises(Invalid) as wrong:
        set_finding_state(add(severity="low"), state, by=cast["thon"], said=said)
    assert wrong.value.field == field


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("accepted", Said(WHY, until=timezone.now() + timedelta(days=400))),
        ("false-positive", Said(WHY)),
        ("fixed", Said(fix="Done", retest=False)),
    ],
)
def test_only_security_lets_a_grave_one_go(add, cast, state, said):
    """S103 S108: by whichever door it is let go."""
    found = add(severity="critical")
    with pytest.raises(NotAllowed, match="by Security Lead only"):
        set_finding_state(found, state, by=cast["cora"], said=said)
    assert set_finding_state(found, state, by=cast["hudson"], said=said).state == state


def test_a_grave_one_is_not_lowered_by_the_back_door(add, cast):
    found = add(severity="high")
    with pytest.raises(Invalid, match="why its severity"):
        edit_finding(found, {"severity": "low"}, by=cast["hudson"])
    with pytest.raises(NotAllowed, match="by Security Lead only"):
        edit_finding(found, {"severity": "low"}, by=cast["cora"], reason=WHY)
    found = edit_finding(found, {"severity": "low"}, by=cast["hudson"], reason=WHY)
    assert (last().data["before"], last().data["after"]) == (
        {"severity": "high"},
        {"severity": "low"},
    )
    raised = edit_finding(found, {"severity": "high"}, by=cast["thon"], reason=WHY)
    assert raised.retest


def test_without_a_role_for_security_who_decides_lets_go(add, plan, cast):
    plan.roles.get(key="security-lead").delete()
    found = add(severity="high")
    with pytest.raises(NotAllowed, match="by Deployment Lead only"):
        set_finding_state(found, "false-positive", by=cast["thon"], said=Said(WHY))
    set_finding_state(found, "false-positive", by=cast["cora"], said=Said(WHY))


def test_the_author_of_the_plan_lets_no_grave_one_go(add, plan, cast):
    plan.author = cast["hudson"]
    plan.save()
    with pytest.raises(NotAllowed, match="You wrote this plan"):
        set_finding_state(add(), "false-positive", by=cast["hudson"], said=Said(WHY))


def test_a_late_form_is_refused_with_what_is_true_and_a_repeat_changes_nothing(add, cast):
    found = add(severity="low")
    said = Said(WHY)
    set_finding_state(found, "false-positive", by=cast["thon"], said=said, seen_revision=0)
    with pytest.raises(Refused, match="it is false positive now, Thon"):
        set_finding_state(found, "open", by=cast["hudson"], seen_revision=0)
    seq = last().seq
    set_finding_state(found, "false-positive", by=cast["hudson"], said=said, seen_revision=0)
    assert last().seq == seq


def test_owner_and_due_time_are_edited_with_before_and_after(add, cast):
    found = add(severity="low")
    found = edit_finding(found, {"owner": "Thon", "due": until()}, by=cast["cora"])
    assert last().data["before"] == {"owner": "", "due": ""}
    seq = last().seq
    edit_finding(found, {"owner": "Thon"}, by=cast["cora"], seen_revision=0)
    assert last().seq == seq
    with pytest.raises(Refused, match="changed while you wrote"):
        edit_finding(found, {"owner": "Cora"}, by=cast["cora"], seen_revision=0)


def test_the_register_stands_open_first_and_gravest_first(add, plan, cast):
    """S107: severity order."""
    for title, severity in (("a", "low"), ("b", "critical"), ("c", "medium"), ("d", "info")):
        add(title, severity, place="x.py:1" if title == "a" else "")
    fixed = Finding.objects.get(title="b")
    set_finding_state(fixed, "fixed", by=cast["thon"])
    now = timezone.now()
    found = register_of(plan, now)
    assert [row.finding.title for row in found.rows] == ["c", "a", "d", "b"]
    assert found.stated == "4: 3 open, 1 fixed"
    assert [r.finding.title for r in register_of(plan, now, Wish(state="fixed")).rows] == ["b"]
    assert [r.finding.title for r in register_of(plan, now, Wish(text="X.PY")).rows] == ["a"]
    assert register_of(plan, now, Wish(source="scan")).total == 0
    assert register_of(plan, now, Wish(severity="low", source="hand")).total == 1


# --- criteria and gates ----------------------------------------------------------------------


@pytest.fixture
def criterion(gate):
    return Criterion.objects.create(
        gate=gate,
        key="open-findings",
        position=1,
        label="No critical or high open",
        source="findings",
        params={"severity": "high"},
        green_op="<=",
        green_value=0,
        red_op=">",
        red_value=0,
    )


def row(plan, criterion):
    plan.refresh_from_db()
    plan._read_once = None
    return criterion_rows(plan, [criterion], timezone.now())[0]


def look(plan, *, age_h=0, **fields):
    """A scan that found nothing, ``age_h`` hours ago; it counts for a day."""
    at, number = timezone.now() - timedelta(hours=age_h), plan.results.count() + 1
    given = {"kind": "sarif", "prefix": "scan", "valid_for_s": 86_400, "observed_at": at}
    given |= {"name": "Scan", "text": "no finding", "sha256": "0" * 64, "by_name": "ci", "at": at}
    return Result.objects.create(plan=plan, number=number, **given | fields)


def test_who_writes_one_finding_down_has_not_looked_for_the_others(add, plan, criterion):
    """No green without a scan; what is known to be bad is red all the same (law 5)."""
    add("Typo", "info")
    assert row(plan, criterion).why == "nothing has looked for findings yet"
    add("Injection", "high")
    assert (row(plan, criterion).band, row(plan, criterion).text) == ("red", "1 high")


def test_one_finding_less_than_what_is_red_is_no_data_without_a_scan(add, plan, criterion):
    criterion.red_value = 2
    add("Injection", "high")
    found = row(plan, criterion)
    assert (found.band, found.to_judge) == ("no_data", False)


@pytest.mark.parametrize(
    "fields",
    [{"whole": False}, {"counts": False}, {"kind": "junit"}, {"age_h": 25}, {"commit": "9.0.0"}],
)
def test_a_scan_that_broke_off_or_is_old_or_of_something_else_is_no_look(plan, criterion, fields):
    plan.version = "4.0.0"
    plan.save()
    look(plan, **fields)
    assert row(plan, criterion).band == "no_data"


def test_a_file_says_itself_that_its_scan_broke_off(plan, cast, criterion):
    run = {"tool": {"driver": {"name": "bandit"}}, "results": []}
    for ended, band in ((False, "no_data"), (True, "green")):
        runs = [run | {"invocations": [{"executionSuccessful": ended}]}]
        data = json.dumps({"version": "2.1.0", "runs": runs}).encode()
        result = record_result(plan, read_result(data, ""), data, "x.sarif", by=cast["thon"])
        assert (result.counts, result.whole, row(plan, criterion).band) == (True, ended, band)


def test_a_scanner_that_stopped_is_seen_however_often_another_one_looks(plan, criterion):
    look(plan, prefix="nightly", age_h=200)
    for minutes in range(110):
        look(plan, age_h=minutes / 60)
    assert "“nightly” is older" in row(plan, criterion).why


def test_a_criterion_may_want_a_younger_look_than_the_scan_says(plan, criterion):
    look(plan, prefix="short", valid_for_s=3600)
    look(plan, prefix="long", age_h=3)
    assert row(plan, criterion).band == "green"
    criterion.valid_for_s = 7200
    assert "“long” is older than 2 h" in row(plan, criterion).why


def test_what_is_known_to_be_red_stays_red_when_the_scan_grows_old(add, plan, criterion):
    look(plan, age_h=100)
    add("Injection", "high")
    assert row(plan, criterion).band == "red"


def test_no_critical_or_high_open_is_measured(add, plan, cast, criterion):
    """S95 S107: a criterion of the register; nothing looked for is no data (law 5)."""
    assert row(plan, criterion).band == "no_data"
    look(plan)
    low = add("Small", "low")
    assert (row(plan, criterion).band, row(plan, criterion).value) == ("green", 0)
    grave = add("Large", "critical")
    found = row(plan, criterion)
    assert (found.band, found.value, found.text) == ("red", 1, "1 critical")
    set_finding_state(grave, "fixed", by=cast["thon"])
    assert row(plan, criterion).band == "red"
    confirm_finding(Finding.objects.get(pk=grave.pk), "scanned anew", by=cast["hudson"])
    assert row(plan, criterion).band == "green"
    assert low.number == 1


def test_what_is_accepted_is_frozen_with_the_decision(add, plan, cast, gate):
    """S103: visible at every gate."""
    found = add(severity="medium")
    set_finding_state(found, "accepted", by=cast["thon"], said=Said(WHY, until=until()))
    plan.refresh_from_db()
    gate.plan = plan
    kept = frozen(gate_sheet(gate, timezone.now()))["findings"]
    assert kept["states"] == {"accepted": 1}
    assert (kept["accepted"][0]["number"], kept["accepted"][0]["reason"]) == (1, WHY)


def test_a_release_without_findings_freezes_none(gate):
    assert "findings" not in frozen(gate_sheet(gate, timezone.now()))


def test_findings_of_another_release_stay_out(add, plan):
    add()
    assert register_of(make_plan("other"), timezone.now()).everything == 0
