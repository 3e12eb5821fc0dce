from django.db import models

from checklists.models import Gate
from warroom.models import DeploymentPlan


class StageState(models.TextChoices):
    PENDING = "pending", "Pending"
    RUNNING = "running", "Running"
    DONE = "done", "Done"


class Stage(models.Model):
    """One step of the rollout, from one share of traffic to the next. Offsets: seconds after T0."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="stages")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200, blank=True)
    from_percent = models.PositiveSmallIntegerField()
    to_percent = models.PositiveSmallIntegerField()
    offset_s = models.BigIntegerField(null=True, blank=True)
    soak_s = models.PositiveIntegerField(default=0)
    gate = models.ForeignKey(Gate, models.SET_NULL, null=True, blank=True, related_name="stages")
    state = models.CharField(max_length=8, choices=StageState.choices, default=StageState.PENDING)
    # From when its soak counts, where that began anew after what its gate asks was changed.
    soak_from = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    source_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=("plan", "number"), name="stage_number_per_plan")
        ]

    def __str__(self) -> str:
        return f"{self.from_percent} % to {self.to_percent} %"
