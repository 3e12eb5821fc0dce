"""Scenario 1: a worker killed at six points of a rollback loses nothing and doubles nothing."""

import json
import subprocess
import sys
from pathlib import Path

from tests.bench.kills import POINTS
from tests.harness.product import Product

HERE = Path(__file__).resolve().parents[2]


def test_scenario_1_a_killed_worker_loses_and_doubles_nothing(tmp_path):
    """Also scenario 5: there is no broker at all. ``make bench PART=kills`` does 50 of each."""
    command = [sys.executable, "-m", "tests.bench.kills", "--runs", "1", "--lanes", "1"]
    template = Product(tmp_path).migrated().var / "warroom.sqlite3"
    command += ["--template", str(template)] if template.exists() else []
    done = subprocess.run(
        [*command, "--lease", "0.5"], cwd=HERE, capture_output=True, timeout=300, check=True
    )
    found = json.loads(done.stdout)
    assert sorted(found) == sorted(POINTS)
    for point, figures in found.items():
        assert figures["kills"] == 1, point
        assert (figures["lost"], figures["doubled"]) == (0, 0), (point, figures)
        assert figures["seconds until seen, longest"] <= 12, (point, figures)
    assert found["after the call, before the commit"]["calls made twice"] == 1
