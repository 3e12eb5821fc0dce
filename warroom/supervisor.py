"""Keeps a handful of processes running and ends them together.

For machines without a service manager: ``manage.py up`` decides what runs, this file only how.
One line is said when a process ends by itself and is started again; its own output is in a log.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

Say = Callable[[str], None]
LOOK_EVERY_S = 0.1
BACK_OFF_S = (0.5, 1, 2, 4, 8, 15)
STEADY_AFTER_S = 30
# Goodbye takes under five seconds in all: most processes get this long, then the broker the rest.
PATIENCE_S = 2.5
PATIENCE_OF_LAST_S = 0.7
LOG_LIMIT_BYTES = 5_000_000
MARK = "WARROOM_CHILD_OF"
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class AlreadyRunning(Exception):
    """Another supervisor holds this folder; the text says which."""


@dataclass
class Child:
    """One process: how to start it, and what became of it."""

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    # Others lean on it while they end, so it is ended after them.
    last: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    falls: int = 0
    held: bool = False


@contextlib.contextmanager
def sole_keeper(folder: Path, about: dict[str, object]) -> Iterator[None]:
    """Hold ``folder`` for this process; raise AlreadyRunning when another one holds it.

    The lock goes with the process, however that ends; the file's text is for people.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "up.json", "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise AlreadyRunning(file.read()) from None
        file.truncate(0)
        json.dump({"pid": os.getpid(), **about}, file)
        file.flush()
        yield


def end_leftovers(folder: Path) -> int:
    """Kill what an earlier supervisor of ``folder`` left behind; return how many processes."""
    left = list(_marked(folder))
    for pid in left:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return len(left)


def _marked(folder: Path) -> Iterator[int]:
    """Processes whose environment says that they belong to ``folder`` (on Linux)."""
    mark = f"{MARK}={folder}".encode()
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark in environ.read_bytes().split(b"\0"):
                yield int(environ.parent.name)


def hold_file(folder: Path, name: str) -> Path:
    """While this file is there, the supervisor of ``folder`` keeps that child ended."""
    return folder / "run" / f"hold-{name}"


class Supervisor:
    """Starts children in order, starts again whichever ends, and ends all on request."""

    def __init__(self, folder: Path, say: Say) -> None:
        self.folder = folder
        self.say = say
        self.children: list[Child] = []
        self.stopping = False
        (folder / "log").mkdir(parents=True, exist_ok=True)
        for held in folder.glob("run/hold-*"):
            held.unlink()

    def obey_signals(self) -> None:
        """From now on SIGINT, SIGTERM and SIGHUP ask for the end instead of causing it."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup means what it says.
            if not (number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN):
                signal.signal(number, self._asked_to_stop)

    def _asked_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def start(self, child: Child) -> Child:
        self.children.append(child)
        self._launch(child)
        return child

    def _launch(self, child: Child) -> None:
        log = self.log_of(child)
        if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with open(log, "ab") as output:
            child.process = subprocess.Popen(
                child.command,
                env=os.environ | child.env | {MARK: str(self.folder), "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Out of the terminal's group: Ctrl-C reaches the supervisor alone, which sees to
                # the order. Its own group: what a child starts is ended with it.
                start_new_session=True,
                # Safe here: this process has one thread.
                preexec_fn=_end_with_parent,
            )
        child.started = time.monotonic()

    def log_of(self, child: Child) -> Path:
        return self.folder / "log" / f"{child.name}.log"

    def look_after(self) -> None:
        """Notice who ended, start again who is due. Call it every ``LOOK_EVERY_S``."""
        now = time.monotonic()
        for child in self.children:
            if hold_file(self.folder, child.name).exists():
                self._hold(child)
            elif child.held:
                self.say(f"{child.name} is let go")
                child.held = False
            elif child.process is None:
                if now >= child.due:
                    self._launch(child)
            elif child.process.poll() is not None:
                self._note_fall(child, now)

    def _hold(self, child: Child) -> None:
        """End a child and leave it so: to show, or to try, what happens without it."""
        if child.held:
            return
        self._end([child], PATIENCE_S)
        child.process, child.held, child.due, child.falls = None, True, 0.0, 0
        self.say(f"{child.name} is held: it stays ended until `manage.py hold {child.name} --off`")

    def _note_fall(self, child: Child, now: float) -> None:
        assert child.process is not None
        how = _how_it_ended(child.process.returncode)
        # A killed parent leaves its pool behind; the next one must not meet it.
        _signal_group(child.process, signal.SIGKILL)
        steady = now - child.started > STEADY_AFTER_S
        child.falls = 0 if steady else child.falls
        wait = BACK_OFF_S[min(child.falls, len(BACK_OFF_S) - 1)]
        child.falls += 1
        child.process, child.due = None, now + wait
        self.say(
            f"{child.name} ended ({how}); starting it again in {wait:g} s — "
            f"its output is in {self.log_of(child)}"
        )

    def watch(self) -> None:
        """Look after the children until asked to stop."""
        while not self.stopping:
            self.look_after()
            time.sleep(LOOK_EVERY_S)

    def stop(self) -> None:
        """End every child, the leaned-on ones last; whoever does not go in time is killed."""
        self._end([child for child in self.children if not child.last], PATIENCE_S)
        self._end([child for child in self.children if child.last], PATIENCE_OF_LAST_S)
        self.children.clear()
        end_leftovers(self.folder)

    def _end(self, children: list[Child], patience_s: float) -> None:
        processes = [child.process for child in children if child.process]
        for process in processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + patience_s
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            _signal_group(process, signal.SIGKILL)
            process.wait()


def _end_with_parent() -> None:
    """In the new process: be told to end when the supervisor dies, even by SIGKILL (on Linux)."""
    if sys.platform == "linux":
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"exit {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
