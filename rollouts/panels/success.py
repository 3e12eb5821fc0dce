"""Success criteria on the pages: what was met, what is due, and who has to say something."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.queries.success import DUE, EVALUATED, SuccessRow, success_rows
from rollouts.rules.success import tally
from warroom import navigation
from warroom.live import needs as room_needs
from warroom.live import panels
from warroom.live.needs import Need
from warroom.models import DeploymentPlan, Lifecycle, Right

LIVE = (Lifecycle.DEPLOYING, Lifecycle.WATCHING)
MOST_NEEDS = 3


class Success(panels.Panel):
    """Every success criterion with its time and what it came to."""

    name = "success"
    template = "rollouts/_success.html"
    kinds = ("success.", "stage.", "rollout.", "plan.", "metric.edited")
    places = ("rollout", "success")
    slot = "main"
    order = 60
    refresh_s = 60

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        rows = success_rows(plan, now)
        if not rows:
            return None
        return {"groups": grouped(rows), "summary": tally(row.criterion.met for row in rows)}


def grouped(rows: list[SuccessRow]) -> list[tuple[str, list[SuccessRow]]]:
    """The rows under their headings, in order."""
    groups: dict[str, list[SuccessRow]] = {}
    for row in rows:
        groups.setdefault(row.criterion.group, []).append(row)
    return list(groups.items())


def success_needs(plan: DeploymentPlan, now: datetime) -> Iterator[Need]:
    """What a person has to say, once it is due."""
    if plan.lifecycle not in LIVE:
        return
    waiting = [row for row in success_rows(plan, now) if row.wants_person]
    for row in waiting[:MOST_NEEDS]:
        one = row.criterion
        group = f"{one.group}. " if one.group else ""
        why = (
            _("No data: {reason}").format(reason=one.reason)
            if row.state == EVALUATED
            else _("Nothing measures it.")
        )
        yield Need(
            key=Right.VOTE.value,
            title=_("Say whether it holds: {one}").format(one=one.text),
            url=f"{reverse('success', args=[plan.slug])}#judge-{one.key}",
            button=_("Judge it"),
            note=f"{group}{why}",
            due=row.due if row.state == DUE else None,
            icon="eye",
            optional=False,
        )


panels.register(Success())
room_needs.register_needs(success_needs)
navigation.register_part("rollout", "success", _l("Success"), "success", 25)
