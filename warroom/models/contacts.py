from django.db import models

from .plans import DeploymentPlan


class EscalationLevel(models.Model):
    """Who is called when nobody answers: a range of minutes since the escalation opened."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="escalation_levels")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    from_minute = models.PositiveIntegerField(default=0)
    to_minute = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=("plan", "number"), name="level_number_per_plan")
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class EscalationContact(models.Model):
    """A person to reach. ``reach``: a list of {"way": "phone|mail|chat", "to": …}, in order."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="contacts")
    level = models.ForeignKey(
        EscalationLevel, models.SET_NULL, null=True, blank=True, related_name="contacts"
    )
    name = models.CharField(max_length=120)
    role_name = models.CharField(max_length=120, blank=True)
    reach = models.JSONField(default=list, blank=True)
    availability = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name
