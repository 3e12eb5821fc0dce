"""What `make test` runs: every test on SQLite, on PostgreSQL and Redis those with any state (what
touches neither database nor processes, or draws pages and reads documents, is the same there; of a
test that is asked with many sets of values, the first), then the browser.

Arguments are handed to pytest in every round: ``make test ARGS="tests/rollouts -x"``.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from scripts.get_tools import get_tools
from tests.harness.postgres import Cluster, create_database
from tests.harness.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent
LIMIT_S = 25 * 60
NOTHING_COLLECTED = 5
# What the caller's shell happens to set must not decide what is tested.
# With the last one each of several hundred processes would compile every module again.
OURS = ("WARROOM_", "DJANGO_", "DATABASE_URL", "REDIS_URL", "PROMETHEUS_URL")
OURS += ("PYTHONDONTWRITEBYTECODE",)


@dataclass
class Round:
    """One run of pytest, and how it went."""

    name: str
    marks: str
    more: tuple[str, ...] = ("-n", "3")
    env: dict[str, str] = field(default_factory=dict)
    code: int = 1
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def run(self, arguments: list[str]) -> None:
        print(f"\n== {self.name}", flush=True)
        report = ROOT / "var" / "tests" / f"{self.name.split()[0].strip(',').lower()}.xml"
        report.parent.mkdir(parents=True, exist_ok=True)
        report.unlink(missing_ok=True)
        kept = {name: text for name, text in os.environ.items() if not name.startswith(OURS)}
        folder = {"WARROOM_VAR": str(report.with_suffix(""))}
        command = [sys.executable, "-m", "pytest", "-q", "--dist", "worksteal", *self.more]
        command += ["-m", self.marks, f"--junitxml={report}", *arguments]
        began = time.monotonic()
        self.code = _run(command, kept | folder | self.env)
        self.seconds = time.monotonic() - began
        if report.exists():
            self._read(report)

    def _read(self, report: Path) -> None:
        for case in ET.parse(report).getroot().iter("testcase"):
            name = f"{case.get('classname')}::{case.get('name')}"
            if case.find("failure") is not None or case.find("error") is not None:
                self.counts["failed"] += 1
                self.bad.append(name)
            elif (skip := case.find("skipped")) is not None:
                self.counts["skipped"] += 1
                self.skipped.append(f"{name}: {skip.get('message')}")
            else:
                self.counts["passed"] += 1

    @property
    def good(self) -> bool:
        return self.code == 0 and self.counts["passed"] > 0


def _run(command: list[str], env: dict[str, str]) -> int:
    """Run to the end or to the limit; nothing that it started outlives it."""
    process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True)
    try:
        return process.wait(LIMIT_S)
    except subprocess.TimeoutExpired:
        print(f"over {LIMIT_S / 60:g} minutes: stopped", flush=True)
        return 1
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def run_rounds(arguments: list[str]) -> list[Round]:
    everywhere = "not browser"
    rounds = [Round("SQLite, embedded broker", everywhere)]
    rounds[0].run(arguments)
    with Cluster() as cluster, tempfile.TemporaryDirectory() as folder:
        broker = Valkey(Path(folder)).start()
        env = {
            "DATABASE_URL": create_database(cluster.url("postgres"), "warroom"),
            "REDIS_URL": broker.url,
            "DJANGO_SECRET_KEY": "only-for-tests-" + "k" * 50,
            "DJANGO_ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
        }
        try:
            rounds.append(Round("PostgreSQL and Redis", everywhere, ("-n", "3", "--stateful"), env))
            rounds[-1].run(arguments)
        finally:
            broker.stop()
    rounds.append(Round("Browser", "browser", ("-n", "2")))
    rounds[-1].run(arguments)
    return rounds


def main(arguments: list[str]) -> int:
    missing = get_tools(lambda text: print(text, flush=True))
    for package in missing:
        print(f"missing and not to be got: {package}; the tests that need it fail", flush=True)
    rounds = run_rounds(arguments)
    if arguments:
        # A chosen part may have nothing for one of the rounds.
        rounds = [done for done in rounds if done.code != NOTHING_COLLECTED]
    print("\n== Summary")
    for done in rounds:
        counts = ", ".join(f"{number} {word}" for word, number in sorted(done.counts.items()))
        word = "good" if done.good else f"NOT GOOD (exit {done.code})"
        print(f"{done.name}: {word}; {counts or 'no test ran'}; {done.seconds:.0f} s")
        for name in done.bad:
            print(f"  failed   {name}")
        for name in done.skipped:
            print(f"  skipped  {name}")
    for package in missing:
        print(f"missing: {package}")
    return 0 if rounds and all(done.good for done in rounds) and not missing else 1


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    # Whatever ends this run ends what it started, also where a caller had SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("interrupted")
