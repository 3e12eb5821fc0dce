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


class Escalation(models.Model):
    """A call for help: why, which level is asked, who answered. One is open per ``cause``.

    ``cause`` is a key such as ``drift`` or ``rounds:3`` that makes it one call however often the
    rule that opens it looks. ``due_at`` is when its next step comes due. All times UTC.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="escalations")
    number = models.PositiveSmallIntegerField()
    cause = models.CharField(max_length=80)
    reason = models.CharField(max_length=500)
    url = models.CharField(max_length=300, blank=True)
    level = models.PositiveSmallIntegerField(default=1)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=150)
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=150, blank=True)
    closed_reason = models.TextField(blank=True)

    class Meta:
        ordering = ("-number",)
        constraints = [
            models.UniqueConstraint(fields=("plan", "number"), name="escalation_number_per_plan"),
            models.UniqueConstraint(
                fields=("plan", "cause"),
                condition=models.Q(closed_at=None),
                name="one_open_escalation_per_cause",
            ),
        ]

    def __str__(self) -> str:
        return f"E-{self.number}"
