"""What two people do at the same moment may collide in the database: then it is done once more.

A deadlock or a serialization failure rolls the whole transaction back, so nothing was written, and
the action can be carried out anew from its beginning.
"""

import functools
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import structlog
from django.db import OperationalError, transaction

log = structlog.get_logger()
P, T = ParamSpec("P"), TypeVar("T")

TRIES = 3  # after the first one
REST_S = (0.02, 0.1, 0.4)
# Whoever waited for the one writer of SQLite for longer is told so, and not kept any more.
LONGEST_S = 5.0
_STATES = {"40001", "40P01"}  # serialization failure, deadlock
_BUSY = 5  # SQLITE_BUSY, and in the low byte of its kinds


def carried_out_again(action: Callable[P, T]) -> Callable[P, T]:
    """Do ``action`` again, at most three times, when it collided with another transaction.

    Only where it is the outermost one: within another transaction that one has to be done again.
    """

    @functools.wraps(action)
    def carry_out(*args: P.args, **kwargs: P.kwargs) -> T:
        if transaction.get_connection().in_atomic_block:
            return action(*args, **kwargs)
        begun = time.monotonic()
        for rest_s in REST_S:
            try:
                return action(*args, **kwargs)
            except OperationalError as error:
                if not collided(error) or time.monotonic() - begun > LONGEST_S:
                    raise
                log.warning("carried out again", action=action.__name__, error=str(error)[:200])
            time.sleep(rest_s * random.uniform(0.5, 1.5))
        return action(*args, **kwargs)

    return carry_out


def collided(error: OperationalError) -> bool:
    """Whether it is another transaction that stood in the way."""
    cause = error.__cause__
    if getattr(cause, "sqlstate", None) in _STATES:
        return True
    code = getattr(cause, "sqlite_errorcode", None)
    return code is not None and code & 0xFF == _BUSY
