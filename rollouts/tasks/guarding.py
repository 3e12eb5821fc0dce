"""The due work of guardrails: silence and drift trip by the clock, without any answer coming in."""

import structlog

from rollouts.actions.guardrails import judge_guardrails
from rollouts.queries.guarded import guarded
from warroom.tasks import register_due

log = structlog.get_logger()


def guard_all() -> int:
    """Judge the guardrails of every release that serves somebody; return how many rolled back."""
    done = 0
    for plan in guarded():
        try:
            done += judge_guardrails(plan) is not None
        except Exception:
            # One release whose guardrails cannot be judged must not unguard all the others.
            log.exception("guardrails not judged", plan=plan.pk)
    return done


register_due("guardrails", guard_all)
