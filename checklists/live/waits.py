"""``GET /api/v1/plans/<slug>/gates/<key>/wait``: answered as soon as the gate is decided.

A waiting call holds neither thread nor database connection: all of a process wait for one look,
which asks for every awaited gate together, when the doorbell rings and at least every half second.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import structlog
from django.conf import settings
from django.db import connections
from django.utils import timezone
from django.utils.translation import gettext_lazy as _l

from checklists.queries.waits import Ticket, advised, lapsed, verdicts
from checklists.rules.dialects import Verdict
from warroom.live import doorbell

log = structlog.get_logger()

LOOK_EVERY_S = 0.5
REST_S = 0.05  # between two looks, however often it rings
BLIND_FOR_S = 10.0

STOPS = _l("The server stops. Ask again in a moment.")
BLIND = _l("The database does not answer. Ask again in a moment.")


class Ended(Exception):
    """Nothing can be told any more: an HTTP status and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, str(sentence)


NO_TOKEN = (401, _l("Give a token that is valid: Authorization: Bearer …"))
NOT_YOURS = (404, _l("There is no such thing, or it is not yours to see."))


@dataclass(eq=False)
class Waiter:
    """One call. ``until`` is monotonic seconds."""

    ticket: Ticket
    until: float
    told: asyncio.Future[Verdict] = field(repr=False)

    def tell(self, verdict: Verdict) -> None:
        if not self.told.done():
            self.told.set_result(verdict)

    def end(self, status: int, sentence: str) -> None:
        if not self.told.done():
            self.told.set_exception(Ended(status, sentence))


@dataclass(frozen=True)
class Seen:
    """What one look found."""

    verdicts: dict[int, Verdict]
    lapsed: dict[Ticket, str]


class Waits:
    """All waiting calls of a process. Its methods run in its event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.waiters: set[Waiter] = set()
        self.closing = False
        self._bell = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="waits")
        self._task: asyncio.Task | None = None
        self._asked_at = 0.0

    @property
    def full(self) -> bool:
        return len(self.waiters) >= settings.MOST_WAITERS

    def join(self, ticket: Ticket, timeout_s: float) -> Waiter:
        """Wait for a gate, ``timeout_s`` seconds; whoever joined must leave."""
        waiter = Waiter(ticket, time.monotonic() + timeout_s, self.loop.create_future())
        if self.closing:
            waiter.end(503, STOPS)
            return waiter
        self.waiters.add(waiter)
        if self._task is None:
            doorbell.listen(self._rung)
            self._task = self.loop.create_task(self._watch())
        self._bell.set()
        return waiter

    def leave(self, waiter: Waiter) -> None:
        self.waiters.discard(waiter)
        if waiter.told.done() and not waiter.told.cancelled():
            waiter.told.exception()  # so that nobody complains that it was never asked for
        self._bell.set()

    def end(self) -> None:
        """Answer everybody; nobody new waits."""
        self.closing = True
        for waiter in tuple(self.waiters):
            waiter.end(503, STOPS)

    async def close(self) -> None:
        self.end()
        if task := self._task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _rung(self, plan_id: int, names: tuple[str, ...]) -> None:
        # From the thread that rings, perhaps while the loop is closing.
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._bell.set)

    async def _watch(self) -> None:
        try:
            while self.waiters:
                self._bell.clear()
                await self._look()
                await asyncio.sleep(REST_S)
                await self._pause()
        finally:
            # At one go, so that whoever joins meanwhile begins a watch of their own.
            doorbell.leave(self._rung)
            self._task = None
            with contextlib.suppress(RuntimeError):  # the thread is gone when the process stops
                await self.loop.run_in_executor(self._thread, connections.close_all)

    async def _pause(self) -> None:
        """Until it rings, half a second is over, or the first call has waited long enough."""
        ends = min((one.until for one in self.waiters), default=0) - time.monotonic()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(LOOK_EVERY_S, ends))):
                await self._bell.wait()

    async def _look(self) -> None:
        asked, now = tuple(self.waiters), time.monotonic()
        over = {one.ticket.gate_id for one in asked if one.until <= now}
        tickets = {one.ticket for one in asked}
        try:
            async with asyncio.timeout(BLIND_FOR_S):
                seen = await self.loop.run_in_executor(self._thread, _seen, tickets, over)
        except Exception:
            log.exception("a look for waiting calls failed")
            for waiter in asked:
                waiter.end(503, BLIND)
            return
        self._tell(asked, seen, now)

    def _tell(self, asked: Iterable[Waiter], seen: Seen, now: float) -> None:
        for waiter in asked:
            gone = seen.lapsed.get(waiter.ticket)
            verdict = seen.verdicts.get(waiter.ticket.gate_id)
            if gone or verdict is None:
                waiter.end(*(NO_TOKEN if gone == "token" else NOT_YOURS))
            elif verdict.decision or waiter.until <= now:
                waiter.tell(verdict)


def _seen(tickets: set[Ticket], over: set[int]) -> Seen:
    """One look, in the thread of the looks. Its connection stays open while somebody waits."""
    try:
        now = timezone.now()
        found = verdicts({one.gate_id for one in tickets}, now)
        for gate_id in over & found.keys():
            if not found[gate_id].decision:
                found[gate_id] = advised(found[gate_id], gate_id, now)
        return Seen(found, lapsed(tickets))
    except Exception:
        connections.close_all()  # the next look starts with a fresh connection
        raise


_waits: WeakKeyDictionary[asyncio.AbstractEventLoop, Waits] = WeakKeyDictionary()


def current() -> Waits:
    """The waiting calls of the running event loop; there is one per web process."""
    loop = asyncio.get_running_loop()
    if loop not in _waits:
        _waits[loop] = Waits()
    return _waits[loop]
