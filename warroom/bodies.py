"""Bounds what one request may send, before anything of it is kept on a disk.

Django writes a body to a file as it arrives, however long; Content-Length may lie.
"""

import re
from collections import deque
from typing import Any

MB = 1024 * 1024
LIMIT_BYTES = 4 * MB  # a document may have 1 MB
FILES_BYTES = 11 * MB  # files of an item: 10 MB and what the form puts around them
RESULTS_BYTES = 21 * MB  # a result: 20 MB and what the form puts around it
FILES = re.compile(r"/(?:api/v1/)?plans/[^/]+/items/\d+/files/?")
RESULTS = re.compile(r"/(?:api/v1/plans/[^/]+/evidence|plans/[^/]+/evidence/preview)/?")


def limit_of(path: str) -> int:
    """How many bytes a request to ``path`` may send."""
    if RESULTS.fullmatch(path):
        return RESULTS_BYTES
    return FILES_BYTES if FILES.fullmatch(path) else LIMIT_BYTES


async def bounded(receive, send, limit: int = LIMIT_BYTES):
    """A ``receive`` that plays the body back; None when it was too long and 413 was answered."""
    kept: deque[dict[str, Any]] = deque()
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            await _refuse(send, limit)
            return None
        kept.append(message)
        more = message.get("more_body", False)

    async def again():
        return kept.popleft() if kept else await receive()

    return again


async def _refuse(send, limit: int) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    said = f"More than {limit // MB} MB is not taken.\n".encode()
    await send({"type": "http.response.body", "body": said})
