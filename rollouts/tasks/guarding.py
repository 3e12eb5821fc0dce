"""The due work of guardrails: silence and drift trip by the clock, without any answer coming in."""

import structlog
from django.db import OperationalError, connection
from django.utils import timezone

from rollouts.actions.guardrails import judge_guardrails, note_guarded
from rollouts.queries.guarded import guarded
from warroom.tasks import register_due

log = structlog.get_logger()


def guard_all() -> int:
    """Judge the guardrails of every release that serves somebody; return how many rolled back."""
    done, judged = 0, []
    for plan in guarded():
        try:
            done += judge_guardrails(plan) is not None
            judged.append(plan)
        except Exception as error:
            if isinstance(error, OperationalError) and not connection.is_usable():
                raise
            # One release whose guardrails cannot be judged must not unguard all the others.
            log.exception("guardrails not judged", plan=plan.pk)
    note_guarded(judged, timezone.now())
    return done


register_due("guardrails", guard_all)
