"""What takes long to make and is the same for all tests: made once, by whoever asks first.

A migrated database (a file of SQLite, a template of PostgreSQL) and the collected static files.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "var" / "tests" / "migrated"


def migrated() -> Path:
    """An SQLite database with every migration of this checkout."""
    with _alone():
        made = FOLDER / f"{_digest()}.sqlite3"
        if not made.exists():
            _migrate(WARROOM_VAR=str(FOLDER))
            (FOLDER / "warroom.sqlite3").replace(made)
    return made


def migrated_copy(url: str, name: str) -> str:
    """Create the database ``name`` beside the one of ``url``, with every migration; its URL."""
    template = f"migrated_{_digest()}"
    with _alone(), psycopg.connect(url, autocommit=True) as server:
        known = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template])
        if known.fetchone() is None:
            unfinished = f"{template}_unfinished"
            server.execute(f'DROP DATABASE IF EXISTS "{unfinished}"'.encode())
            server.execute(f'CREATE DATABASE "{unfinished}"'.encode())
            served = {"DJANGO_SECRET_KEY": "k" * 50, "DJANGO_ALLOWED_HOSTS": "localhost"}
            _migrate(WARROOM_VAR=str(FOLDER), DATABASE_URL=_beside(url, unfinished), **served)
            server.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{template}"'.encode())
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    return _beside(url, name)


def make_test_database(name: str) -> None:
    """The database of this worker's tests: a path on SQLite, a name on PostgreSQL."""
    drop_test_database(name)
    if url := os.environ.get("DATABASE_URL"):
        migrated_copy(url, name)
    else:
        shutil.copy2(migrated(), name)


def drop_test_database(name: str) -> None:
    if url := os.environ.get("DATABASE_URL"):
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
    else:
        for end in ("", "-wal", "-shm"):
            Path(f"{name}{end}").unlink(missing_ok=True)


def lend_static(to: Path) -> None:
    """Give a product the static files that another one collected; it looks whether they fit."""
    with _alone():
        if (FOLDER / "collected").exists():
            shutil.copytree(FOLDER / "collected", to, dirs_exist_ok=True)


def keep_static(of: Path) -> None:
    """Keep what a product collected for the next one, unless we have the same."""
    with _alone():
        ours, theirs = (folder / ".collected" for folder in (FOLDER / "collected", of))
        if ours.exists() and ours.read_text() == theirs.read_text():
            return
        shutil.rmtree(FOLDER / "collected", ignore_errors=True)
        shutil.copytree(of, FOLDER / "unfinished", dirs_exist_ok=True)
        (FOLDER / "unfinished").replace(FOLDER / "collected")


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _digest() -> str:
    """Another one with every change of a migration or of a package that brings some."""
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for path in sorted(ROOT.glob("*/migrations/*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _migrate(**environment: str) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "-v0"]
    subprocess.run(command, cwd=ROOT, env=plain_environment() | environment, check=True)


def plain_environment() -> dict[str, str]:
    """The environment without what configures a product."""
    return {name: text for name, text in os.environ.items() if not _is_ours(name)}


def _is_ours(name: str) -> bool:
    return name in ("DATABASE_URL", "REDIS_URL", "PROMETHEUS_URL") or name.startswith(
        ("WARROOM_", "DJANGO_")
    )


def _beside(url: str, name: str) -> str:
    return f"{url.rsplit('/', 1)[0]}/{name}"
