from datetime import datetime

from django.db.models import Max

from warroom.models import WorkerTick


def tick_age(now: datetime) -> float | None:
    """Seconds since a worker last looked for due work; None when none ever did."""
    newest = last_tick()
    return None if newest is None else max(0.0, (now - newest).total_seconds())


def last_tick() -> datetime | None:
    """When a worker last looked for due work (UTC)."""
    return WorkerTick.objects.aggregate(at=Max("at"))["at"]
