"""A body that is too long is refused while it arrives, whatever its header says."""

import asyncio

import pytest

from warroom.bodies import LIMIT_BYTES, bounded


@pytest.mark.parametrize(("chunks", "status"), [(4, None), (5, 413)])
def test_a_body_is_counted_as_it_arrives(chunks, status):
    said = []
    left = [{"type": "http.request", "body": b"x" * (LIMIT_BYTES // 4), "more_body": True}] * chunks
    left.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive():
        return left.pop(0)

    async def send(message):
        said.append(message)

    again = asyncio.run(bounded(receive, send))
    assert (said[0]["status"] if said else None) == status
    assert (again is None) == (status == 413)
    if again:
        assert len(asyncio.run(again())["body"]) == LIMIT_BYTES // 4
