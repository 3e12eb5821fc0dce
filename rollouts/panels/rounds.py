"""Rounds of watching: the strip with its latest rounds, and what is due in the room."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from rollouts.queries.rounds import Shown, shown_now
from rollouts.rules import rounds
from warroom import navigation
from warroom.live import needs as room_needs
from warroom.live import panels
from warroom.live.needs import Need
from warroom.models import DeploymentPlan, Right
from warroom.queries.people import roles_now
from warroom.rules.wording import instant_text

KINDS = ("round.", "stage.", "rollout.", "rollback.", "plan.")
ON_CALL = "on-call"
# So long the room speaks of a round that was missed, once rounds go on.
SPOKEN_OF = timedelta(hours=1)


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


class RoundsDue(panels.Panel):
    """In the room only while a round is due or one was missed just now."""

    name = "rounds-due"
    template = "rollouts/_rounds_due.html"
    kinds = KINDS
    slot = "system"
    order = 15
    refresh_s = 10

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        shown = shown_now(plan, now)
        if shown is None or shown.watch is None:
            return None
        missed = _missed_lately(shown, now)
        due = shown.current if shown.current and shown.current.state == rounds.DUE else None
        return {"shown": shown, "due": due, "missed": missed} if due or missed else None


def _missed_lately(shown: Shown, now: datetime) -> int:
    return sum(
        row.state == rounds.MISSED and now - row.round.due_at < SPOKEN_OF for row in shown.rows
    )


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
        title=f"Record round {one.number}",
        url=reverse("round", args=[plan.slug, one.pk]),
        button="Record round",
        note=f"{shown.title.capitalize()}, late after {late} UTC.",
        due=one.due_at,
        icon="eye",
        who=_who(plan, now),
        short=f"round {one.number}",
    )


def _whose(plan: DeploymentPlan, now: datetime) -> str:
    """Those on watch: who sits as On-Call, where there is such a role; else whoever ticks."""
    return f"role-{ON_CALL}" if _who(plan, now) else Right.TICK.value


def _who(plan: DeploymentPlan, now: datetime) -> str:
    role = next((role for role in roles_now(plan, now) if role.key == ON_CALL), None)
    sits = role is not None and role.may(Right.TICK) and role.seats.all()
    return role.name if sits else ""


panels.register(Rounds())
panels.register(RoundsDue())
room_needs.register_needs(round_needs)
navigation.register_part("rollout", "rounds", "Rounds", "rounds", 20)
