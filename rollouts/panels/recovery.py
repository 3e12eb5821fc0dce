"""The panels of rollbacks, drills and backups, and the banner of the latest safe start."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.models import RollbackRun
from rollouts.queries import recovery
from rollouts.queries.backups import register
from rollouts.queries.rollback_offer import by_hand, is_back
from rollouts.queries.run_board import board, events_of, run_now, sentence
from rollouts.queries.safe_start import latest_safe_start, warning
from warroom import navigation
from warroom.live import byhand, panels
from warroom.live import needs as room_needs
from warroom.live.needs import Need
from warroom.models import DeploymentPlan, Right, TimelineEvent
from warroom.queries.there import there

RUN_KINDS = ("run.", "rollback.", "rollout.", "backup.")
Context = dict[str, Any] | None


class WayBack(panels.Panel):
    """On every page from half an hour before the latest safe start of a rollback."""

    name = "wayback"
    template = "rollouts/_wayback.html"
    kinds = ("plan.", "rollback.", "run.", "procedure.", "rollout.")
    places = ("every",)
    slot = "banner"
    refresh_s = 20

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context:
        said = warning(plan, now)
        if not said:
            return None
        found = latest_safe_start(plan, now)
        return {"said": said, "passed": found is not None and found.passed(now), "start": found}


class OfferBack(panels.Panel):
    """The button to a rollback on every page, while there is anything to roll back."""

    name = "offerback"
    template = "rollouts/_offerback.html"
    kinds = ("plan.", "stage.", "rollback.", "rollout.", "effect.", "verdict.")
    places = ("every",)
    slot = "offerback"
    refresh_s = 10  # traffic that comes back unseen by any event is offered a way back again

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context:
        return {} if plan.is_live and not is_back(plan, now) else None


# --- one run -----------------------------------------------------------------------------------


class RunFamily(panels.Panel):
    """A family with one member per run, named by its number."""

    kinds: tuple[str, ...] = RUN_KINDS
    places = ("run",)
    slot = "run"

    def keys(self, plan: DeploymentPlan, events: Sequence[TimelineEvent]) -> list[str]:
        """Runs that are named by an event, and those that are under way."""
        numbers = {event.data.get("run") for event in events} - {None}
        rows = RollbackRun.objects.filter(plan=plan, ended_at=None)
        numbers |= set(rows.values_list("number", flat=True))
        return [str(number) for number in sorted(n for n in numbers if isinstance(n, int))]

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context:
        run = run_now(plan, int(key), now) if key.isdigit() else None
        return None if run is None else self.shown(run, now)

    def shown(self, run: RollbackRun, now: datetime) -> dict[str, Any]:
        return {"board": board(run, now), "run": run}


class RunBanner(RunFamily):
    """What is going on, why, and who commands it."""

    name = "run-banner"
    template = "rollouts/_run_banner.html"

    def shown(self, run: RollbackRun, now: datetime) -> dict[str, Any]:
        cause, started = sentence(run, now)
        return super().shown(run, now) | {"cause": cause, "started": started}


class RunStopwatch(RunFamily):
    """Total and segments against their targets."""

    name = "run"
    template = "rollouts/_run.html"
    refresh_s = 5


class RunSteps(RunFamily):
    """The steps, to be ticked when they are seen."""

    name = "run-steps"
    template = "rollouts/_run_steps.html"
    refresh_s = 5


class RunFeed(RunFamily):
    """What happened meanwhile."""

    name = "run-feed"
    template = "rollouts/_run_feed.html"
    kinds = ("",)

    def shown(self, run: RollbackRun, now: datetime) -> dict[str, Any]:
        return {"run": run, "events": events_of(run, now)}


# --- backups and drills --------------------------------------------------------------------------


class Latest(panels.Panel):
    """Until when a rollback may start."""

    name = "latest"
    template = "rollouts/_latest.html"
    kinds = ("plan.", "run.", "rollback.", "procedure.")
    places = ("recovery",)
    slot = "top"
    order = 10
    refresh_s = 30

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context:
        found = recovery.latest(plan, now)
        return {"latest": found}


class LastDrill(panels.Panel):
    """The last run of a procedure against its targets."""

    name = "drill-last"
    template = "rollouts/_drill_last.html"
    kinds = ("run.", "rollback.", "procedure.")
    places = ("recovery",)
    slot = "main"
    order = 10

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context:
        last = recovery.last_measured(plan, now)
        return {"last": last} if last else None


class Drills(panels.Panel):
    """All drills and real runs, newest first."""

    name = "drills"
    template = "rollouts/_drills.html"
    kinds = ("run.", "rollback.")
    places = ("recovery",)
    slot = "main"
    order = 20

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context:
        return {"rows": recovery.drill_rows(plan, now)}


class Backups(panels.Panel):
    """The register of backups: claimed, read back, restored."""

    name = "backups"
    template = "rollouts/_backups.html"
    kinds = ("backup.", "plan.")
    places = ("recovery",)
    slot = "main"
    order = 30
    refresh_s = 60

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context:
        return {"register": register(plan, now)}


class Procedures(panels.Panel):
    """The ordered steps back, with their targets."""

    name = "procedures"
    template = "rollouts/_procedures.html"
    kinds = ("procedure.", "plan.")
    places = ("recovery",)
    slot = "side"
    order = 20

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context:
        return {"procedures": recovery.shown_procedures(plan, now)}


def run_needs(plan: DeploymentPlan, now: datetime) -> list[Need]:
    """A run under way asks to be ended; a real one before everything else. One statement."""
    rows = RollbackRun.objects.filter(plan=plan, ended_at=None).order_by("-number")
    return [_need(plan, run, now) for run in there(plan, rows)[:3]]


def _need(plan: DeploymentPlan, run: RollbackRun, now: datetime) -> Need:
    title = _("Finish drill {run}") if run.drill else _("Finish rollback {run}")
    return Need(
        key=Right.TICK.value,
        title=title.format(run=run.number),
        url=f"/plans/{plan.slug}/rollback/{run.number}/",
        button=_("Open the drill") if run.drill else _("Open the rollback"),
        note=_("A drill at {place}; it moves no production traffic.").format(place=run.place)
        if run.drill
        else _("From {from_percent} to {to_percent} %. {reason}").format(
            from_percent=run.from_percent, to_percent=run.to_percent, reason=run.reason
        ),
        due=run.started_at,
        icon="v-rollback",
        main=not run.drill,
        first=not run.drill,
        optional=run.drill,
    )


for panel in (
    WayBack(),
    OfferBack(),
    RunBanner(),
    RunStopwatch(),
    RunSteps(),
    RunFeed(),
    Latest(),
    LastDrill(),
    Drills(),
    Backups(),
    Procedures(),
):
    panels.register(panel)
room_needs.register_needs(run_needs)
byhand.register_commands(by_hand)
navigation.register_part("rollout", "recovery", _l("Backups and drills"), "recovery", 30)
