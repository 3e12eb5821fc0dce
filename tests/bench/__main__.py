"""``make bench`` and ``make bench PART=fanout``: figures beside their baselines, as table and JSON.

Times, never tests: nothing here decides whether the product is well.
"""

import argparse
import json
from pathlib import Path

from django.conf import settings

from tests.bench import checks, documents, fanout, kills, pages, rollback

PARTS = {
    "checks": checks.run,
    "documents": documents.run,
    "fanout": fanout.run,
    "kills": kills.run,
    "pages": pages.run,
    "rollback": rollback.run,
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--part", default="all", choices=["all", *PARTS])
    chosen = options.parse_args().part
    figures = {name: part() for name, part in PARTS.items() if chosen in ("all", name)}
    for name, found in figures.items():
        print(f"\n{name}")
        for key, value in flat(found).items():
            print(f"  {key:<44} {value}")
    file = Path(settings.VAR_DIR) / "bench.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(figures, indent=1))
    print(f"\n{file}")


def flat(found: dict, before: str = "") -> dict[str, object]:
    """``{"a": {"b": 1}}`` as ``{"a b": 1}``."""
    lines: dict[str, object] = {}
    for key, value in found.items():
        name = f"{before}{key or 'room'}"
        lines |= flat(value, f"{name} ") if isinstance(value, dict) else {name: value}
    return lines


if __name__ == "__main__":
    main()
