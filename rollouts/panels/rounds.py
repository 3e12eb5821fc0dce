"""Rounds of watching: the strip with its latest rounds, and what those on watch are asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.queries.rounds import shown_now
from warroom import navigation
from warroom.live import needs as room_needs
from warroom.live import panels
from warroom.live.needs import Need
from warroom.models import DeploymentPlan, Right
from warroom.queries.people import roles_now
from warroom.rules.wording import instant_text

KINDS = ("round.", "stage.", "rollout.", "rollback.", "plan.")
ON_CALL = "on-call"


class Rounds(panels.Panel):
    """How many there were, the strip, the latest ones and the next."""

    name = "rounds"
    template = "rollouts/_rounds.html"
    kinds = KINDS
    places = ("rollout", "round")
    slot = "main"
    order = 30
    refresh_s = 10

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        shown = shown_now(plan, now)
        return None if shown is None else {"shown": shown}


def round_needs(plan: DeploymentPlan, now: datetime) -> Iterator[Need]:
    """The round that can be recorded, for those on watch. The panels read the same rows."""
    shown = shown_now(plan, now)
    current = shown.current if shown and shown.watch else None
    if shown is None or current is None:
        return
    one, watch = current.round, shown.watch
    late = instant_text(one.due_at + timedelta(seconds=watch.late_s), now)
    yield Need(
        key=_whose(plan, now),
        title=_("Record round {one}").format(one=one.number),
        url=reverse("round", args=[plan.slug, one.pk]),
        button=_("Record round"),
        note=_("{shown}, late after {late} UTC.").format(shown=shown.title.capitalize(), late=late),
        due=one.due_at,
        icon="eye",
        who=_who(plan, now),
        short=_("round {one}").format(one=one.number),
    )


def _whose(plan: DeploymentPlan, now: datetime) -> str:
    """Those on watch: who sits as On-Call, where there is such a role; else whoever ticks."""
    return f"role-{ON_CALL}" if _who(plan, now) else Right.TICK.value


def _who(plan: DeploymentPlan, now: datetime) -> str:
    role = next((role for role in roles_now(plan, now) if role.key == ON_CALL), None)
    sits = role is not None and role.may(Right.TICK) and role.seats.all()
    return role.name if sits else ""


panels.register(Rounds())
room_needs.register_needs(round_needs)
navigation.register_part("rollout", "rounds", _l("Rounds"), "rounds", 20)
