"""What the room's pages cost: SQL statements, milliseconds and bytes, small and large.

In process, without a server, so that the figures are the pages' own. The baseline is the same view
with every panel empty: the frame alone.
"""

import json
import os
import tempfile
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "warroom.settings")
django.setup()

from tests.web_process import house  # noqa: E402

MEASURE = """
import statistics, time
from unittest import mock
from django.db import connection
from django.test.utils import CaptureQueriesContext
from warroom.live import kept
browser = Client(HTTP_HOST="127.0.0.1")
browser.force_login(cora, backend="django.contrib.auth.backends.ModelBackend")
def cost(path):
    browser.get(path)
    with CaptureQueriesContext(connection) as queries:
        page = browser.get(path)
    statements = len(queries)
    took = []
    for _ in range(15):
        begun = time.perf_counter()
        browser.get(path)
        took.append(1000 * (time.perf_counter() - begun))
    return {
        "status": page.status_code, "statements": statements, "bytes": len(page.content),
        "ms": round(statistics.median(took), 1),
    }
def costs():
    found = {path: cost(f"/plans/genesis-4/{path}") for path in ("", "checklist/", "timeline/")}
    with mock.patch.object(kept, "render", lambda *rest: ""):
        found["frame alone"] = cost("/plans/genesis-4/")
    return found
answer = costs()
"""
GROW = """
from django.db import transaction
with transaction.atomic():
    ChecklistItem.objects.bulk_create(
        ChecklistItem(plan=plan, phase=phase, number=n, position=n, text=f"Check number {n} passes")
        for n in range(11, 501)
    )
    for number in range(1000):
        add_note(plan, f"Entry {number}", by=cora)
answer = costs()
"""


def run() -> dict:
    """Costs with 10 items and no event, and with 500 items and 1,000 events."""
    with tempfile.TemporaryDirectory() as folder, house(Path(folder)) as place:
        return {"small": place.do(MEASURE), "large": place.do(GROW)}


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
