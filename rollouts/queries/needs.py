"""What the machines' readings need of those who run the rollout."""

from __future__ import annotations

from datetime import datetime

from warroom.live.headline import shown_verdict
from warroom.live.needs import Need
from warroom.models import DeploymentPlan, Lifecycle, Right
from warroom.rules.lifecycle import ENDED

PROCEDURE = "Follow the rollback procedure of the release's document."


def watch_needs(plan: DeploymentPlan, now: datetime) -> list[Need]:
    """ROLLBACK asks for the release to be rolled back, HOLD for a look at what holds it.

    Due since the verdict turned, so that it stands before what only comes. No SQL statement.
    """
    shown = shown_verdict(plan, now)
    if shown.word not in ("hold", "rollback") or plan.lifecycle in {*ENDED, Lifecycle.DRAFT}:
        return []
    back = shown.word == "rollback"
    name = "the checks" if shown.aged else plan.verdict_leading.rpartition(":")[0] or "the checks"
    return [
        Need(
            key=Right.RUN.value,
            title="Roll the release back" if back else f"Look at {name}",
            url=f"/plans/{plan.slug}/checks/",
            button="Open checks",
            note=f"{shown.sentence} {PROCEDURE}" if back else shown.sentence,
            due=shown.since or now,
            icon="block" if back else "eye",
            main=back,
            first=back,
        )
    ]
