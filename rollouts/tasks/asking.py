"""Asking, apart from keeping: rows go in, outcomes come out as the answers arrive.

All direct checks run on one event loop. PromQL goes through a library that blocks, so each source
has a few threads of its own: one that hangs holds up no other source, and no check has a thread.
"""

from __future__ import annotations

import asyncio
import os
import queue
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from weakref import WeakKeyDictionary

import structlog
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from rollouts.actions.results import Outcome
from rollouts.models import HealthCheck, Probing, PrometheusQuery
from rollouts.probes import ASK, BadOption, ProbeResult, no_data
from rollouts.probes.prometheus import PrometheusTarget
from rollouts.queries.targets import CheckTarget, check_target, target_of
from warroom.outbound import transport
from warroom.rules.blanks import blanks, named

LANE_THREADS, MOST_LANES = 4, 16
# Answers that come within this time of each other are written together.
GATHER_S, BEGIN_S, NAP_S = 0.15, 0.5, 0.02
# A source that did not answer is not asked the next question for so long: two hundred queries
# would otherwise each wait out the deadline on a few threads.
SILENT_S = 6.0
# So many direct checks run at a time, or their latencies would be those of our own queue. One that
# is slow gives its turn away, so that those that hang hold up nobody.
TURNS, TURN_S = 200, 0.5
log = structlog.get_logger()

Direct = tuple[HealthCheck, CheckTarget]

_lanes: dict[int | str, ThreadPoolExecutor] = {}
_silent: dict[str, tuple[float, str]] = {}


def _lane(url: str) -> ThreadPoolExecutor:
    """The threads of one source; past `MOST_LANES` sources share."""
    name = url if url in _lanes or len(_lanes) < MOST_LANES else hash(url) % MOST_LANES
    if name not in _lanes:
        _lanes[name] = ThreadPoolExecutor(LANE_THREADS, thread_name_prefix="promql")
    return _lanes[name]


os.register_at_fork(after_in_child=_lanes.clear)


class Turns:
    """At most `TURNS` at a time, each for `TURN_S` seconds at most. Belongs to one loop."""

    def __init__(self) -> None:
        self.free = asyncio.Semaphore(TURNS)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        await self.free.acquire()
        # A handle that has run is not cancelled any more, so it is given back exactly once.
        later = asyncio.get_running_loop().call_later(TURN_S, self.free.release)
        try:
            yield
        finally:
            if later.when() > asyncio.get_running_loop().time():
                later.cancel()
                self.free.release()


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


class Asking:
    """One look's worth of asking."""

    def __init__(self) -> None:
        self.answers: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self.waiting = 0
        # Of those asked directly: counted here by the caller, and there by the loop.
        self.handed = self.begun = 0
        self.asked: list[tuple[Probing, datetime]] = []

    def ask(self, rows: Sequence[Probing]) -> None:
        """Start asking; the outcomes arrive in `answers`.

        Direct checks are handed to the loop together: each hand-over wakes it up.
        """
        self.waiting += len(rows)
        direct: list[Direct] = []
        for row in rows:
            with translation.override(row.plan.language):
                self._try(row, direct)
        self.handed += len(direct)
        if direct:
            transport().submit(self._ask_all(direct))

    def _try(self, row: Probing, direct: list[Direct]) -> None:
        try:
            self._start(row, direct)
        except BadOption as error:
            self._answer(row, no_data(_("not asked: {error}").format(error=error)))
        except Exception as error:
            # One row that cannot even be asked must not keep all others from being asked.
            log.exception("check cannot be asked", check=row.key)
            reason = _("it cannot be asked ({name}); see the worker's log").format(
                name=type(error).__name__
            )
            self._answer(row, no_data(reason))

    def _answer(self, row: Probing, result: ProbeResult) -> None:
        self.answers.put(Outcome(row, row.lease_token, result))

    def _start(self, row: Probing, direct: list[Direct]) -> None:
        left = blanks(row.promql if isinstance(row, PrometheusQuery) else row.url)
        if left:
            # To ask would give an error of the other side's parser, which says less.
            self._answer(
                row,
                no_data(_("not asked: {named} is still to be filled in").format(named=named(left))),
            )
        elif isinstance(row, PrometheusQuery):
            target = target_of(row)
            future = _lane(target.url).submit(self._ask_prometheus, row, target)
            future.add_done_callback(lambda done: self._answer(row, _result(row, done)))
        elif row.kind == "heartbeat":
            # No data, until its row says what was reported.
            self._answer(row, no_data(""))
        else:
            direct.append((row, check_target(row)))

    async def _ask_all(self, direct: Sequence[Direct]) -> None:
        turns = _turns.setdefault(asyncio.get_running_loop(), Turns())
        await asyncio.gather(*(self._ask_directly(turns, *one) for one in direct))

    async def _ask_directly(self, turns: Turns, row: HealthCheck, target: CheckTarget) -> None:
        with translation.override(row.plan.language):
            try:
                async with turns.turn():
                    self.begun += 1
                    self.asked.append((row, timezone.now()))
                    result = await ASK[row.kind](transport(), target)
            except Exception as error:
                result = _failed(error)
        self._answer(row, result)

    def _ask_prometheus(self, row: PrometheusQuery, target: PrometheusTarget) -> ProbeResult:
        until, reason = _silent.get(target.url, (0.0, ""))
        self.asked.append((row, timezone.now()))
        if time.monotonic() < until:
            return no_data(reason)
        with translation.override(row.plan.language):
            result = ASK["prometheus"](target)
        if result.timed_out:
            _silent[target.url] = (time.monotonic() + SILENT_S, result.reason)
        return result

    def gather(self, most: int = 900) -> list[Outcome]:
        """The answers that have come, after waiting a moment for the first ones."""
        got: list[Outcome] = []
        since = time.monotonic()
        while self.waiting and len(got) < most and self._gathers(time.monotonic() - since):
            try:
                got.append(self.answers.get(timeout=GATHER_S))
            except queue.Empty:
                break
            self.waiting -= 1
            if self.waiting and self.answers.empty():
                # To be woken by each answer would take the loop's time from it.
                time.sleep(NAP_S)
        return got

    def _gathers(self, waited_s: float) -> bool:
        """Writing takes the loop's time as well, so what waits for its turn is begun first."""
        return waited_s < (BEGIN_S if self.begun < self.handed else GATHER_S)


def _result(row: Probing, future: Future) -> ProbeResult:
    error = future.exception()
    with translation.override(row.plan.language):
        return future.result() if error is None else _failed(error)


def _failed(error: BaseException) -> ProbeResult:
    log.error("probe failed", error=repr(error))
    return no_data(_("the probe itself failed; see the worker's log"))
