"""The panels of this app: the rollout's track, metrics as tiles, checks as tables."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.queries import focus, stages, watching
from rollouts.queries.needs import advance_need, recommended, watch_needs
from rollouts.queries.outlook import position, running_rollback
from rollouts.queries.rollouts import is_known, is_observed, rollout_now
from rollouts.queries.rounds import missed_lately, shown_now
from rollouts.queries.soaks import soak_of
from warroom import navigation
from warroom.live import needs as room_needs
from warroom.live import outlook, panels, public
from warroom.live.headline import shown_verdict
from warroom.live.panels import Stand
from warroom.models import DeploymentPlan
from warroom.queries import timeline
from warroom.rules.shapes import BEFORE, CALM, WATCH

# How often a watched page is drawn anew although nothing happened: a reading grows old by itself.
AGEING_S = 10
SPAN = timedelta(hours=1)


class StageTrack(panels.Panel):
    """Which share of the traffic has the release, its soak, its rounds, and what comes next."""

    name = "stage"
    template = "rollouts/_stage.html"
    kinds = ("stage.", "rollout.", "gate.", "verdict.", "rollback.", "plan.", "round.")
    slot = "system"
    order = 10
    stands: Mapping[str, Stand | None] = {CALM: Stand("needs", 20), BEFORE: None}
    refresh_s: float | None = AGEING_S  # rounds fall due and soaks end without an event

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        track = stages.track(plan, now)
        if track is None:
            return None
        rollout, rounds = rollout_now(plan, now), shown_now(plan, now)
        soak = soak_of(plan, track.running, rollout, now)
        watched = rounds if rounds and rounds.watch else None
        return {
            "track": track,
            "soak": soak,
            "soak_from": now - timedelta(seconds=soak.observed_s) if soak and soak.runs else None,
            "rounds": watched,
            "missed": missed_lately(watched, now) if watched else 0,
            "rollout": rollout if is_observed(rollout) and is_known(rollout, now) else None,
            "calm": shown_verdict(plan, now).word == "proceed",
        }


class PublicProgress(StageTrack):
    """The same for those who wait outside: no names, no metrics."""

    name = "progress"
    template = "rollouts/_progress.html"
    places = ("status",)
    slot = "main"
    order = 20
    stands = {}
    refresh_s = None

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        track, held = stages.track(plan, now), public.is_held(plan, now)
        return (
            None if track is None else {"track": stages.for_public(track, held, now), "held": held}
        )


class Metrics(panels.Panel):
    """Every metric as a tile: value, age, band and sparkline."""

    name = "metrics"
    template = "rollouts/_metrics.html"
    kinds = ("metric.", "plan.", "stage.")
    slot = "system"
    order = 20
    stands: Mapping[str, Stand | None] = {CALM: None, BEFORE: None}
    refresh_s = AGEING_S

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        began = stages.track_began(plan, now)
        tiles = watching.tiles(plan, now, began.started_at if began else None)
        if not tiles:
            return None
        return _read(tiles) | {"began": began, "tiles": tiles}


class CalmMetrics(Metrics):
    """The same in a line each, without colour: what a room shows in which all is well."""

    name = "metrics-calm"
    template = "rollouts/_metrics_calm.html"
    stands = {CALM: Stand("needs", 30), BEFORE: Stand("work", 190), WATCH: None}


def _read(tiles: list[watching.Tile]) -> dict[str, Any]:
    rows = [tile.watched.row for tile in tiles]
    read = [row.read_at for row in rows if row.read_at]
    spans = [row.history["points"] for row in rows if row.history.get("points")]
    return {
        "read_at": max(read, default=None),
        "span": max((points[-1][0] - points[0][0] for points in spans), default=0),
        "summary": watching.summary([tile.watched for tile in tiles]),
    }


class Checks(panels.Panel):
    """Every health check in a line."""

    name = "checks"
    template = "rollouts/_checks.html"
    kinds = ("check.", "plan.")
    slot = "work"
    order = 200
    stands: Mapping[str, Stand | None] = {CALM: Stand("deck", 40, "shut")}
    heading: Any = _l("Health checks")
    sum = "checks-sum"
    refresh_s = AGEING_S

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        rows = [watching.watched(row, now) for row in watching.checks_now(plan, now)]
        alone = [row for row in rows if not row.row.group]
        groups = watching.sums_of([row for row in rows if row.row.group])
        summary = watching.summary(rows)
        return {"rows": alone, "groups": groups, "summary": summary} if rows else None


class ChecksSum(Checks):
    """How many of them pass: the live part of their heading, which may be folded."""

    name = "checks-sum"
    template = "rollouts/_checks_sum.html"
    slot = "sum"
    stands = {}
    heading = sum = ""


class Focus(panels.Panel):
    """The metric that matters most, writ large; rendered with a key: the metric of that key."""

    name = "focus"
    template = "rollouts/_focus.html"
    kinds = ("metric.", "plan.", "stage.", "gate.decided", "gate.held", "rollback.", "rollout.")
    places = ("checks",)
    slot = "focus"
    refresh_s = AGEING_S

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        row = focus.choose(plan, key)
        return None if row is None else {"focus": focus.focus(row, now, SPAN)}


class MetricTable(panels.Panel):
    """Every metric in a row with its history."""

    name = "metric-table"
    template = "rollouts/_watched_table.html"
    kinds = ("metric.", "plan.")
    places = ("checks",)
    slot = "tables"
    order = 10
    refresh_s = AGEING_S
    title = _l("Prometheus metrics")

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        rows = self.rows(plan, now)
        summary = watching.summary([row.watched for row in rows])
        table = {"rows": rows, "summary": summary, "title": self.title, "span": SPAN}
        return table if rows else None

    def rows(self, plan: DeploymentPlan, now: datetime) -> list[watching.Row]:
        return watching.metric_rows(plan, now, SPAN)


class HealthTable(MetricTable):
    """Every health check in a row with its history."""

    name = "health"
    kinds = ("check.", "plan.")
    order = 20
    title = _l("Health checks")

    def rows(self, plan: DeploymentPlan, now: datetime) -> list[watching.Row]:
        rows = watching.check_rows(plan, now, SPAN)
        return [row for row in rows if not row.watched.row.group]


class CheckMatrix(panels.Panel):
    """Many endpoints: each group a table of its own, short lines (S98)."""

    name = "check-matrix"
    template = "rollouts/_check_matrix.html"
    kinds = ("check.", "plan.")
    places = ("checks",)
    slot = "tables"
    order = 30
    refresh_s = AGEING_S

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        groups = watching.groups_of(watching.check_rows(plan, now, SPAN))
        return {"groups": groups, "span": SPAN} if groups else None


class GateHistory(panels.Panel):
    """What the hours before a decision looked like: each metric's bands, and what people noted."""

    name = "gate-history"
    template = "rollouts/_gate_history.html"
    kinds = ("metric.", "note.", "item.noted", "verdict.", "plan.")
    places = ("gate",)
    slot = "history"
    refresh_s = 60
    span = timedelta(hours=12)
    noted = ("note.", "item.noted", "criterion.judged", "verdict.")

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        rows = watching.metric_rows(plan, now, self.span)
        if not rows:
            return None
        found = timeline.entries(plan, kinds=self.noted, count=8)
        return {
            "rows": rows,
            "span": self.span,
            "notes": [event for event in found if event.at > now - self.span],
        }


