"""What the machines' readings need of those who run the rollout."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from rollouts.models import Guardrail, Stage, StageState
from rollouts.queries.rollbacks import standing_now
from rollouts.queries.rollouts import rollout_now
from rollouts.queries.soaks import soak_of
from rollouts.queries.stages import ahead_of, coming, planned, stages_now
from rollouts.rules.stages import objections
from warroom.live.headline import shown_verdict
from warroom.live.needs import Need
from warroom.models import DeploymentPlan, Lifecycle, Right
from warroom.queries.people import LEAD
from warroom.queries.there import there
from warroom.rules.lifecycle import ENDED, LIVE
from warroom.rules.verdicts import ShownVerdict


def watch_needs(plan: DeploymentPlan, now: datetime) -> list[Need]:
    """ROLLBACK asks for the release to be rolled back, HOLD for a look at what holds it.

    Due since the verdict turned, so that it stands before what only comes. While a rollback
    stands its run asks for itself: one SQL statement, which the state bar shares.
    """
    shown = shown_verdict(plan, now)
    if shown.word not in ("hold", "rollback") or plan.lifecycle in {*ENDED, Lifecycle.DRAFT}:
        return []
    if shown.word == "hold":
        return [_look(plan, shown, now)]
    return [] if standing_now(plan, now) else [_roll_back(plan, shown, now)]


def _look(plan: DeploymentPlan, shown: ShownVerdict, now: datetime) -> Need:
    if plan.verdict_leading.startswith("the hold:") and not shown.aged:
        return _end_hold(plan, shown, now)
    name = (
        _("the checks")
        if shown.aged
        else plan.verdict_leading.rpartition(":")[0] or _("the checks")
    )
    return Need(
        key=Right.RUN.value,
        title=_("Look at {name}").format(name=name),
        url=f"/plans/{plan.slug}/checks/",
        button=_("Open checks"),
        note=shown.sentence,
        due=shown.since or now,
        icon="eye",
    )


def _end_hold(plan: DeploymentPlan, shown: ShownVerdict, now: datetime) -> Need:
    """By its readings nothing holds: people do, or a rule that has not looked again yet."""
    return Need(
        key=Right.RUN.value,
        title=_("Look at the hold"),
        url=f"/plans/{plan.slug}/rollout/",
        button=_("Open the rollout"),
        note=shown.sentence,
        due=shown.since or now,
        icon="eye",
    )


def _roll_back(plan: DeploymentPlan, shown: ShownVerdict, now: datetime) -> Need:
    return Need(
        key=LEAD,
        title=_("Roll the release back"),
        url=f"/plans/{plan.slug}/rollback/",
        button=_("Roll back"),
        note=shown.sentence,
        due=shown.since or now,
        icon="block",
        main=True,
        first=True,
    )


def advance_need(plan: DeploymentPlan, now: datetime) -> list[Need]:
    """The next stage, once nothing stands against it: soak over, gate GO, verdict PROCEED.

    Due when it is planned. Where nothing is measured nothing says that it may go on, and nobody
    is asked. One SQL statement while the stage waits for its gate only, else none of its own.
    """
    if plan.lifecycle not in LIVE or shown_verdict(plan, now).word != "proceed":
        return []
    stages = stages_now(plan, now)
    running = next((one for one in stages if one.state == StageState.RUNNING), None)
    following = coming(stages)
    if running is None or following is None:
        return []
    soak = soak_of(plan, running, rollout_now(plan, now), now)
    if (soak and not soak.is_over) or objections(ahead_of(plan, stages, following, now)):
        return []
    return [_advance(plan, running, following)]


def _advance(plan: DeploymentPlan, running: Stage, following: Stage) -> Need:
    why = [_("{gate} said GO").format(gate=running.gate.title)] if running.gate else []
    why += [_("the soak is over")] if running.soak_s else []
    said = ", ".join([*why, _("the verdict is PROCEED")])
    return Need(
        key=Right.RUN.value,
        title=_("Advance to {to_percent} %").format(to_percent=following.to_percent),
        url=f"/plans/{plan.slug}/rollout/#advance",
        button=_("Go to {to_percent} %").format(to_percent=following.to_percent),
        note=f"{said[:1].upper()}{said[1:]}.",
        due=planned(plan, following),
        icon="v-proceed",
        main=True,
    )


def recommended(plan: DeploymentPlan, now: datetime) -> list[Need]:
    """What guardrails that may only recommend have said of what is served now.

    Two SQL statements at most, none while nothing is live; none beside a verdict that asks for
    the same.
    """
    if plan.lifecycle not in LIVE or shown_verdict(plan, now).word == "rollback":
        return []
    rollout = rollout_now(plan, now)
    if rollout is None:
        return []
    rails = Guardrail.objects.filter(
        plan=plan, tripped_generation=rollout.generation, in_breach_since__isnull=False
    )
    return [
        Need(
            key=LEAD,
            title=_("Roll the release back: {rail} recommends it").format(rail=rail.name),
            url=f"/plans/{plan.slug}/rollback/",
            button=_("Roll back"),
            due=rail.tripped_at,
            icon="block",
            main=True,
            first=True,
        )
        for rail in there(plan, rails)
    ]
