"""A Valkey server (it speaks Redis) that can be frozen, killed and brought back."""

import signal
from pathlib import Path

from tests.harness.processes import answers, end, free_port, launch, wait_until
from warroom import broker


class Valkey:
    """Listens on the same port and with the same password however often it is started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.command, self.url = broker.command(folder, self.port)

    def start(self) -> "Valkey":
        self.process = launch(self.command, self.folder / "log")
        wait_until(lambda: answers(self.port), 10, "Valkey answers")
        return self

    def stop(self) -> None:
        end(self.process)

    def kill(self) -> None:
        end(self.process, signal.SIGKILL)

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)
