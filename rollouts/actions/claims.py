from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from rollouts.models import HealthCheck, Probing, PrometheusQuery
from rollouts.queries import due

# Longer than a probe may take (its deadline is 5 s), and so short that what a killed worker held
# is done by another within ten seconds.
LEASE = timedelta(seconds=8)

BATCH, MOST = 500, 5000


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
    return list(model.objects.defer("history").select_related("source").filter(lease_token=token))


def claim_all_due() -> list[Probing]:
    """Claim what is due of every kind, batch by batch until nothing is left."""
    rows: list[Probing] = []
    for model in (PrometheusQuery, HealthCheck):
        batch = claim_due(model)
        rows += batch
        while len(batch) == BATCH and len(rows) < MOST:
            batch = claim_due(model)
            rows += batch
    return rows
