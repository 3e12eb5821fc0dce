"""What a release may have of this app's things: pages do not ask for what it has none of."""

from __future__ import annotations

from rollouts.models import (
    Alert,
    AlertHook,
    Guardrail,
    HealthCheck,
    PrometheusQuery,
    RollbackProcedure,
    RollbackRun,
    Rollout,
    Stage,
    SuccessCriterion,
    WatchRound,
)
from warroom.queries.there import register_there

for model in (Alert, AlertHook, Guardrail, HealthCheck, PrometheusQuery, RollbackProcedure):
    register_there(model)
for model in (RollbackRun, Rollout, Stage, SuccessCriterion, WatchRound):
    register_there(model)
