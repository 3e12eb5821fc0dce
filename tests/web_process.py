"""A real web process on a database of its own, a second process that acts, and viewers."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection

from tests.harness.prepared import migrated, migrated_copy
from warroom import broker

ROOT = Path(settings.BASE_DIR)
DOER = """
import json, sys, traceback
import django
django.setup()
from django.conf import settings
from django.test import Client
from django.utils import timezone
from checklists.models import *
from checklists.actions.items import set_item_state
from warroom.actions.timeline import add_note
from warroom.models import *
names = globals()
for line in sys.stdin:
    try:
        exec(compile(json.loads(line), "test", "exec"), names)
        answer = names.pop("answer", None)
        print(json.dumps({"answer": answer}), flush=True)
    except BaseException:
        print(json.dumps({"error": traceback.format_exc()}), flush=True)
"""
SEED = """
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
cora = User.objects.create_user("cora", password="pw", first_name="Cora")
stranger = User.objects.create_user("stranger", password="pw")
plan = DeploymentPlan.objects.create(slug="genesis-4", name="Genesis Phase 4", lifecycle="watching")
role = Role.objects.create(plan=plan, key="lead", name="Lead", rights=["edit", "tick", "decide"])
Seat.objects.create(role=role, user=cora)
phase = Phase.objects.create(plan=plan, number=1, title="System readiness")
items = [
    ChecklistItem.objects.create(
        plan=plan, phase=phase, number=n, position=n, text=f"Check number {n} passes"
    )
    for n in range(1, 11)
]
def cookie_of(person):
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value
answer = [cookie_of(cora), cookie_of(stranger)]
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class House:
    """One database, its web process, and a second process that plays the worker."""

    var: Path
    env: dict[str, str]
    children: list[subprocess.Popen] = field(default_factory=list)
    port: int = 0
    web: subprocess.Popen | None = None
    doer: subprocess.Popen | None = None
    cookie: str = ""
    strangers_cookie: str = ""

    def furnish(self) -> None:
        """Begin on a migrated database, start the second process, make a plan and its people."""
        if "DATABASE_URL" not in self.env:
            shutil.copy2(migrated(), self.var / "warroom.sqlite3")
        self.doer = self._start([sys.executable, "-c", DOER], stdin=subprocess.PIPE)
        self.cookie, self.strangers_cookie = self.do(SEED)

    def do(self, code: str):
        """Run ``code`` in the second process; returns what it puts into ``answer``."""
        self.doer.stdin.write(json.dumps(code).encode() + b"\n")
        self.doer.stdin.flush()
        said = json.loads(self.doer.stdout.readline())
        assert "error" not in said, said["error"]
        return said["answer"]

    def note(self, text: str) -> None:
        self.do(f"add_note(plan, {text!r}, by=cora)")

    def open(
        self, app: str = "warroom.asgi:application", host: str = "127.0.0.1", **env: str
    ) -> None:
        """Start the web process and wait until it answers."""
        self.port = free_port()
        command = [sys.executable, "-m", "uvicorn", app, "--host", host]
        command += ["--port", str(self.port), "--timeout-graceful-shutdown", "3"]
        command += ["--no-access-log", "--log-level", "warning"]
        self.web = self._start(command, **env)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), urllib.request.urlopen(self.url("/healthz")):
                return
            time.sleep(0.05)
        raise AssertionError("the web process did not start")

    def shut(self, number: int = signal.SIGTERM) -> float:
        """Stop the web process; returns how long it took (seconds)."""
        begun = time.monotonic()
        self.web.send_signal(number)
        self.web.wait(timeout=20)
        return time.monotonic() - begun

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.web.pid}/task"))

    def database_files(self) -> int:
        """How many descriptors of the web process are open on the database file or server."""
        folder = Path(f"/proc/{self.web.pid}/fd")
        names = [os.readlink(link) for link in folder.iterdir() if link.exists()]
        return sum("warroom.sqlite3" in name for name in names)

    def leave(self) -> None:
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe:
                    pipe.close()

    def _start(self, command: list[str], stdin=subprocess.DEVNULL, **env: str) -> subprocess.Popen:
        with (self.var / f"stderr-{len(self.children)}").open("wb") as complaints:
            child = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.env | env,
                stdin=stdin,
                stdout=subprocess.PIPE if stdin == subprocess.PIPE else None,
                stderr=complaints,
            )
        self.children.append(child)
        return child

    def complaints(self) -> str:
        """What all processes wrote to stderr."""
        return "".join(file.read_text() for file in sorted(self.var.glob("stderr-*")))


