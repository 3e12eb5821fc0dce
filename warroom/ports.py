"""Loopback ports that stay the same between starts: addresses of the demo are kept in plans."""

import json
import random
import socket
from collections.abc import Callable
from pathlib import Path

# Below the range that Linux hands to outgoing connections, so that a port is still free next time.
FIRST, LAST = 20_000, 32_000


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on ``port`` now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


class Ports:
    """Named ports of one ``var/``, written down in a file; asking twice gives the same one."""

    def __init__(self, file: Path, say: Callable[[str], None]) -> None:
        self.file = file
        self.say = say
        try:
            self.known: dict[str, int] = json.loads(file.read_text())
        except (FileNotFoundError, ValueError):
            self.known = {}

    def take(self, name: str) -> int:
        """Return the port kept for ``name``, a new one when another program has it meanwhile."""
        kept = self.known.get(name)
        if kept and is_free(kept):
            return kept
        port = self._unused()
        if kept:
            self.say(f"port {kept} of the {name} is taken by another program; using {port}")
        self.known[name] = port
        self.file.write_text(json.dumps(self.known, indent=1))
        return port

    def _unused(self) -> int:
        while True:
            port = random.randint(FIRST, LAST)
            if port not in self.known.values() and is_free(port):
                return port
