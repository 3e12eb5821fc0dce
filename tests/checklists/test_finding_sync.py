"""A scan that is brought in keeps the register in step, in its own one event. S95 S103 S107."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checklists.actions.findings import Said, add_finding, edit_finding, set_finding_state
from checklists.actions.results import record_result
from checklists.models import Finding, Result
from checklists.queries.findings import history_of, register_of
from checklists.rules.recognised import mark_of, match, path_of, spans, within
from checklists.rules.results.shape import Found, Reading
from warroom.live import panels
from warroom.models import TimelineEvent

pytestmark = pytest.mark.django_db
NOW = timezone.now()
WHY = "Only reachable from the build network."


def found(rule, title="SQL built from strings", severity="high", place="tools/seed.py:12"):
    return Found(rule, title, severity, place, "As it says", "bandit", False, "")


def reading_of(*findings, tools=("bandit",)):
    return Reading(
        "sarif",
        "SARIF, 1 tool",
        "Security scan",
        "scan",
        "as listed",
        findings=findings,
        tools=tools,
    )


B1, B2 = found("B608"), found("B105", "Password in code", "low", "auth/log.py:88")


def last():
    return TimelineEvent.objects.order_by("seq").last()


@pytest.fixture
def scan(plan, cast):
    count = iter(range(100))

    def bring(*findings, hours=0.0, tools=("bandit",), prefix=None):
        at = NOW + timedelta(hours=hours) - timedelta(days=2)
        data = f"{next(count)}".encode()
        reading = reading_of(*findings, tools=tools)
        given = {"by": cast["thon"], "observed_at": at, "prefix": prefix}
        return record_result(plan, reading, data, "scan.sarif", **given)

    return bring


def one(number):
    return Finding.objects.get(number=number)


def backdate(number, hours):
    """As if the state had been set at that hour of the scans."""
    at = NOW + timedelta(hours=hours) - timedelta(days=2)
    Finding.objects.filter(number=number).update(state_at=at)


def test_new_findings_are_open_and_told_in_the_event_of_the_import(scan, plan):
    result = scan(B1, B2)
    assert TimelineEvent.objects.count() == 1
    assert last().data["findings"] == {"new": [[1, 2]], "seen": 2}
    assert last().text.endswith("2 new findings.")
    found = one(1)
    assert (found.state, found.severity, found.tool, found.rule) == (
        "open",
        "high",
        "bandit",
        "B608",
    )
    assert found.retest and not one(2).retest
    assert found.first_result == found.last_result == result
    assert [event.about for event in history_of(found)] == ["Found for the first time."]


def test_what_is_found_again_is_the_same_finding(scan):
    scan(B1)
    scan(B1, hours=1)
    assert Finding.objects.count() == 1
    assert last().data["findings"] == {"seen": 1}
    assert one(1).revision == 0


def test_lines_that_drift_make_no_new_finding(scan):
    scan(B1, replace(B1, place="tools/seed.py:40"))
    scan(replace(B1, place="tools/seed.py:15"), replace(B1, place="tools/seed.py:43"), hours=1)
    assert [row.place for row in Finding.objects.all()] == ["tools/seed.py:15", "tools/seed.py:43"]


def test_where_the_numbers_differ_nothing_is_guessed(scan, cast):
    scan(B1, replace(B1, place="tools/seed.py:40"))
    set_finding_state(one(1), "false-positive", by=cast["hudson"], said=Said(WHY))
    scan(replace(B1, place="tools/seed.py:16"), hours=1)
    assert (Finding.objects.count(), one(3).state) == (3, "open")


def test_a_fingerprint_is_what_a_finding_is_known_by(scan):
    marked = replace(B1, fingerprint="abc")
    scan(marked)
    scan(replace(marked, place="tools/seed.py:99"), replace(marked, fingerprint="def"), hours=1)
    assert Finding.objects.count() == 2


def test_found_again_after_it_was_called_fixed_it_is_open_again(scan, cast):
    """S107: a mandatory retest that does not agree."""
    scan(B1)
    set_finding_state(one(1), "fixed", by=cast["thon"], said=Said(fix="Bound parameters"))
    backdate(1, 1)
    scan(B1, hours=2)
    found = one(1)
    assert found.state == "open"
    assert found.reason.startswith("Found again in the scan of ")
    assert "after Thon called it fixed" in found.reason
    assert last().data["findings"]["reopened"] == [[1, 1]]
    assert "F-1 is found again and open" in last().text


def test_a_newer_scan_without_it_confirms_the_fix(scan, cast):
    scan(B1, B2)
    set_finding_state(one(1), "fixed", by=cast["thon"])
    backdate(1, 1)
    scan(B2, hours=2)
    found = one(1)
    assert found.confirmed_at and found.confirmed_by.endswith(" agrees")
    assert last().data["findings"] == {"confirmed": [[1, 1]], "seen": 1}


def test_a_scan_that_finds_nothing_confirms_too_and_one_of_another_tool_does_not(scan, cast):
    scan(B1)
    set_finding_state(one(1), "fixed", by=cast["thon"])
    backdate(1, 1)
    scan(tools=("trivy",), hours=2)
    assert one(1).confirmed_at is None
    scan(hours=3, prefix="scan-of-the-other-image")
    scan(tools=(), hours=4)  # cut short: what it did not find says nothing
    assert one(1).confirmed_at is None
    scan(hours=5)
    assert one(1).confirmed_at is not None


def test_what_is_open_and_not_found_any_more_stays_open_and_says_so(scan, plan):
    scan(B1)
    scan(hours=1)
    found = one(1)
    assert (found.state, found.missing_since is not None) == ("open", True)
    assert register_of(plan, NOW).rows[0].said.startswith("not in the scan of ")
    assert last().data["findings"]["gone"] == [[1, 1]]
    scan(B1, hours=2)
    assert one(1).missing_since is None


def rated(severity, **said):
    return found("B608", severity=severity, **said)


def test_what_a_scan_rates_worse_is_as_bad_as_it_says(scan):
    scan(rated("medium"))
    scan(rated("critical"), hours=1)
    assert (one(1).severity, one(1).rated, one(1).retest) == ("critical", "critical", True)
    assert last().data["findings"] == {"raised": [[1, 1]], "seen": 1}
    assert "F-1 is rated critical now" in last().text
    scan(rated("low"), hours=2)
    assert one(1).severity == "critical"


def test_what_was_accepted_as_less_is_open_again(scan, cast):
    scan(rated("medium"))
    until = timezone.now() + timedelta(days=9)
    set_finding_state(one(1), "accepted", by=cast["thon"], said=Said(WHY, until=until))
    scan(rated("high"), hours=1)
    assert (one(1).state, one(1).accepted_until) == ("open", None)
    assert one(1).reason.endswith("Thon had let it go as medium.")


@pytest.mark.parametrize(("now", "state"), [("medium", "false-positive"), ("critical", "open")])
def test_what_anybody_called_false_is_open_again_once_it_is_grave(scan, cast, now, state):
    scan(rated("low"))
    set_finding_state(one(1), "false-positive", by=cast["thon"], said=Said(WHY))
    scan(rated(now), hours=1)
    assert (one(1).state, one(1).severity) == (state, now)


def test_what_a_person_lowered_is_raised_by_nothing_but_a_worse_rating(scan, cast):
    scan(rated("high"))
    edit_finding(one(1), {"severity": "low"}, by=cast["hudson"], reason=WHY)
    scan(rated("high"), hours=1)
    assert one(1).severity == "low"
    scan(rated("critical"), hours=2)
    assert one(1).severity == "critical"


def test_false_positives_and_accepted_ones_stay_recognised(scan, cast):
    """S103."""
    scan(B1, B2)
    set_finding_state(one(1), "false-positive", by=cast["hudson"], said=Said(WHY))
    end = timezone.now() + timedelta(days=3)
    set_finding_state(one(2), "accepted", by=cast["hudson"], said=Said(WHY, until=end))
    scan(B1, B2, hours=30)
    assert [row.state for row in Finding.objects.all()] == ["false-positive", "accepted"]
    scan(hours=31)
    assert [row.state for row in Finding.objects.all()] == ["false-positive", "accepted"]


def test_an_older_scan_changes_nothing_that_is_newer(scan, cast):
    scan(B1, hours=5)
    set_finding_state(one(1), "fixed", by=cast["thon"])
    backdate(1, 6)
    scan(B1, hours=2)
    assert one(1).state == "fixed"
    scan(hours=3)
    assert one(1).confirmed_at is None
    Finding.objects.update(state="open")
    scan(hours=4)
    assert one(1).missing_since is None


def test_what_a_file_suppresses_is_open_here_until_somebody_accepts_it(scan):
    """S103: nobody here signed what stands in a file."""
    scan(replace(B1, suppressed=True))
    assert (one(1).state, one(1).suppressed) == ("open", True)
    assert "nobody has accepted it here" in one(1).reason


def test_a_result_that_does_not_count_touches_no_finding(scan, plan, cast):
    record_result(plan, reading_of(B1), b"x", "a.sarif", by=cast["thon"], counts=False)
    assert Result.objects.count() == 1 and not Finding.objects.exists()


def test_findings_by_hand_are_left_alone(scan, plan, cast):
    add_finding(plan, {"title": "Drill took long", "severity": "low"}, by=cast["thon"])
    scan(B1)
    scan(hours=1)
    assert one(1).missing_since is None


def test_a_file_with_thousands_costs_statements_by_the_batch(scan, plan):
    """5,000 findings in one file, in bounded statements."""

    def cost(count, hours):
        rows = [replace(B1, place=f"a/{n}.py:1", fingerprint=f"{n}") for n in range(count)]
        with CaptureQueriesContext(connection) as captured:
            scan(*rows, hours=hours)
        return len(captured)

    few = cost(1, 0)
    assert cost(5000, 1) <= few + 5000 // 30  # SQLite takes so many rows in one statement
    assert cost(5000, 2) <= few + 5000 // 500
    assert Finding.objects.count() == 5000
    with CaptureQueriesContext(connection) as captured:
        assert len(register_of(plan, NOW).rows) == 100
    assert len(captured) == 2


# --- pure ------------------------------------------------------------------------------------


def test_a_place_without_its_line_is_its_file():
    assert path_of("api/limits.py:41") == path_of("api/limits.py:41:7") == "api/limits.py"
    assert path_of("C:/app.py") == "C:/app.py"


def test_the_same_mark_twice_in_a_file_is_one_finding():
    assert len(match([], [B1, B1]).new) == 1
    assert len({mark_of(B1), mark_of(replace(B1, tool="semgrep"))}) == 2


def test_numbers_are_kept_as_runs():
    assert spans([3, 1, 2, 7]) == [[1, 3], [7, 7]]
    assert within(2, [[1, 3]]) and not within(4, [[1, 3]])


def test_what_a_document_lacks_is_no_finding_of_the_register(plan):
    """Open pages are told of a document that was read again, which says findings of its own."""
    event = TimelineEvent(kind="plan.updated_from_document", data={"findings": [{"line": 3}]})
    assert panels.get("finding").keys(plan, [event]) == []
