"""Bounds what one request may send, before anything of it is kept on a disk.

Django writes a body to a file as it arrives, however long; Content-Length may lie.
"""

from collections import deque
from typing import Any

LIMIT_BYTES = 4 * 1024 * 1024  # a document may have 1 MB


async def bounded(receive, send):
    """A ``receive`` that plays the body back; None when it was too long and 413 was answered."""
    kept: deque[dict[str, Any]] = deque()
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        if size > LIMIT_BYTES:
            await _refuse(send)
            return None
        kept.append(message)
        more = message.get("more_body", False)

    async def again():
        return kept.popleft() if kept else await receive()

    return again


async def _refuse(send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b"More than 4 MB is not taken.\n"})
