from django.db import models

from warroom.models import DeploymentPlan


class ReadinessCategory(models.Model):
    """A part of the readiness score. ``weight`` in percent; all of a plan should make 100."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="readiness")
    key = models.SlugField(max_length=80)
    label = models.CharField(max_length=200)
    weight = models.DecimalField(max_digits=6, decimal_places=2)
    target = models.CharField(max_length=60, blank=True, help_text="In the document's own words.")
    position = models.PositiveSmallIntegerField()
    source_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(fields=("plan", "key"), name="readiness_key_per_plan")
        ]

    def __str__(self) -> str:
        return self.label
