"""The register of backups (S10, S11, S12): metadata as scripts write them, checksums compared."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from checklists.models import Criterion, Gate
from checklists.queries.criteria import criterion_rows
from rollouts.actions.backups import (
    record_restored,
    register_backup,
    retire_backup,
    verify_backup,
)
from rollouts.actions.drills import start_drill
from rollouts.models import Backup
from rollouts.queries.backups import earlier_commits, newest_that_counts, register
from rollouts.rules.backups import Wrong, checksum, read, size_words
from warroom.actions.refusals import Invalid, NotAllowed, Refused

NOW = datetime(2025, 10, 16, tzinfo=UTC)
SHA = "3d97ee29ac7d436641e6238ec8e831bc50221c9b"
METADATA = {
    "timestamp": "20251015_063700",
    "environment": "staging",
    "git_sha": SHA,
    "git_branch": "main",
    "backup_size": "700K",
}
ONE, OTHER = "8c41" + "0" * 60, "e09a" + "1" * 60


def test_the_metadata_of_a_script_are_read_as_they_are():
    """S11."""
    said = read(METADATA, NOW)
    assert said.name == "staging_20251015_063700"
    assert said.taken_at == datetime(2025, 10, 15, 6, 37, tzinfo=UTC)
    assert (said.commit, said.branch, said.environment) == (SHA, "main", "staging")
    assert (said.size_bytes, said.size_text) == (716_800, "700K")
    assert said.metadata == METADATA


@pytest.mark.parametrize(
    ("said", "size"),
    [("700K", 716_800), ("700 kB", 700_000), ("1.5GiB", 1_610_612_736), (42, 42), ("42", 42)],
)
def test_sizes_are_read_as_tools_write_them(said, size):
    assert read({"name": "a", "size": said}, NOW).size_bytes == size


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": "20251332_063700"}, "timestamp"),
        ({"timestamp": "20991015_063700"}, "timestamp"),
        ({"timestamp": None}, "name"),
        ({"backup_size": "much"}, "backup_size"),
        ({"backup_size": -1}, "backup_size"),
        ({"git_sha": "a b"}, "git_sha"),
        ({"environment": ["x"]}, "environment"),
        ({"checksum": "abc"}, "checksum"),
        ({"name": "a/../b"}, "name"),
        ({"files": "two"}, "files"),
        ({"branch": "x" * 121}, "branch"),
    ],
)
def test_what_is_wrong_names_its_key(change, field):
    with pytest.raises(Wrong) as wrong:
        read(METADATA | change, NOW)
    assert wrong.value.field == field


def test_other_spellings_are_understood_and_the_rest_is_kept():
    said = read(
        {"name": "nightly/", "files": ["a.gz", "b.json"], "sha256": f"{ONE.upper()}  a.gz",
         "created": "2025-10-15T08:37:00+02:00", "keep": {"days": 30}}, NOW,
    )  # fmt: skip
    assert (said.name, said.files, said.sha256) == ("nightly", 2, ONE)
    assert said.taken_at == datetime(2025, 10, 15, 6, 37, tzinfo=UTC)
    assert said.metadata["keep"] == {"days": 30}
    assert checksum("sha256", f"sha256:{ONE}") == ONE and checksum("sha256", "") == ""
    assert [size_words(n) for n in (None, 7, 716_800, 1_500_000)] == ["", "7 B", "717 kB", "1.5 MB"]


def test_the_same_again_is_the_same_row_and_a_contradiction_is_refused(plan, cast):
    row = register_backup(plan, METADATA, by=cast["forge"])
    assert row.is_fresh and plan.events.last().kind == "backup.registered"
    again = register_backup(plan, METADATA, by=cast["forge"])
    assert again.pk == row.pk and not again.is_fresh and plan.events.count() == 1
    more = register_backup(plan, METADATA | {"sha256": ONE, "tool": "x"}, by=cast["forge"])
    assert more.sha256 == ONE and more.metadata["tool"] == "x" and plan.events.count() == 2
    with pytest.raises(Refused, match="another checksum"):
        register_backup(plan, METADATA | {"sha256": OTHER}, by=cast["forge"])
    with pytest.raises(NotAllowed):
        register_backup(plan, METADATA | {"name": "b"}, by=cast["vera"])
    assert Backup.objects.count() == 1


def test_a_checksum_is_verified_and_not_believed(plan, cast):
    """S12."""
    row = register_backup(plan, METADATA | {"sha256": ONE}, by=cast["forge"])
    assert register(plan, timezone.now()).rows[0].word == "Not verified"
    wrong = verify_backup(row, OTHER, by=cast["forge"], how="sha256sum")
    assert wrong.mismatch
    event = plan.events.last()
    assert event.kind == "backup.failed" and "8c41…0000 was claimed" in event.text
    plan.refresh_from_db()
    found = register(plan, timezone.now())
    assert found.rows[0].signal == "bad" and "not what its checksum claims" in found.said[0]
    right = verify_backup(row, ONE, by=cast["thon"])
    assert not right.mismatch and plan.events.last().kind == "backup.verified"
    seq = plan.events.count()
    verify_backup(row, ONE, by=cast["cora"])
    assert plan.events.count() == seq
    with pytest.raises(Invalid):
        verify_backup(row, "abc", by=cast["thon"])


def test_without_a_claim_the_first_reading_is_compared_with_later_ones(plan, cast):
    row = register_backup(plan, METADATA, by=cast["forge"])
    assert not verify_backup(row, ONE, by=cast["forge"]).mismatch
    assert verify_backup(row, OTHER, by=cast["forge"]).mismatch


def test_a_size_in_bytes_is_compared_and_a_rounded_one_is_not(plan, cast):
    exact = register_backup(plan, {"name": "exact", "size_bytes": 700}, by=cast["forge"])
    rough = register_backup(plan, {"name": "rough", "size": "700K"}, by=cast["forge"])
    assert verify_backup(exact, ONE, size_bytes=699, by=cast["forge"]).mismatch
    assert not verify_backup(rough, ONE, size_bytes=699_123, by=cast["forge"]).mismatch


def test_backups_of_staging_alone_are_a_warning(plan, cast):
    """S11."""
    plan.environment = "production"
    plan.save()
    row = register_backup(plan, METADATA, by=cast["forge"])
    verify_backup(row, ONE, by=cast["forge"])
    plan.refresh_from_db()
    now = timezone.now()
    assert register(plan, now).said == ("All 1 are of staging; none is of production.",)
    assert newest_that_counts(plan, now) is None
    own = register_backup(plan, METADATA | {"environment": "prod"}, by=cast["forge"])
    plan.refresh_from_db()
    assert "None of the 1 of production was read back." in register(plan, timezone.now()).said
    verify_backup(own, ONE, by=cast["forge"])
    plan.refresh_from_db()
    assert newest_that_counts(plan, timezone.now()) == own


@pytest.fixture
def asked(plan):
    gate = Gate.objects.create(plan=plan, key="gate-0", number=1, title="Gate 0")
    common = {"gate": gate, "green_op": "<=", "green_value": 24, "unit": "h"}
    return [
        Criterion.objects.create(
            key="age", label="Backup", position=1, source="age", params={"key": "backup"}, **common
        ),
        Criterion.objects.create(
            key="hours", label="Hours", position=2, source="evidence",
            evidence_key="backup.age_h", **common,
        ),
    ]  # fmt: skip


def bands(plan, asked):
    plan.refresh_from_db()
    rows = criterion_rows(plan, asked, timezone.now())
    return [(row.band.value, row.why) for row in rows]


def test_a_backup_that_was_not_read_back_does_not_count_at_a_gate(plan, cast, asked):
    """S12: the age of the recovery point is that of the newest that reads back."""
    at = timezone.now() - timedelta(hours=11)
    metadata = {"timestamp": f"{at:%Y%m%d_%H%M%S}", "environment": plan.environment or "x"}
    row = register_backup(plan, metadata, by=cast["forge"])
    (age, hours) = bands(plan, asked)
    assert age[0] == hours[0] == "no_data" and "was read back" in age[1]
    verify_backup(row, ONE, by=cast["forge"])
    assert [band for band, _ in bands(plan, asked)] == ["green", "green"]
    verify_backup(row, OTHER, by=cast["forge"])
    assert [band for band, _ in bands(plan, asked)] == ["no_data", "no_data"]


def test_a_restore_in_a_drill_shows_that_it_reads_back(plan, cast):
    row = register_backup(plan, METADATA, by=cast["forge"])
    run = start_drill(plan, None, "staging", by=cast["forge"])
    assert record_restored(row, run, by=cast["forge"]).restored_in == run
    plan.refresh_from_db()
    assert register(plan, timezone.now()).verified == 1
    retire_backup(row, "Thinned out", by=cast["forge"])
    plan.refresh_from_db()
    assert register(plan, timezone.now()).count == 0


def test_a_rollback_goes_to_the_newest_commit_that_is_not_released(plan, cast):
    """S3."""
    plan.facts = {"Commit": "aaaaaaa"}
    plan.save()
    for stamp, commit in (("20251015_060800", "d3808c3"), ("20251015_063700", SHA),
                          ("20251016_063700", "aaaaaaa1")):  # fmt: skip
        register_backup(plan, METADATA | {"timestamp": stamp, "git_sha": commit}, by=cast["forge"])
    plan.refresh_from_db()
    commits = [row.commit for row in earlier_commits(plan, timezone.now())]
    assert commits == [SHA, "d3808c3"]
