"""How many checks one worker asks, how late and at what cost, beside one task per check.

A target in another process answers in 20 ms. Both designs run in one process of their own, on the
same SQLite file, in the same run: only the ratio says anything about another machine. Ours writes
every reading, the evidence, the verdict and the timeline; the baseline is given once without any
write, and once with the two writes that a task of its own would make.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECKS, QUERIES, ANSWER_S = 1000, 200, 0.02

TARGET = """
import asyncio, json, sys, time
from aiohttp import web
async def health(request):
    await asyncio.sleep(float(sys.argv[2]))
    return web.Response(text="ok")
async def query(request):
    found = [{"metric": {}, "value": [time.time(), "120"]}]
    data = {"resultType": "vector", "result": found}
    return web.json_response({"status": "success", "data": data})
async def hang(request):
    await asyncio.sleep(60)
app = web.Application()
app.router.add_get("/health", health)
app.router.add_get("/api/v1/query", query)
app.router.add_get("/hang", hang)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, backlog=4096)
"""


def run() -> dict:
    """All figures of one run, as plain values for JSON."""
    port, load = _free_port(), _load()
    target = subprocess.Popen([sys.executable, "-c", TARGET, str(port), str(ANSWER_S)])
    try:
        with tempfile.TemporaryDirectory() as folder:
            env = {**os.environ, **_environment(folder, port)}
            subprocess.run(
                [sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, env=env, check=True
            )
            child = [sys.executable, "-m", "tests.bench.checks_worker", str(port)]
            done = subprocess.run(child, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE)
            return {"load before": load, "load after": _load(), **json.loads(done.stdout)}
    finally:
        target.kill()
        target.wait()


def _environment(folder: str, port: int) -> dict[str, str]:
    return {
        "WARROOM_VAR": folder,
        "DATABASE_URL": "",
        "WARROOM_OUTBOUND_ALLOW": "127.0.0.1",
        "PROMETHEUS_URL": f"http://127.0.0.1:{port}",
        "DJANGO_SETTINGS_MODULE": "warroom.settings",
    }


def _load() -> float:
    """How many processes want a core, over the last minute."""
    return round(os.getloadavg()[0], 1)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
