from django.db import models

from warroom.models import DeploymentPlan


class Evidence(models.Model):
    """The latest reading under a key. A decision keeps its own frozen copy.

    ``observed_at``: when the thing was measured (UTC); ``valid_for_s``: seconds until it counts as
    no data when read (law 5). ``band`` is set where a person judged; such a judgement stands until
    a newer one and does not age.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="evidence")
    key = models.CharField(max_length=80)
    label = models.CharField(max_length=200, blank=True)
    value = models.FloatField(null=True, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    text = models.CharField(max_length=300, blank=True, help_text="As shown: '5 of 5', '236 ms'.")
    band = models.CharField(max_length=8, blank=True, help_text="A person's judgement.")
    reason = models.CharField(max_length=500, blank=True, help_text="Why there is no value.")
    observed_at = models.DateTimeField(null=True, blank=True)
    valid_for_s = models.PositiveIntegerField(default=30)
    source = models.CharField(max_length=500, blank=True, help_text="PromQL, URL or tool.")
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("plan", "key"), name="evidence_key_per_plan")
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.text}"
