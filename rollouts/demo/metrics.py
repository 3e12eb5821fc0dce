"""The metrics of the demo: a baseline, a link, and a threshold that was tuned twice."""

from datetime import datetime

from checklists.rules.bands import Bound
from rollouts.actions.baselines import save_baseline
from rollouts.actions.metrics import edit_metric
from rollouts.models import Baseline, PrometheusQuery
from warroom.models import DeploymentPlan, User

# Nobody measured the demo before: an example, as a share of where green ends.
_NORMAL = 0.6


def fill(plan: DeploymentPlan, admin: User, now: datetime) -> None:
    """Tune one metric and set the baselines; before its soak begins, which both would restart."""
    rows = list(PrometheusQuery.objects.filter(plan=plan, enabled=True).order_by("position"))
    if not rows or Baseline.objects.filter(plan=plan).exists():
        return
    judged = [row for row in rows if row.bands]
    tuned = next((row for row in judged if row.unit == "ms"), next(iter(judged), None))
    if tuned is not None:
        _tune(tuned)
    for row in judged[:8]:
        red = row.bands.red
        save_baseline(
            plan,
            {
                "name": row.name,
                "unit": row.unit,
                "query": row,
                "target": row.bands.green,
                "alert": Bound(red.op, red.value) if red else None,
                "value": _normal(row),
                "note": "An example: nothing was measured before this release",
            },
            by="demo",
        )


def _normal(row: PrometheusQuery) -> float:
    green = row.bands.green
    lower = green.op.startswith("<")
    return round(green.value * _NORMAL, 4) if lower else green.value


def _tune(row: PrometheusQuery) -> None:
    """Two edits that a team makes in the weeks before, each with its reason."""
    wanted = row.sustained_s
    row = edit_metric(
        row,
        {"sustained_s": max(60, wanted // 2)},
        by="demo",
        reason="The rollback should come sooner.",
    )
    edit_metric(
        row,
        {"sustained_s": wanted, "expected": "below its target all day"},
        by="demo",
        reason="Single spikes at cache warm-up tripped the drill.",
    )
