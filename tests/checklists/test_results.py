"""Results that are brought in: kept once, counted by their time, never replaced."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from checklists.actions import results as actions
from checklists.actions.files import path_of
from checklists.actions.refused_files import tell_refused
from checklists.actions.results import record_result, record_value, register_followed
from checklists.models import Evidence, Result
from checklists.queries.evidence import known_keys
from tests.conftest import make_plan
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.documents import portable


@dataclass
class Said:
    """One figure of a file, as the readers give it."""

    key: str
    value: float | None
    label: str = ""
    unit: str = ""
    text: str = ""


@dataclass
class Read:
    """A file as the readers give it."""

    figures: tuple = (Said("pass-rate", 98.28, "Pass rate", "%", "98.28 %"),)
    kind: str = "junit"
    form: str = "JUnit XML, 3 suites"
    title: str = "Tests"
    prefix: str = "tests"
    text: str = "1,026 of 1,044"
    detail: str = ""
    observed_at: datetime | None = None
    commit: str = ""
    notes: tuple = ()
    findings: tuple = field(default=())


def bring(plan, by, data=b"<testsuites/>", reading=None, **more):
    return record_result(plan, reading or Read(), data, "junit.xml", by=by, **more)


def ago(minutes):
    return timezone.now() - timedelta(minutes=minutes)


def test_a_value_stands_under_its_key_with_the_result_that_brought_it(plan, cast):
    result = record_value(plan, "load.p95", 171, by=cast["forge"], unit="ms", source="locust")
    row = Evidence.objects.get(plan=plan, key="load.p95")
    assert (row.value, row.text, row.result, row.source) == (171.0, "171 ms", result, "locust")
    assert plan.events.get().kind == "evidence.recorded"


def test_the_same_hundred_times_is_one(plan, cast):
    """Scenarios 9 and 12: repeats and retries have one effect."""
    at = ago(5)
    for _ in range(100):
        record_value(plan, "load.p95", 171, by=cast["forge"], observed_at=at)
        bring(plan, cast["forge"])
    assert Result.objects.count() == plan.events.count() == 2


def test_a_request_that_is_sent_again_is_answered_with_its_result(plan, cast):
    first = record_value(plan, "a", 1, by=cast["forge"], request_id="r1", observed_at=ago(9))
    assert record_value(plan, "a", 1, by=cast["forge"], request_id="r1") == first


def test_the_same_value_measured_later_is_a_new_reading(plan, cast):
    record_value(plan, "a", 1, by=cast["forge"], observed_at=ago(9))
    record_value(plan, "a", 1, by=cast["forge"], observed_at=ago(3))
    assert Result.objects.count() == 2


def test_an_older_observation_that_arrives_later_does_not_replace_a_newer_one(plan, cast):
    record_value(plan, "a", 1, by=cast["forge"], observed_at=ago(3))
    late = record_value(plan, "a", 2, by=cast["forge"], observed_at=ago(9))
    assert Evidence.objects.get(plan=plan, key="a").value == 1
    assert not late.counts and "before the reading that counts" in late.why


def test_a_result_of_another_commit_is_kept_and_does_not_count(plan, cast):
    plan.facts = {"Commit": "3d97ee2aa"}
    plan.save()
    other = bring(plan, cast["forge"], commit="aaaaaaa1")
    assert not other.counts and "3d97ee2aa" in other.why
    assert not Evidence.objects.exists()
    assert bring(plan, cast["forge"], commit="3d97ee2").counts


def test_what_is_for_the_report_only_feeds_nothing(plan, cast):
    kept = bring(plan, cast["forge"], counts=False)
    assert not kept.counts and not Evidence.objects.exists()
    assert bring(plan, cast["forge"]).counts


def test_the_bytes_are_kept_by_their_checksum(plan, cast):
    result = bring(plan, cast["forge"], b"<a/>")
    assert path_of(result.sha256).read_bytes() == b"<a/>"


def test_a_result_is_never_changed(plan, cast):
    result = bring(plan, cast["forge"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Result.objects.filter(pk=result.pk).update(text="all of them")
    with pytest.raises(IntegrityError), transaction.atomic():
        Result.objects.filter(pk=result.pk).delete()


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"value": float("nan")}, "value"),
        ({"value": float("inf")}, "value"),
        ({"value": 10**400}, "value"),
        ({"value": True}, "value"),
        ({"key": "judged:7"}, "key"),
        ({"key": ""}, "key"),
        ({"key": "k" * 81}, "key"),
        ({"unit": "u" * 21}, "unit"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"valid_for_s": 1}, "valid_for"),
        ({"valid_for_s": 10**12}, "valid_for"),
        ({"observed_at": datetime(9999, 12, 31)}, "observed_at"),
        ({"observed_at": datetime(1, 1, 1)}, "observed_at"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_field(plan, cast, more, named):
    asked = {"key": "a", "value": 1.0} | more
    with pytest.raises(Invalid) as refused:
        record_value(plan, asked.pop("key"), asked.pop("value"), by=cast["forge"], **asked)
    assert refused.value.field == named
    assert not Result.objects.exists()


def test_a_huge_number_is_kept_and_shown_in_short(plan, cast):
    assert record_value(plan, "a", 1e308, by=cast["forge"], unit="ms").text == "1e+308 ms"


def test_a_time_without_a_zone_is_meant_as_utc(plan, cast):
    at = ago(60).replace(microsecond=0)
    row = record_value(plan, "a", 1, by=cast["forge"], observed_at=at.replace(tzinfo=None))
    assert row.observed_at == at


def test_a_file_from_the_future_counts_from_now_and_says_so(plan, cast):
    ahead = timezone.now() + timedelta(hours=2)
    result = bring(plan, cast["forge"], reading=Read(observed_at=ahead))
    assert result.observed_at == result.at and "cannot be" in result.notes[0]


def test_who_may_not_tick_brings_nothing_in(plan, cast):
    with pytest.raises(NotAllowed):
        bring(plan, cast["vera"])
    assert not Result.objects.exists()


def test_what_a_rehearsal_has_is_no_evidence_of_another_release(plan, cast):
    drill = make_plan("drill", "Drill", rehearsal=True)
    bring(drill, "rule", b"<drill/>")
    with pytest.raises(Invalid, match="rehearsal"):
        bring(plan, cast["forge"], b"<drill/>")
    with pytest.raises(Invalid, match="rehearsal"):
        record_value(
            plan, "a", 1, by=cast["forge"], url="https://w.example/plans/drill/evidence/1/"
        )


def test_what_the_room_measures_itself_takes_no_posted_value(plan, cast, monkeypatch):
    ours = [lambda plan, now: ["error-rate"]]
    monkeypatch.setattr("checklists.queries.evidence._measuring", ours)
    with pytest.raises(Refused, match="measured here"):
        record_value(plan, "error-rate", 0, by=cast["forge"])


def test_what_follows_of_a_file_is_told_in_its_event(plan, cast, monkeypatch):
    monkeypatch.setattr(actions, "_followed", [])
    register_followed(lambda change, result, reading: f"{len(reading.figures)} new findings.")
    bring(plan, cast["forge"])
    assert plan.events.get().text == "Tests: 1,026 of 1,044. 1 new findings."


def test_known_keys_are_those_read_and_those_asked(plan, cast, criterion):
    record_value(plan, "load.p95", 171, by=cast["forge"], unit="ms")
    assert [(row.key, row.text) for row in known_keys(plan)] == [
        ("error-rate", ""),
        ("load.p95", "171 ms"),
    ]


def test_a_closed_release_takes_no_results(plan, cast):
    plan.lifecycle = "stable"
    plan.save()
    with pytest.raises(Refused, match="closed"):
        bring(plan, cast["forge"])
    tell_refused(plan, "junit.xml", "line 1: cut off", by=cast["forge"])
    assert not Result.objects.exists() and not plan.events.exists()


def test_results_stand_in_the_record_of_the_plan_file_and_never_come_back(plan, cast):
    result = bring(plan, cast["forge"], source="CI")
    kept = portable.plan_data(plan, states=True)["record"]["results"][0]
    assert (kept["number"], kept["sha256"], kept["source"]) == (1, result.sha256, "CI")


def test_a_file_that_was_kept_aside_counts_when_it_is_sent_again_and_would_count(plan, cast):
    """The release's commit was written wrongly; corrected, the same file is a new result."""
    plan.facts = {"Commit": "def5678"}
    plan.save(update_fields=["facts"])
    aside = bring(plan, cast["forge"], commit="abc1234")
    assert not aside.counts and bring(plan, cast["forge"], commit="abc1234") == aside
    plan.facts = {"Commit": "abc1234"}
    plan.save(update_fields=["facts"])
    taken = bring(plan, cast["forge"], commit="abc1234")
    assert taken.counts and taken != aside and not Result.objects.get(pk=aside.pk).counts
    assert bring(plan, cast["forge"], commit="abc1234") == taken
    assert plan.events.filter(kind="evidence.recorded").count() == 2
