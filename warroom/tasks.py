"""The worker's tick: every registered piece of due work, looked for in the database.

Due work is rows with ``due_at``. The tick only says "look now": to miss one loses nothing, and to
run two at once does the work once, because rows are claimed.
"""

import socket
from collections.abc import Callable

import structlog
from celery import shared_task
from django.utils import timezone

from warroom.live import snapshots
from warroom.models import WorkerTick

log = structlog.get_logger()
_due: dict[str, Callable[[], int]] = {}


def register_due(name: str, work: Callable[[], int]) -> None:
    """Add due work. ``work`` claims and does what is due, and returns how many rows it did."""
    _due[name] = work


def run_due() -> int:
    """Do all that is due now. A failing kind of work is logged and stops no other kind."""
    WorkerTick.objects.update_or_create(name=socket.gethostname(), defaults={"at": timezone.now()})
    done = 0
    for name, work in _due.items():
        try:
            done += work()
        except Exception:
            log.exception("due work failed", work=name)
    return done


@shared_task(name="warroom.tick", ignore_result=True)
def tick() -> int:
    return run_due()


register_due("status pages", snapshots.write_old)
