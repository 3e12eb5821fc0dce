"""How a release stands in a few words: on its state bar, in the tab's title, in the list."""

from datetime import datetime

from warroom.live import outlook
from warroom.models import DeploymentPlan
from warroom.rules import verdicts
from warroom.rules.lifecycle import CLOSED, ENDED
from warroom.rules.rehearsal import MARK


def shown_verdict(plan: DeploymentPlan, now: datetime) -> verdicts.ShownVerdict:
    """The plan's kept verdict as it counts at ``now``; of a closed release the last one."""
    valid_until = None if plan.lifecycle in CLOSED else plan.verdict_valid_until
    return verdicts.as_read(
        plan.verdict,
        plan.verdict_sentence,
        plan.verdict_counts,
        plan.verdict_since,
        valid_until,
        now,
    )


def stands(plan: DeploymentPlan, now: datetime) -> str:
    """``HOLD at 5 %``; the lifecycle's word while nothing is measured and once it has ended."""
    word = shown_verdict(plan, now).word
    if not word or plan.lifecycle in ENDED:
        return plan.get_lifecycle_display()
    return f"{word.upper()} {outlook.position(plan)}".rstrip()


def headline(plan: DeploymentPlan, now: datetime) -> str:
    """``HOLD at 5 % · Genesis Phase 4``, with ``REHEARSAL ·`` before it in a rehearsal."""
    mark = f"{MARK} · " if plan.rehearsal else ""
    return f"{mark}{stands(plan, now)} · {plan.name}"