@contextlib.contextmanager
def house(var: Path, **env: str):
    """A furnished house on SQLite, or on a fresh database of the server that tests run on."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    base = {"DJANGO_SETTINGS_MODULE": "warroom.settings", "WARROOM_VAR": str(var), "REDIS_URL": ""}
    with database_url() as url:
        if url:
            base |= {
                "DATABASE_URL": url,
                "DJANGO_SECRET_KEY": "tests-only-" + "k" * 50,
                "DJANGO_ALLOWED_HOSTS": "127.0.0.1,testserver",
            }
        place = House(var, plain | base | env)
        try:
            place.furnish()
            yield place
        finally:
            place.leave()


@contextlib.contextmanager
def database_url():
    """The address of a database of its own on PostgreSQL; '' with the embedded SQLite."""
    if connection.vendor != "postgresql":
        yield ""
        return
    at = connection.settings_dict
    known = {"user": at["USER"], "password": at["PASSWORD"], "host": at["HOST"], "port": at["PORT"]}
    known = {key: value for key, value in known.items() if value}
    name = f"warroom_live_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(dbname="postgres", autocommit=True, **known) as admin:
        try:
            yield migrated_copy(_url(at, "postgres"), name)
        finally:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _url(at: dict, name: str) -> str:
    person = f"{at['USER']}:{at['PASSWORD']}@" if at["PASSWORD"] else f"{at['USER']}@"
    host = str(at["HOST"]).replace("/", "%2F")
    return f"postgres://{person if at['USER'] else ''}{host}:{at['PORT'] or 5432}/{name}"


@contextlib.contextmanager
def valkey(folder: Path):
    """A real broker; yields its process and its URL."""
    port = free_port()
    command, url = broker.command(folder, port)
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.02)
        yield child, url
    finally:
        child.kill()
        child.wait()


@dataclass
class Message:
    kind: str = ""
    id: str = ""
    data: str = ""

    @property
    def fragments(self) -> list[str]:
        return re.findall(r'data-live="([^"]+)"', self.data)


class Viewer:
    """A browser's event stream, read from a bare socket."""

    def __init__(self, port: int, cookie: str, query: str = "", slug: str = "genesis-4", **headers):
        self.port, self.cookie, self.query, self.slug = port, cookie, query, slug
        self.headers = headers
        self.messages: asyncio.Queue[Message] = asyncio.Queue()
        self.status = 0
        self.head = ""
        self.closed = asyncio.Event()

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        extra = "".join(
            f"{key.replace('_', '-')}: {value}\r\n" for key, value in self.headers.items()
        )
        cookie = f"Cookie: sessionid={self.cookie}\r\n" if self.cookie else ""
        self.writer.write(
            f"GET /plans/{self.slug}/live{self.query} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"{cookie}{extra}\r\n".encode()
        )
        self.head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        self.status = int(self.head.split()[1])
        self.task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *exc):
        self.task.cancel()
        self.writer.close()
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await self.task

    async def next(self, kind: str = "panels", within: float = 5.0) -> Message:
        async with asyncio.timeout(within):
            while True:
                message = await self.messages.get()
                if message.kind == kind:
                    return message

    async def saying(self, text: str, within: float = 5.0) -> Message:
        """The next ``panels`` message that holds ``text``."""
        async with asyncio.timeout(within):
            while text not in (message := await self.next("panels", within)).data:
                pass
        return message

    async def nothing(self, kind: str = "panels", within: float = 0.6) -> None:
        """Assert that no message of ``kind`` comes within so many seconds."""
        with contextlib.suppress(TimeoutError):
            raise AssertionError(f"came: {await self.next(kind, within)}")

    async def _read(self) -> None:
        chunked = "transfer-encoding: chunked" in self.head
        text = b""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while chunked and (size := int(await self.reader.readline(), 16)):
                text += (await self.reader.readexactly(size + 2))[:-2]
                *whole, text = text.split(b"\n\n")
                for block in whole:
                    self.messages.put_nowait(parsed(block.decode()))
        self.closed.set()


def parsed(block: str) -> Message:
    message, data = Message(), []
    for line in block.split("\n"):
        name, _, value = line.partition(": ")
        if name == "event":
            message.kind = value
        elif name == "id":
            message.id = value
        elif name == "data":
            data.append(value)
    message.data = "\n".join(data)
    return message
