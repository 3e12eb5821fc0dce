from .alerts import Alert, AlertDrill, AlertHook
from .checks import CheckResult, EngineSpan, HealthCheck
from .effects import HAND, Effect, EffectState, Executor, Rollout
from .guardrails import Guardrail, GuardrailKind, RollbackTrigger
from .metrics import Baseline, MetricSample, PrometheusQuery
from .probing import Probing
from .recovery import (
    Backup,
    ProcedureStep,
    RollbackProcedure,
    RollbackRun,
    RunOutcome,
    RunStep,
    StepKind,
)
from .rounds import RoundAction, Since, SuccessCriterion, WatchRound
from .sources import PrometheusSource
from .stages import RollbackMode, Stage, StageState
from .versions import WatchVersion

__all__ = [
    "HAND",
    "Alert",
    "AlertDrill",
    "AlertHook",
    "Backup",
    "Baseline",
    "CheckResult",
    "Effect",
    "EffectState",
    "EngineSpan",
    "Executor",
    "Guardrail",
    "GuardrailKind",
    "HealthCheck",
    "MetricSample",
    "Probing",
    "ProcedureStep",
    "PrometheusQuery",
    "PrometheusSource",
    "RollbackMode",
    "RollbackProcedure",
    "RollbackRun",
    "RollbackTrigger",
    "Rollout",
    "RoundAction",
    "RunOutcome",
    "RunStep",
    "Since",
    "Stage",
    "StageState",
    "StepKind",
    "SuccessCriterion",
    "WatchRound",
    "WatchVersion",
]
