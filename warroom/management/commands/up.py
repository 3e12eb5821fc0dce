import contextlib
import hashlib
import http.client
import ipaddress
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from warroom import broker
from warroom.demo import prometheus
from warroom.demo.accounts import PASSWORD, demo_accounts
from warroom.ports import Ports, is_free
from warroom.supervisor import (
    LOOK_EVERY_S,
    AlreadyRunning,
    Child,
    Supervisor,
    end_leftovers,
    sole_keeper,
)

ALREADY_RUNS = 2
READY_WITHIN_S = 60


class Command(BaseCommand):
    help = "Runs the whole product until Ctrl-C: broker, web, worker, tick, and with --demo a demo."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument(
            "--demo",
            action="store_true",
            help="with demo plans, accounts whose password is printed, a service to watch",
        )

    def handle(self, *args: object, **options: object) -> None:
        os.umask(0o077)  # sessions and password hashes lie in what is made from here on
        self.port, self.host = int(str(options["port"])), str(options["host"])
        self.demo = bool(options["demo"])
        if self.demo and not _is_loopback(self.host):
            raise CommandError(
                f"--demo has accounts with a known password; it does not listen on {self.host}",
                returncode=ALREADY_RUNS,
            )
        self.var = Path(settings.VAR_DIR).resolve()
        self.url = f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"
        try:
            with sole_keeper(self.var / "run", {"url": self.url}):
                self._keep()
        except AlreadyRunning as other:
            raise CommandError(
                f"it already runs on {self.var}: {other}", returncode=ALREADY_RUNS
            ) from None

    def _keep(self) -> None:
        left = end_leftovers(self.var)
        if left:
            self.say(f"ended {left} processes that an earlier start left behind")
        if not is_free(self.port, self.host):
            raise CommandError(
                f"port {self.port} is taken by another program; give one by --port (make: PORT=)",
                returncode=ALREADY_RUNS,
            )
        self.supervisor = Supervisor(self.var, self.say)
        # Until the children run, a signal simply ends this process; from then on in good order.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _interrupt)
        try:
            env = self._prepare()
            self.supervisor.obey_signals()
            self._start(env)
            if self._wait_until_ready():
                self._welcome()
            self.supervisor.watch()
        except KeyboardInterrupt:
            pass
        finally:
            self.supervisor.obey_signals()  # a second Ctrl-C must not cut the goodbye short
            self.say("stopping …")
            began = time.monotonic()
            self.supervisor.stop()
            self.say(f"stopped in {time.monotonic() - began:.1f} s")

    def say(self, text: str) -> None:
        self.stdout.write(f"{time.strftime('%H:%M:%S')} {text}")
        self.stdout.flush()

    # -- before the children -------------------------------------------------------------------

    def _prepare(self) -> dict[str, str]:
        """Start what the others need, bring the database up to date; return their environment."""
        env = {"WARROOM_PUBLIC_URL": os.environ.get("WARROOM_PUBLIC_URL", self.url)}
        ports = Ports(self.var / "ports.json", self.say)
        if not settings.REDIS_URL:
            command, env["REDIS_URL"] = broker.command(self.var / "broker", ports.take("broker"))
            self.supervisor.start(Child("broker", command, last=True))
        if self.demo:
            env |= self._start_demo(ports)
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except OperationalError as error:
            raise CommandError(f"the database does not answer: {error}") from None
        self._collect_static()
        if self.demo:
            self._make_demo_room(env)
        return env

    def _make_demo_room(self, env: dict[str, str]) -> None:
        """Make plans and accounts once, and again when the service has another address."""
        stamp = self.var / "demo" / "made-for"
        address = env["WARROOM_DEMO_SERVICE_URL"]
        if demo_accounts() and stamp.exists() and stamp.read_text() == address:
            return
        self.say("making the demo plans and accounts …")
        self._manage(env, "demo_room")
        stamp.write_text(address)

    def _start_demo(self, ports: Ports) -> dict[str, str]:
        folder = self.var / "demo"
        folder.mkdir(parents=True, exist_ok=True)
        state = folder / "knobs.json"
        _mend(state)
        port = ports.take("demo service")
        target = f"127.0.0.1:{port}"
        module = [sys.executable, "-m", "warroom.demo.service"]
        service = [*module, "--port", str(port), "--state", str(state)]
        token = secrets.token_urlsafe(24)
        self.supervisor.start(Child("demo", service, {"DEMO_FLAGS_TOKEN": token}))
        self.knobs_url = f"http://{target}/"
        env = {"WARROOM_DEMO": "1", "WARROOM_DEMO_SERVICE_URL": f"http://{target}"}
        env["WARROOM_SECRET_DEMO_FLAGS"] = token
        reachable = [target]
        if not settings.PROMETHEUS_URL:
            program = prometheus.get_prometheus(self.var / "prometheus", self.say)
            if program:
                port = ports.take("Prometheus")
                command = prometheus.command(program, self.var / "prometheus", port, [target])
                self.supervisor.start(Child("prometheus", command))
                env["PROMETHEUS_URL"] = f"http://127.0.0.1:{port}"
                reachable.append(f"127.0.0.1:{port}")
        allowed = [*settings.WARROOM_OUTBOUND_ALLOW, *reachable]
        return env | {"WARROOM_OUTBOUND_ALLOW": ",".join(allowed)}

    def _collect_static(self) -> None:
        """Collect static files when they changed since the last time."""
        stamp = self.var / "static" / ".collected"
        now = _fingerprint_of_static()
        if not stamp.exists() or stamp.read_text() != now:
            self._manage({}, "collectstatic", "--noinput", "--clear", "--verbosity=0")
            stamp.write_text(now)

    def _manage(self, env: dict[str, str], *arguments: str) -> None:
        # A process of its own: settings are read once, and these steps want other ones than this.
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]
        if subprocess.run(command, env=os.environ | env, check=False).returncode:
            raise CommandError(f"manage.py {arguments[0]} failed; see above")

    # -- the children --------------------------------------------------------------------------

    def _start(self, env: dict[str, str]) -> None:
        python = [sys.executable]
        web = ["-m", "uvicorn", "warroom.asgi:application", "--host", self.host]
        web += ["--port", str(self.port), "--timeout-graceful-shutdown", "2"]
        web += ["--no-access-log", "--no-server-header", "--log-level", "warning"]
        if not settings.BEHIND_PROXY:  # else anyone could choose the address that sign-in counts
            web.append("--no-proxy-headers")
        worker = ["-m", "celery", "-A", "warroom", "worker", "--pool", "prefork"]
        worker += ["--concurrency", "2", "--without-gossip", "--without-mingle"]
        worker += ["--without-heartbeat", "--loglevel", "WARNING"]
        manage = str(settings.BASE_DIR / "manage.py")
        self.supervisor.start(Child("web", python + web, env))
        self.supervisor.start(Child("worker", python + worker, env))
        self.supervisor.start(Child("tick", [*python, manage, "tick"], env))
        self.supervisor.start(Child("watchdog", [*python, manage, "watchdog"], env))

    def _wait_until_ready(self) -> bool:
        """Wait for the web to say that database, broker and tick are well; say what is not."""
        answer = "no answer"
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if self.supervisor.stopping:
                return False
            self.supervisor.look_after()
            status, answer = _get(self.host, self.port, "/readyz")
            if status == http.client.OK:
                return True
            time.sleep(LOOK_EVERY_S)
        self.say(f"not ready after {READY_WITHIN_S} s: {answer}; logs are in {self.var / 'log'}")
        return True

    def _welcome(self) -> None:
        self.say(f"Warroom is ready at {self.url}")
        if self.demo:
            names = ", ".join(account.username for account in demo_accounts())
            self.say(f"accounts: {names}; password {PASSWORD}")
            self.say(f"make the demo service slow, failing or down at {self.knobs_url}")
        self.say("Ctrl-C ends it; everything is kept under " + str(self.var))


def _mend(state: Path) -> None:
    """Nothing is broken at the start; the traffic stays where the rollout left it."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        share = json.loads(state.read_text()).get("rollout_percentage", 0)
        state.write_text(json.dumps({"rollout_percentage": share}))


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _get(host: str, port: int, path: str) -> tuple[int, str]:
    """GET from our own web process; (0, reason) while it does not answer."""
    to = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    connection = http.client.HTTPConnection(to, port, timeout=2)
    try:
        # The first allowed host: with the operator's own list, the address itself may not be on it.
        connection.request("GET", path, headers={"Host": _allowed_host(to)})
        response = connection.getresponse()
        return response.status, response.read(2000).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error) or type(error).__name__
    finally:
        connection.close()


def _allowed_host(fallback: str) -> str:
    host = next(iter(settings.ALLOWED_HOSTS), fallback)
    return fallback if host == "*" else host.lstrip(".")


def _fingerprint_of_static() -> str:
    """Changes when a static file of the project or of a package comes, goes or is touched."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = os.stat(storage.path(path))
            digest.update(f"{path} {status.st_mtime_ns} {status.st_size}\n".encode())
    return digest.hexdigest()
