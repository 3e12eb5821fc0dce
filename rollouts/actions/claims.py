from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from rollouts.models import HealthCheck, Probing, PrometheusQuery
from rollouts.queries import due

# Longer than a probe may take (its deadline is 5 s), and so short that what a killed worker held
# is done by another within ten seconds.
LEASE = timedelta(seconds=8)

BATCH, MOST = 500, 5000
# What asking wants of a row; it is read whole, and anew, when its answer is recorded. What goes
# wrong is said in the language of its release.
ASKED = ("plan__language", "key", "interval_s", "due_at", "read_at", "lease_token", "source")
OWN: dict[type[Probing], tuple[str, ...]] = {
    PrometheusQuery: (
        "promql", "unit", "reducer", "green_op", "green_value", "red_op", "red_value",
        "guard_promql", "guard_min", "stale_s",
    ),
    HealthCheck: ("kind", "url", "expect_status", "options"),
}  # fmt: skip


def claim_due(
    model: type[Probing], limit: int = BATCH, now: datetime | None = None
) -> list[Probing]:
    """Take due rows for this worker and return them, each with its lease token.

    A worker that dies leaves its lease to run out; then the rows are due again. Two workers never
    get the same row: the write repeats the condition, so whoever comes second changes nothing.
    Claiming is no event and changes nothing that people see, so the plan's row is not locked.
    """
    now = now or timezone.now()
    token = str(uuid.uuid4())
    with transaction.atomic():
        ids = due.due_ids(model, now, limit)
        if not ids:
            return []
        due.due(model, now).filter(pk__in=ids).order_by().update(
            lease_token=token, lease_until=now + LEASE
        )
    rows = model.objects.only(*ASKED, *OWN[model]).select_related("plan", "source")
    return list(rows.filter(lease_token=token))


def claim_all_due() -> Iterator[list[Probing]]:
    """Claim what is due of every kind, batch by batch until nothing is left.

    A batch is claimed when it is wanted: the one before can be asked meanwhile.
    """
    count = 0
    for model in due.WATCHED:
        batch = claim_due(model)
        while batch:
            yield batch
            count += len(batch)
            batch = claim_due(model) if len(batch) == BATCH and count < MOST else []
