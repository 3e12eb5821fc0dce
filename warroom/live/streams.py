"""One open event stream: how its bytes go out, and how it ends."""

import asyncio
import contextlib
import random
import socket
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from warroom.live import meters
from warroom.live.fragments import Newcomer
from warroom.live.passes import Pass

LIFE_S = 300  # then the reader opens it again, which also looks at session and seat again
LIFE_SPREAD_S = 30  # so that all who came at once do not come back at once
BACKLOG_BYTES = 512 * 1024
BACKLOG_S = 10.0
DEAD_PEER_MS = 40_000

Send = Callable[[dict[str, Any]], Awaitable[None]]


def message(kind: str, data: str, seq: int | None = None) -> bytes:
    """One event of a stream, as bytes (text/event-stream)."""
    lines = [f"event: {kind}"]
    lines += [f"id: {seq}"] if seq is not None else []
    lines += [
        f"data: {line}" for line in data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ]
    return ("\n".join(lines) + "\n\n").encode()


class Stream:
    """A reader of one plan's news. Holds no thread, no connection to the database, no task.

    ``offer`` writes at once as long as the server's buffer takes it. When it does not, the bytes
    (shared by all streams) wait for at most BACKLOG_S and BACKLOG_BYTES; then the reader is cut
    off, comes back by itself and gets each stale panel once.
    """

    __slots__ = (
        "_backlog",
        "_pump",
        "_send",
        "_size",
        "_task",
        "ended",
        "ends_at",
        "entry",
        "newcomer",
    )

    def __init__(self, newcomer: Newcomer, send: Send, entry: Pass | None = None) -> None:
        self.newcomer = newcomer
        self.entry = entry
        self._send = send
        self._task = asyncio.current_task()
        self._backlog: deque[bytes] | None = None
        self._pump: asyncio.Task | None = None
        self._size = 0
        self.ended = False
        self.ends_at = time.monotonic() + LIFE_S - random.uniform(0, LIFE_SPREAD_S)

    @property
    def place(self) -> str:
        return self.newcomer.place

    def offer(self, body: bytes, last: bool = False) -> None:
        """Write ``body`` now, or keep it while the reader's buffer is full. Never waits."""
        if self.ended:
            return
        self.ended = last
        if self._backlog is None:
            if self._written(body, last):
                return
            self._backlog = deque()
            self._pump = asyncio.create_task(self._drain())
        self._backlog.append(body)
        self._size += len(body)
        if self._size > BACKLOG_BYTES:
            self.cut()

    def cut(self) -> None:
        """Close the connection without waiting for a reader who does not read."""
        self.ended = True
        meters.CUT.inc()
        if self._pump:
            self._pump.cancel()
        transport = _transport(self._send)
        if transport is not None:
            transport.abort()
        elif self._task:
            self._task.cancel()

    def forget(self) -> None:
        """The connection is gone: stop what still wants to write to it."""
        self.ended = True
        if self._pump:
            self._pump.cancel()

    def _written(self, body: bytes, last: bool) -> bool:
        # A server's send() suspends only while its buffer is full. Taking the one step by hand
        # costs a tenth of a task for each of thousands of readers.
        step = self._send({"type": "http.response.body", "body": body, "more_body": not last})
        try:
            step.send(None)
        except StopIteration:
            return True
        except (OSError, RuntimeError):
            self.ended = True
            return True
        step.close()
        return False

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(BACKLOG_S):
                while self._backlog:
                    body = b"".join(self._backlog)
                    self._backlog.clear()
                    self._size = 0
                    await self._send(
                        {"type": "http.response.body", "body": body, "more_body": not self.ended}
                    )
        except TimeoutError:
            self._pump = None
            self.cut()
        except (OSError, RuntimeError):
            self.ended = True
        else:
            self._backlog, self._pump = None, None


def notice_dead_peers(send: Send) -> None:
    """Have the system close the connection when heartbeats stay unanswered (Linux).

    A peer that vanished takes megabytes of heartbeats before any buffer is full.
    """
    transport = _transport(send)
    sock = transport.get_extra_info("socket") if transport is not None else None
    if sock is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
        with contextlib.suppress(OSError, AttributeError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_PEER_MS)


def _transport(send: Send) -> Any:
    """uvicorn's transport; None under another server, which then must notice by itself."""
    return getattr(getattr(send, "__self__", None), "transport", None)
