"""Steps of rollbacks under way that close by themselves: what they wait for is green again."""

from django.utils import timezone

from rollouts.actions.run_steps import close_shown
from rollouts.queries.runs import to_close, waiting_runs
from warroom.tasks import register_due


def close_due() -> int:
    """Close what metrics and checks show; without a run under way one SQL statement."""
    now = timezone.now()
    return sum(len(close_shown(run)) for run in waiting_runs() if to_close(run, now))


register_due("rollback runs", close_due)
