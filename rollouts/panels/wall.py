"""What machines watch, on the wall: the stage with its soak, and the metrics that matter most."""

from datetime import datetime
from typing import Any

from rollouts.panels.watching import AGEING_S, StageTrack
from rollouts.queries import watching
from rollouts.queries.rollbacks import standing_now
from rollouts.queries.rollouts import rollout_now
from rollouts.queries.rounds import shown_now
from rollouts.queries.run_board import board, run_now
from rollouts.queries.soaks import soak_of
from rollouts.queries.stages import track
from warroom.live import panels
from warroom.models import DeploymentPlan, VerdictWord
from warroom.queries.walls import WALL

TILES = 6
_WORST = {"red": 0, "no_data": 1, "yellow": 2, "green": 3}


class WallStage(StageTrack):
    """The share of the traffic; below it the soak, or the leg of a rollback under way."""

    name = "wall-stage"
    template = "rollouts/_wall_stage.html"
    kinds = (*StageTrack.kinds, "round.", "run.", "metric.", "check.", "effect.")
    places = (WALL,)
    slot = "mid"
    refresh_s = AGEING_S

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        found = track(plan, now)
        if found is None:
            return None
        leg = _leg(plan, now)
        soak = None if leg else soak_of(plan, found.running, rollout_now(plan, now), now)
        rounds = None if leg else shown_now(plan, now)
        return {"track": found, "leg": leg, "soak": soak, "rounds": rounds}


def _leg(plan: DeploymentPlan, now: datetime) -> Any:
    """The leg that a rollback under way is on; None without one."""
    run = standing_now(plan, now) if plan.verdict == VerdictWord.ROLLBACK else None
    if run is None or run.ended_at is not None:
        return None
    shown = board(run_now(plan, run.number, now), now)
    return next((row for row in shown.legs if row.is_now), None)


class WallMetrics(panels.Panel):
    """The worst metrics first, and the health checks in one figure."""

    name = "wall-metrics"
    template = "rollouts/_wall_metrics.html"
    kinds = ("metric.", "check.", "plan.")
    places = (WALL,)
    slot = "metrics"
    refresh_s = AGEING_S

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        tiles = watching.tiles(plan, now)
        checks = [watching.watched(row, now) for row in watching.checks_now(plan, now)]
        health = watching.summary(checks) if checks else None
        if not tiles and not checks:
            return None
        room = TILES - bool(checks)
        shown = chosen(tiles, room)
        return {
            "tiles": shown,
            "more": len(tiles) - len(shown),
            "health": health,
            "health_band": min((one.band for one in checks), key=_rank, default=""),
            "count": len(shown) + bool(checks),
        }


def _rank(band: str) -> int:
    return _WORST.get(band, 1)


def chosen(tiles: list[watching.Tile], room: int) -> list[watching.Tile]:
    """The tiles that there is room for: the worst ones, in the order of the page."""
    if len(tiles) <= room:
        return tiles
    ranked = sorted(range(len(tiles)), key=lambda at: (_rank(tiles[at].watched.band), at))
    return [tiles[at] for at in sorted(ranked[:room])]


for panel in (WallStage(), WallMetrics()):
    panels.register(panel)
