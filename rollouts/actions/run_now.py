from __future__ import annotations

from rollouts.models import Probing
from warroom.actions.change import change
from warroom.models import User


def run_now(row: Probing, *, by: User, request_id: str | None = None) -> None:
    """Make a metric or check due at once; the worker asks it within a second or two.

    Whoever holds its lease goes on: it is being asked at this moment. Raises NotAllowed without
    the right to run the rollout.
    """
    with change(row.plan, by=by, right="run", request_id=request_id) as asking:
        if asking.repeated:
            return
        row = type(row).objects.defer("history").get(pk=row.pk)
        row.due_at = asking.at
        row.save(update_fields=["due_at"])
        asking.record("check.requested", f"{row.name}: asked to run now", key=row.key)
