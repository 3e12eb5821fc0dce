"""How the wanted share is brought about: who is called, what was answered, what people do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.actions.executors import sight_text
from rollouts.executors import KINDS
from rollouts.models import Effect, EffectState
from rollouts.queries.effects import (
    ROLLBACK,
    agreement,
    carrying,
    latest_effects,
    trouble_of,
    waits_for_hand,
)
from rollouts.queries.rollouts import rollout_now
from rollouts.rules.shares import share
from warroom.live import needs, panels
from warroom.models import DeploymentPlan, Right

# How a state of a call is shown: a band of the signals, and a word.
SIGNALS = {
    EffectState.DUE: ("no_data", _l("to be called")),
    EffectState.SENT: ("yellow", _l("accepted, not seen yet")),
    EffectState.DONE: ("green", _l("seen")),
    EffectState.FAILED: ("red", _l("refused")),
    EffectState.SUPERSEDED: ("no_data", _l("another share came first")),
    EffectState.HELD: ("yellow", _l("held since a restore")),
}


class Effects(panels.Panel):
    """Who moves the traffic, the last calls, and what is to be done by hand."""

    name = "effects"
    template = "rollouts/_effects.html"
    kinds = ("effect.", "rollout.", "stage.", "rollback.", "executor.", "observation.", "plan.")
    places = ("rollout",)
    slot = "aside"
    order = 60
    refresh_s = 10

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        there = carrying(plan, now)
        kind = KINDS.get(there.executor.kind) if there.executor else None
        return {
            "there": there,
            "kind": kind.label if kind else "",
            "seen_by": sight_text(there.rollout),
            "agreement": agreement(there.rollout, now),
            "calls": [_call(effect) for effect in there.effects],
        }


def _call(effect: Effect) -> dict[str, Any]:
    signal, word = SIGNALS[EffectState(effect.state)]
    if effect.state == EffectState.DUE and effect.failure:
        signal, word = (
            "red",
            _("failed {attempts} times, tried again").format(attempts=effect.attempts),
        )
    return {
        "effect": effect,
        "signal": signal,
        "word": word,
        "share": share(effect.percent),
        "said": effect.failure or effect.answer,
    }


def effect_needs(plan: DeploymentPlan, now: datetime) -> list[needs.Need]:
    """Trouble of the newest call, or a word that only a person can give; else nothing.

    No SQL statement more than one while the wanted share was seen.
    """
    rollout = rollout_now(plan, now)
    if rollout is None or rollout.desired_at is None or rollout.verified_at is not None:
        return []
    newest = next(iter(latest_effects(plan, now)), None)
    if newest is not None and newest.generation != rollout.generation:
        newest = newest if newest.state == EffectState.HELD else None
    wanted, back = share(rollout.desired_percent), rollout.desired_cause == ROLLBACK
    # That an accepted share is not seen is a call for help already, which is a need of its own.
    title = "" if rollout.unverified_at else trouble_of(rollout, newest)
    if waits_for_hand(rollout, newest):
        title = _("Confirm {wanted} by hand").format(wanted=wanted)
    if not title:
        return []
    return [
        needs.Need(
            key=Right.RUN.value,
            title=title,
            url=f"/plans/{plan.slug}/rollout/#effects",
            button=_("Open rollout"),
            note=_("The traffic is not seen where it is wanted."),
            due=rollout.desired_at,
            icon="deploy",
            main=back,
            first=back,
        )
    ]


panels.register(Effects())
needs.register_needs(effect_needs)
