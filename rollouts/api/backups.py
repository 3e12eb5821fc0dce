"""Backups for scripts: registered by their metadata as they are, verified by a checksum."""

import json
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from rollouts.actions.backups import register_backup, verify_backup
from rollouts.models import Backup
from rollouts.queries.backups import backups_now, is_own, newest_that_counts, reads_back
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid
from warroom.api import plan_of
from warroom.models import DeploymentPlan, Right
from warroom.once import once

router = Router(tags=["rollouts"])

_ANY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": True,
                    "example": {
                        "timestamp": "20251015_063700",
                        "environment": "staging",
                        "git_sha": "3d97ee29ac7d436641e6238ec8e831bc50221c9b",
                        "git_branch": "main",
                        "backup_size": "700K",
                    },
                }
            }
        },
    }
}


class ReadBack(Schema):
    """``sha256``: what the file has now, or the line that sha256sum prints. ``how``: by what."""

    sha256: str
    size_bytes: int | None = None
    how: str = ""


class BackupOut(Schema):
    """Times are UTC. ``state``: claimed, verified, mismatch or retired. ``counts``: whether it is
    of the release's environment and was read back. ``size`` is as it was said.
    """

    name: str
    environment: str
    commit: str
    branch: str
    size: str
    size_bytes: int | None
    files: int | None
    location: str
    taken_at: datetime | None
    sha256: str
    state: str
    verified_at: datetime | None
    verified_by: str
    verified_sha256: str
    verified_how: str
    restored_at: datetime | None
    counts: bool
    metadata: dict[str, Any]
    registered_at: datetime
    registered_by: str


class BackupsOut(Schema):
    """``newest``: the name of the newest that counts for a gate; null where none does."""

    newest: str | None
    age_h: float | None
    backups: list[BackupOut]


@router.get("plans/{slug}/backups", response=BackupsOut)
def list_backups(request: HttpRequest, slug: str):
    """The register, newest first."""
    plan = plan_of(request, slug)
    now = timezone.now()
    newest = newest_that_counts(plan, now)
    age = (now - newest.taken_at).total_seconds() / 3600 if newest else None
    rows = [_out(row, plan) for row in backups_now(plan, now)]
    return {"newest": newest.name if newest else None, "age_h": age, "backups": rows}


@router.post("plans/{slug}/backups", response={200: BackupOut, 201: BackupOut}, openapi_extra=_ANY)
def post_backup(request: HttpRequest, slug: str):
    """Register a backup. 201; 200 where it is registered already; 409 where it is registered with
    something else. A time without a zone is UTC. Keys that are not known are kept.
    """
    plan = plan_of(request, slug, "evidence")
    demand(plan, request.user, Right.TICK)
    row = register_backup(plan, _object(request), by=request.user, request_id=once(request))
    return Status(201 if row.is_fresh else 200, _out(row, plan))


def _object(request: HttpRequest) -> dict[str, Any]:
    try:
        found = json.loads(request.body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Invalid("body", _("The body is no JSON.")) from None
    if not isinstance(found, dict):
        raise Invalid("body", _("The body is no JSON object: {…} with the metadata of one backup."))
    return found


def _no_number(word: str):
    raise ValueError(word)


@router.post("plans/{slug}/backups/{name}/verify", response=BackupOut)
def verify(request: HttpRequest, slug: str, name: str, body: ReadBack):
    """Say what was read back. ``state`` tells whether it is what was claimed."""
    plan = plan_of(request, slug, "evidence")
    row = Backup.objects.filter(plan=plan, name=name).first()
    if row is None:
        raise Http404
    row.plan = plan
    said = {"size_bytes": body.size_bytes, "how": body.how}
    return _out(
        verify_backup(row, body.sha256, by=request.user, request_id=once(request), **said), plan
    )


def _out(row: Backup, plan: DeploymentPlan) -> dict[str, Any]:
    names = set(BackupOut.model_fields) - {"size", "state", "counts"}
    return {name: getattr(row, name) for name in names} | {
        "size": row.size_text or (str(row.size_bytes) if row.size_bytes is not None else ""),
        "state": _state(row),
        "counts": reads_back(row) and is_own(row, plan) and row.retired_at is None,
    }


def _state(row: Backup) -> str:
    if row.retired_at is not None:
        return "retired"
    if row.mismatch:
        return "mismatch"
    return "verified" if reads_back(row) else "claimed"
