"""Gets what tests need and no wheel brings: Prometheus, Alertmanager and a browser."""

import sys
from collections.abc import Callable
from pathlib import Path

from warroom.demo.debian import get_program

TOOLS = Path(__file__).resolve().parent.parent / "var" / "tools"
WANTED = {
    # Debian's package: the names that its program goes by elsewhere
    "prometheus": ["prometheus"],
    "prometheus-alertmanager": ["prometheus-alertmanager", "alertmanager"],
    "gettext": ["xgettext"],
    "chromium": ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
}


def get_tools(say: Callable[[str], None]) -> list[str]:
    """Find or get every wanted program; return the packages that could not be got."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    return [
        package for package, names in WANTED.items() if not get_program(package, names, TOOLS, say)
    ]


if __name__ == "__main__":
    missing = get_tools(print)
    sys.exit(f"could not get: {', '.join(missing)}" if missing else 0)
