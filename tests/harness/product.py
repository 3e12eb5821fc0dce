"""The whole product as people start it, on folders and ports of its own."""

import os
import re
import shutil
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import requests

from tests.harness.postgres import create_database
from tests.harness.prepared import (
    keep_static,
    lend_static,
    migrated,
    migrated_copy,
    plain_environment,
)
from tests.harness.processes import end, free_port, launch, wait_until
from warroom.supervisor import MARK, end_leftovers

ROOT = Path(__file__).resolve().parents[2]
WORDS = {
    "web": "uvicorn",
    "worker": "celery",
    "tick": "manage.py tick",
    "broker": "valkey-server",
    "demo": "warroom.demo.service",
    "prometheus": "--config.file",
}


class Product:
    """``manage.py up``; keeps its folder over starts. On PostgreSQL in a run that has it."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self.var = folder.resolve()
        self.arguments = arguments
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = folder / "output"
        own = {"WARROOM_VAR": str(self.var)}
        self.env = plain_environment() | own | _database() | environment
        self.process: subprocess.Popen[bytes] | None = None
        self.lent = False

    def migrated(self) -> "Product":
        """Begin on a database and static files that were made once for all tests.

        The first start of a product migrates; tests of other things need not wait for it each.
        """
        if url := self.env.get("DATABASE_URL"):
            self.env["DATABASE_URL"] = migrated_copy(url, f"product_{uuid.uuid4().hex[:12]}")
        else:
            shutil.copy2(migrated(), self.var / "warroom.sqlite3")
        lend_static(self.var / "static")
        self.lent = True
        return self

    def launch(self, *more: str) -> "Product":
        """Start it without waiting."""
        command = [sys.executable, str(ROOT / "manage.py"), "up", "--port", str(self.port)]
        command += [*self.arguments, *more]
        self.output.write_bytes(b"")
        self.process = launch(command, self.output, cwd=ROOT, env=self.env)
        return self

    def start(self, within_s: float = 180) -> "Product":
        """Start it and wait until it says that it is ready."""
        self.launch()
        try:
            self.wait_for_words("Warroom is ready at", within_s)
            if self.lent:
                keep_static(self.var / "static")
        except AssertionError:
            self.clean_up()  # what came up too late must not stay behind
            raise
        return self

    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def wait_for_words(self, pattern: str, within_s: float) -> str:
        """Wait for a line with ``pattern`` (a regular expression) and return it."""

        def line() -> str | None:
            found = re.search(f"^.*{pattern}.*$", self.said(), re.MULTILINE)
            if found:
                return found.group()
            assert self.process and self.process.poll() is None, f"it ended: {self.said()}"
            return None

        return wait_until(line, within_s, f"{pattern!r} in {self.output}")

    def stop(self, number: int = signal.SIGINT) -> float:
        """End it as Ctrl-C does; return the seconds it took."""
        assert self.process
        took = end(self.process, number)
        self.process = None
        return took

    def clean_up(self) -> None:
        if self.process:
            self.stop()
        end_leftovers(self.var)

    def pids(self, name: str = "") -> list[int]:
        """Its living processes: all, or those of one child, the child itself first."""
        word = WORDS.get(name, "")
        return [pid for pid, command in sorted(self._marked()) if word in command]

    def _marked(self) -> list[tuple[int, str]]:
        found = []
        mark = f"{MARK}={self.var}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environ = (folder / "environ").read_bytes().split(b"\0")
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if mark in environ and command:
                found.append((int(folder.name), command))
        return found

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, timeout=5, allow_redirects=False)

    def sign_in(self, name: str, password: str) -> requests.Session:
        """Sign in as a person does, by the form; return the session."""
        session = requests.Session()
        page = session.get(f"{self.url}/sign-in/", timeout=10)
        token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token, page.text
        form = {"csrfmiddlewaretoken": token[1], "username": name, "password": password}
        answer = session.post(f"{self.url}/sign-in/", form, timeout=10, allow_redirects=False)
        assert answer.status_code == 302, answer.text
        return session

    def ready(self) -> dict[str, object]:
        """What /readyz says; empty while nothing answers."""
        try:
            return self.get("/readyz").json()
        except requests.RequestException:
            return {}

    def manage(self, *arguments: str, text: str = "") -> str:
        """Run a management command on its data; return the output. ``text`` is its input."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            cwd=ROOT,
            env=self.env,
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run_python(self, text: str) -> str:
        """Run statements with Django set up on its data; return what they print."""
        return self.manage("shell", "--no-imports", text=text)


def _database() -> dict[str, str]:
    server = os.environ.get("DATABASE_URL", "")
    if not server:
        return {}
    return {
        "DATABASE_URL": create_database(server, f"product_{uuid.uuid4().hex[:12]}"),
        "DJANGO_SECRET_KEY": os.environ["DJANGO_SECRET_KEY"],
        "DJANGO_ALLOWED_HOSTS": "127.0.0.1,localhost",
    }
