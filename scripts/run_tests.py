"""What `make test` runs: every test on SQLite, some of them on PostgreSQL and Redis, the browser.

The second database is asked each kind of statement that the first was sent, by the tests that do so
in the shortest time, and all that needs locks, processes or a broker: see CONTRIBUTING.md.
Arguments are handed to pytest in every round: ``make test ARGS="tests/rollouts -x"``.
"""

import json
import os
import shutil
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
from tests.harness import statements
from tests.harness.postgres import Cluster, create_database
from tests.harness.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent
LIMIT_S = 25 * 60
NOTHING_COLLECTED = 5
TESTS = ROOT / "var" / "tests"
NOTED = TESTS / "statements"
EVERYWHERE = "not browser"
# What the caller's shell happens to set must not decide what is tested.
# With the last one each of several hundred processes would compile every module again.
OURS = ("WARROOM_", "DJANGO_", "DATABASE_URL", "REDIS_URL", "PROMETHEUS_URL")
OURS += ("PYTHONDONTWRITEBYTECODE",)


@dataclass
class Round:
    """One run of pytest, and how it went."""

    name: str
    marks: str
    more: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    code: int = 1
    seconds: float = 0.0
    cpu: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    @property
    def report(self) -> Path:
        return TESTS / f"{self.name.split()[0].strip(',').lower()}.xml"

    def run(self, arguments: list[str]) -> None:
        print(f"\n== {self.name}", flush=True)
        self.start(arguments)
        self.finish()

    def start(self, arguments: list[str]) -> None:
        TESTS.mkdir(parents=True, exist_ok=True)
        self.report.unlink(missing_ok=True)
        kept = {name: text for name, text in os.environ.items() if not name.startswith(OURS)}
        env = kept | {"WARROOM_VAR": str(self.report.with_suffix(""))} | self.env
        command = [sys.executable, "-m", "pytest", "-q", "--dist", "worksteal", *self.more]
        command += ["-m", self.marks, f"--junitxml={self.report}", *arguments]
        self.began = time.monotonic()
        self.process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True)

    def finish(self) -> None:
        """Wait for its end or its limit, and read how it went."""
        try:
            while time.monotonic() < self.began + LIMIT_S:
                pid, status, used = os.wait4(self.process.pid, os.WNOHANG)
                if pid:
                    self.code = self.process.returncode = os.waitstatus_to_exitcode(status)
                    self.cpu = used.ru_utime + used.ru_stime
                    break
                time.sleep(0.2)
            else:
                print(f"{self.name}: over {LIMIT_S / 60:g} minutes: stopped", flush=True)
        finally:
            self.end()
        self.seconds = time.monotonic() - self.began
        if self.report.exists():
            self._read(self.report)

    def end(self) -> None:
        """Nothing that it started outlives it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def _read(self, report: Path) -> None:
        whole = ET.parse(report).getroot()
        for case in whole.iter("testcase"):
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


def run_rounds(arguments: list[str]) -> list[Round]:
    shutil.rmtree(NOTED, ignore_errors=True)
    workers = ("-n", str(max(3, os.cpu_count() or 0)))  # many tests wait more than they compute
    sqlite = Round("SQLite, embedded broker", EVERYWHERE, (*workers, f"--note-statements={NOTED}"))
    browser = Round("Browser", "browser", ("-n", "2"))
    # One after the other: side by side they take as long, and what waits for processes times out.
    sqlite.run(arguments)
    postgres = run_postgres(arguments, (*workers, f"--chosen={choose()}"))
    browser.run(arguments)
    return [sqlite, postgres, browser]


def choose() -> Path:
    """Write down which tests ask the second database all that the first was asked."""
    noted = statements.read(NOTED)
    chosen = statements.choose(noted)
    kinds = len(set().union(*(kinds for _, kinds in noted.values())))
    print(f"{len(chosen)} tests send all {kinds} kinds of statements", flush=True)
    (TESTS / "chosen.json").write_text(json.dumps(chosen))
    return TESTS / "chosen.json"


def run_postgres(arguments: list[str], more: tuple[str, ...]) -> Round:
    with Cluster() as cluster, tempfile.TemporaryDirectory() as folder:
        broker = Valkey(Path(folder)).start()
        env = {
            "DATABASE_URL": create_database(cluster.url("postgres"), "warroom"),
            "REDIS_URL": broker.url,
            "DJANGO_SECRET_KEY": "only-for-tests-" + "k" * 50,
            "DJANGO_ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
        }
        done = Round("PostgreSQL and Redis", EVERYWHERE, more, env)
        try:
            done.run(arguments)
        finally:
            broker.stop()
    return done


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
        print(f"  {done.cpu:.0f} s of processor time")
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
