from .checks import CheckResult, HealthCheck
from .metrics import MetricSample, PrometheusQuery
from .probing import Probing
from .sources import PrometheusSource
from .stages import Stage, StageState

__all__ = [
    "CheckResult",
    "HealthCheck",
    "MetricSample",
    "Probing",
    "PrometheusQuery",
    "PrometheusSource",
    "Stage",
    "StageState",
]
