"""The register of backups: what scripts say of them, and what was found when they were read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

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
            text = _("{row}: {name} said").format(
                row=row.name, name=", ".join(_words(name) for name in added)
            )
            registering.record("backup.registered", text, backup=row.name, said=added)
    return row


def _read(metadata: Mapping[str, Any], registering: Change) -> Said:
    try:
        if len(json.dumps(dict(metadata))) > MOST_EXTRA:
            raise Invalid(
                "metadata",
                _("The metadata have more than {most_extra} characters.").format(
                    most_extra=MOST_EXTRA
                ),
            )
        return read(metadata, registering.at)
    except Wrong as wrong:
        raise Invalid(wrong.field, wrong.sentence) from None


def _make(registering: Change, said: Said) -> Backup:
    rows = Backup.objects.filter(plan=registering.plan)
    if rows.count() >= MOST_BACKUPS:
        raise Refused(
            _("There are {most_backups} backups; retire some of them.").format(
                most_backups=MOST_BACKUPS
            )
        )
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
    taken = (
        _(", taken {taken_at:%Y-%m-%d %H:%M} UTC").format(taken_at=row.taken_at)
        if row.taken_at
        else _(", not said when")
    )
    registering.record(
        "backup.registered",
        _("{row} registered{taken}").format(row=row.name, taken=taken),
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
                _(
                    "{row} is registered with another {name}: {kept}, not {new}. A "
                    "backup that is another one has another name."
                ).format(row=row.name, name=_words(name), kept=kept, new=new)
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
            raise Refused(_("{row} is retired.").format(row=row.name))
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
        raise Invalid("sha256", _("Give the SHA-256 of the file that was read: sha256sum <file>."))
    return found


def _known(row: Backup, digest: str, size_bytes: int | None) -> bool:
    same = row.verified_at is not None and row.verified_sha256 == digest
    return same and row.mismatch == bool(_differs(row, digest, size_bytes))


def _differs(row: Backup, digest: str, size_bytes: int | None) -> str:
    """What does not fit to what was claimed, as a sentence; "" for nothing."""
    if size_bytes is not None and size_bytes < 0:
        raise Invalid("size_bytes", _("A size is 0 bytes or more."))
    claimed = row.sha256 or ("" if row.mismatch else row.verified_sha256)
    if claimed and claimed != digest:
        return _("the file has {short}, {short_claimed} was claimed").format(
            short=short(digest), short_claimed=short(claimed)
        )
    # A size that was said in words, such as 700K, is rounded.
    exact = row.size_bytes if not row.size_text else None
    if None not in (exact, size_bytes) and exact != size_bytes:
        return _("the file has {size_bytes} bytes, {exact} were claimed").format(
            size_bytes=size_bytes, exact=exact
        )
    return ""


def _tell(reading: Change, row: Backup, wrong: str) -> None:
    if wrong:
        text = _("{row} is not what it claims to be: {wrong}. It counts for no restore").format(
            row=row.name, wrong=wrong
        )
    elif row.sha256:
        text = _("{row} read back: its checksum is {short} as claimed").format(
            row=row.name, short=short(row.sha256)
        )
    else:
        text = _("{row} read back: {short}; no checksum was claimed").format(
            row=row.name, short=short(row.verified_sha256)
        )
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
            raise Refused(_("{run} belongs to another release.").format(run=run))
        if row.mismatch:
            raise Refused(_("{row} is not what its checksum claims.").format(row=row.name))
        row.restored_at = run.ended_at or telling.at
        row.restored_in = run
        row.save(update_fields=["restored_at", "restored_in"])
        telling.record(
            "backup.restored",
            _("{row} restored in {run}").format(row=row.name, run=run),
            backup=row.name,
            run=run.number,
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
            raise Invalid("reason", _("Say what became of it."))
        row.retired_at = retiring.at
        row.save(update_fields=["retired_at"])
        text = _("{row} is off the register: {reason}").format(row=row.name, reason=reason)
        retiring.record("backup.retired", text, backup=row.name, reason=reason)
    return row