def green_of_all(plan: DeploymentPlan, now: datetime) -> str | None:
    """``5/6`` for the tab, from the verdict's own count: no statement of its own."""
    shown = shown_verdict(plan, now)
    figures = re.findall(r"\d+", shown.counts)  # "5 of 6 green", in the room's language
    if shown.aged:
        return _("no data")
    return "/".join(figures) if len(figures) == 2 else None


for panel in (
    StageTrack(),
    PublicProgress(),
    Metrics(),
    CalmMetrics(),
    Checks(),
    ChecksSum(),
    Focus(),
    MetricTable(),
    HealthTable(),
    CheckMatrix(),
    GateHistory(),
):
    panels.register(panel)

outlook.register_position(position)
outlook.register_next(running_rollback)
room_needs.register_needs(watch_needs)
room_needs.register_needs(recommended)
room_needs.register_needs(advance_need)
navigation.register_tab(
    "checks", _l("Checks"), "checks", 50, count=green_of_all, icon="eye", key="x"
)
navigation.register_part("checks", "checks", _l("Checks"), "checks", 10)
navigation.register_part("checks", "baselines", _l("Baseline"), "baselines", 30)
navigation.register_part("checks", "tuning", _l("Tuning log"), "tuning", 40)
navigation.register_part("checks", "metrics-import", _l("Import"), "metrics-import", 50)
