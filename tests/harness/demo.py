"""The demo service and a real Prometheus that scrapes it, each a process."""

import sys
import time
from pathlib import Path

import requests

from tests.harness.processes import answers, end, free_port, launch, wait_until
from warroom.demo import prometheus
from warroom.demo.debian import find_program


class DemoService:
    """Faults are whole at once (``--ramp 0``), so that a test does not wait for them to grow."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.target = f"127.0.0.1:{self.port}"

    def start(self) -> "DemoService":
        state = self.folder / "knobs.json"
        command = [sys.executable, "-m", "warroom.demo.service", "--port", str(self.port)]
        self.process = launch([*command, "--state", str(state), "--ramp", "0"], self.folder / "log")
        wait_until(lambda: answers(self.port), 15, "the demo service answers")
        return self

    def turn(self, **knobs: float | bool) -> None:
        requests.post(f"{self.url}/knobs", json=knobs, timeout=5).raise_for_status()

    def make(self, way: str) -> None:
        """Press a button of the page: healthy, slow, failing, down, flapping, no metrics."""
        requests.post(f"{self.url}/knobs", data={"way": way}, timeout=5).raise_for_status()

    def stop(self) -> None:
        end(self.process)


class Prometheus:
    """The real server; scrapes ``targets`` (host:port) every second."""

    def __init__(self, folder: Path, targets: list[str]) -> None:
        self.folder = folder
        self.targets = targets
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> "Prometheus":
        unpacked = Path(__file__).parents[2] / "var" / "tools" / "usr" / "bin"
        program = find_program(["prometheus"], [unpacked])
        assert program, f"Prometheus is missing; {prometheus.HOW_TO}"
        command = prometheus.command(program, self.folder, self.port, self.targets, seconds=1)
        self.process = launch(command, self.folder / "log")
        wait_until(self._ready, 30, f"Prometheus is ready; {self.folder / 'log'}")
        return self

    def _ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/-/ready", timeout=2).ok
        except requests.ConnectionError:
            return False

    def ask(self, query: str) -> list[dict[str, object]]:
        """Return the result of an instant query."""
        answer = requests.get(f"{self.url}/api/v1/query", params={"query": query}, timeout=5)
        return answer.json()["data"]["result"]

    def wait_for(self, query: str, within_s: float = 30) -> float:
        """Wait until ``query`` has a finite value; return it."""

        def value() -> tuple[float] | None:
            result = self.ask(query)
            number = float(result[0]["value"][1]) if result else float("nan")  # type: ignore[index]
            return (number,) if number - number == 0 else None

        return wait_until(value, within_s, f"a value of {query}")[0]

    def stop(self) -> None:
        end(self.process)

    def restart(self) -> None:
        self.stop()
        time.sleep(0.1)
        self.start()
