"""The register of backups: what scripts say of them, and what was found when they were read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rollouts.models import Backup, RollbackRun
from rollouts.rules.backups import MOST_EXTRA, Said, Wrong, checksum, read, short
from warroom.actions.again import carried_out_again
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import DeploymentPlan, User

MOST_BACKUPS = 5000
# What is claimed once and never changed afterwards; what was left out may be said later.
CLAIMS = (
    "environment", "commit", "branch", "size_bytes", "size_text", "files", "location", "taken_at",
    "sha256",
)  # fmt: skip


@carried_out_again
def register_backup(
    plan: DeploymentPlan,
    metadata: Mapping[str, Any],
    *,
    by: User | str,
    request_id: str | None = None,
) -> Backup:
    """Register a backup by its metadata as they come; the same again is the same row.

    Later metadata may add what was left out; what contradicts what was claimed is refused. The
    row's ``is_fresh`` says whether this call made it. Raises Invalid with the key of the metadata
    that is wrong, Refused, NotAllowed without the right to tick.
    """
    with change(plan, by=by, right="tick", request_id=request_id) as registering:
        said = _read(metadata, registering)
        row = Backup.objects.filter(plan=registering.plan, name=said.name).first()
        if row is None:
            return _make(registering, said)
        row.is_fresh = False
        added = _added(row, said)
        if added and not registering.repeated:
            row.metadata = {**row.metadata, **said.metadata}
            row.save(update_fields=[*added, "metadata"])
            text = f"{row.name}: {', '.join(_words(name) for name in added)} said"
            registering.record("backup.registered", text, backup=row.name, said=added)
    return row


def _read(metadata: Mapping[str, Any], registering: Change) -> Said:
    try:
        if len(json.dumps(dict(metadata))) > MOST_EXTRA:
            raise Invalid("metadata", f"The metadata have more than {MOST_EXTRA} characters.")
        return read(metadata, registering.at)
    except Wrong as wrong:
        raise Invalid(wrong.field, wrong.sentence) from None


def _make(registering: Change, said: Said) -> Backup:
    rows = Backup.objects.filter(plan=registering.plan)
    if rows.count() >= MOST_BACKUPS:
        raise Refused(f"There are {MOST_BACKUPS} backups; retire some of them.")
    row = Backup(
        plan=registering.plan,
        name=said.name,
        metadata=said.metadata,
        registered_at=registering.at,
        registered_by=registering.author_name,
        **{name: getattr(said, name) for name in CLAIMS},
    )
    row.save()
    row.is_fresh = True
    taken = f", taken {row.taken_at:%Y-%m-%d %H:%M} UTC" if row.taken_at else ", not said when"
    registering.record(
        "backup.registered",
        f"{row.name} registered{taken}",
        backup=row.name,
        environment=row.environment,
        commit=row.commit,
        sha256=row.sha256,
        taken_at=row.taken_at.isoformat() if row.taken_at else None,
    )
    return row


def _added(row: Backup, said: Said) -> list[str]:
    """Fill what was left out. Raises Refused where two tellings contradict each other."""
    added = []
    for name in CLAIMS:
        kept, new = getattr(row, name), getattr(said, name)
        if new in (None, "") or new == kept:
            continue
        if kept not in (None, ""):
            raise Refused(
                f"{row.name} is registered with another {_words(name)}: {kept}, not {new}. "
                "A backup that is another one has another name."
            )
        setattr(row, name, new)
        added.append(name)
    return added


def _words(field: str) -> str:
    return {"sha256": "checksum", "size_bytes": "size", "taken_at": "time"}.get(
        field, field.replace("_", " ")
    )


@carried_out_again
def verify_backup(
    backup: Backup,
    sha256: str,
    *,
    by: User | str,
    size_bytes: int | None = None,
    how: str = "",
    request_id: str | None = None,
) -> Backup:
    """Keep what somebody came to who read the file back, compared with what was claimed (S12).

    Without a claim the first reading is what later ones are compared with. A mismatch is kept
    and told; such a backup counts for nothing until a reading fits. The same reading again
    changes nothing. Raises Invalid for ``sha256`` and ``size_bytes``, Refused where the backup
    is retired, NotAllowed.
    """
    how = checked_reason(how, 200)
    with change(backup.plan, by=by, right="tick", request_id=request_id) as reading:
        row = Backup.objects.get(pk=backup.pk)
        row.plan = reading.plan
        digest = _digest(sha256)
        if reading.repeated or _known(row, digest, size_bytes):
            return row
        if row.retired_at is not None:
            raise Refused(f"{row.name} is retired.")
        wrong = _differs(row, digest, size_bytes)
        row.verified_sha256, row.verified_how = digest, how
        row.verified_by = reading.author_name
        row.verified_at, row.mismatch = reading.at, bool(wrong)
        row.save(
            update_fields=[
                "verified_sha256", "verified_how", "verified_by", "verified_at", "mismatch",
            ]
        )  # fmt: skip
        _tell(reading, row, wrong)
    return row


def _digest(sha256: str) -> str:
    try:
        found = checksum("sha256", sha256)
    except Wrong as wrong:
        raise Invalid("sha256", wrong.sentence) from None
    if not found:
        raise Invalid("sha256", "Give the SHA-256 of the file that was read: sha256sum <file>.")
    return found


def _known(row: Backup, digest: str, size_bytes: int | None) -> bool:
    same = row.verified_at is not None and row.verified_sha256 == digest
    return same and row.mismatch == bool(_differs(row, digest, size_bytes))


def _differs(row: Backup, digest: str, size_bytes: int | None) -> str:
    """What does not fit to what was claimed, as a sentence; "" for nothing."""
    if size_bytes is not None and size_bytes < 0:
        raise Invalid("size_bytes", "A size is 0 bytes or more.")
    claimed = row.sha256 or ("" if row.mismatch else row.verified_sha256)
    if claimed and claimed != digest:
        return f"the file has {short(digest)}, {short(claimed)} was claimed"
    # A size that was said in words, such as 700K, is rounded.
    exact = row.size_bytes if not row.size_text else None
    if None not in (exact, size_bytes) and exact != size_bytes:
        return f"the file has {size_bytes} bytes, {exact} were claimed"
    return ""


def _tell(reading: Change, row: Backup, wrong: str) -> None:
    if wrong:
        text = f"{row.name} is not what it claims to be: {wrong}. It counts for no restore"
    elif row.sha256:
        text = f"{row.name} read back: its checksum is {short(row.sha256)} as claimed"
    else:
        text = f"{row.name} read back: {short(row.verified_sha256)}; no checksum was claimed"
    reading.record(
        "backup.failed" if wrong else "backup.verified",
        text,
        backup=row.name,
        sha256=row.verified_sha256,
        claimed=row.sha256,
        how=row.verified_how,
        to="failed" if wrong else "green",
    )


def record_restored(
    backup: Backup, run: RollbackRun, *, by: User | str, request_id: str | None = None
) -> Backup:
    """Say that a run restored from this backup; the same again changes nothing.

    Raises Refused for a backup that is not what it claims to be, and one of another release.
    """
    with change(backup.plan, by=by, right="tick", request_id=request_id) as telling:
        row = Backup.objects.get(pk=backup.pk)
        run = RollbackRun.objects.get(pk=run.pk)
        if telling.repeated or row.restored_in_id == run.pk:
            return row
        if run.plan_id != row.plan_id:
            raise Refused(f"{run} belongs to another release.")
        if row.mismatch:
            raise Refused(f"{row.name} is not what its checksum claims.")
        row.restored_at = run.ended_at or telling.at
        row.restored_in = run
        row.save(update_fields=["restored_at", "restored_in"])
        telling.record(
            "backup.restored", f"{row.name} restored in {run}", backup=row.name, run=run.number
        )
    return row


def retire_backup(
    backup: Backup, reason: str, *, by: User | str, request_id: str | None = None
) -> Backup:
    """Take a backup that is not there any more off the register; its row stays."""
    reason = checked_reason(reason, 500)
    with change(backup.plan, by=by, right="tick", request_id=request_id) as retiring:
        row = Backup.objects.get(pk=backup.pk)
        if retiring.repeated or row.retired_at is not None:
            return row
        if not reason:
            raise Invalid("reason", "Say what became of it.")
        row.retired_at = retiring.at
        row.save(update_fields=["retired_at"])
        text = f"{row.name} is off the register: {reason}"
        retiring.record("backup.retired", text, backup=row.name, reason=reason)
    return row
