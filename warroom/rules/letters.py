"""What may stand in a letter's head, and when one that did not go out is tried again. Pure."""

import re
from datetime import timedelta

# Everything that ends a line or moves the cursor: in a header it would begin another header.
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# After the first try, the second, and so on: about eight hours in all.
WAITS = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
)


def is_one_line(text: str) -> bool:
    return not _BREAKS.search(text)


def one_line(text: str, most: int = 200) -> str:
    """The text on one line, cut at ``most`` characters: what stands in a subject."""
    line = " ".join(_BREAKS.sub(" ", text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def next_try(attempts: int) -> timedelta | None:
    """How long to wait after so many failed tries; None when it is given up."""
    return WAITS[attempts - 1] if attempts <= len(WAITS) else None
