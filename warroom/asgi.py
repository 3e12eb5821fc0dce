"""What uvicorn calls: the event stream and the status page in front, Django behind.

Both stand in front because they must not cost a thread each (stream) or need a database (page).
"""

import asyncio
import contextlib
import os
import signal
import threading
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "warroom.settings")
django = get_asgi_application()

# Only after Django has loaded its apps can these be imported.
from warroom.bodies import bounded, limit_of  # noqa: E402
from warroom.live import doors, hub, status, stream  # noqa: E402


async def application(scope: dict[str, Any], receive, send) -> None:
    """Dispatch one connection; also answers the server's lifespan messages."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http" and stream.PATH.match(scope["path"]):
        await stream.live(scope, receive, send)
    elif scope["type"] == "http" and (door := doors.door_for(scope["path"])):
        await door.answer(scope, receive, send)
    elif scope["type"] == "http" and await status.answered(scope, send):
        pass
    elif scope["type"] != "http":
        await django(scope, receive, send)
    elif (body := await bounded(receive, send, limit_of(scope["path"]))) is not None:
        await django(scope, body, send)


async def lifespan(receive, send) -> None:
    """Start and stop with the server. Streams end on the signal, not after it.

    The server waits for open connections before it sends ``lifespan.shutdown``: streams that
    ended only then would hold the stop up until its grace is over.
    """
    await receive()
    _end_streams_on_signals()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await doors.close_all()
    await hub.current().close()
    await send({"type": "lifespan.shutdown.complete"})


def _end_streams_on_signals() -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    house, loop = hub.current(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        server = signal.getsignal(number)

        def handle(number, frame, server=server):
            with contextlib.suppress(RuntimeError):  # the loop may be closed already
                loop.call_soon_threadsafe(house.refuse_and_end)
                loop.call_soon_threadsafe(doors.end_all)
            if callable(server):
                server(number, frame)

        signal.signal(number, handle)
