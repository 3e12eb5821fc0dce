"""How long a tick takes to reach every open page, beside a bare broadcaster without any framework.

``python -m tests.bench.fanout --viewers 50 --ticks 100``. Both are asked by the same client in the
same run; only the ratio says anything about another machine.
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "warroom.settings")
django.setup()

from tests.web_process import Viewer, free_port, house, valkey  # noqa: E402

BARE = """
import asyncio, sys
open_streams = set()
async def serve(reader, writer):
    head = await reader.readuntil(b"\\r\\n\\r\\n")
    if head.startswith(b"GET"):
        writer.write(b"HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n")
        beat = b"event: beat\\ndata: x\\n\\n"
        writer.write(b"%x\\r\\n%s\\r\\n" % (len(beat), beat))
        open_streams.add(writer)
        await reader.read()
        open_streams.discard(writer)
    else:
        size = int(head.split(b"ontent-Length: ")[1].split(b"\\r\\n")[0])
        event = await reader.readexactly(size)
        chunk = b"%x\\r\\n%s\\r\\n" % (len(event), event)
        for other in open_streams:
            other.write(chunk)
        writer.write(b"HTTP/1.1 204 No Content\\r\\nConnection: close\\r\\n\\r\\n")
        writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), backlog=4096)
    await server.serve_forever()
asyncio.run(main())
"""


async def request(port: int, head: str, body: bytes) -> str:
    """One POST on a connection of its own; returns the answer's head."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    rest = f"Host: 127.0.0.1:{port}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(f"{head}\r\n{rest}".encode() + body)
    answer = (await reader.read()).decode(errors="replace")
    writer.close()
    return answer


async def measured(viewers: list[Viewer], ticks: int, tick) -> dict:
    """Send ``ticks`` changes; seconds until the first, the median and the last viewer has each."""
    first, median, last, posts = [], [], [], []
    for number in range(ticks):
        begun = time.perf_counter()

        async def arrival(one: Viewer, mark: str, begun: float = begun) -> float:
            await one.saying(mark, within=20)
            return time.perf_counter() - begun

        mark, posting = tick(number)
        waiting = [asyncio.create_task(arrival(one, mark)) for one in viewers]
        await posting
        posts.append(time.perf_counter() - begun)
        arrived = sorted(await asyncio.gather(*waiting))
        first.append(arrived[0])
        median.append(statistics.median(arrived))
        last.append(arrived[-1])
        await asyncio.sleep(0.01)
    return {
        "first_ms": spread(first),
        "median_viewer_ms": spread(median),
        "last_viewer_ms": spread(last),
        "post_ms": spread(posts),
    }


def spread(seconds: list[float]) -> dict:
    """Median, 95th percentile and worst, in milliseconds."""
    ordered = sorted(1000 * one for one in seconds)
    at95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {
        "median": round(statistics.median(ordered), 1),
        "p95": round(at95, 1),
        "worst": round(ordered[-1], 1),
    }


@contextlib.asynccontextmanager
async def audience(port: int, cookie: str, count: int, query: str):
    async with contextlib.AsyncExitStack() as stack:
        viewers = []
        for _ in range(count):
            viewers.append(await stack.enter_async_context(Viewer(port, cookie, query)))
        for one in viewers:
            await one.next("beat", within=30)
        await asyncio.sleep(1)
        yield viewers


async def against_warroom(place, count: int, ticks: int) -> dict:
    """Items are ticked over HTTP by one browser; ``count`` others watch the room."""
    seq = place.do("plan.refresh_from_db(); answer = plan.timeline_seq")
    token = "a" * 32

    def tick(number: int):
        state = "done" if number % 2 == 0 else "open"
        head = (
            f"POST /plans/genesis-4/items/1/state?state={state} HTTP/1.1\r\nHX-Request: true\r\n"
            f"Cookie: sessionid={place.cookie}; csrftoken={token}\r\nX-CSRFToken: {token}\r\n"
            f"Origin: http://127.0.0.1:{place.port}\r\n"
            "Content-Type: application/x-www-form-urlencoded"
        )
        return f'data-seq="{seq + number + 1}"', posted(head)

    async def posted(head: str) -> None:
        answer = await request(place.port, head, b"")
        assert answer.startswith("HTTP/1.1 200"), answer[:400]

    async with audience(place.port, place.cookie, count, f"?place=room&after={seq}") as viewers:
        before = memory(place.web.pid)
        result = await measured(viewers, ticks, tick)
        return result | {"rss_mb": before, "threads": place.threads()}


async def against_bare(count: int, ticks: int, size: int) -> dict:
    port = free_port()
    child = subprocess.Popen([sys.executable, "-c", BARE, str(port)])
    try:
        await asyncio.sleep(0.5)

        def tick(number: int):
            mark = f"tick {number} of the bare one;"
            event = f"event: panels\ndata: {mark}{'x' * size}\n\n".encode()
            return mark, request(port, "POST / HTTP/1.1", event)

        async with audience(port, "", count, "") as viewers:
            return await measured(viewers, ticks, tick)
    finally:
        child.kill()
        child.wait()


def memory(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return round(int(status.split("VmRSS:")[1].split()[0]) / 1024, 1)


def run(viewers: int = 50, ticks: int = 100) -> dict:
    """Both figures and their ratio, as plain values for JSON."""
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        with valkey(var / "broker") as (_, url), house(var, REDIS_URL=url) as place:
            place.open()
            ours = asyncio.run(against_warroom(place, viewers, ticks))
    bare = asyncio.run(against_bare(viewers, ticks, 12_000))
    ratio = ours["last_viewer_ms"]["median"] / bare["last_viewer_ms"]["median"]
    return {
        "viewers": viewers,
        "ticks": ticks,
        "warroom": ours,
        "bare": bare,
        "last_viewer_ratio": round(ratio, 2),
    }


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--viewers", type=int, default=50)
    options.add_argument("--ticks", type=int, default=100)
    chosen = options.parse_args()
    print(json.dumps(run(chosen.viewers, chosen.ticks), indent=1))
