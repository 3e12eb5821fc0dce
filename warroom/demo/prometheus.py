"""The demo's Prometheus: the real one, found or got, scraping the demo service."""

import os
from pathlib import Path

from warroom.demo.debian import Say, find_program, get_program

HOW_TO = "set PROMETHEUS_URL, or install it (Debian: apt-get install prometheus) and start again"
CONFIG = """\
global:
  scrape_interval: {seconds}s
  scrape_timeout: {timeout}s
scrape_configs:
  - job_name: genesis
    static_configs:
      - targets: [{targets}]
"""


def get_prometheus(folder: Path, say: Say) -> Path | None:
    """Return the program, got as a Debian package where needed; None, with a word, without it.

    ``WARROOM_PROMETHEUS`` names a program of the operator's own; ``none`` does without.
    """
    named = os.environ.get("WARROOM_PROMETHEUS", "")
    if named:
        program = find_program([named])
    else:
        program = get_program("prometheus", ["prometheus"], folder / "package", say)
    if program is None:
        say(f"no Prometheus: tiles of metrics will say “no data”; {HOW_TO}")
    return program


def command(
    program: Path, folder: Path, port: int, targets: list[str], seconds: int = 5
) -> list[str]:
    """Write the configuration under ``folder`` and return the command line; loopback only."""
    folder.mkdir(parents=True, exist_ok=True)
    quoted = ", ".join(f'"{target}"' for target in targets)
    config = folder / "prometheus.yml"
    config.write_text(CONFIG.format(seconds=seconds, timeout=min(seconds, 5), targets=quoted))
    return [
        str(program),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=2d",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
