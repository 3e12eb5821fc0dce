"""The metronome beside the worker: rings once a second, and does the work itself when nobody comes.

The bell goes through the broker to whichever worker is free. The broker may be gone, frozen or
emptied, the worker busy or dead: so the metronome looks at what counts, the time in the database
at which due work was last looked for, and past ``LATE`` it looks itself. Rows are claimed before
they are worked on, so a worker that wakes up meanwhile does nothing twice.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, close_old_connections
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from warroom.celery import app
from warroom.queries.work import last_tick
from warroom.tasks import run_due

PERIOD_S = 1.0
LATE = timedelta(seconds=2)
# Without these a frozen broker holds each ring for five seconds, a missing one for six.
IMPATIENT = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "max_retries": 0}
log = structlog.get_logger()


class Ticker:
    """One metronome. Two of them ring twice, which does no harm."""

    def __init__(self) -> None:
        self.bell = app.connection_for_write()
        self.bell.transport_options = {**self.bell.transport_options, **IMPATIENT}
        self.bell_works = True
        self.looked_myself: datetime | None = None

    def beat(self) -> None:
        """Do due work if nobody has for two seconds, then ring for the next."""
        last = last_tick()
        if last is None or timezone.now() - last >= LATE:
            self._look_myself()
        elif self.looked_myself and last > self.looked_myself:
            log.warning("a worker answers the bell again")
            self.looked_myself = None
        self._ring()

    def _look_myself(self) -> None:
        if self.looked_myself is None:
            log.warning("no worker answers the bell; the tick does due work itself")
        run_due()
        self.looked_myself = timezone.now()

    def _ring(self) -> None:
        try:
            # Older than two seconds it is worthless: the next one has been sent.
            app.send_task("warroom.tick", expires=2.0, retry=False, connection=self.bell)
        except (BrokerError, OSError) as error:
            self._note_bell(works=False, error=str(error))
        else:
            self._note_bell(works=True)

    def _note_bell(self, *, works: bool, error: str = "") -> None:
        if works != self.bell_works:
            log.warning("the broker answers again" if works else "no broker answers", error=error)
        self.bell_works = works


def run(stopped: Callable[[], bool]) -> None:
    """Beat once a second until ``stopped()``. A database that is away is waited for."""
    ticker = Ticker()
    while not stopped():
        began = time.monotonic()
        close_old_connections()
        try:
            ticker.beat()
        except OperationalError as error:
            log.warning("the database does not answer", error=str(error))
        time.sleep(max(0.0, PERIOD_S - (time.monotonic() - began)))
