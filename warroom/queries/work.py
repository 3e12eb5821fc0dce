from datetime import datetime

from django.db.models import Max, Q

from warroom.models import WorkerTick

# Watchdogs keep their beats under names of their own: that they live says nothing of the workers.
WATCHDOG = "watchdog:"


def tick_age(now: datetime) -> float | None:
    """Seconds since a worker last looked for due work; None when none ever did."""
    newest = last_tick()
    return None if newest is None else max(0.0, (now - newest).total_seconds())


def last_tick() -> datetime | None:
    """When a worker, or the tick beside it, last looked for due work (UTC)."""
    return last_looks()[0]


def last_looks() -> tuple[datetime | None, datetime | None]:
    """When a worker and when a watchdog last looked (UTC), None for never; one SQL statement."""
    watched = Q(name__startswith=WATCHDOG)
    found = WorkerTick.objects.aggregate(
        tick=Max("at", filter=~watched), watch=Max("at", filter=watched)
    )
    return found["tick"], found["watch"]
