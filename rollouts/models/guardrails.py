from django.db import models
from django.utils.translation import gettext_lazy as _l

from warroom.models import DeploymentPlan

from .checks import HealthCheck
from .metrics import PrometheusQuery
from .stages import RollbackMode


class GuardrailKind(models.TextChoices):
    METRIC = "metric", _l("A metric is red")
    CHECK = "check", _l("A check fails")
    NO_DATA = "no_data", _l("No metric at all")
    DRIFT = "drift", _l("Actual differs from desired")


class Guardrail(models.Model):
    """What rolls back without asking: red, no data or drift that lasts for ``window_s`` seconds.

    ``in_breach_since`` is when the present breach began, None while there is none; of a metric or
    check it is that row's own memory, kept here for the page. The verdict
    says that red lasts; the guardrail says what happens then, and a stage may soften it (law 6).
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="guardrails")
    key = models.SlugField(max_length=80)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=GuardrailKind.choices)
    query = models.ForeignKey(
        PrometheusQuery, models.CASCADE, null=True, blank=True, related_name="guardrails"
    )
    health_check = models.ForeignKey(
        HealthCheck, models.CASCADE, null=True, blank=True, related_name="guardrails"
    )
    window_s = models.PositiveIntegerField(default=300)
    mode = models.CharField(
        max_length=10, choices=RollbackMode.choices, default=RollbackMode.RECOMMEND
    )
    in_breach_since = models.DateTimeField(null=True, blank=True)
    # When it last spoke, for which generation of the rollout: once per generation.
    tripped_at = models.DateTimeField(null=True, blank=True)
    tripped_generation = models.PositiveIntegerField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    source_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("position", "pk")
        constraints = [
            models.UniqueConstraint(fields=("plan", "key"), name="guardrail_key_per_plan")
        ]

    def __str__(self) -> str:
        return self.name


class RollbackTrigger(models.Model):
    """Something that people see and declare: a P0 that calls for a rollback (S22, S140)."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="rollback_triggers")
    text = models.CharField(max_length=500)
    priority = models.CharField(max_length=8, blank=True, default="P0")
    position = models.PositiveSmallIntegerField(default=0)
    source_line = models.PositiveIntegerField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.text
