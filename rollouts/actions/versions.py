"""What a metric or check asked before it was edited is kept, word for word (law 4)."""

from __future__ import annotations

from typing import Any

from rollouts.models import Probing, PrometheusQuery, WatchVersion
from warroom.actions.change import Change

# What a worker or a script wrote into the row, and what is secret: neither is part of a version.
_MOVING = frozenset({
    "id", "plan", "key", "version", "due_at", "lease_until", "lease_token", "band", "band_since",
    "value", "reason", "observed_at", "read_at", "red_since", "red_at", "reds", "history",
    "ping_key", "pinged_at", "started_at", "exit_status", "output", "position", "source_line",
    "pending",
})  # fmt: skip


def settings_of(row: Probing) -> dict[str, Any]:
    """Every field that somebody set, as plain JSON; other rows by their id. No secret is in it."""
    fields = [field for field in row._meta.concrete_fields if field.name not in _MOVING]
    return {field.attname: getattr(row, field.attname) for field in fields}


def keep_version(
    changing: Change,
    row: Probing,
    reason: str,
    *,
    loosened: bool = False,
    soak_observed_s: float | None = None,
) -> WatchVersion:
    """Keep how ``row`` stands in the database and count its version up; the caller saves it.

    To be called within the open change, before ``row`` is saved; new values may be in it already.
    ``soak_observed_s``: seconds of green that counted for the older text.
    """
    stood = type(row).objects.get(pk=row.pk)
    owner = {"query": row} if isinstance(row, PrometheusQuery) else {"health_check": row}
    newest = WatchVersion.objects.filter(**owner).first()
    kept = WatchVersion.objects.create(
        **owner,
        version=stood.version,
        settings=settings_of(stood),
        began_at=newest.ended_at if newest else None,
        ended_at=changing.at,
        by_name=changing.author_name,
        reason=reason,
        loosened=loosened,
        soak_observed_s=soak_observed_s,
    )
    row.version = stood.version + 1
    return kept
