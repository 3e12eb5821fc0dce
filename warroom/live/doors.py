"""What apps above answer in front of Django: connections that wait long and must hold no thread.

A Django response holds a thread for as long as it takes. Whoever has a door is given the bare ASGI
connection, and is told when the process is about to stop.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Door(Protocol):
    """``path`` says which addresses are its own. All of it runs in the event loop."""

    path: re.Pattern[str]

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

    def end(self) -> None:
        """The process stops: answer what waits, let nothing new wait."""

    async def close(self) -> None:
        """End, and leave no connection or thread behind."""


_doors: list[Door] = []


def register_door(door: Door) -> None:
    if door not in _doors:
        _doors.append(door)


def door_for(path: str) -> Door | None:
    return next((door for door in _doors if door.path.match(path)), None)


def end_all() -> None:
    for door in _doors:
        door.end()


async def close_all() -> None:
    for door in _doors:
        await door.close()
