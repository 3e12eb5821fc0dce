from datetime import datetime

from django.db.models import Max

from warroom.models import WorkerTick

# Watchdogs keep their beats under names of their own: that they live says nothing of the workers.
WATCHDOG = "watchdog:"


def tick_age(now: datetime) -> float | None:
    """Seconds since a worker last looked for due work; None when none ever did."""
    newest = last_tick()
    return None if newest is None else max(0.0, (now - newest).total_seconds())


def last_tick() -> datetime | None:
    """When a worker, or the tick beside it, last looked for due work (UTC)."""
    looks = WorkerTick.objects.exclude(name__startswith=WATCHDOG)
    return looks.aggregate(at=Max("at"))["at"]


def last_watch() -> datetime | None:
    """When a watchdog last looked (UTC); None where none ever did."""
    looks = WorkerTick.objects.filter(name__startswith=WATCHDOG)
    return looks.aggregate(at=Max("at"))["at"]
