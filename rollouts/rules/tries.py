"""When a call that failed is made again."""

from __future__ import annotations

from datetime import timedelta

WAITS_S = (1, 2, 5, 10, 20, 30)
# Traffic that has to come back is not kept waiting for half a minute.
LONGEST_BACK_S = 10
# So many failures in a row call for help; the tries go on (scenario 39).
CALL_AFTER = 3


def next_wait(failures: int, *, back: bool) -> timedelta:
    """How long to wait after the given number of failures in a row; ``back``: a rollback."""
    wait = WAITS_S[min(failures, len(WAITS_S)) - 1]
    return timedelta(seconds=min(wait, LONGEST_BACK_S) if back else wait)
