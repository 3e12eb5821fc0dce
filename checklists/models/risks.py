from django.db import models

from warroom.models import DeploymentPlan


class Risk(models.Model):
    """What may go wrong, in the words of the document."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="risks")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=300)
    severity = models.CharField(max_length=60, blank=True)
    probability = models.CharField(max_length=60, blank=True)
    impact = models.TextField(blank=True)
    mitigation = models.TextField(blank=True)
    owner = models.CharField(max_length=120, blank=True)
    source_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=("plan", "number"), name="risk_number_per_plan")
        ]

    def __str__(self) -> str:
        return self.title
