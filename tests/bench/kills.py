"""kill -9 at six points of a rollback (scenario 1): lost and doubled effects, seconds until seen.

``python -m tests.bench.kills --runs 50`` prints JSON. Each lane is a process with a database and a
receiver of its own; its workers are forked, so that each begins where a worker begins and dies
where a point says. The receiver applies each key once and counts; what it applied more or less
than once for one rollback was doubled or lost.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from pathlib import Path

import requests

POINTS = (
    "before the claim", "after the claim", "before the call", "after the call, before the commit",
    "after the commit", "while it is observed",
)  # fmt: skip
WITHIN_S = 30


def run(
    runs: int = 50, lanes: int = 6, lease_s: float = 0, template: str = ""
) -> dict[str, dict[str, object]]:
    """Figures by point. ``lease_s`` 0: the product's own; ``template``: a migrated database."""
    each = [runs // lanes + (n < runs % lanes) for n in range(lanes)]
    command = [sys.executable, "-m", "tests.bench.kills", "--lane", "--lease", str(lease_s)]
    command += ["--template", template] if template else []
    started = [
        subprocess.Popen([*command, "--runs", str(n)], stdout=subprocess.PIPE) for n in each if n
    ]
    found = [json.loads(one.communicate()[0]) for one in started]
    return {point: _summed([lane[point] for lane in found]) for point in POINTS}


def _summed(lanes: list[list[dict[str, float]]]) -> dict[str, object]:
    rows = [row for lane in lanes for row in lane]
    took = sorted(row["s"] for row in rows)
    return {
        "kills": sum(row["killed"] for row in rows),
        "lost": sum(row["applied"] == 0 for row in rows),
        "doubled": sum(row["applied"] > 1 for row in rows),
        "calls made twice": sum(row["calls"] > 1 for row in rows),
        "seconds until seen, median": round(statistics.median(took), 2),
        "seconds until seen, longest": round(took[-1], 2),
    }


# --- the receiver: a process of its own ----------------------------------------------------


def receive(port_file: Path) -> None:
    """Apply each key once; say the share at /share and what was counted at /counts."""
    seen: dict[str, list[int]] = {}
    state = {"share": 5}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            counts = seen.setdefault(self.headers["Idempotency-Key"], [0, 0])
            counts[0] += 1
            status = 409 if counts[1] else 202
            if not counts[1]:
                counts[1] += 1
                state["share"] = order["percent"]
            self.say(status, {})

        def do_GET(self) -> None:
            if self.path == "/reset":
                seen.clear()
                state["share"] = 5
            self.say(200, state if self.path == "/share" else seen)

        def say(self, status: int, body: object) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    port_file.write_text(str(server.server_address[1]))
    server.serve_forever()


# --- one lane ------------------------------------------------------------------------------


def lane(runs: int, lease_s: float, template: str = "") -> dict[str, list[dict[str, float]]]:
    """Every point ``runs`` times, one after the other, in a house of this process's own."""
    with tempfile.TemporaryDirectory() as folder:
        if template:
            shutil.copy2(template, Path(folder, "warroom.sqlite3"))
        port_file = Path(folder, "port")
        receiver = _fork(lambda: receive(port_file))
        try:
            while not (port_file.exists() and port_file.read_text()):
                time.sleep(0.02)
            url = f"http://127.0.0.1:{port_file.read_text()}"
            house = _House(Path(folder), url, lease_s)
            return {point: [house.kill_at(point) for _ in range(runs)] for point in POINTS}
        finally:
            os.kill(receiver, signal.SIGKILL)
            os.waitpid(receiver, 0)


def _fork(work: Callable[[], object]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    finally:
        os._exit(0)


class _House:
    """A release whose traffic a webhook moves, and workers that die on purpose."""

    def __init__(self, folder: Path, url: str, lease_s: float) -> None:
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        os.environ |= {"WARROOM_VAR": str(folder), "WARROOM_OUTBOUND_ALLOW": "127.0.0.1"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "warroom.settings"
        # Only now: settings read the environment, and the receiver was forked without them.
        self.url, self.house = url, import_module("tests.bench.kills_house")
        self.plan = self.house.make(url, lease_s)

    def kill_at(self, point: str) -> dict[str, float]:
        """Roll back, let a worker die at ``point`` and another finish; say what came of it."""
        requests.get(f"{self.url}/reset", timeout=5)
        generation = self.house.roll_back(self.plan)
        _, status = os.waitpid(_fork(lambda: self.house.work(WITHIN_S, point)), 0)
        began = time.monotonic()
        os.waitpid(_fork(lambda: self.house.work(WITHIN_S, "", generation)), 0)
        took = time.monotonic() - began
        counts = requests.get(f"{self.url}/counts", timeout=5).json()
        return {
            "killed": float(os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL),
            "applied": sum(applied for _, applied in counts.values()),
            "calls": sum(calls for calls, _ in counts.values()),
            "s": took if self.house.is_seen(self.plan, generation) else float("inf"),
        }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=50, help="kills at each point")
    options.add_argument("--lanes", type=int, default=6)
    options.add_argument("--lease", type=float, default=0, help="seconds; 0: the product's own")
    options.add_argument("--template", default="", help="a migrated SQLite database to begin with")
    options.add_argument("--lane", action="store_true", help="be one of the processes")
    said = options.parse_args()
    if said.lane:
        found = lane(said.runs, said.lease, said.template)
    else:
        found = run(said.runs, said.lanes, said.lease, said.template)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
