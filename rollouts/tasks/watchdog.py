"""The watchdog: decides about guardrails from the database alone (R9, ADR 0025).

Broker, web, tick and workers may all be gone. Once a second it judges the guardrails of every live
release, and where nobody has looked for due work for three seconds it does that work as well, on
a thread of its own: a target that hangs must not keep guardrails from being judged. What it does
is claimed or judged under the plan's lock, so that any number of watchdogs and workers together
do it once.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections, connections
from django.utils import timezone

from rollouts.tasks.guarding import guard_all
from warroom.queries.work import WATCHDOG, last_tick
from warroom.tasks import note_look, run_due

PERIOD_S = 1.0
LATE = timedelta(seconds=3)
# Due work that takes longer hangs; the process ends, and whoever keeps it starts it anew.
STUCK_S = 60.0
log = structlog.get_logger()


class Stuck(Exception):
    """Due work hangs and cannot be ended from within."""


class Watchdog:
    """One watchdog. ``work`` and ``guard`` are what it does; both raise when no database is."""

    def __init__(
        self, work: Callable[[str], int] = run_due, guard: Callable[[], int] = guard_all
    ) -> None:
        self.name = f"{WATCHDOG}{socket.gethostname()}"
        self.work, self.guard = work, guard
        self.doing: threading.Thread | None = None
        self.began = 0.0
        self.alone = False

    def beat(self) -> None:
        """Judge guardrails, say that it lives, and see to due work that nobody looks for."""
        self.guard()
        note_look(self.name)
        last = last_tick()
        if last is None or timezone.now() - last >= LATE:
            self._note(alone=True)
            self._do_due_work()
        else:
            self._note(alone=False)

    def wait(self) -> None:
        """Until the due work that it began is done."""
        if self.doing is not None:
            self.doing.join()

    def _do_due_work(self) -> None:
        if self.doing is not None and self.doing.is_alive():
            if time.monotonic() - self.began > STUCK_S:
                raise Stuck(f"due work has taken more than {STUCK_S:g} s")
            return
        self.began = time.monotonic()
        self.doing = threading.Thread(target=self._work, name="due work", daemon=True)
        self.doing.start()

    def _work(self) -> None:
        try:
            self.work(self.name)
        except Exception:
            log.exception("due work failed")
        finally:
            connections.close_all()

    def _note(self, *, alone: bool) -> None:
        if alone != self.alone:
            log.warning(
                "nobody looks for due work; the watchdog does it"
                if alone
                else "somebody looks for due work again"
            )
        self.alone = alone


def run(stopped: Callable[[], bool], watchdog: Watchdog | None = None) -> None:
    """Beat once a second until ``stopped()``. A database that is away is waited for."""
    watchdog, away = watchdog or Watchdog(), False
    while not stopped():
        began = time.monotonic()
        close_old_connections()
        try:
            watchdog.beat()
            if away:
                log.warning("the database answers again")
            away = False
        except (OperationalError, InterfaceError) as error:
            if not away:
                log.warning("the database does not answer", error=str(error)[:200])
            away = True
            connections.close_all()
        time.sleep(max(0.0, PERIOD_S - (time.monotonic() - began)))
