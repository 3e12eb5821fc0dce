from django.db import models
from django.utils.translation import gettext_lazy as _l

from checklists.models import ChecklistItem
from warroom.models import DeploymentPlan

from .checks import HealthCheck
from .metrics import PrometheusQuery
from .stages import Stage


class RoundAction(models.TextChoices):
    NONE = "none", _l("None")
    INVESTIGATE = "investigate", _l("Investigate")
    ROLLBACK = "rollback", _l("Roll back")


class WatchRound(models.Model):
    """One tick of a stage's cadence: somebody looked, what the values were, and what they did.

    Made when it comes due. ``missed_at`` is set at the next due time; a missed round is never
    recorded afterwards. ``readings`` freezes every value as it was shown. A stage that begins
    anew counts its rounds anew: ``generation`` is the rollout's. Without ``stage`` it belongs to
    the watching after the rollout. Due times count from ``began_at`` (UTC).
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="rounds")
    stage = models.ForeignKey(Stage, models.CASCADE, null=True, blank=True, related_name="rounds")
    generation = models.PositiveIntegerField(default=0)
    number = models.PositiveIntegerField()
    began_at = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.CharField(max_length=150, blank=True)
    done_as = models.CharField(max_length=120, blank=True)
    late = models.BooleanField(default=False)
    missed_at = models.DateTimeField(null=True, blank=True)
    action = models.CharField(max_length=12, choices=RoundAction.choices, blank=True)
    note = models.TextField(blank=True)
    readings = models.JSONField(default=list, blank=True)
    # The worst band among the readings, and what they came to: "1 yellow".
    band = models.CharField(max_length=8, blank=True)
    result = models.CharField(max_length=120, blank=True)
    item = models.ForeignKey(
        ChecklistItem, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(
                fields=("stage", "generation", "number"), name="round_number_per_stage"
            ),
            models.UniqueConstraint(
                fields=("plan", "generation", "number"),
                condition=models.Q(stage=None),
                name="round_number_after_stages",
            ),
        ]

    def __str__(self) -> str:
        return f"Round {self.number}"


class Since(models.TextChoices):
    T0 = "", "T0"
    FULL = "full", _l("The last share of the rollout")


class SuccessCriterion(models.Model):
    """What must hold some time after T0, looked at by itself when its time comes (S26, S91, S143).

    A metric within ``op value`` at that time, or all the way over the last ``over_s`` seconds; a
    check that passes; or, with neither, something that a person says. ``met`` is None until then,
    and with a ``reason`` when there was no data. ``due_offset_s`` counts from ``since``. What was
    found is evidence under the key ``success.<key>``.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="success_criteria")
    key = models.SlugField(max_length=60)
    group = models.CharField(max_length=120, blank=True, help_text="T+1 h")
    text = models.CharField(max_length=300)
    due_offset_s = models.BigIntegerField(null=True, blank=True)
    since = models.CharField(max_length=4, choices=Since.choices, blank=True)
    query = models.ForeignKey(
        PrometheusQuery, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    health_check = models.ForeignKey(
        HealthCheck, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # What else can be counted: rollbacks, restarts, incidents. Empty: metric, check or person.
    counts = models.CharField(max_length=20, blank=True)
    op = models.CharField(max_length=2, blank=True)
    value = models.FloatField(null=True, blank=True)
    over_s = models.PositiveIntegerField(default=0)
    met = models.BooleanField(null=True, blank=True)
    value_text = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    evaluated_at = models.DateTimeField(null=True, blank=True)
    evaluated_by = models.CharField(max_length=150, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    source_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("since", "due_offset_s", "position", "pk")
        constraints = [models.UniqueConstraint(fields=("plan", "key"), name="success_key_per_plan")]

    def __str__(self) -> str:
        return self.text
