"""The panels of the public status page. They name no person and no metric (place: ``status``).

A floor above adds its own by registering a panel with ``places = ("status",)``; ``order`` says
where it stands: state 10, progress 20, next 30, updates 90.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from warroom.live import outlook, panels
from warroom.live.headline import shown_verdict
from warroom.models import DeploymentPlan, StatusUpdate
from warroom.rules.lifecycle import ENDED
from warroom.rules.public import PublicState, public_state
from warroom.rules.wording import moment_text

SHOWN_UPDATES = 20


def state_of(plan: DeploymentPlan, now: datetime) -> PublicState:
    verdict = shown_verdict(plan, now)
    return public_state(plan.lifecycle, verdict.word, outlook.position(plan), verdict.aged)


def since(plan: DeploymentPlan, now: datetime) -> datetime | None:
    """Since when (UTC) the verdict is what the public is told; None while there is none."""
    return shown_verdict(plan, now).since


def is_unknown(plan: DeploymentPlan, now: datetime) -> bool:
    """Whether the public is told that we do not know, because measurements stopped arriving."""
    return shown_verdict(plan, now).aged


def draft_of(plan: DeploymentPlan, now: datetime) -> str:
    """What an update would say now, for a person to mend before it is published."""
    state, ahead = state_of(plan, now), next_of(plan, now)
    lines = [str(state.sentence)]
    if ahead and ahead.at:
        at = f"{moment_text(ahead.at)} UTC"
        lines.append(_("Next: {label}, {at}.").format(label=ahead.label, at=at))
    elif ahead:
        lines.append(_("Next: {label}, when the hold ends.").format(label=ahead.label))
    return " ".join(lines)


def updates_of(plan: DeploymentPlan) -> list[StatusUpdate]:
    """What people wrote for the public, newest first."""
    return list(plan.status_updates.all()[:SHOWN_UPDATES])


def next_of(plan: DeploymentPlan, now: datetime) -> outlook.NextStep | None:
    """What happens next; nothing once the release has ended.

    No time is promised while the release is held, or when the time has passed.
    """
    step = None if plan.lifecycle in ENDED else outlook.next_step(plan, now)
    if step is None or step.at is None or (step.at >= now and not is_held(plan, now)):
        return step
    return replace(step, at=None)


def is_held(plan: DeploymentPlan, now: datetime) -> bool:
    """Whether a verdict stands in the way of the next step."""
    return shown_verdict(plan, now).word in ("hold", "rollback")


class PublicStatePanel(panels.Panel):
    """Whether it goes well, in a headline and two sentences."""

    name = "status"
    template = "warroom/_public_state.html"
    kinds = ("verdict.", "plan.", "stage.", "rollout.", "rollback.")
    places = ("status",)
    slot = "status"
    order = 10

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        return {"state": state_of(plan, now)}


class PublicNext(panels.Panel):
    """What happens next, and when."""

    name = "status-next"
    template = "warroom/_public_next.html"
    kinds = ("gate.", "plan.", "stage.", "rollout.", "verdict.", "rollback.")
    places = ("status",)
    slot = "status"
    order = 30

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        held = is_held(plan, now)
        return {"next": next_of(plan, now), "held": held, "ended": plan.lifecycle in ENDED}


class PublicUpdates(panels.Panel):
    """What people wrote for the public."""

    name = "updates"
    template = "warroom/_public_updates.html"
    kinds = ("status.",)
    places = ("status",)
    slot = "status"
    order = 90

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        return {"updates": updates_of(plan)}


for panel in (PublicStatePanel(), PublicNext(), PublicUpdates()):
    panels.register(panel)
