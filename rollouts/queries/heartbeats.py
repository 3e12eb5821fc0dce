from rollouts.models import HealthCheck
from rollouts.rules.heartbeat import Beat


def beat_of(row: HealthCheck) -> Beat:
    """A heartbeat's row as its rule reads it; no SQL statement."""
    return Beat(
        interval_s=row.interval_s,
        grace_s=row.grace_s,
        red_after=row.red_after,
        pinged_at=row.pinged_at,
        started_at=row.started_at,
        exit_status=row.exit_status,
        output=row.output,
        run_s=row.value,
        longest_s=row.options.get("longest_s"),
    )
