"""The demo's way back: two procedures, four backups as their scripts told them, drills of before.

Nothing is back-dated: the times of backups are claims of their metadata, and the drills are marked
as entered from notes.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from rollouts.actions.backups import record_restored, register_backup, verify_backup
from rollouts.actions.drills import enter_drill
from rollouts.actions.procedures import save_procedure
from rollouts.models import Backup, HealthCheck, PrometheusQuery, RollbackProcedure
from warroom.actions.plans import fields_of, save_plan
from warroom.models import DeploymentPlan, User

BY = "demo"
COMMIT = "3d97ee29ac7d436641e6238ec8e831bc50221c9b"
BEFORE = "d3808c38b90a74fcc1cf50c6c6d2a0debd0f4cf3"
PROTECTED = timedelta(hours=24, minutes=30)
# Environment, before T0, commit, the beginning of a checksum, whether it was read back.
BACKUPS = (
    ("staging", timedelta(days=8, hours=2, minutes=52), BEFORE, "b6d2", False),
    ("staging", timedelta(days=8, hours=2, minutes=23), COMMIT, "e09a", True),
    ("staging", timedelta(days=8, hours=2, minutes=19), COMMIT, "51b7", True),
    ("production", timedelta(minutes=15), COMMIT, "8c41", True),
)
# Procedure, before T0, who, seconds by segment, downtime, what was seen.
DRILLS = (
    ("flag", timedelta(days=8, hours=17, minutes=30), "Cora", (11, 90, 50), None, "3 of 3 at 0."),
    ("full", timedelta(days=8, hours=2), "Cora", (75, 125, 110, 295, 180), 520, "5 of 5 pass."),
    ("full", timedelta(days=1, hours=23), "Thon", (40, 85, 86, 291, 200), 425,
     "The database check waits 60 s for nothing."),
    ("flag", timedelta(hours=18, minutes=50), "Thon", (8, 62, 38), None, "3 of 3 at 0."),
)  # fmt: skip


def fill(plan: DeploymentPlan, admin: User, now: datetime) -> None:
    """Write it down where nothing of it is there yet."""
    if plan.t0 is None or Backup.objects.filter(plan=plan).exists():
        return
    if plan.protected_until is None:
        wanted = replace(fields_of(plan), protected_until=plan.t0 + PROTECTED)
        save_plan(plan, wanted, by=admin)
    ways = {"flag": _flag(plan), "full": _full(plan)}
    rows = [_backup(plan, *one) for one in BACKUPS]
    for key, before, who, seconds, downtime, note in DRILLS:
        segments = list(dict.fromkeys(step.segment for step in ways[key].steps.all()))
        run = enter_drill(
            plan, ways[key], "staging", plan.t0 - before,
            dict(zip(segments, seconds, strict=True)),
            by=BY, held_by=who, note=note, downtime_s=downtime,
        )  # fmt: skip
        if key == "full" and who == "Thon":
            record_restored(rows[2], run, by=BY)


def _backup(
    plan: DeploymentPlan, environment: str, before: timedelta, commit: str, sha: str, read: bool
) -> Backup:
    digest = (sha * 16)[:64]
    taken = plan.t0 - before
    row = register_backup(
        plan,
        {
            "timestamp": f"{taken:%Y%m%d_%H%M%S}",
            "environment": environment,
            "git_sha": commit,
            "git_branch": "main",
            "backup_size": "700K",
            "files": ["memory.db.gz", "backup-metadata.json"],
            "sha256": digest,
        },
        by=BY,
    )
    return verify_backup(row, digest, by=BY, how="sha256sum") if read else row


def _flag(plan: DeploymentPlan) -> RollbackProcedure:
    metric = PrometheusQuery.objects.filter(plan=plan, key__contains="error").first()
    check = HealthCheck.objects.filter(plan=plan).order_by("position", "pk").first()
    steps = [
        {
            "segment": "decide",
            "title": "Decide",
            "target_s": 300,
            "expected": "By guardrail at once, or by a lead with a typed word.",
        },
        {
            "segment": "execute",
            "title": "Flag to 0 %",
            "kind": "execute",
            "target_s": 600,
            "command": "python scripts/deploy.py rollback",
            "expected": "0",
        },
        {
            "segment": "verify",
            "title": f"{metric.name if metric else 'Error rate'} in its target for 2 min",
            "target_s": 180,
            "watches": f"metric:{metric.key}" if metric else "",
            "hold_s": 120,
        },
        {
            "segment": "verify",
            "title": f"{check.name} passes" if check else "Health checks pass",
            "target_s": 120,
            "watches": f"check:{check.key}" if check else "",
        },
    ]
    command = "python scripts/deploy.py rollback"
    said = {"name": "Flag to 0 %", "target_s": 1200, "command": command, "parts": ["flag"]}
    return _save(plan, said | {"steps": steps}, default=True)


def _full(plan: DeploymentPlan) -> RollbackProcedure:
    lines = (
        ("Keep", "Back up the present state", "backup", None, "Backup before going back."),
        ("Code", "Code to 3d97ee2", "person", None, "Reset, clean, install, build."),
        ("Restore database", "Restore database", "person", 120, "Unpack, checksum, read back."),
        ("Restart", "Restart the application", "person", 300, ""),
        ("Verify", "Health checks pass", "person", 180, "5 of 5 health checks."),
    )
    steps = [
        {
            "segment": segment, "title": title, "kind": kind, "target_s": target,
            "expected": expected, "blocking": kind == "backup",
        }
        for segment, title, kind, target, expected in lines
    ]  # fmt: skip
    said = {
        "name": "Full restore",
        "target_s": 900,
        "downtime_target_s": 600,
        "command": "./scripts/rollback.sh 3d97ee2",
        "to_text": "commit 3d97ee2",
        "parts": ["code", "database", "dependencies"],
        "steps": steps,
    }
    return _save(plan, said, default=False)


def _save(plan: DeploymentPlan, said: dict, *, default: bool) -> RollbackProcedure:
    """The default is the one that the document describes, now with what shows each step."""
    rows = RollbackProcedure.objects.filter(plan=plan, retired_at=None)
    read = rows.order_by("position").first() if default else None
    return save_procedure(plan, said, by=BY, procedure=read, is_default=default)
