"""The same share once more as something new: what honours keys does nothing for one it knows."""

from __future__ import annotations

from datetime import datetime

from rollouts.models import Effect, EffectState

# Room for what makes a key fresh; it has 160 characters at most.
KEY_LIMIT = 125
FIELDS = (
    "key", "state", "due_at", "attempts", "failure", "done_at", "lease_token", "lease_until",
)  # fmt: skip


def call_anew(row: Effect, mark: str, due_at: datetime) -> None:
    """Make a call due at ``due_at`` (UTC) under a key that nobody has taken yet; not saved.

    ``mark`` tells this carrying-out from all others of the release. Retries of it keep the key.
    """
    release = ":".join(row.key.split(":")[:3])
    row.key = f"{release[:KEY_LIMIT]}:{mark}"
    row.state, row.due_at, row.attempts, row.failure = EffectState.DUE, due_at, 0, ""
    row.done_at, row.lease_token, row.lease_until = None, "", None
