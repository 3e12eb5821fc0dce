"""Who has a room open, written down now and then by each web process: comfort, not truth.

It is no action: nothing depends on it, it is no event, and it may be lost at any moment.
"""

from collections.abc import Collection

import structlog
from django.db import DatabaseError, IntegrityError, connections
from django.utils import timezone

from warroom.models import DeploymentPlan, Presence, User

log = structlog.get_logger()

Pair = tuple[int, int]  # plan and person, by primary key


def note(pairs: Collection[Pair]) -> None:
    """Write that these people have these rooms open now, in one statement for up to 300 of them.

    Runs in a thread of its own, so that a database that is busy holds up no stream, and leaves no
    connection behind. A failure is logged; the next note repairs it.
    """
    try:
        _write(pairs)
    except IntegrityError:
        _write(_existing(pairs))  # an account or a release was deleted meanwhile
    except DatabaseError as error:
        log.warning("presence is not written", error=type(error).__name__)
    finally:
        connections.close_all()


def _write(pairs: Collection[Pair]) -> None:
    now = timezone.now()
    # In one order everywhere: two processes that write the same rows do not wait for each other.
    rows = [Presence(plan_id=plan, user_id=person, seen_at=now) for plan, person in sorted(pairs)]
    Presence.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["plan", "user"], update_fields=["seen_at"]
    )


def _existing(pairs: Collection[Pair]) -> list[Pair]:
    plans = set(DeploymentPlan.objects.in_bulk([plan for plan, _ in pairs]))
    people = set(User.objects.in_bulk([person for _, person in pairs]))
    return [(plan, person) for plan, person in pairs if plan in plans and person in people]
