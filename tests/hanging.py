"""Due work that hangs for ever, once, when a file asks for it: for tests of the worker's limits."""

import contextlib
import time
from pathlib import Path

from django.conf import settings

from warroom.tasks import register_due

ASKED, TAKEN = "hang", "hung"


def hang() -> int:
    folder = Path(settings.VAR_DIR)
    try:
        (folder / ASKED).rename(folder / TAKEN)
    except FileNotFoundError:
        return 0
    while True:
        # It does not heed the soft limit either.
        with contextlib.suppress(Exception):
            time.sleep(3600)


register_due("hang", hang)
