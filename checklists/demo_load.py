"""Load profiles for the demo: one that failed, was fixed and passed, and one that stands."""

from checklists.actions.load import add_profile
from checklists.actions.load_runs import explain_run, finish_run, set_baseline
from warroom.models import DeploymentPlan, User

STEADY = {"name": "Steady load", "users": 50, "minutes": 12, "p95_ms": 200, "error_percent": 0.1}
PEAK = {
    "name": "Peak load",
    "users": 200,
    "minutes": 15,
    "p95_ms": 500,
    "p99_ms": 900,
    "error_percent": 1,
    "throughput": 150,
    "command": "locust -f load/api.py --headless -u 200 -r 20 -t 15m --csv peak",
}


def run_load(plan: DeploymentPlan, by: User) -> None:
    """What was tried before the rollout."""
    if plan.load_profiles.exists():
        return
    steady = add_profile(plan, STEADY, by=by)
    run = finish_run(
        steady, {"p50": 88, "p95": 171, "p99": 228, "errors": 0.06, "rps": 26.2, "cpu": 41}, by=by
    )
    set_baseline(run, by=by)
    peak = add_profile(plan, PEAK, by=by)
    failed = finish_run(
        peak, {"p50": 240, "p95": 812, "p99": 1460, "errors": 2.4, "rps": 118, "cpu": 58}, by=by
    )
    explain_run(
        failed,
        "The database pool held 5 connections, and requests waited for them.",
        "Pool raised to 20 in the service's settings.",
        by=by,
    )
    passed = {"p50": 131, "p95": 342, "p99": 610, "errors": 0.3, "rps": 187, "cpu": 71}
    set_baseline(finish_run(peak, passed, by=by), by=by)
