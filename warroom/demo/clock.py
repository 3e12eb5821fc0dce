"""The demo tells of days that a team has lived: its actions run while the clock stands there.

Only the process that makes the demo does this, for what it makes; what people and workers do
afterwards has the time of the day.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils import timezone


@contextmanager
def standing_at(moment: datetime | None) -> Iterator[None]:
    """Let ``timezone.now`` be ``moment`` (UTC) for what is done inside; None leaves it alone."""
    if moment is None:
        yield
        return
    running, timezone.now = timezone.now, lambda: moment
    try:
        yield
    finally:
        timezone.now = running
